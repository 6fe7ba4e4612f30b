#!/usr/bin/env perl
#
# Every shape is understood or refused: no success hides that nothing has
# happened, and nothing that is unknown changes what is known.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;
my $n = 0;

my $work = { value => 'w@x', type => 'work' };
my $home = { value => 'h@x', type => 'home' };
my %id = map {
    $_ => $scim->post('/Users', { userName => $_ })->{body}{id}
} qw(ann ben cat);


sub user {
    my (%more) = @_;
    my $res = $scim->post('/Users', { userName => 'u' . $n++, %more });
    is($res->{status}, 201, 'a user') or diag $res->{text};
    return $res->{body};
}


# a group of ann and ben
sub group {
    return $scim->post('/Groups', { displayName => 'g' . $n++, members => [
        map { { value => $id{$_} } } qw(ann ben) ] })->{body};
}


sub members {
    my ($group) = @_;
    my %name = reverse %id;
    return join ' ', sort map { $name{$_->{value}} }
        @{ $scim->get("/Groups/$group->{id}")->{body}{members} };
}


# after these operations on a user the attributes are
sub patched {
    my ($name, $before, $ops, $after) = @_;
    my $user = user(%$before);
    my $res = $scim->patch("/Users/$user->{id}", $ops);
    is($res->{status}, 200, "$name: 200") or diag $res->{text};
    my $now = $scim->get("/Users/$user->{id}")->{body};
    is_deeply({ map { $_ => $now->{$_} } keys %$after }, $after, $name)
        or diag $res->{text};
}


sub refused {
    my ($name, $before, $ops, $type, $detail) = @_;
    my $user = user(%$before);
    error_ok($scim->patch("/Users/$user->{id}", $ops), 400, $type, $detail,
             $name);
    is_deeply($scim->get("/Users/$user->{id}")->{body}, $user,
              "$name: nothing has changed");
}


# the group keeps its members, and the answer says why
sub members_refused {
    my ($name, $value, $detail) = @_;
    my $group = group();
    my $path = "/Groups/$group->{id}";

    my @tries = (
        [ PATCH => [ { op => 'replace', path => 'members',
                       value => $value } ] ],
        [ PATCH => [ { op => 'add', path => 'members', value => $value } ] ],
        [ PATCH => [ { op => 'remove', path => 'members',
                       value => $value } ] ],
        [ PATCH => [ { op => 'replace', value => { members => $value } } ] ],
        [ PUT => { displayName => $group->{displayName},
                   members => $value } ],
    );

    for my $try (@tries) {
        my ($method, $body) = @$try;
        my $res = $method eq 'PUT' ? $scim->put($path, $body)
                                   : $scim->patch($path, $body);
        error_ok($res, 400, 'invalidValue', $detail,
                 "$method, $name" . (ref $body eq 'ARRAY'
                                     ? ", $body->[0]{op}" : ''));
    }

    error_ok($scim->post('/Groups', { displayName => 'g' . $n++,
             members => $value }), 400, 'invalidValue', $detail,
             "POST, $name");
    is(members($group), 'ann ben', "$name: both are still members");

    my $bulk = $scim->post('/Bulk', { Operations => [ { method => 'PATCH',
        path => $path, data => { Operations => $tries[0][1] } } ] });
    is($bulk->{body}{Operations}[0]{status}, 400, "$name: in a bulk too");
}


subtest 'members that name nobody' => sub {
    members_refused('an id by another name', [ { id => $id{cat} } ],
                    qr/"members": expected an object with "value"/);
    members_refused('a name instead of an id', [ { display => 'x' } ],
                    qr/expected an object with "value".*not with "display"/);
    members_refused('a reference only', [ { '$ref' => "../Users/$id{cat}" } ],
                    qr/needs its id as "value"/);
    members_refused('a type only', [ { type => 'User' } ], qr/needs its id/);
    members_refused('an empty object in a list', [ {} ], qr/needs its id/);
    members_refused('an empty object', {}, qr/needs its id/);
    members_refused('an empty string', '', qr/needs its id/);
    members_refused('null in a list', [ undef ], qr/needs its id/);
    members_refused('an id that is null', [ { value => undef } ],
                    qr/needs its id/);
    members_refused('a number', [ 123 ], qr/expected a string/);
    members_refused('a number as the id', [ { value => 123 } ],
                    qr/expected a string/);
    members_refused('a list in a list', [ [ { value => $id{ann} } ] ],
                    qr/expected an object/);
    members_refused('one of them', [ { value => $id{ann} }, { id => 'x' } ],
                    qr/expected an object/);
};


subtest 'members that are named in other words' => sub {
    for my $case (
        [ { members => [ { value => $id{ann} } ] }, 'with their own name' ],
        [ [ { members => [ { value => $id{ann} } ] } ], 'and in a list' ],
        [ { value => $id{ann} }, 'an object' ], [ $id{ann}, 'a string' ],
        [ [ $id{ann} ], 'a list of strings' ],
    ) {
        my ($value, $name) = @$case;
        my $group = group();
        my $path = "/Groups/$group->{id}";
        is($scim->patch($path, [ { op => 'remove', path => 'members',
           value => $value } ])->{status}, 204, "remove, $name");
        is(members($group), 'ben', 'is gone');
        $scim->patch($path, [ { op => 'add', path => 'members',
                                value => $value } ]);
        is(members($group), 'ann ben', "add, $name");
        $scim->patch($path, [ { op => 'replace', path => 'members',
                                value => $value } ]);
        is(members($group), 'ann', "replace, $name");
    }

    my $group = group();
    my $path = "/Groups/$group->{id}";
    $scim->patch($path, [ { op => 'remove', path => 'members',
                            value => [] } ]);
    is(members($group), 'ann ben', 'an empty list removes nobody');
    $scim->patch($path, [ { op => 'remove', path => 'members',
                            value => undef } ]);
    is(members($group), '', 'null is no value: all are removed');
    is_deeply($scim->get($path)->{body}{members}, [],
              'a group without members has an empty list');
};


subtest 'members by a filter' => sub {
    for my $quotes (q('%s'), q("%s"), '%s') {
        my $group = group();
        my $text = sprintf $quotes, $id{ann};
        is($scim->patch("/Groups/$group->{id}", [ { op => 'remove',
           path => "members[value eq $text]" } ])->{status}, 204, $text);
        is(members($group), 'ben', 'is gone');
    }

    my $group = group();
    error_ok($scim->patch("/Groups/$group->{id}", [ { op => 'remove',
             path => qq(members[\$ref eq "../Users/$id{ann}"]) } ]), 400,
             'invalidPath', qr/members are chosen by "value"/,
             'by a reference');
    error_ok($scim->patch("/Groups/$group->{id}", [ { op => 'remove',
             path => "members[value eq \x{201c}$id{ann}\x{201d}]" } ]), 400,
             'invalidPath', qr/text in quotes/, 'typographic quotes');
    is(members($group), 'ann ben', 'nobody has gone');
};


subtest 'values in other words' => sub {
    my $x = [ { value => 'x@x' } ];
    patched('a list with its own name', { emails => [ $work ] },
        [ { op => 'replace', path => 'emails', value => { emails => $x } } ],
        { emails => $x });
    patched('a string with its own name', { title => 'T' },
        [ { op => 'replace', path => 'title', value => { title => 'U' } } ],
        { title => 'U' });
    patched('an object with its own name', { name => { givenName => 'A' } },
        [ { op => 'replace', path => 'name',
            value => { name => { givenName => 'B' } } } ],
        { name => { givenName => 'B' } });
    patched('a list of one, without a path', {},
        [ { op => 'replace', value => [ { title => 'T' } ] } ],
        { title => 'T' });
    patched('a list of one for an extension', {},
        [ { op => 'add', path => $ENTERPRISE,
            value => [ { department => 'D' } ] } ],
        { $ENTERPRISE => { department => 'D' } });
    patched('an extension with its own name', {},
        [ { op => 'add', path => $ENTERPRISE,
            value => { $ENTERPRISE => { department => 'D' } } } ],
        { $ENTERPRISE => { department => 'D' } });
    patched('a list of one for an extension, as a key', {},
        [ { op => 'add', value => { $ENTERPRISE => [
            { department => 'D', 'manager.value' => $id{ann} } ] } } ],
        { $ENTERPRISE => { department => 'D', manager => {
            value => $id{ann} } } });
    patched('the base schema as a key', { active => $true },
        [ { op => 'replace', value => { $USER => { active => $false,
            'name.givenName' => 'G' } } } ],
        { active => $false, name => { givenName => 'G' } });
    patched('an extension and a dot', {},
        [ { op => 'add', path => "$ENTERPRISE.employeeNumber",
            value => '1' } ], { $ENTERPRISE => { employeeNumber => '1' } });
    patched('a number for a string', {},
        [ { op => 'add', path => 'title', value => 12 } ],
        { title => '12' });

    my $user = user(externalId => 157663, $ENTERPRISE => [
        { department => 'D' } ], $USER => { title => 'T' },
        'name.givenName' => 'G', 'name.familyName' => 'F');
    is($user->{externalId}, '157663', 'POST: a number for a string');
    is($user->{$ENTERPRISE}{department}, 'D', 'POST: an extension in a list');
    is($user->{title}, 'T', 'POST: the base schema as a key');
    is_deeply($user->{name}, { givenName => 'G', familyName => 'F' },
              'POST: dotted names');
    is(names(found($scim, 'Users', 'externalId eq 157663')),
       $user->{userName}, 'and a filter with the number finds it');

    $user = $scim->put("/Users/$user->{id}", { userName => 'v', emails =>
        { emails => [ $work ] }, "$ENTERPRISE:department" => 'E' })->{body};
    is_deeply($user->{emails}, [ $work ], 'PUT: a list with its own name');
    is($user->{$ENTERPRISE}{department}, 'E', 'PUT: a qualified name');

    error_ok($scim->put("/Users/$user->{id}", { userName => 'v',
             'emails[type eq "work"].value' => 'x' }), 400, 'invalidSyntax',
             qr/PATCH/, 'PUT: a path is for PATCH');
    error_ok($scim->put("/Users/$user->{id}", { userName => 'v',
             'emails.value' => 'x' }), 400, 'invalidSyntax', qr/PATCH/,
             'PUT: so is a part of values');
};


subtest 'values in which nothing is known' => sub {
    my %has = (emails => [ $work ], name => { givenName => 'G' },
               $ENTERPRISE => { manager => { value => $id{ann} } });
    for my $path ('emails', 'emails[type eq "work"]', 'manager') {
        for my $op (qw(add replace)) {
            for my $value ({ nope => 'x' }, [ { nope => 1 } ],
                           { nope => undef }) {
                refused("$op $path", \%has, [ { op => $op, path => $path,
                        value => $value } ], 'invalidValue',
                        qr/expected an object with .*"value"/);
            }
        }
    }
    refused('remove emails', \%has, [ { op => 'remove', path => 'emails',
            value => [ { nope => 'w@x' } ] } ], 'invalidValue',
            qr/expected an object/);
    refused('remove nothing', \%has, [ { op => 'remove', path => 'emails',
            value => {} } ], 'invalidValue', qr/expected the values to/);
    refused('an object for a string', { title => 'T' }, [ { op => 'replace',
            path => 'title', value => { nope => undef } } ], 'invalidValue',
            qr/expected a string/);
    refused('a list in a list', \%has, [ { op => 'replace', path => 'emails',
            value => [ [ $work ] ] } ], 'invalidValue',
            qr/expected an object/);
    refused('two objects without a path', {}, [ { op => 'add',
            value => [ { title => 'T' }, { title => 'U' } ] } ],
            'invalidValue', qr/must be an object/);

    patched('beside what is known', { emails => [ $work ] }, [ { op =>
            'replace', path => 'emails', value => [ { %$home, nope => 1 } ] }
            ], { emails => [ $home ] });
    patched('a part that no schema has', \%has, [ { op => 'replace',
            path => 'name', value => { nope => 1 } } ],
            { name => { givenName => 'G' } });

    my $user = user(%has);
    for my $body ({ emails => [ { nope => 1 } ] },
                  { emails => { nope => 1 } },
                  { $ENTERPRISE => { manager => { id => 'x' } } })
    {
        error_ok($scim->put("/Users/$user->{id}", { userName => 'x', %$body }),
                 400, 'invalidValue', qr/expected an object/, 'PUT');
        error_ok($scim->post('/Users', { userName => 'x', %$body }),
                 400, 'invalidValue', qr/expected an object/, 'POST');
    }
};


subtest 'quotes' => sub {
    patched(q(a path with '), { emails => [ $work, $home ] },
        [ { op => 'replace', path => "emails[type eq 'work'].value",
            value => 'n@x' } ],
        { emails => [ { value => 'n@x', type => 'work' }, $home ] });
    patched(q(a key with '), {},
        [ { op => 'add', value => { "emails[type eq 'work'].value" => 'n@x' }
          } ], { emails => [ { value => 'n@x', type => 'work' } ] });
    for my $marks ("\x{201c}work\x{201d}", "\x{2018}work\x{2019}", '`work`',
                   "work'", "\x{ab}work\x{bb}")
    {
        refused("a path with $marks", { emails => [ $work ] },
            [ { op => 'replace', path => "emails[type eq $marks].value",
                value => 'n@x' } ], 'invalidPath', qr/text in quotes/);
    }

    my $user = user(userName => "kim o'hara");
    for my $filter ("userName eq 'kim o\\'hara'",
                    q(userName eq "kim o'hara"),
                    "emails[type eq 'x'] or userName eq 'kim o\\'hara'")
    {
        is(names(found($scim, 'Users', $filter)), "kim o'hara", $filter);
    }
    for my $filter ("userName eq 'kim o'hara'", "userName eq 'kim",
                    "userName eq \x{201c}kim\x{201d}")
    {
        error_ok(found($scim, 'Users', $filter), 400, 'invalidFilter',
                 qr/offset/, $filter);
    }
};


subtest 'null removes' => sub {
    my %has = (title => 'T', name => { givenName => 'G', familyName => 'F' },
               emails => [ $work, $home ],
               $ENTERPRISE => { department => 'D', costCenter => 'C' });
    patched('an attribute', \%has, [ { op => 'remove', path => 'title',
            value => undef } ], { title => undef });
    patched('an empty string too', \%has, [ { op => 'remove', path => 'title',
            value => '' } ], { title => undef });
    patched('a part', \%has, [ { op => 'remove', path => 'name.givenName',
            value => undef } ], { name => { familyName => 'F' } });
    patched('an object', \%has, [ { op => 'remove', path => 'name',
            value => undef } ], { name => undef });
    patched('all values', \%has, [ { op => 'remove', path => 'emails',
            value => undef } ], { emails => undef });
    patched('those of a filter', \%has, [ { op => 'remove',
            path => 'emails[type eq "home"]', value => undef } ],
            { emails => [ $work ] });
    patched('a part of them', \%has, [ { op => 'remove',
            path => 'emails[type eq "home"].type', value => undef } ],
            { emails => [ $work, { value => 'h@x' } ] });
    patched('a part of all', \%has, [ { op => 'remove',
            path => 'emails.type', value => undef } ],
            { emails => [ { value => 'w@x' }, { value => 'h@x' } ] });
    patched('an attribute of an extension', \%has, [ { op => 'remove',
            path => "$ENTERPRISE:department", value => undef } ],
            { $ENTERPRISE => { costCenter => 'C' } });
    patched('in an object for the extension', \%has, [ { op => 'remove',
            path => $ENTERPRISE, value => { department => undef } } ],
            { $ENTERPRISE => { costCenter => 'C' } });

    for my $value (undef, '', []) {
        my $name = defined $value ? ref $value || 'empty' : 'null';
        for my $op (qw(add replace remove)) {
            patched("$op an extension, $name", \%has, [ { op => $op,
                    path => $ENTERPRISE, value => $value } ],
                    { $ENTERPRISE => undef, schemas => [ $USER ] });
        }
        patched("an extension as a key, $name", \%has, [ { op => 'replace',
                value => { $ENTERPRISE => $value } } ],
                { $ENTERPRISE => undef });
    }
};


subtest 'the primary value is not lost' => sub {
    my $primary = { %$work, primary => $true };
    my $user = user(emails => [ $work, $primary, $home ]);
    is_deeply($user->{emails}, [ $primary, $home ], 'POST');
    is_deeply($scim->put("/Users/$user->{id}", { userName => 'p',
              emails => [ $home, { %$home, primary => $true,
                                   display => 'D' } ] })->{body}{emails},
              [ { value => 'h@x', display => 'D', type => 'home',
                  primary => $true } ], 'PUT');
    patched('values that become equal', { emails => [
            { value => 'a@x', type => 'home' },
            { value => 'a@x', type => 'work', primary => $true } ] },
            [ { op => 'replace', path => 'emails.type', value => 'other' } ],
            { emails => [ { value => 'a@x', type => 'other',
                            primary => $true } ] });
    patched('equal values', {}, [ { op => 'add', path => 'emails',
            value => [ $work, $primary ] } ], { emails => [ $primary ] });
};


subtest 'what is no name' => sub {
    for my $path ('ti tle', 'name. givenName', 'name .givenName', 'title x',
                  'emails[type eq "work"]. value',
                  'nothing[a eq "b"] c', "ti\ttle", 'title,name', '"title"')
    {
        refused("as a path: $path", { title => 'T' }, [ { op => 'replace',
                path => $path, value => 'x' } ], 'invalidPath', qr/offset/);
        refused("as a key: $path", { title => 'T' }, [ { op => 'replace',
                value => { $path => 'x' } } ], 'invalidPath', qr/offset/);
    }
    patched('a name that nobody knows', { title => 'T' }, [ map {
            { op => 'replace', path => $_, value => 'x' } }
            'nothing', 'name.nothing', 'nothing[a eq "b"].c', 'urn:x:y:z' ],
            { title => 'T' });
};


subtest 'who is not active stays so' => sub {
    my %off = (active => $false);
    for my $op ({ op => 'remove', path => 'active' },
                { op => 'replace', path => 'active', value => undef },
                { op => 'replace', path => 'active', value => '' },
                { op => 'replace', value => { active => undef } },
                { op => 'remove', path => 'active', value => $false })
    {
        refused('PATCH', \%off, [ $op ], 'mutability',
                qr/"active" is false: expected true or false/);
    }
    patched('who is active may be cleared', { active => $true },
            [ { op => 'remove', path => 'active' } ], { active => undef });
    patched('and made active', \%off, [ { op => 'replace', path => 'active',
            value => $true } ], { active => $true });

    my $user = user(%off);
    for my $body ({}, { active => undef }, { active => '' }) {
        is($scim->put("/Users/$user->{id}", { userName => 'off', %$body })
               ->{body}{active}, $false, 'PUT');
    }
    is($scim->put("/Users/$user->{id}", { userName => 'off',
       active => $true })->{body}{active}, $true, 'PUT with true');
};


subtest 'a name of blanks' => sub {
    for my $blank (' ', "\t \n", "\x{a0}\x{3000}\x{2003}") {
        error_ok($scim->post('/Users', { userName => $blank }), 400,
                 'invalidValue', qr/"userName" is required/, 'POST');
        error_ok($scim->post('/Groups', { displayName => $blank }), 400,
                 'invalidValue', qr/"displayName" is required/, 'a group');
        refused('PATCH', {}, [ { op => 'replace', path => 'userName',
                value => $blank } ], 'invalidValue', qr/is required/);
    }
    is($scim->post('/Users', { userName => ' x ' })->{body}{userName}, ' x ',
       'blanks around a name are kept');
};


subtest 'the body and the type' => sub {
    my $json = '{"userName":"bom"}';
    my $res = $scim->post('/Users', undef, raw => "\xef\xbb\xbf$json");
    is($res->{status}, 201, 'a byte-order mark') or diag $res->{text};
    is($scim->delete("/Users/$res->{body}{id}")->{headers}{'content-type'},
       'application/scim+json', 'DELETE: 204 has the type');

    $res = $scim->post('/Users', undef, raw => $json,
                       headers => { 'Content-Type' => 'text/json' });
    is($res->{status}, 201, 'text/json') or diag $res->{text};

    my $group = group();
    $res = $scim->patch("/Groups/$group->{id}", [ { op => 'replace',
                        path => 'displayName', value => 'renamed' } ]);
    is($res->{status}, 204, 'PATCH of a group');
    is($res->{headers}{'content-type'}, 'application/scim+json',
       'its 204 has the type');

    for my $accept ('*', '*; q=.2', 'text/html, *;q=0.1') {
        is($scim->get('/Users?count=0', headers => { Accept => $accept })
               ->{status}, 200, "Accept: $accept");
    }

    $res = $scim->patch("/Users/$id{cat}", undef, raw => '{"schemas":"urn:'
        . 'ietf:params:scim:api:messages:2.0:PatchOp","Operations":[]}');
    is($res->{status}, 200, 'schemas as a string');
    error_ok($scim->patch("/Users/$id{cat}", { schemas => [ $USER ],
             Operations => [] }), 400, 'invalidValue', qr/PatchOp/,
             'the schema of a user');
};


subtest 'parameters that are there twice' => sub {
    my $res = found($scim, 'Users', 'userName eq "ann"',
                    '&attributes=userName&attributes=meta');
    is_deeply([ sort keys %{ $res->{body}{Resources}[0] } ],
              [ qw(id meta schemas userName) ], 'lists become one');
    $res = found($scim, 'Users', 'userName eq "ann"',
                 '&filter=userName+eq+%22ann%22&count=2&count=2');
    is(names($res), 'ann', 'the same again');
    for my $more ([ 'filter=userName+eq+%22ben%22', 'invalidFilter' ],
                  [ 'count=1&count=2', 'invalidValue' ],
                  [ 'sortBy=a&SORTBY=userName', 'invalidValue' ])
    {
        error_ok(found($scim, 'Users', 'userName eq "ann"', "&$more->[0]"),
                 400, $more->[1], qr/twice/, $more->[0]);
    }
};


subtest 'the root without its slash' => sub {
    for my $path ('', '?aadOptscim062020', '/') {
        my $res = $scim->get($path);
        is($res->{status}, 200, "with a token: $path") or diag $res->{text};
        ok($res->{body}{totalResults} > 3, 'is the root');
        error_ok($scim->get($path, token => ''), 401, undef, qr/bearer/i,
                 'without a token');
    }
};


clean_log($scim);


subtest 'scim_unknown_attributes reject' => sub {
    my $strict = SCIM->new(location => 'scim_unknown_attributes reject;');
    my $path = '/Users/' . $strict->post('/Users', { userName => 'a',
        emails => [ $work ] })->{body}{id};

    for my $case (
        [ { name => { nope => 1 } }, 'name.nope' ],
        [ { name => { givenName => 'G', nope => 1 } }, 'name.nope' ],
        [ { emails => [ { %$work, nope => 1 } ] }, 'emails.nope' ],
        [ { nope => 1 }, 'nope' ],
        [ { $ENTERPRISE => { nope => 1 } }, "$ENTERPRISE:nope" ],
        [ { $ENTERPRISE => { manager => { value => 'x', nope => 1 } } },
          "$ENTERPRISE:manager.nope" ],
    ) {
        my ($body, $name) = @$case;
        my $words = qr/"\Q$name\E" is no attribute of "User"/;
        error_ok($strict->post('/Users', { userName => 'b', %$body }), 400,
                 'invalidValue', $words, "POST: $name");
        error_ok($strict->put($path, { userName => 'a', %$body }), 400,
                 'invalidValue', $words, "PUT: $name");
        error_ok($strict->patch($path, [ { op => 'add', value => $body } ]),
                 400, 'invalidValue', $words, "PATCH: $name");
        my ($key) = keys %$body;
        error_ok($strict->patch($path, [ { op => 'replace', path => $key,
                 value => $body->{$key} } ]), 400, 'invalidValue', $words,
                 "PATCH with a path: $name");
    }
    error_ok($strict->patch($path, [ { op => 'remove', path => 'emails',
             value => [ { value => 'w@x', nope => 1 } ] } ]), 400,
             'invalidValue', qr/"emails.nope"/, 'remove');
    my $group = $strict->post('/Groups', { displayName => 'g' })->{body};
    error_ok($strict->patch("/Groups/$group->{id}", [ { op => 'add',
             path => 'members', value => [ { value => 'x', nope => 1 } ] } ]),
             400, 'invalidValue', qr/"members.nope"/, 'members');
    is_deeply($strict->get($path)->{body}{emails}, [ $work ],
              'nothing has changed');
};


subtest 'scim_put merge' => sub {
    my $merge = SCIM->new(location => 'scim_put merge;');
    my $path = '/Users/' . $merge->post('/Users', { userName => 'a',
        active => $false, name => { givenName => 'G', familyName => 'F' },
        $ENTERPRISE => { manager => { value => 'm', '$ref' => 'r' } } })
        ->{body}{id};

    for my $case (
        [ { name => { givenName => 'H' } },
          { name => { givenName => 'H', familyName => 'F' } } ],
        [ { 'name.familyName' => 'J' },
          { name => { givenName => 'H', familyName => 'J' } } ],
        [ { name => { familyName => undef } },
          { name => { givenName => 'H' } } ],
        [ { name => { nope => 1 } }, { name => { givenName => 'H' } } ],
        [ { name => undef }, { name => undef } ],
        [ { $ENTERPRISE => { manager => { value => 'n' } } },
          { $ENTERPRISE => { manager => { value => 'n' } } } ],
        [ { $ENTERPRISE => { manager => { value => '' } } },
          { $ENTERPRISE => undef } ],
        [ { active => undef }, { active => $false } ],
    ) {
        my ($body, $after) = @$case;
        my $res = $merge->put($path, { userName => 'a', %$body });
        is_deeply({ map { $_ => $res->{body}{$_} } keys %$after }, $after,
                  'a part of an object') or diag $res->{text};
    }
};


done_testing();
