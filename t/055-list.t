#!/usr/bin/env perl
#
# Lists and their pages (RFC 7644, section 3.4.2.4).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new(location => 'scim_page_size 4 6;');


sub page {
    my ($query, $total, $start, $names) = @_;
    my $res = $scim->get("/Users?$query");
    is_deeply([ @{ $res->{body} || {} }{qw(totalResults startIndex
                                           itemsPerPage)},
                join ' ', map { $_->{userName} }
                          @{ ($res->{body} || {})->{Resources} || [] } ],
              [ $total, $start, scalar(split ' ', $names), $names ], $query)
        or diag $res->{text};
}


my $empty = $scim->get('/Users');
is($empty->{status}, 200, 'nobody there');
is_deeply($empty->{body}, {
    schemas => [ 'urn:ietf:params:scim:api:messages:2.0:ListResponse' ],
    totalResults => 0, itemsPerPage => 0, startIndex => 1, Resources => [],
}, 'an empty list');

$scim->post('/Users', { userName => "u$_", title => $_ % 2 ? 'odd' : 'even' })
    for 1 .. 9;

# without a filter, in the order of creation
page('', 9, 1, 'u1 u2 u3 u4');
page('count=3', 9, 1, 'u1 u2 u3');
page('count=3&startIndex=4', 9, 4, 'u4 u5 u6');
page('startIndex=9', 9, 9, 'u9');
page('startIndex=10', 9, 10, '');
page('startIndex=1000000', 9, 1000000, '');
page('startIndex=6&count=100', 9, 6, 'u6 u7 u8 u9');
page('count=100', 9, 1, 'u1 u2 u3 u4 u5 u6');
page('count=0', 9, 1, '');
page('count=-5', 9, 1, '');
page('startIndex=0', 9, 1, 'u1 u2 u3 u4');
page('startIndex=-7&count=1', 9, 1, 'u1');
page('STARTINDEX=2&Count=1', 9, 2, 'u2');
page('count=2&count=2', 9, 1, 'u1 u2');
page('count=99999999999999999999', 9, 1, 'u1 u2 u3 u4 u5 u6');

# a scan
page('filter=title+sw+%22o%22', 5, 1, 'u1 u3 u5 u7');
page('filter=title+sw+%22o%22&startIndex=3', 5, 3, 'u5 u7 u9');
page('filter=title+sw+%22o%22&startIndex=2&count=2', 5, 2, 'u3 u5');
page('filter=title+sw+%22o%22&count=0', 5, 1, '');
page('filter=title+sw+%22o%22&startIndex=6', 5, 6, '');
page('filter=title+sw+%22x%22', 0, 1, '');

# an index
page('filter=userName+eq+%22u5%22', 1, 1, 'u5');
page('filter=userName+eq+%22u5%22&startIndex=2', 1, 2, '');
page('filter=userName+eq+%22u5%22&count=0', 1, 1, '');
page('filter=userName+eq+%22u5%22+and+title+eq+%22odd%22', 1, 1, 'u5');

for my $wrong ('x', '', '1.5', '1x', '0x10', '%20', '1e3', '--1', 'null') {
    for my $name (qw(startIndex count)) {
        error_ok($scim->get("/Users?$name=$wrong"), 400, 'invalidValue',
                 qr/"$name" must be an integer/, "$name=$wrong");
    }
}

# every resource once over all pages
my @seen;
for (my $start = 1; $start <= 9; $start += 2) {
    push @seen, map { $_->{userName} }
        @{ $scim->get("/Users?startIndex=$start&count=2")->{body}{Resources} };
}
is("@seen", join(' ', map { "u$_" } 1 .. 9), 'all pages');

my ($five) = map { $_->{id} } @{ $scim->get(
    '/Users?filter=userName+eq+%22u5%22')->{body}{Resources} };
$scim->delete("/Users/$five");
page('startIndex=4&count=3', 8, 4, 'u4 u6 u7');

my $res = $scim->get('/Users?count=1');
is_deeply($res->{body}{Resources}[0],
          $scim->get("/Users/$res->{body}{Resources}[0]{id}")->{body},
          'a resource of a list is that of GET');
ok(!$res->{headers}{etag}, 'a list has no ETag');

is($scim->request('HEAD', '/Users?count=1')->{headers}{'content-length'},
   length $res->{text}, 'HEAD tells the length of GET');

# more than one slice
$scim->post('/Users', { userName => "v$_", title => 'many' }) for 1 .. 250;
is(found($scim, 'Users', 'title co "many"', '&count=0')->{body}{totalResults},
   250, 'a scan over several slices');
$res = found($scim, 'Users', 'title co "many"', '&startIndex=248&count=6');
is(join(' ', map { $_->{userName} } @{ $res->{body}{Resources} }),
   'v248 v249 v250', 'and its last page');

clean_log($scim);
undef $scim;

# the default sizes
$scim = SCIM->new;
$scim->post('/Users', { userName => "u$_" }) for 1 .. 105;
is($scim->get('/Users')->{body}{itemsPerPage}, 100, '100 without a count');
is($scim->get('/Users?count=105')->{body}{itemsPerPage}, 105, 'more on demand');
is($scim->get('/ServiceProviderConfig')->{body}{filter}{maxResults}, 1000,
   'the maximum is announced');
undef $scim;

done_testing();
