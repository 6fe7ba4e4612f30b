#!/usr/bin/env perl
#
# Members of groups where the ids alone do not say enough: PATCH paths and
# filters that look at their types, groups that take Redis more than one slice,
# and what is written in another way in JSON.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

my $scim = SCIM->new;
my %id = map { $_ => $scim->post('/Users', { userName => $_ })->{body}{id} }
         qw(ann ben);


sub group {
    my ($name, @members) = @_;
    my $res = $scim->post('/Groups', { displayName => $name,
        members => [ map { { value => $_ } } @members ] });
    is($res->{status}, 201, "group $name") or diag $res->{text};
    return $res->{body}{id};
}


sub members {
    my ($id) = @_;
    return sort map { $_->{value} }
        @{ $scim->get("/Groups/$id")->{body}{members} || [] };
}


my $inner = group('inner', $id{ann});


subtest 'PATCH removes members by what they are' => sub {
    my $outer = group('outer', @id{qw(ann ben)}, $inner);

    my $res = $scim->patch("/Groups/$outer", [ { op => 'remove',
        path => 'members[type eq "Group"]' } ]);
    is($res->{status}, 204, 'those that are groups') or diag $res->{text};
    is_deeply([ members($outer) ], [ sort @id{qw(ann ben)} ], 'users stay');

    $res = $scim->patch("/Groups/$outer", [
        { op => 'add', path => 'members', value => [ { value => $inner } ] },
        { op => 'remove', path => qq{members[type eq "User" and not (value eq }
                                  . qq{"$id{ben}")]} },
    ]);
    is($res->{status}, 204, 'a user that is not another') or diag $res->{text};
    is_deeply([ members($outer) ], [ sort $id{ben}, $inner ],
              'what else was there, and what the same request added');

    $res = $scim->patch("/Groups/$outer?attributes=displayName", [ { op => 'add',
        path => 'members', value => [ { value => $id{ann} } ] } ]);
    is($res->{status}, 200, 'answered where attributes are asked for');
    is($res->{body}{displayName}, 'outer', 'as it is stored');
    is_deeply([ members($outer) ], [ sort @id{qw(ann ben)}, $inner ],
              'added');

    error_ok($scim->patch("/Groups/$outer?startIndex=x", [ { op => 'remove',
        path => 'members' } ]), 400, 'invalidValue', qr/"startIndex"/,
        'not where the query is none');

    $res = $scim->patch("/Groups/$outer", [ { op => 'remove',
        path => 'members[value eq "no id!"]' } ]);
    is($res->{status}, 204, 'what is no id is no member');
    is_deeply([ members($outer) ], [ sort @id{qw(ann ben)}, $inner ],
              'and nobody else');

    error_ok($scim->patch("/Groups/" . 'x' x 26 . '?attributes=displayName',
        [ { op => 'add', path => 'members', value => [ { value => $id{ann} } ] }
        ]), 404, undef, qr/not found/, 'a group that there is not');
};


subtest 'filters on the type of members' => sub {
    my $users = group('users', $id{ann});
    my $groups = group('groups', $inner);

    for my $case ([ $users, 'User', 1 ], [ $users, 'Group', 0 ],
                  [ $groups, 'User', 0 ], [ $groups, 'Group', 1 ]) {
        my ($id, $type, $n) = @$case;
        my $filter = qq{id eq "$id" and members.type eq "$type"};
        is(found($scim, 'Groups', $filter)->{body}{totalResults}, $n, $filter);
    }

    is(names(found($scim, 'Groups', qq{id eq "$users" and not (members eq }
                   . qq{"$id{ben}")})), 'users', 'a user that is not in it');
    is(names(found($scim, 'Groups', qq{displayName eq "users" and }
                   . qq{(members.type eq "Group" or members pr)})), 'users',
       'any members');
    error_ok($scim->get('/Groups/no.id'), 404, undef, qr/"no.id" not found/,
             'what is no id is no group');
};


subtest 'names that JSON escapes' => sub {
    my $name = qq{"Tom\\Jerry"\t\x{1F600}};
    my $id = group($name, $id{ben});
    my $res = $scim->get("/Users/$id{ben}");
    my ($group) = grep { $_->{value} eq $id } @{ $res->{body}{groups} };
    is($group->{display}, $name, 'in the groups of a user');
};


subtest 'a group of thousands' => sub {
    my ($n, @ids) = 2500;

    for my $from (0, 1000, 2000) {
        my $to = $from + 999 < $n ? $from + 999 : $n - 1;
        my $res = $scim->post('/Bulk', { schemas => [ $BULK ], Operations => [
            map { { method => 'POST', path => '/Users', bulkId => "b$_",
                    data => { userName => "many$_" } } } $from .. $to ] });
        push @ids, map { $_->{location} =~ m{/Users/(\w+)$} }
            @{ $res->{body}{Operations} };
    }

    is(scalar(@ids), $n, 'the users are there');
    my $id = group('many', @ids, $inner);

    is_deeply([ members($id) ], [ sort @ids, $inner ], 'each of them once');
    is($scim->patch("/Groups/$id", [ { op => 'remove',
        path => 'members[type eq "User"]' } ])->{status}, 204, 'all leave');
    is_deeply([ members($id) ], [ $inner ], 'but the group that is in it');
};


clean_log($scim);
undef $scim;

done_testing();
