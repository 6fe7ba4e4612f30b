#!/usr/bin/env perl
#
# More members in one request than one script changes: what clients are answered
# is what they are answered for few.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP;
use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new(location => 'scim_log on;');
my $N = 520;

my @ids = map { $scim->post('/Users', { userName => "u$_" })->{body}{id} }
    1 .. 2 * $N;
my @one = @ids[0 .. $N - 1];
my @other = @ids[$N / 2 .. $N / 2 + $N - 1];


sub key { return "scim:{demo}:$_[0]" }
sub values_of { return [ map { { value => $_ } } @_ ] }
sub members { return [ sort @{ $scim->redis('SMEMBERS',
                                            key("group:$_[0]:members")) } ] }
sub version { return $scim->redis('HGET', key("group:$_[0]"), 'ver') }
sub events { return $scim->redis('XLEN', key('changes')) }
sub swept { SCIM::wait_for('the sweep', sub {
    !@{ $scim->redis('SMEMBERS', 'scim:moving') } }) }

sub held {
    my ($id) = @_;
    swept();
    return [ sort grep { $scim->redis('SISMEMBER', key("user:$_:groups"), $id) }
             @ids ];
}


sub body_of {
    my ($name, @members) = @_;
    return { displayName => $name, members => values_of(@members) };
}


sub patch_of {
    my ($op, @members) = @_;
    return [ { op => $op, path => 'members', value => values_of(@members) } ];
}


# --- POST -------------------------------------------------------------------

my $res = $scim->post('/Groups', body_of('Many', @one, $one[0]));
is($res->{status}, 201, 'POST: created');
is($res->{headers}{etag}, 'W/"1"', 'POST: its version');
is_deeply([ sort map { $_->{value} } @{ $res->{body}{members} } ],
          [ sort @one ], 'POST: the members are answered');
my $id = $res->{body}{id};
is_deeply(held($id), [ sort @one ], 'POST: and know the group');
is_deeply([ map { $_->{display} } @{ $scim->get("/Users/$one[0]")
                                       ->{body}{groups} } ], [ 'Many' ],
          'POST: as a client sees, too');

my $before = events();
error_ok($scim->post('/Groups', body_of('MANY', @one)), 409, 'uniqueness',
         qr/"displayName"/, 'POST: a name that is taken');
error_ok($scim->post('/Groups', body_of('Nobody', @one, 'nobody')), 400,
         'invalidValue', qr/no user or group with the id "nobody"/,
         'POST: a member that there is not');
swept();
is(events(), $before, 'POST: what was refused is no change');
is($scim->redis('SCARD', key("user:$one[0]:groups")), 1,
   'POST: and leaves nothing');


# --- PUT --------------------------------------------------------------------

$res = $scim->put("/Groups/$id", body_of('Many', @other));
is($res->{status}, 200, 'PUT: replaced');
is($res->{headers}{etag}, 'W/"2"', 'PUT: its version');
is_deeply([ sort map { $_->{value} } @{ $res->{body}{members} } ],
          [ sort @other ], 'PUT: the members are answered');
is_deeply(held($id), [ sort @other ], 'PUT: who is in the group');

$before = events();
$res = $scim->put("/Groups/$id", body_of('Many', reverse @other));
is($res->{status}, 200, 'PUT of the same');
is($res->{headers}{etag}, 'W/"2"', 'PUT of the same: no version');
is(events(), $before, 'PUT of the same: no event');
is_deeply(held($id), [ sort @other ], 'PUT of the same: nobody leaves');

$res = $scim->put("/Groups/$id", body_of('Renamed', @other));
is($res->{headers}{etag}, 'W/"3"', 'PUT with another name: a version');
is($scim->redis('XREVRANGE', key('changes'), '+', '-', 'COUNT', 1)
     ->[0][1][11], 'displayName', 'PUT with another name: not of the members');

error_ok($scim->put("/Groups/$id", body_of('Many', @one),
                    headers => { 'If-Match' => 'W/"2"' }),
         412, undef, qr/W\/"3"/, 'PUT with another version');
is($scim->put("/Groups/$id", body_of('Many', @one),
              headers => { 'If-Match' => 'W/"3"' })->{status}, 200,
   'PUT with the version');

$res = $scim->put("/Groups/$id", body_of('Many', $ids[-1]));
is($res->{status}, 200, 'PUT of one in the place of many');
is_deeply(held($id), [ $ids[-1] ], 'PUT of one: the others leave');


# --- PATCH ------------------------------------------------------------------

is($scim->patch("/Groups/$id", patch_of('add', @one))->{status}, 204,
   'PATCH: added');
is_deeply(members($id), [ sort @one, $ids[-1] ], 'PATCH: to who was there');
$before = version($id);
is($scim->patch("/Groups/$id", patch_of('add', @one))->{status}, 204,
   'PATCH of who is there');
is(version($id), $before, 'PATCH of who is there: no version');

is($scim->patch("/Groups/$id", patch_of('replace', @other))->{status}, 204,
   'PATCH: replaced');
is_deeply(held($id), [ sort @other ], 'PATCH: by these');

is($scim->patch("/Groups/$id", patch_of('remove', @one))->{status}, 204,
   'PATCH: removed');
is_deeply(held($id), [ sort @other[$N / 2 .. $N - 1] ],
          'PATCH: who is left');

is($scim->patch("/Groups/$id", [ @{ patch_of('add', @one) },
       { op => 'replace', path => 'displayName', value => 'Both' } ])
     ->{status}, 204, 'PATCH of members and the name');
is($scim->get("/Groups/$id?attributes=displayName")->{body}{displayName},
   'Both', 'PATCH of both: the name');
is(scalar @{ members($id) }, $N + $N / 2, 'PATCH of both: the members');

my $inner = $scim->post('/Groups', { displayName => 'Inner' })->{body}{id};
$scim->patch("/Groups/$id", patch_of('add', $inner));
error_ok($scim->patch("/Groups/$inner", patch_of('add', @one, $id)), 400,
         'invalidValue', qr/would hold itself/, 'PATCH that makes a cycle');
error_ok($scim->patch('/Groups/none', patch_of('add', @one)), 404, undef,
         qr/"none" not found/, 'PATCH of no group');
is_deeply(held($inner), [], 'PATCH: what was refused leaves nothing');

is($scim->patch("/Groups/$id", [ { op => 'remove', path => 'members' } ])
     ->{status}, 204, 'PATCH: all removed');
is_deeply(held($id), [], 'PATCH: and nobody is left');
is($scim->redis('EXISTS', key("group:$id:groups")), 0, 'PATCH: no group either');


# --- bulk -------------------------------------------------------------------

$res = $scim->post('/Bulk', {
    schemas => [ 'urn:ietf:params:scim:api:messages:2.0:BulkRequest' ],
    Operations => [
        { method => 'POST', path => '/Users', bulkId => 'u',
          data => { userName => 'of the bulk' } },
        { method => 'POST', path => '/Groups', bulkId => 'g',
          data => body_of('Bulk', @one, 'bulkId:u') },
        { method => 'PUT', path => "/Groups/$id",
          data => body_of('Many', @one) },
        { method => 'PATCH', path => "/Groups/$id",
          data => { schemas => [
              'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
              Operations => patch_of('add', @other) } },
    ] });
is_deeply([ map { $_->{status} } @{ $res->{body}{Operations} } ],
          [ 201, 201, 200, 204 ], 'bulk: each is carried out');
is(scalar @{ members($id) }, $N + $N / 2, 'bulk: one after the other');


# --- races ------------------------------------------------------------------

my ($large, $small) = $scim->parallel(2, sub {
    my ($i) = @_;
    return [ map { $i ? $scim->patch("/Groups/$id",
                            patch_of($_ % 2 ? 'add' : 'remove', $ids[-1]))
                      : $scim->put("/Groups/$id",
                            body_of("Race $_", $_ % 2 ? @one : @other)) }
             1 .. ($i ? 200 : 10) ];
});
is(scalar(grep { $_->{status} != 200 } @$large), 0,
   'changes of name and members succeed, while members come and go');
is(scalar(grep { $_->{status} != 204 } @$small), 0, 'as do these');
my %last = map { $_ => 1 } @other, grep { $_ eq $ids[-1] } @{ members($id) };
is_deeply(members($id), [ sort keys %last ], 'and the last list is there');
swept();


# --- a client that goes away ------------------------------------------------

{
    my $was = members($id);
    my $all = $scim->redis('DBSIZE');
    my $body = JSON::PP->new->utf8->encode(body_of('Gone', @ids));

    for my $n (1 .. 10) {
        my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}")
            or die "connect: $!";
        print {$socket} "POST /scim/v2/Groups HTTP/1.1\r\nHost: x\r\n"
            . "Authorization: Bearer secret\r\nContent-Type:"
            . " application/scim+json\r\nContent-Length: " . length($body)
            . "\r\n\r\n$body";
        $socket->flush;
        select undef, undef, undef, rand 0.01;
        close $socket;
    }
    my $made = sub { @{ $scim->redis('KEYS', key('groups:moves:*')) } };
    SCIM::wait_for('what is undone', sub { !$made->() });
    swept();
    is_deeply(members($id), $was, 'who goes away changes no other group');

    for my $gone (@{ $scim->redis('ZRANGE', key('groups'), 0, -1) }) {
        my $n = @{ members($gone) };
        my $name = $scim->redis('HGET', key("group:$gone"), 'displayName');
        next if $name ne 'Gone';
        is($n, scalar @ids, 'and what is created is whole');
    }
    is_deeply([ grep { my $user = $_;
                       grep { !$scim->redis('EXISTS', key("group:$_")) }
                           @{ $scim->redis('SMEMBERS', key("user:$user:groups"))
                       } } @ids ], [], 'and else nothing is left');
}


# --- DELETE -----------------------------------------------------------------

is($scim->delete("/Groups/$id", headers => { 'If-Match' => 'W/"1"' })
     ->{status}, 412, 'DELETE with another version');
is($scim->delete("/Groups/$id")->{status}, 204, 'DELETE');
is($scim->get("/Groups/$id")->{status}, 404, 'DELETE: it is gone');
is_deeply(held($id), [], 'DELETE: for its members, too');

my @log = map { my %entry = @{ $_->[1] }; "$entry{op} $entry{status}" }
    @{ $scim->redis('XREVRANGE', key('log'), '+', '-', 'COUNT', 2) };
is_deeply(\@log, [ 'delete 204', 'delete 412' ], 'and is in the log once');
is(scalar(grep { /\[(error|alert|crit|emerg)\]/ } split /^/m,
          $scim->error_log), 0, 'no error in the log');


# --- filters ----------------------------------------------------------------

# Groups that have too many members for one look are looked at one after the other.
{
    my $scim = SCIM->new;
    my @users = map {
        my $n = $_;
        my $res = $scim->post('/Bulk', { Operations => [ map { {
            method => 'POST', path => '/Users', bulkId => "b$_",
            data => { userName => "u$n-$_" } } } 1 .. 1000 ] });
        map { $_->{location} =~ m{([^/]+)$} } @{ $res->{body}{Operations} };
    } 1 .. 10;
    push @users, $scim->post('/Users', { userName => 'last' })->{body}{id};
    is(scalar(grep { defined } @users), 10_001, '10,001 users');

    my $group = sub {
        my ($name, @members) = @_;
        my $res = $scim->post('/Groups?attributes=id', body_of($name, @members));
        return $res->{body}{id};
    };
    my $asks = sub { names(found($scim, 'Groups', $_[0])) };
    my @half = map { $group->("half$_", @users[0 .. 4000 + $_]) } 1 .. 4;
    my $empty = $group->('empty');

    is($asks->('members.type eq "User"'), 'half1 half2 half3 half4',
       'by what members are');
    is($asks->('members.type eq "Group"'), '', 'and are not');
    is($asks->(qq{members.value eq "$users[4003]" or displayName sw "e"}),
       'empty half3 half4', 'by an id, and by a name');
    is($asks->(qq{not (members.value eq "$users[4002]") and not (members.value eq }
               . qq{"$users[4004]")}), 'empty half1', 'without some ids');
    is($asks->(qq{displayName sw "h" and (members.value eq "$users[4004]" or }
               . qq{members.value eq "$users[10000]")}), 'half4', 'by two ids');

    my $all = $group->('all', @users);
    error_ok(found($scim, 'Groups', 'members.type eq "User"'), 400, 'tooMany',
             qr/more than 10000 members of a group: use/, 'a group with more members');
    is($asks->(qq{displayName sw "a" and members.value eq "$users[10000]"}), 'all',
       'which can be asked for one');
    error_ok($scim->patch("/Groups/$all", [ { op => 'remove',
                 path => 'members[type eq "Group"]' } ]), 400, 'tooMany',
             qr/selects among more than 10000 members/, 'a path does not either');
    is($scim->redis('SCARD', key("group:$all:members")), 10_001, 'nobody leaves');
    is($scim->patch("/Groups/$half[0]", [ { op => 'remove',
           path => 'members[type eq "User"]' } ])->{status}, 204, 'of fewer');

    # a user of as many groups, and one of a few
    my @groups = map {
        my $n = $_;
        my $res = $scim->post('/Bulk', { Operations => [ map { {
            method => 'POST', path => '/Groups', bulkId => "b$_",
            data => body_of("group $n-$_", @users[0, $_ % 3 ? 1 : 2]) } } 1 .. 1000 ] });
        map { $_->{location} =~ m{([^/]+)$} } @{ $res->{body}{Operations} };
    } 1 .. 10;
    my $has = sub { found($scim, 'Users', qq{id eq "$_[0]" and $_[1]}) };
    is(scalar(grep { defined } @groups), 10_000, '10,000 groups');
    is(names($has->($users[2], 'groups.display sw "group 7"')), 'u1-3',
       'a user of a few thousand');
    error_ok($has->($users[0], 'groups.display co "group"'), 400, 'tooMany',
             qr/more than 10000 groups of a user/, 'a user of more');
    clean_log($scim);
}


done_testing;
