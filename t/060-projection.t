#!/usr/bin/env perl
#
# attributes and excludedAttributes (RFC 7644, section 3.9).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;

my %body = (userName => 'ann', title => 'T', displayName => 'Ann',
    name => { givenName => 'Ann', familyName => 'Ode' },
    emails => [ { value => 'a@b', type => 'work' },
                { value => 'c@d', type => 'home' } ],
    $ENTERPRISE => { department => 'D', employeeNumber => '1' });
my $user = $scim->post('/Users', \%body)->{body};
my $group = $scim->post('/Groups', { displayName => 'G',
    members => [ { value => $user->{id} } ] })->{body};


# the names in an answer, those of complex attributes with their parts
sub shape {
    my ($body) = @_;
    return '' if !$body;
    return join ' ', map {
        my $value = ref $body->{$_} eq 'ARRAY' ? $body->{$_}[0] : $body->{$_};
        my $name = $_ eq $ENTERPRISE ? 'enterprise' : $_;
        ref $value eq 'HASH' && !/^(meta|groups|members)$/
            ? "$name(" . join(' ', sort keys %$value) . ')' : $name;
    } sort keys %$body;
}


sub shows {
    my ($query, $shape) = @_;
    my $one = $scim->get("/Users/$user->{id}?$query");
    is(shape($one->{body}), $shape, $query) or diag $one->{text};
    my $list = $scim->get("/Users?$query");
    is(shape($list->{body}{Resources}[0]), $shape, "$query, in a list");
}


my $whole = shape($scim->get("/Users/$user->{id}")->{body});

shows('attributes=userName', 'id schemas userName');
shows('attributes=USERNAME,+title', 'id schemas title userName');
shows('attributes=userName,,title,', 'id schemas title userName');
shows("attributes=$USER:userName", 'id schemas userName');
shows('attributes=name.givenName', 'id name(givenName) schemas');
shows('attributes=name', 'id name(familyName givenName) schemas');
shows('attributes=emails.value', 'emails(value) id schemas');
shows('attributes=emails%5Btype+eq+%22work%22%5D',
      'emails(type value) id schemas');
shows("attributes=$ENTERPRISE:department",
      'id schemas enterprise(department)');
shows("attributes=$ENTERPRISE",
      'id schemas enterprise(department employeeNumber)');
shows('attributes=groups', 'groups id schemas');
shows('attributes=meta', 'id meta schemas');
shows('attributes=id', 'id schemas');
shows('attributes=nothing', 'id schemas');
shows('attributes=password', 'id schemas');
shows('attributes=', $whole);
shows('excludedAttributes=', $whole);
shows('excludedAttributes=nothing', $whole);
shows('excludedAttributes=id,schemas', $whole);
shows("excludedAttributes=name,emails,title,$ENTERPRISE",
      'displayName groups id meta schemas userName');
shows('excludedAttributes=name.givenName,emails.type,groups,meta,title',
      'displayName emails(value) id name(familyName) schemas '
      . 'enterprise(department employeeNumber) userName');

my $meta = $scim->get("/Users/$user->{id}?attributes=meta.version")
                ->{body}{meta};
is_deeply($meta, { version => 'W/"1"' }, 'a part of meta');
my $part = $scim->get("/Users/$user->{id}?excludedAttributes=meta.location,"
                      . 'meta.created')->{body}{meta};
is_deeply([ sort keys %$part ], [ qw(lastModified resourceType version) ],
          'meta without some parts');
is_deeply([ keys %{ $scim->get("/Users/$user->{id}?attributes=groups.display")
                         ->{body}{groups}[0] } ], [ 'display' ],
          'a part of groups');

for my $path ("/Users/$user->{id}", '/Users') {
    error_ok($scim->get("$path?attributes=title&excludedAttributes=name"), 400,
             'invalidValue', qr/cannot be used together/, "both, $path");
}

# groups
is(shape($scim->get("/Groups/$group->{id}?excludedAttributes=members")
              ->{body}), 'displayName id meta schemas', 'without members');
is(shape($scim->get("/Groups/$group->{id}?attributes=members.value")
              ->{body}), 'id members schemas', 'members alone');
is_deeply($scim->get("/Groups/$group->{id}?attributes=members.value")
               ->{body}{members}, [ { value => $user->{id} } ],
          'with their values');

# answers to a write
is(shape($scim->post('/Users?attributes=userName', { %body,
   userName => 'ben' })->{body}), 'id schemas userName', 'POST');
is(shape($scim->put("/Users/$user->{id}?excludedAttributes=name,emails,groups,"
   . "meta,$ENTERPRISE", \%body)->{body}),
   'displayName id schemas title userName', 'PUT');
is(shape($scim->patch("/Users/$user->{id}?attributes=title", [ { op => 'replace',
   path => 'title', value => 'U' } ])->{body}), 'id schemas title', 'PATCH');
is($scim->get("/Users/$user->{id}")->{body}{name}{givenName}, 'Ann',
   'what is not answered is kept');
error_ok($scim->post('/Users?attributes=a&excludedAttributes=b',
         { userName => 'cat' }), 400, 'invalidValue', qr/together/,
         'a wrong projection');
is(names(found($scim, 'Users', 'userName eq "cat"')), '', 'writes nothing');

clean_log($scim);
undef $scim;

done_testing();
