#!/usr/bin/env perl
#
# Sorting (RFC 7644, section 3.4.2.3) and queries by POST (section 3.4.3).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

my $scim = SCIM->new;

my @users = (
    { userName => 'delta', title => 'b', active => JSON::PP::true,
      emails => [ { value => 'z@x.example' },
                  { value => 'a@x.example', primary => JSON::PP::true } ] },
    { userName => 'Alpha', title => 'B',
      emails => [ { value => 'm@x.example' } ] },
    { userName => 'charlie' },
    { userName => 'bravo', title => 'a', active => JSON::PP::false },
);

$scim->post('/Users', $_)->{status} == 201 or die for @users;


sub names {
    my ($res) = @_;
    return join ' ', map { $_->{userName} } @{ $res->{body}{Resources} };
}


for my $case (
    [ 'sortBy=userName', 'Alpha bravo charlie delta' ],
    [ 'sortBy=userName&sortOrder=descending', 'delta charlie bravo Alpha' ],
    [ 'sortBy=USERNAME&sortOrder=Ascending', 'Alpha bravo charlie delta' ],
    [ 'sortBy=title', 'bravo delta Alpha charlie' ],
    [ 'sortBy=title&sortOrder=descending', 'charlie Alpha delta bravo' ],
    [ 'sortBy=emails', 'delta Alpha charlie bravo' ],
    [ 'sortBy=emails.value', 'delta Alpha charlie bravo' ],
    [ 'sortBy=active', 'bravo delta Alpha charlie' ],
    [ 'sortBy=meta.created', 'delta Alpha charlie bravo' ],
    [ 'sortBy=userName&startIndex=2&count=2', 'bravo charlie' ],
    [ 'sortBy=userName&filter=title+pr', 'Alpha bravo delta' ],
    [ 'sortBy=userName&filter=title+pr&count=1&startIndex=3', 'delta' ],
    [ 'sortBy=userName&count=0', '' ],
    [ 'sortBy=', 'delta Alpha charlie bravo' ],
) {
    my ($query, $expected) = @$case;
    is(names($scim->get("/Users?$query")), $expected, $query);
}

my $res = $scim->get('/Users?sortBy=userName&startIndex=2&count=2');
is($res->{body}{totalResults}, 4, 'all are counted');
is($res->{body}{itemsPerPage}, 2, 'the page is');
is($res->{body}{startIndex}, 2, 'and where it starts');

for my $case (
    [ 'sortBy=shoeSize', 'invalidValue', qr/shoeSize/ ],
    [ 'sortBy=name', 'invalidValue', qr/name/ ],
    [ 'sortBy=userName&sortOrder=up', 'invalidValue', qr/up/ ],
) {
    my ($query, $type, $detail) = @$case;
    my $res = $scim->get("/Users?$query");
    is($res->{status}, 400, $query);
    is($res->{body}{scimType}, $type, "$query: $type");
    like($res->{body}{detail}, $detail, "$query: the detail says what");
}

is($scim->get('/ServiceProviderConfig')->{body}{sort}{supported},
   JSON::PP::true, 'sorting is announced');


sub search {
    my ($body, %opt) = @_;
    return $scim->post('/Users/.search', {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:SearchRequest' ],
        %$body }, %opt);
}


$res = search({ filter => 'title pr', sortBy => 'userName',
                sortOrder => 'descending', attributes => [ 'userName' ],
                startIndex => 2, count => 1 });
is($res->{status}, 200, '.search');
is(names($res), 'bravo', 'filters, sorts, pages');
is($res->{body}{totalResults}, 3, 'counts');
is_deeply([ sort keys %{ $res->{body}{Resources}[0] } ],
          [ qw(id schemas userName) ], 'and projects');

$res = search({ excludedAttributes => [ 'meta', 'emails' ] });
ok(!(grep { $_->{meta} || $_->{emails} } @{ $res->{body}{Resources} }),
   'excludedAttributes');
is(search({})->{body}{totalResults}, 4, 'an empty search is for all');
is(search({}, token => 'reader')->{status}, 200,
   'a token that may only read may search');
is(search({ count => 'x' })->{status}, 400, 'a count that is no number');
is(search({ filter => 5 })->{status}, 400, 'a filter that is no string');
is(search({ filter => 'userName eq' })->{body}{scimType}, 'invalidFilter',
   'a bad filter');
is($scim->get('/Users/.search')->{status}, 405, 'GET of .search');
is($scim->post('/Users/.search', undef)->{status}, 400, 'no body');

done_testing();
