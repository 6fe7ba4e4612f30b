#!/usr/bin/env perl
#
# PATCH of users (RFC 7644, section 3.5.2) in the shapes that clients send.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;
my $boss = $scim->post('/Users', { userName => 'boss' })->{body}{id};
my $n = 0;


# a user with these attributes; after the operations those have the values
sub patched {
    my ($name, $before, $ops, $after) = @_;
    my $user = $scim->post('/Users', { userName => 'u' . $n++, %$before })
                    ->{body};
    my $res = $scim->patch("/Users/$user->{id}", $ops);
    is($res->{status}, 200, "$name: 200") or diag $res->{text};
    is_deeply({ map { $_ => $res->{body}{$_} } keys %$after }, $after, $name)
        or diag $res->{text};
    is_deeply($scim->get("/Users/$user->{id}")->{body}, $res->{body},
              "$name: is kept");
}


sub refused {
    my ($name, $ops, $type, $detail) = @_;
    my $user = $scim->post('/Users', { userName => 'u' . $n++, title => 'T',
        emails => [ { value => 'a@b', type => 'work' } ] })->{body};
    error_ok($scim->patch("/Users/$user->{id}", $ops), 400, $type, $detail,
             $name);
    is_deeply($scim->get("/Users/$user->{id}")->{body}, $user,
              "$name: nothing has changed");
}


my $work = { value => 'w@x', type => 'work', primary => $true };
my $home = { value => 'h@x', type => 'home' };

# single values
patched('replace', { title => 'A' }, [ { op => 'replace', path => 'title',
        value => 'B' } ], { title => 'B' });
patched('replace what is not there', {}, [ { op => 'Replace', path => 'title',
        value => 'B' } ], { title => 'B' });
patched('add over a value', { title => 'A' }, [ { op => 'ADD', path => 'TITLE',
        value => 'B' } ], { title => 'B' });
patched('remove', { title => 'A' }, [ { op => 'Remove', path => 'title' } ],
        { title => undef });
patched('remove with the value', { title => 'A' }, [ { op => 'remove',
        path => 'title', value => 'a' } ], { title => undef });
patched('remove with another value', { title => 'A' }, [ { op => 'remove',
        path => 'title', value => 'x' } ], { title => 'A' });
patched('"" clears', { title => 'A' }, [ { op => 'replace', path => 'title',
        value => '' } ], { title => undef });
patched('null clears', { title => 'A' }, [ { op => 'replace',
        path => 'title', value => undef } ], { title => undef });
patched('with its URN', {}, [ { op => 'add', path => "$USER:title",
        value => 'B' } ], { title => 'B' });
patched('a number of Unicode', {}, [ { op => 'add', path => 'displayName',
        value => "\x{674e}\x{1F600}" } ],
        { displayName => "\x{674e}\x{1F600}" });

# active
for my $case ([ 'False', $false ], [ 'True', $true ], [ 'false', $false ],
              [ $false, $false ], [ $true, $true ])
{
    my ($value, $is) = @$case;
    patched("active $value", { active => $is ? $false : $true },
            [ { op => 'Replace', path => 'active', value => $value } ],
            { active => $is });
}
patched('active without a path', { active => $true }, [ { op => 'replace',
        value => { active => $false } } ], { active => $false });
patched('active as a string without a path', { active => $true },
        [ { op => 'Replace', value => { active => 'False' } } ],
        { active => $false });

# complex values
patched('a sub-attribute', { name => { givenName => 'A', familyName => 'B' } },
        [ { op => 'Replace', path => 'name.givenName', value => 'C' } ],
        { name => { givenName => 'C', familyName => 'B' } });
patched('a sub-attribute of nothing', {}, [ { op => 'Add',
        path => 'name.givenName', value => 'C' } ],
        { name => { givenName => 'C' } });
patched('an object into an object', { name => { givenName => 'A' } },
        [ { op => 'add', path => 'name', value => { familyName => 'B' } } ],
        { name => { givenName => 'A', familyName => 'B' } });
patched('the last sub-attribute goes', { name => { givenName => 'A' } },
        [ { op => 'remove', path => 'name.givenName' } ], { name => undef });
patched('without a path', { title => 'A', name => { givenName => 'A' } },
        [ { op => 'replace', value => { title => 'B',
            name => { familyName => 'F' } } } ],
        { title => 'B', name => { givenName => 'A', familyName => 'F' } });
patched('dotted and qualified keys', {}, [ { op => 'replace', value => {
        displayName => 'D', 'name.givenName' => 'G', 'name.formatted' => 'F',
        "$ENTERPRISE:employeeNumber" => '4711' } } ],
        { displayName => 'D', name => { givenName => 'G', formatted => 'F' },
          $ENTERPRISE => { employeeNumber => '4711' },
          schemas => [ $USER, $ENTERPRISE ] });
patched('a key that is a value path', { emails => [ $work ] },
        [ { op => 'replace', value => {
            'emails[type eq "work"].value' => 'n@x' } } ],
        { emails => [ { %$work, value => 'n@x' } ] });

# multi-valued attributes
patched('a value path', { emails => [ $work, $home ] }, [ { op => 'Replace',
        path => 'emails[type eq "work"].value', value => 'n@x' } ],
        { emails => [ { %$work, value => 'n@x' }, $home ] });
for my $op (qw(Add Replace)) {
    patched("$op makes a value", {}, [ { op => $op,
            path => 'phoneNumbers[type eq "mobile"].value', value => '+1' } ],
            { phoneNumbers => [ { type => 'mobile', value => '+1' } ] });
}
patched('a path with a boolean in words', { roles => [ { value => 'a',
        primary => $true }, { value => 'b' } ] }, [ { op => 'replace',
        path => 'roles[primary eq "True"].value', value => 'c' } ],
        { roles => [ { value => 'c', primary => $true }, { value => 'b' } ] });
patched('the same makes a value', {}, [ { op => 'add',
        path => 'roles[primary eq "True"].value', value => 'c' } ],
        { roles => [ { value => 'c', primary => $true } ] });
patched('add a value', { emails => [ $work ] }, [ { op => 'add',
        path => 'emails', value => [ $home ] } ],
        { emails => [ $work, $home ] });
patched('add an object', { emails => [ $work ] }, [ { op => 'add',
        path => 'emails', value => $home } ], { emails => [ $work, $home ] });
patched('add what is there', { emails => [ $work ] }, [ { op => 'add',
        path => 'emails', value => [ $work ] } ], { emails => [ $work ] });
patched('replace all', { emails => [ $work ] }, [ { op => 'replace',
        path => 'emails', value => [ $home ] } ], { emails => [ $home ] });
patched('remove all', { emails => [ $work, $home ] }, [ { op => 'remove',
        path => 'emails' } ], { emails => undef });
patched('remove by a filter', { emails => [ $work, $home ] },
        [ { op => 'remove', path => 'emails[type eq "home"]' } ],
        { emails => [ $work ] });
patched('remove a part by a filter', { emails => [ $work, $home ] },
        [ { op => 'remove', path => 'emails[type eq "home"].type' } ],
        { emails => [ $work, { value => 'h@x' } ] });
patched('clear a value by a filter', { emails => [ $work, $home ] },
        [ { op => 'replace', path => 'emails[type eq "home"].value',
            value => '' } ], { emails => [ $work ] });
patched('remove by a value', { emails => [ $work, $home ] },
        [ { op => 'Remove', path => 'emails', value => [ { value => 'w@x' } ] }
        ], { emails => [ $home ] });
patched('a new primary takes it from the old', { emails => [ $work, $home ] },
        [ { op => 'add', path => 'emails[type eq "home"].primary',
            value => $true } ],
        { emails => [ { %$work, primary => $false },
                      { %$home, primary => $true } ] });
patched('JSON in a string', {}, [ { op => 'Add', path => 'roles',
        value => [ { value => '{"id":"3f","value":"Admin"}' } ] } ],
        { roles => [ { value => '{"id":"3f","value":"Admin"}' } ] });

# the enterprise extension
patched('its attribute', {}, [ { op => 'Add',
        path => "$ENTERPRISE:department", value => 'D' } ],
        { $ENTERPRISE => { department => 'D' } });
patched('the extension as the path', {}, [ { op => 'add',
        path => $ENTERPRISE, value => { department => 'D' } } ],
        { $ENTERPRISE => { department => 'D' } });
patched('the extension goes', { $ENTERPRISE => { department => 'D' } },
        [ { op => 'remove', path => $ENTERPRISE } ],
        { $ENTERPRISE => undef, schemas => [ $USER ] });
my $manager = { $ENTERPRISE => { manager => { value => $boss } } };
for my $case (
    [ 'a string', "$ENTERPRISE:manager", $boss ],
    [ 'an object', "$ENTERPRISE:manager", { value => $boss } ],
    [ 'a list', 'manager', [ { '$ref' => 'http://h/x', value => $boss } ] ],
    [ 'its value', "$ENTERPRISE:manager.value", $boss ],
) {
    my ($name, $path, $value) = @$case;
    my $user = $scim->post('/Users', { userName => 'u' . $n++ })->{body};
    my $res = $scim->patch("/Users/$user->{id}", [ { op => 'Add',
                           path => $path, value => $value } ]);
    is($res->{body}{$ENTERPRISE}{manager}{value}, $boss, "manager: $name")
        or diag $res->{text};
}
for my $op ({ op => 'replace', path => "$ENTERPRISE:manager", value => '' },
            { op => 'Remove', path => "$ENTERPRISE:manager" },
            { op => 'remove', path => qq{manager[value eq "$boss"]} })
{
    patched("manager cleared: $op->{op} $op->{path}", $manager, [ $op ],
            { $ENTERPRISE => undef });
}

# several operations
patched('in their order', {}, [
        { op => 'remove', path => 'displayName' },
        { op => 'add', path => 'displayName', value => 'A' },
        { op => 'replace', path => 'displayName', value => 'B' } ],
        { displayName => 'B' });
patched('more names than the standard has', {}, { id => 'x', Operations =>
        [ { name => 'y', op => 'add', path => 'title', value => 'B' } ],
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ] },
        { title => 'B' });
patched('names in other case', {}, { operations => [ { OP => 'Add',
        Path => 'title', VALUE => 'B' } ] }, { title => 'B' });
patched('no operations', { title => 'A' }, [], { title => 'A' });
patched('its own id', {}, [ { op => 'replace', value => { id => 'x',
        displayName => 'D' } } ], { displayName => 'D' });
patched('an attribute nobody knows, in an object', {}, [ { op => 'add',
        value => { nothing => 1, title => 'B' } } ], { title => 'B' });

patched('an attribute nobody knows, as the path', { title => 'A' },
        [ { op => 'add', path => 'nothing', value => 'x' } ],
        { title => 'A', nothing => undef });

# a new userName is found at once, the old one is not
my $user = $scim->post('/Users', { userName => 'before' })->{body};
$scim->patch("/Users/$user->{id}", [ { op => 'Replace', path => 'userName',
                                       value => 'after' } ]);
is(names(found($scim, 'Users', 'userName eq "after"')), 'after', 'renamed');
is(names(found($scim, 'Users', 'userName eq "before"')), '', 'only');

# patches that are rejected
refused('no Operations', { schemas => [] }, 'invalidSyntax', qr/Operations/);
refused('Operations that are no list', { Operations => {} }, 'invalidSyntax',
        qr/Operations/);
refused('an operation that is no object', { Operations => [ 1 ] },
        'invalidSyntax', qr/./);
refused('no op', [ { path => 'title', value => 'x' } ], 'invalidSyntax',
        qr/op/);
refused('another op', [ { op => 'move', path => 'title', value => 'x' } ],
        'invalidSyntax', qr/move/);
refused('remove without a path', [ { op => 'remove' } ], 'noTarget', qr/path/);
refused('add without a value', [ { op => 'add', path => 'title' } ],
        'invalidValue', qr/value/);
refused('a value that is no object', [ { op => 'add', value => 'x' } ],
        'invalidValue', qr/./);
refused('a bad path', [ { op => 'add', path => 'emails[type eq',
        value => 'x' } ], 'invalidPath', qr/./);
refused('no target', [ { op => 'replace', path => 'emails[type sw "x"].value',
        value => 'x' } ], 'noTarget', qr/./);
refused('a wrong type', [ { op => 'replace', path => 'active',
        value => 'maybe' } ], 'invalidValue', qr/active/);
refused('remove what is required', [ { op => 'remove', path => 'userName' } ],
        'mutability', qr/userName/);
refused('clear what is required', [ { op => 'replace', path => 'userName',
        value => '' } ], 'invalidValue', qr/userName/);
refused('a read-only path', [ { op => 'replace', path => 'id',
        value => 'x' } ], 'mutability', qr/id/);
refused('read-only meta', [ { op => 'replace', path => 'meta.created',
        value => '2020-01-01T00:00:00Z' } ], 'mutability', qr/meta/);
refused('read-only groups', [ { op => 'add', path => 'groups',
        value => [ { value => 'x' } ] } ], 'mutability', qr/groups/);
refused('the second fails', [
        { op => 'replace', path => 'title', value => 'changed' },
        { op => 'replace', path => 'active', value => 'maybe' } ],
        'invalidValue', qr/\b(2|1)\b/);

clean_log($scim);
undef $scim;

done_testing();
