#!/usr/bin/env perl
#
# Filters (RFC 7644, section 3.4.2.2): by index, by scan, what is refused.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new(http => 'scim_index User title name.familyName;
    large_client_header_buffers 4 32k;');
my %id;

for my $user (
    { userName => 'ann@example.com', externalId => 'E-1', active => $true,
      title => 'Boss', name => { familyName => "O'Neil", givenName => 'Ann' },
      emails => [ { value => 'ann@example.com', type => 'work',
                    primary => $true },
                  { value => 'ann@home.example', type => 'home' } ] },
    { userName => 'ben@example.com', externalId => 'e-1', active => $false,
      title => 'boss', name => { familyName => 'Ødegård' },
      emails => [ { value => 'ben@example.com', type => 'work' } ],
      $ENTERPRISE => { department => 'Sales', employeeNumber => '7' } },
    { userName => 'cat@example.org', externalId => 'true', active => $true,
      nickName => 'The "Cat" \\', roles => [ { value => 'x',
                                               primary => $true } ] },
    { userName => 'dan' },
) {
    my $res = $scim->post('/Users', $user);
    is($res->{status}, 201, $user->{userName}) or diag $res->{text};
    ($id{ substr $user->{userName}, 0, 3 }) = $res->{body}{id};
}

my $group = $scim->post('/Groups', { displayName => 'Team', externalId => 'g1',
    members => [ { value => $id{ann} } ] })->{body}{id};

$scim->patch("/Users/$id{ben}", [ { op => 'add',
    path => "$ENTERPRISE:manager", value => $id{ann} } ]);


sub finds {
    my ($filter, $expected, $type) = @_;
    my $names = names(found($scim, $type // 'Users', $filter));
    $names =~ s/\@example\.(com|org)//g;
    is($names, $expected, $filter);
}


sub refused {
    my ($filter, $detail) = @_;
    error_ok(found($scim, 'Users', $filter), 400, 'invalidFilter', $detail,
             length $filter > 70 ? substr($filter, 0, 70) . '...' : $filter);
}


# by an index
finds('userName eq "ann@example.com"', 'ann');
finds('userName eq "ANN@EXAMPLE.COM"', 'ann');
finds('USERNAME EQ "ann@example.com"', 'ann');
finds("$USER:userName eq \"ann\@example.com\"", 'ann');
finds('userName eq "nobody"', '');
finds('userName eq ""', '');
finds('externalId eq "E-1"', 'ann');
finds('externalId eq "e-1"', 'ben');
finds('emails eq "ben@example.com"', 'ben');
finds('emails.value eq "ANN@home.example"', 'ann');
finds('emails[type eq "work"].value eq "ann@example.com"', 'ann');
finds('emails[type eq "work"].value eq "ann@home.example"', '');
finds('emails[type eq "work" and value eq "ann@example.com"]', 'ann');
finds('emails[type eq "home" and value eq "ann@example.com"]', '');
finds('title eq "BOSS"', 'ann ben');
finds('name.familyName eq "o\'neil"', 'ann');
finds('name.familyName eq "ØDEGÅRD"', 'ben');
finds(qq{id eq "$id{cat}"}, 'cat');
finds(qq{ID eq "$id{cat}" and userName eq "cat\@example.org"}, 'cat');
finds(qq{id eq "$id{cat}" and userName eq "dan"}, '');
finds('id eq "no/id at all"', '');
finds('userName eq "ann@example.com" and title eq "boss"', 'ann');
finds('title eq "boss" and active eq true', 'ann');
finds('displayName eq "TEAM"', 'Team', 'Groups');
finds('externalId eq "g1"', 'Team', 'Groups');

# words without quotes
finds('externalId eq E-1', 'ann');
finds('userName eq ann@example.com', 'ann');
finds('externalId eq true', 'cat');
finds('userName sw ann', 'ann');

# memberships
finds(qq{members eq "$id{ann}"}, 'Team', 'Groups');
finds(qq{members.value eq "$id{ben}"}, '', 'Groups');
finds(qq{id eq "$group" and members eq "$id{ann}"}, 'Team', 'Groups');
finds(qq{id eq "$group" and members eq "$id{ben}"}, '', 'Groups');
finds(qq{groups eq "$group"}, 'ann');
finds(qq{groups.value eq "$group" and active eq true}, 'ann');
finds('groups pr', 'ann');
finds(qq{manager eq "$id{ann}"}, 'ben');
finds(qq{id eq "$id{ben}" and manager eq "$id{ann}"}, 'ben');
finds("$ENTERPRISE:manager.value eq \"$id{ann}\"", 'ben');

# by a scan
finds('userName sw "ann"', 'ann');
finds('userName ew "ORG"', 'cat');
finds('userName co "example"', 'ann ben cat');
finds('userName ne "dan"', 'ann ben cat');
finds('title ne "boss"', 'cat dan');
finds('active eq true', 'ann cat');
finds('active eq "True"', 'ann cat');
finds('active eq false', 'ben');
finds('active ne true', 'ben dan');
finds('not (active pr)', 'dan');
finds('title pr', 'ann ben');
finds('name pr and not (name.givenName pr)', 'ben');
finds('title eq null', 'cat dan');
finds('nickName eq "The \"Cat\" \\\\"', 'cat');
finds('name.familyName sw "O\'"', 'ann');
finds('name.familyName co "\u00f8DE"', 'ben');
finds('emails[type eq "home"]', 'ann');
finds('emails[not (type eq "work")]', 'ann');
finds('roles[primary eq "True"].value eq "x"', 'cat');
finds("$ENTERPRISE:department eq \"sales\"", 'ben');
finds('department eq "sales"', 'ben');
finds('userName eq "dan" or title eq "boss" and active eq true', 'ann dan');
finds('(userName eq "dan" or title eq "boss") and active eq true', 'ann');
finds('userName eq "dan" or not (active eq true)', 'ben dan');
finds('userName gt "ben@example.com"', 'cat dan');
finds('userName le "ben@example.com"', 'ann ben');
finds('meta.created gt "2015-10-10T14:38:21.8617979-07:00"',
      'ann ben cat dan');
finds('meta.lastModified lt "2015-10-10T00:00:00Z"', '');
finds('meta.resourceType eq "User" and userName eq "dan"', 'dan');
finds('meta.version eq "W/\"1\""', 'ann cat dan');
finds("schemas eq \"$ENTERPRISE\"", 'ben');

# + and percent
is(names($scim->get('/Users?filter=userName+eq+%22dan%22')), 'dan', '+');
is(names($scim->get('/Users?filter=userName%20eq%20%22dan%22')), 'dan', '%20');
is(names($scim->get('/Users?FILTER=userName+eq+%22dan%22')), 'dan',
   'the key in upper case');

# filters that are rejected
refused('', qr/./);
refused('userName', qr/./);
refused('userName eq', qr/./);
refused('userName is "x"', qr/./);
refused('userName eq "x', qr/./);
refused('userName eq "x" and', qr/./);
refused('(userName eq "x"', qr/./);
refused('userName eq "x")', qr/./);
refused('userName eq "x" title eq "y"', qr/./);
refused('emails[type eq "work"', qr/./);
refused('eq eq eq', qr/./);
refused('userName eq "\q"', qr/./);
refused('userName eq "\ud800"', qr/./);
refused('nothing eq "x"', qr/nothing/);
refused('name.nothing eq "x"', qr/nothing/);
refused('urn:example:userName eq "x"', qr/./);
refused('active gt true', qr/active/);
refused('active eq "maybe"', qr/active/);
refused('meta.created gt "yesterday"', qr/created/);
refused('password eq "x"', qr/password/);
refused('(' x 40 . 'userName pr' . ')' x 40, qr/deep|nest/i);
refused(join(' or ', ('title pr') x 200), qr/more than 128/);
refused('userName eq "' . 'x' x 7900 . '" or title eq "' . 'y' x 400 . '"',
        qr/at most 8192 bytes/);
error_ok($scim->get('/Users?filter=userName+eq+%22%ff%22'), 400,
         'invalidFilter', qr/UTF-8/, 'invalid UTF-8');
error_ok($scim->get('/Users?filter=userName+eq+%22a%00b%22'), 400,
         'invalidFilter', qr/./, 'a NUL');
like(found($scim, 'Users', 'userName xx "y"')->{body}{detail}, qr/\b9\b/,
     'the detail tells the offset');

clean_log($scim);
undef $scim;

# the limit of a scan
$scim = SCIM->new(http => 'scim_scan_limit 3;');
$scim->post('/Users', { userName => "u$_", title => 'T' }) for 1 .. 3;
is(names(found($scim, 'Users', 'title eq "t"')), 'u1 u2 u3', 'at the limit');
$scim->post('/Users', { userName => 'u4', title => 'T' });
$scim->patch("/Users/$_->{id}", [ { op => 'add', path => 'externalId',
                                    value => "x$_->{id}" } ])
    for @{ $scim->get('/Users')->{body}{Resources} };
error_ok(found($scim, 'Users', 'title eq "t"'), 400, 'tooMany',
         qr/more than 3 resources \(scim_scan_limit\): .*\(scim_index User title\)/,
         'above it');
error_ok(found($scim, 'Users', 'title co "t"'), 400, 'tooMany',
         qr/more than 3 resources .*: use "eq" on an indexed attribute/,
         'where no index would help');
error_ok(found($scim, 'Users', 'externalId eq "t" or title eq "t"'), 400,
         'tooMany', qr/\(scim_index User title\)/, 'and one that is there');
error_ok(found($scim, 'Users', 'externalId gt ""'), 400, 'tooMany',
         qr/"externalId" names too many/, 'and one of no use');
is(names(found($scim, 'Users', 'userName eq "u4"')), 'u4', 'by an index');
is(names(found($scim, 'Users', 'userName eq "u4" and title co "T"')), 'u4',
   'by an index and more');
is($scim->get('/Users')->{body}{totalResults}, 4, 'without a filter');
undef $scim;

done_testing();
