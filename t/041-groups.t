#!/usr/bin/env perl
#
# Groups and their members (RFC 7643, sections 4.1.2 and 4.2).

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;
my %id = map { $_ => $scim->post('/Users', { userName => $_ })->{body}{id} }
         qw(ann ben cat);


sub group {
    my ($name, @members) = @_;
    my $res = $scim->post('/Groups', { displayName => $name,
        @members ? (members => [ map { { value => $_ } } @members ]) : () });
    is($res->{status}, 201, "group $name") or diag $res->{text};
    return $res->{body};
}


sub members {
    my ($id) = @_;
    return join ' ', sort map { $_->{value} }
        @{ $scim->get("/Groups/$id")->{body}{members} || [] };
}


sub ids { join ' ', sort map { $id{$_} } @_ }


subtest 'create and read' => sub {
    my $group = group('Staff', @id{qw(ann ben)});
    is_deeply([ sort keys %$group ],
              [ qw(displayName id members meta schemas) ], 'attributes');
    is_deeply([ sort { $a->{value} cmp $b->{value} } @{ $group->{members} } ],
              [ map { { value => $_, type => 'User',
                        '$ref' => "$scim->{base}/Users/$_" } }
                sort @id{qw(ann ben)} ], 'members');
    is_deeply($scim->get("/Groups/$group->{id}")->{body}, $group, 'read');
    is_deeply($scim->get("/Users/$id{ann}")->{body}{groups},
              [ { value => $group->{id}, display => 'Staff', type => 'direct',
                  '$ref' => "$scim->{base}/Groups/$group->{id}" } ],
              'groups of a member');
    ok(!exists $scim->get("/Users/$id{cat}")->{body}{groups},
       'none of another');

    is_deeply(group('Empty')->{members}, [], 'a group without members');
    $scim->delete("/Groups/$group->{id}");
};


subtest 'what is refused' => sub {
    group('Taken');
    error_ok($scim->post('/Groups', { displayName => 'tAKEN' }), 409,
             'uniqueness', qr/"displayName": another Group/, 'the name again');
    error_ok($scim->post('/Groups', { members => [] }), 400, 'invalidValue',
             qr/"displayName"/, 'no name');
    error_ok($scim->post('/Groups', { displayName => 'No', members =>
             [ map { { value => $_ } } $id{ann}, 'nobody' ] }), 400,
             'invalidValue', qr/no user or group with the id "nobody"/,
             'a member that does not exist');
    error_ok($scim->post('/Groups', { displayName => 'No',
             members => [ { value => 'a b:{}' } ] }), 400, 'invalidValue',
             qr/no user or group with the id/, 'a member that is no id');
    is(found($scim, 'Groups', 'displayName eq "No"')->{body}{totalResults}, 0,
       'and nothing was made');
    ok(!exists $scim->get("/Users/$id{ann}")->{body}{groups},
       'nor the valid member added');
};


subtest 'PATCH of members' => sub {
    my $group = group('Team', $id{ann});
    my $path = "/Groups/$group->{id}";

    my @steps = (
        [ 'add, Entra', 'ann ben', { op => 'Add', path => 'members',
          value => [ { '$ref' => undef, value => $id{ben} } ] } ],
        [ 'add again', 'ann ben', { op => 'Add', path => 'members',
          value => [ { value => $id{ben} }, { value => $id{ann} } ] } ],
        [ 'add a bare string', 'ann ben cat', { op => 'add',
          path => 'members', value => $id{cat} } ],
        [ 'remove, Entra', 'ben cat', { op => 'Remove', path => 'members',
          value => [ { '$ref' => undef, value => $id{ann} } ] } ],
        [ 'remove a value path', 'cat', { op => 'remove',
          path => qq{members[value eq "$id{ben}"]} } ],
        [ 'remove who is none', 'cat', { op => 'remove',
          path => qq{members[value eq "$id{ben}"]} } ],
        [ 'remove with an empty list', 'cat', { op => 'remove',
          path => 'members', value => [] } ],
        [ 'replace', 'ann ben', { op => 'replace', path => 'members',
          value => [ map { { value => $id{$_} } } qw(ann ben) ] } ],
        [ 'replace without a path', 'cat', { op => 'replace', value => {
          members => [ { value => $id{cat} } ] } } ],
        [ 'add without a path', 'ann cat', { op => 'add', value => {
          members => [ { value => $id{ann}, display => 'Ann' } ] } } ],
        [ 'remove all', '', { op => 'remove', path => 'members' } ],
        [ 'remove all again', '', { op => 'remove', path => 'members' } ],
        [ 'replace by none', '', { op => 'replace', path => 'members',
          value => [] } ],
    );
    for (@steps) {
        my ($name, $expected, @ops) = @$_;
        my $res = $scim->patch($path, \@ops);
        is($res->{status}, 204, "$name: 204") or diag $res->{text};
        is(members($group->{id}), ids(split ' ', $expected), $name);
    }

    my $res = $scim->patch($path, [
        { op => 'add', path => 'members', value => [ { value => $id{ben} } ] },
        { op => 'remove', path => qq{members[value eq "$id{ben}"]} },
        { op => 'add', path => 'members', value => [ { value => $id{cat} } ] },
    ]);
    is($res->{status}, 204, 'several operations');
    is(members($group->{id}), ids('cat'), 'in order');

    error_ok($scim->patch($path, [
        { op => 'add', path => 'members', value => [ { value => $id{ann} } ] },
        { op => 'add', path => 'members', value => [ { value => 'none' } ] },
    ]), 400, 'invalidValue', qr/"none"/, 'one that does not exist');
    is(members($group->{id}), ids('cat'), 'and none was added');

    is($scim->patch("$path?attributes=displayName", [ { op => 'replace',
       path => 'displayName', value => 'Crew' } ])->{body}{displayName},
       'Crew', 'with attributes the answer has a body');
    is(members($group->{id}), ids('cat'), 'a new name keeps the members');
    is($scim->patch($path, [ { op => 'replace', value => {
       id => $group->{id}, displayName => 'Crew' } } ])->{status}, 204,
       'the name with the id, Okta');
    error_ok($scim->patch('/Groups/none', [ { op => 'add', path => 'members',
             value => [ { value => $id{ann} } ] } ]), 404, undef,
             qr/Group "none" not found/, 'no such group');
};


subtest 'PUT' => sub {
    my $group = group('Put', @id{qw(ann ben)});
    my $path = "/Groups/$group->{id}";
    is($scim->put($path, { displayName => 'Put', members =>
       [ map { { value => $id{$_} } } qw(ben cat) ] })->{status}, 200, 'PUT');
    is(members($group->{id}), ids(qw(ben cat)), 'has these members');
    $scim->put($path, { displayName => 'Put' });
    is(members($group->{id}), '', 'PUT without members has none');
    ok(!grep({ $_->{display} eq 'Put' }
             @{ $scim->get("/Users/$id{cat}")->{body}{groups} || [] }),
       'and a user knows of it');
};


subtest 'versions' => sub {
    my $group = group('Versions');
    my $path = "/Groups/$group->{id}";
    my $version = sub { $scim->get($path)->{headers}{etag} };
    my $add = [ { op => 'add', path => 'members',
                  value => [ { value => $id{ann} } ] } ];

    is($version->(), 'W/"1"', 'the first');
    $scim->patch($path, $add);
    is($version->(), 'W/"2"', 'a new member is a change');
    $scim->patch($path, $add);
    is($version->(), 'W/"2"', 'the same member is none');
    $scim->patch($path, [ { op => 'remove', path => 'members',
                            value => [ { value => $id{cat} } ] } ]);
    is($version->(), 'W/"2"', 'nor is removing who is none');
    is($scim->patch($path, $add, headers => { 'If-Match' => 'W/"1"' })
           ->{status}, 412, 'If-Match of another version');
    $scim->delete($path);
};


subtest 'nested groups' => sub {
    my $inner = group('Inner', $id{ann});
    my $outer = group('Outer', $inner->{id});

    is($outer->{members}[0]{type}, 'Group', 'a group as a member');
    is($outer->{members}[0]{'$ref'}, "$scim->{base}/Groups/$inner->{id}",
       'with its reference');
    is_deeply({ map { $_->{display} => $_->{type} }
                @{ $scim->get("/Users/$id{ann}")->{body}{groups} } },
              { Inner => 'direct', Outer => 'indirect' }, 'groups of a user');

    for ([ $inner, $outer ], [ $inner, $inner ]) {
        my ($in, $what) = @$_;
        error_ok($scim->patch("/Groups/$in->{id}", [ { op => 'add',
                 path => 'members', value => [ { value => $what->{id} } ] } ]),
                 400, 'invalidValue', qr/the group would hold itself/,
                 'a group inside of itself');
    }

    $scim->delete("/Groups/$inner->{id}");
    is(members($outer->{id}), '', 'a deleted group is no member');
    ok(!exists $scim->get("/Users/$id{ann}")->{body}{groups},
       'and holds nobody');
};


subtest 'deleted users' => sub {
    my $user = $scim->post('/Users', { userName => 'gone' })->{body}{id};
    my $group = group('Left', $user, $id{ann});
    $scim->delete("/Users/$user");
    is(members($group->{id}), ids('ann'), 'a deleted user is no member');
    is($scim->get("/Groups/$group->{id}")->{headers}{etag}, 'W/"2"',
       'which is a change of the group');
};


subtest 'a large group' => sub {
    my @many = map { $scim->post('/Users', { userName => "many$_" })
                         ->{body}{id} } 1 .. 600;
    my $group = group('Large', @many);
    is(members($group->{id}), join(' ', sort @many), '600 members');
    my $text = $scim->get("/Groups/$group->{id}")->{text};
    cmp_ok(length $text, '>', 65536, 'an answer of more than 64 KiB');
    is($scim->patch("/Groups/$group->{id}", [ { op => 'remove',
       path => 'members', value => [ map { { value => $_ } } @many[1 .. 599] ]
       } ])->{status}, 204, 'all but one removed');
    is(members($group->{id}), $many[0], 'one is left');
};

clean_log($scim);
undef $scim;

done_testing();
