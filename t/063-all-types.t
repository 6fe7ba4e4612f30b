#!/usr/bin/env perl
#
# Queries over all resource types, from the root (RFC 7644, section 3.4.2.1).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

my $data = "$FindBin::Bin/data";
my $scim = SCIM->new(
    http => "scim_schema $data/device-schema.json;"
            . " scim_resource_type $data/device.json;",
    location => 'scim_index User userName;');

my %id;

sub create {
    my ($endpoint, $body) = @_;
    my $res = $scim->post($endpoint, $body);
    $res->{status} == 201 or die $res->{text};
    return $res->{body}{id};
}

$id{$_} = create('/Users', { userName => $_, displayName => uc $_,
                             externalId => "x-$_" }) for qw(ada kim zoe);
$id{Admins} = create('/Groups', { displayName => 'Admins', externalId => 'x-kim',
                                  members => [ { value => $id{kim} } ] });
$id{Staff} = create('/Groups', { displayName => 'Staff' });

sub escape { my ($s) = @_; $s =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ge; $s }
sub name { my ($r) = @_; $r->{userName} // $r->{displayName} // $r->{serialNumber} }
sub names { join ' ', map { name($_) } @{ $_[0]{body}{Resources} } }
sub find { $scim->get('/?filter=' . escape($_[0]) . ($_[1] // '')) }

my $res = $scim->get('/');
is($res->{status}, 200, 'all resources');
is(names($res), 'ada kim zoe Admins Staff', 'type by type');
is($res->{body}{totalResults}, 5, 'all are counted');
is_deeply([ map { $_->{meta}{resourceType} } @{ $res->{body}{Resources} } ],
          [ qw(User User User Group Group) ], 'each is of its type');
like($res->{body}{Resources}[4]{meta}{location}, qr{/Groups/$id{Staff}$},
     'and at its place');
is($res->{body}{Resources}[3]{members}[0]{value}, $id{kim},
   'a group has its members');
is($res->{body}{Resources}[1]{groups}[0]{value}, $id{Admins},
   'a user has its groups');

for my $case (
    [ 'userName eq "kim"', 'kim' ],
    [ 'userName pr', 'ada kim zoe' ],
    [ 'not (userName pr)', 'Admins Staff' ],
    [ 'userName ne "kim"', 'ada zoe Admins Staff' ],
    [ 'members pr', 'Admins' ],
    [ "members.value eq \"$id{kim}\"", 'Admins' ],
    [ "members.\$ref ew \"/Users/$id{kim}\"", 'Admins' ],
    [ "members[\$ref ew \"/Users/$id{ada}\"]", '' ],
    [ "groups.\$ref co \"/Groups/$id{Admins}\"", 'kim' ],
    [ 'groups.display eq "admins"', 'kim' ],
    [ 'externalId eq "x-kim"', 'kim Admins' ],
    [ 'externalId eq null', 'Staff' ],
    [ 'displayName sw "a"', 'ada Admins' ],
    [ 'displayName eq "Staff" or userName eq "zoe"', 'zoe Staff' ],
    [ 'userName eq "ada" or members[value pr]', 'ada Admins' ],
    [ 'meta.resourceType eq "Group"', 'Admins Staff' ],
    [ 'meta.resourceType eq "Group" or userName eq "zoe"', 'zoe Admins Staff' ],
    [ 'meta.resourceType ne "Group"', 'ada kim zoe' ],
    [ 'meta.resourceType eq "User" and externalId eq "x-kim"', 'kim' ],
    [ 'meta.resourceType eq "Nothing"', '' ],
    [ "id eq \"$id{Staff}\"", 'Staff' ],
    [ 'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "zoe"', 'zoe' ],
    [ 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr',
      '' ],
) {
    my ($filter, $expected) = @$case;
    my $res = find($filter);
    is(names($res), $expected, $filter);
    is($res->{body}{totalResults}, scalar(split ' ', $expected),
       "$filter: counted");
}

for my $filter ('shoeSize eq 4', 'userName eq "a" or shoeSize pr',
                'emails[shoeSize pr]')
{
    my $res = find($filter);
    is("$res->{status} " . ($res->{body}{scimType} // ''), '400 invalidFilter',
       "$filter: no type knows it");
}
like(find('shoeSize pr')->{body}{detail},
     qr/no type has an attribute "shoeSize"/, 'the detail says so');

is(names($scim->get('/?startIndex=3&count=2')), 'zoe Admins',
   'a page over the border of two types');
is(names($scim->get('/?startIndex=6')), '', 'behind the end');
is($scim->get('/?count=0')->{body}{totalResults}, 5, 'the total alone');
is(names(find('externalId pr', '&startIndex=2&count=2')), 'kim zoe',
   'a page of matches');
is(names($scim->get('/?sortBy=displayName')), 'ada Admins kim Staff zoe',
   'one order over all types');
is(names($scim->get('/?sortBy=userName&sortOrder=descending')),
   'Staff Admins zoe kim ada', 'what a type has not comes first, descending');

$res = $scim->get('/?sortBy=shoeSize');
is($res->{body}{scimType}, 'invalidValue', 'an order that there is not');

for my $query ('a=b', 'filter=' . escape('externalId eq "x-kim"'),
               'sortBy=displayName', 'filter=displayName+pr')
{
    my $all = names($scim->get("/?$query"));
    my ($cursor, @forward, @back, $res) = ('');
    while (defined $cursor && @forward < 20) {
        $res = $scim->get("/?$query&count=1&cursor=$cursor");
        push @forward, names($res);
        $cursor = $res->{body}{nextCursor};
    }
    is("@forward", $all, "$query: by cursor");
    for (@back = names($res); $cursor = $res->{body}{previousCursor}; ) {
        last if @back > 20;
        $res = $scim->get("/?$query&count=1&cursor=$cursor");
        unshift @back, names($res);
    }
    is("@back", $all, "$query: by cursor, backward");
}

$res = $scim->get('/?attributes=userName,members');
is_deeply([ map { [ sort keys %$_ ] } @{ $res->{body}{Resources} }[0, 3, 4] ],
          [ [ qw(id schemas userName) ], [ qw(id members schemas) ],
            [ qw(id members schemas) ] ], 'attributes of each type');
$res = $scim->get('/?excludedAttributes=members,groups,userName');
is_deeply([ grep { exists $_->{members} || exists $_->{groups} }
            @{ $res->{body}{Resources} } ], [], 'excluded from each type');

$res = $scim->post('/.search', {
    schemas => [ 'urn:ietf:params:scim:api:messages:2.0:SearchRequest' ],
    filter => 'displayName sw "a"', attributes => [ 'displayName' ],
    sortBy => 'displayName', sortOrder => 'descending', count => 1 });
is(names($res), 'Admins', '.search does the same');
is($res->{body}{totalResults}, 2, 'and counts');
is($scim->post('/.search', '', raw => '[]')->{body}{scimType},
   'invalidSyntax', 'a body that is no object');

is($scim->get('/', token => 'other')->{body}{totalResults}, 0,
   'another tenant has none of it');
is($scim->post('/.search', { filter => 'userName pr' }, token => 'reader')
   ->{body}{totalResults}, 3, 'a read-only token may search');
is($scim->post('/', { userName => 'x' })->{status}, 405,
   'nothing is created at the root');


# --- ranges, by index and by looking ------------------------------------------

for my $case (
    [ 'userName sw "k"', 'kim' ], [ 'userName sw "K"', 'kim' ],
    [ 'userName gt "kim"', 'zoe' ], [ 'userName ge "kim"', 'kim zoe' ],
    [ 'userName lt "kim"', 'ada' ], [ 'userName le "kim"', 'ada kim' ],
    [ 'userName sw ""', 'ada kim zoe' ], [ 'userName gt "ki"', 'kim zoe' ],
    [ 'userName lt "kimm"', 'ada kim' ],
    [ 'externalId sw "x-k"', 'kim' ], [ 'externalId sw "X"', '' ],
    [ 'externalId ge "x-zoe"', 'zoe' ],
) {
    my ($filter, $expected) = @$case;
    for my $way ($filter, "($filter) and not (title pr)") {
        my $res = $scim->get('/Users?filter=' . escape($way));
        is(join(' ', sort map { $_->{userName} } @{ $res->{body}{Resources} }),
           $expected, $way);
    }
}

is_deeply([ sort @{ $scim->redis('ZRANGE', 'scim:{demo}:users:by:userName:sorted',
                                 0, -1) } ],
          [ map { "$_\0$id{$_}" } qw(ada kim zoe) ],
          'a unique attribute can have a sorted index too');

done_testing();
