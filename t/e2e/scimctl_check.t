#!/usr/bin/env perl
#
# scimctl check: damage of each kind is planted, found without a change, and
# mended, mostly to what was there before.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../redis/lib";

use JSON::PP;
use Scripts;
use SCIM::Ctl;
use Test::More;

my $CORE = 'urn:ietf:params:scim:schemas:core:2.0:';

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$SCIM::Ctl::TOP/build/scim-doc";

my $redis = Scripts->new;
my $ctl = SCIM::Ctl->new("$redis->{dir}/socket");
my $json = JSON::PP->new->utf8;


sub call { return $redis->call(@_) }
sub key { return "scim:{acme}:$_[0]" }


# --- a directory ------------------------------------------------------------

sub line {
    my ($type, $id, $seq, $resource, @members) = @_;
    return $json->encode({ type => $type, version => 3, seq => $seq,
        created => '2026-01-01T00:00:00.000Z',
        modified => '2026-01-02T00:00:00.000Z',
        resource => { id => $id, %$resource },
        @members ? (members => \@members) : () }) . "\n";
}


sub build {
    call('FLUSHALL');
    for my $org (qw(acme other)) {
        $ctl->run('org', 'create', $org, '--token')->{status} == 0 or die;
        $ctl->run('client', 'create', $org, 'app')->{status} == 0 or die;
        my $run = $ctl->run('import', $org, '-', '--index', 'User:title',
            \join '',
            map({ line('user', "u$_", $_, { userName => "User$_",
                externalId => "e$_", active => JSON::PP::true, title => 'T',
                emails => [ { value => "u$_\@x" }, { value => 'all@x' } ] }) }
                1 .. 9),
            line('group', 'g1', 10, { displayName => 'One' },
                 map { "u$_" } 1 .. 5),
            line('group', 'g2', 11, { displayName => 'Two' }, 'g1', 'u9'));
        $run->{status} == 0 or die $run->{err};
    }
}


# a token that a client got
sub client_token {
    my ($tenant, $client, $seconds) = @_;
    my $key = 'scim:token:' . sha256_hex('x');
    call('HSET', $key, tenant => $tenant, name => 'n', scope => 'rw',
         client => $client);
    call('EXPIRE', $key, $seconds) if $seconds;
}


build();
my $run = $ctl->run('check');
is($run->{status}, 0, 'what scimctl makes is sound') or diag(explain $run);
is($run->{out}, "no damage was found\n", 'and it says so');

for my $tenant (qw(acme gone)) {
    client_token($tenant, 'gone', 3600);
    is($ctl->run('check')->{status}, 0,
       "so is what a client of $tenant got before it was deleted");
}


# --- damage -----------------------------------------------------------------

# Each: a name, the kinds that are found, what is planted; then what differs
# from before after the repair, "same" if nothing does.
my @damage = (
    [ 'an entry of a unique index is missing', 'missing-entry',
      sub { call('HDEL', key('users:by:userName'), 'user1') }, 'same' ],
    [ 'the whole unique index is missing', 'missing-entry',
      sub { call('DEL', key('groups:by:displayName')) }, 'same' ],
    [ 'an entry leads to another user', 'stale-entry missing-entry',
      sub { call('HSET', key('users:by:userName'), 'user1', 'u2') }, 'same' ],
    [ 'an entry of a sorted index is missing', 'missing-entry',
      sub { call('ZREM', key('users:by:emails.value'), "all\@x\0u3") },
      'same' ],
    [ 'an entry of a configured index is missing', 'missing-entry',
      sub { call('ZREM', key('users:by:title'), "t\0u3") }, 'same' ],
    [ 'an entry of a user that is not there', 'stale-entry',
      sub { call('HSET', key('users:by:userName'), 'ghost', 'nobody') },
      'same' ],
    [ 'an entry with a value that the user has not', 'stale-entry',
      sub { call('ZADD', key('users:by:externalId'), 0, "e77\0u7") },
      'same' ],
    [ 'an entry that is none', 'stale-entry',
      sub { call('ZADD', key('users:by:externalId'), 0, 'no separator') },
      'same' ],
    [ 'a field of entries is wrong', 'field stale-entry',
      sub { call('HSET', key('user:u4'), 'uq:userName', 'else') }, 'same' ],
    [ 'a field of entries is missing', 'field stale-entry',
      sub { call('HDEL', key('user:u4'), 'by:emails.value') }, 'same' ],
    [ 'the field "active" is not that of the document', 'field',
      sub { call('HSET', key('user:u5'), 'active', 'false') }, 'same' ],
    [ 'the field "displayName" is missing', 'field',
      sub { call('HDEL', key('group:g1'), 'displayName') }, 'same' ],
    [ 'a user is not listed', 'unlisted',
      sub { call('ZREM', key('users'), 'u3') }, 'same' ],
    [ 'the list is missing', 'unlisted',
      sub { call('DEL', key('groups')) }, 'same' ],
    [ 'the list names a user that is not there', 'listed',
      sub { call('ZADD', key('users'), 99, 'nobody') }, 'same' ],
    [ 'the place in the list is another', 'place',
      sub { call('ZADD', key('users'), 99, 'u3') }, 'same' ],
    [ 'the number of a user is missing', 'place',
      sub { call('HDEL', key('user:u3'), 'seq') }, 'same' ],
    [ 'two users have one number', 'place',
      sub { call('HSET', key('user:u3'), 'seq', 2);
            call('ZADD', key('users'), 2, 'u3') }, '' ],
    [ 'the counter is behind', 'sequence',
      sub { call('HSET', key('meta'), 'seq', 3) }, 'same' ],
    [ 'a user does not know of its group', 'one-sided',
      sub { call('SREM', key('user:u1:groups'), 'g1') }, 'same' ],
    [ 'a user believes in a group', 'one-sided',
      sub { call('SADD', key('user:u9:groups'), 'g1') }, 'same' ],
    [ 'a group does not know of its holder', 'one-sided',
      sub { call('SREM', key('group:g1:holders'), 'g2') }, 'same' ],
    [ 'a group believes in a holder', 'one-sided counter',
      sub { call('SADD', key('group:g2:holders'), 'g1') }, 'same' ],
    [ 'a member is not there', 'dangling',
      sub { call('SADD', key('group:g1:members'), 'nobody') },
      { 'group:g1' => 'ver', 'changes' => '' } ],
    [ 'two groups that hold each other', 'cycle',
      sub { call('SADD', key('group:g1:groups'), 'g2');
            call('SADD', key('group:g2:holders'), 'g1');
            call('HSET', key('group:g2'), 'groups', 1) }, '' ],
    [ 'a group that holds itself', 'cycle',
      sub { call('SADD', key("group:g1:$_"), 'g1') for qw(groups holders);
            call('HINCRBY', key('group:g1'), 'groups', 1) },
      { 'group:g1' => 'ver', changes => '' } ],
    [ 'a group of a user is not there', 'dangling',
      sub { call('SADD', key('user:u1:groups'), 'nothing') }, 'same' ],
    [ 'the number of groups is wrong', 'counter',
      sub { call('HSET', key('user:u1'), 'groups', 7) }, 'same' ],
    [ 'the number of groups is missing', 'counter',
      sub { call('HDEL', key('user:u1'), 'groups') }, 'same' ],
    [ 'the bytes of the organization are wrong', 'count',
      sub { call('HINCRBY', key('meta'), 'bytes', -7) }, 'same' ],
    [ 'its memberships are missing', 'count',
      sub { call('HDEL', key('meta'), 'memberships') }, 'same' ],
    [ 'a user that was never counted', 'count',
      sub { my $bytes = call('HGET', key('user:u3'), 'n:bytes');
            call('HDEL', key('user:u3'), 'n:bytes');
            call('HINCRBY', key('meta'), 'bytes', -$bytes) }, 'same' ],
    [ 'a user whose bytes are wrong', 'count',
      sub { call('HSET', key('user:u3'), 'n:bytes', 9) }, 'same' ],
    [ 'a group whose members are wrong', 'count',
      sub { call('HSET', key('group:g1'), 'n:members', 4);
            call('HINCRBY', key('meta'), 'memberships', -1) }, 'same' ],
    [ 'groups of no user', 'orphan',
      sub { call('SADD', key('user:nobody:groups'), 'g1') }, 'same' ],
    [ 'a user of nothing but a number', 'orphan',
      sub { call('HSET', key('user:nobody'), 'groups', 1) }, 'same' ],
    [ 'members of no move', 'orphan',
      sub { call('SADD', key('groups:moves:m:users'), 'u1') }, 'same' ],
    [ 'a move that nobody would go on with', 'tenant',
      sub { call('HSET', key('groups:moves'), 'n', 'gone nothing') }, '' ],
    [ 'no version', 'version',
      sub { call('HDEL', key('user:u2'), 'ver') }, { 'user:u2' => 'ver' } ],
    [ 'a version that is none', 'version',
      sub { call('HSET', key('user:u6'), 'ver', 'x') },
      { 'user:u6' => 'ver' } ],
    [ 'a time that is none', 'time',
      sub { call('HSET', key('user:u2'), 'created', 'yesterday') },
      { 'user:u2' => 'created' } ],
    [ 'the document has another id', 'id',
      sub { my $doc = call('HGET', key('user:u2'), 'doc');
            call('HSET', key('user:u2'), 'doc', $doc =~ s/"u2"/"u3"/r) },
      { 'user:u2' => 'ver', changes => '' } ],
    [ 'a key of another type: an index', 'type',
      sub { call('SET', key('users:by:userName'), 'x') }, 'same' ],
    [ 'an index of the other kind', 'stale-entry type',
      sub { call('DEL', key('users:by:userName'));
            call('ZADD', key('users:by:userName'), 0, "user1\0u1") },
      'same' ],
    [ 'a key of another type: the list', 'type',
      sub { call('SET', key('users'), 'x') }, 'same' ],
    [ 'a key of another type: a set', 'type counter',
      sub { call('SET', key('user:u1:groups'), 'x') }, 'same' ],
    [ 'a key of another type: the stream', 'type',
      sub { call('SET', key('changes'), 'x') }, { changes => '' } ],
    [ 'a key of another type: meta', 'type',
      sub { call('SET', key('meta'), 'x') }, '' ],
    [ 'a key of another type: the organizations', 'type',
      sub { call('SET', 'scim:tenants', 'x') }, '' ],
    [ 'no format', 'format',
      sub { call('DEL', 'scim:format') }, 'same' ],
    [ 'no format of the organization', 'format',
      sub { call('HDEL', key('meta'), 'format') }, 'same' ],
    [ 'an organization that is not listed', 'tenant',
      sub { call('ZREM', 'scim:tenants', 'acme') }, 'same' ],
    [ 'a token that its name does not lead to', 'name',
      sub { call('HDEL', key('tokens'), 'first') }, 'same' ],
    [ 'a name that leads to no token', 'name',
      sub { call('HSET', key('tokens'), 'old', sha256_hex('old')) }, 'same' ],
    [ 'a token of no organization', 'orphan',
      sub { call('HSET', 'scim:token:' . sha256_hex('x'), 'tenant', 'gone',
                 'name', 'n', 'scope', 'rw') }, 'same' ],
    [ 'a token without a tenant', 'orphan',
      sub { call('HSET', 'scim:token:' . sha256_hex('x'), 'name', 'n') },
      'same' ],
    [ 'a token that is no hash', 'type',
      sub { call('SET', 'scim:token:' . sha256_hex('x'), 'n') }, 'same' ],
    [ 'a client that its name does not lead to', 'name',
      sub { call('HDEL', key('clients'), 'app') }, 'same' ],
    [ 'a client of no organization', 'orphan',
      sub { call('HSET', 'scim:client:x', 'tenant', 'gone', 'name', 'n',
                 'scope', 'rw') }, 'same' ],
    [ 'a token of a client that does not expire', 'orphan',
      sub { client_token('acme', 'gone') }, 'same' ],
    [ 'a token of another organization than its client', 'orphan',
      sub { client_token('other', call('HGET', key('clients'), 'app') // 'x',
                         60) }, 'same' ],
    [ 'a scope that is none', 'scope',
      sub { call('HSET', 'scim:token:'
                 . (call('HGET', key('tokens'), 'first') // 'x' x 64),
                 'scope', 'all') }, '' ],
);


sub differences {
    my ($before, $after) = @_;
    return grep { ($before->{$_} // '') ne ($after->{$_} // '') }
        sort keys %{{ %$before, %$after }};
}


for (@damage) {
    my ($name, $kinds, $plant, $rest) = @$_;

    subtest $name => sub {
        build() if $name =~ /organizations|: meta/;
        my $before = $redis->everything;
        $plant->();
        my $damaged = $redis->everything;
        ok(differences($before, $damaged), 'it is planted');

        my $run = $ctl->run('check', '--json');
        is($run->{status}, 2, 'found: the status');
        my %found = map { $json->decode($_)->{kind} => 1 }
            split /\n/, $run->{out};
        ok($found{$_}, "found: $_") or diag($run->{out})
            for split ' ', $kinds;
        is_deeply($redis->everything, $damaged, 'nothing is changed');

        $run = $ctl->run('check', '--repair');
        is($run->{status}, 0, 'mended') or diag($run->{out} . $run->{err});
        like($run->{out}, qr/^mended: /, 'mended: it is told');
        my $after = $redis->everything;
        if ($rest eq 'same') {
            is_deeply([ differences($before, $after) ], [], 'as it was');
        } elsif (ref $rest) {
            is_deeply([ differences($before, $after) ],
                      [ sort map { key($_) } keys %$rest ],
                      'nothing else is different');
        }
    };
}


# --- what cannot be mended --------------------------------------------------

for (
    [ 'a document that is no JSON', 'document',
      sub { call('HSET', key('user:u8'), 'doc', '{"id":"u8",') } ],
    [ 'a document with a line break', 'document',
      sub { call('HSET', key('user:u8'), 'doc', "{\n}") } ],
    [ 'a document that breaks its schema', 'document',
      sub { call('HSET', key('user:u8'), 'doc', '{"id":"u8"}') } ],
    [ 'no document', 'document',
      sub { call('HDEL', key('user:u8'), 'doc') } ],
    [ 'two users of one name', 'conflict',
      sub { call('HSET', key('user:u8'), 'doc',
                 call('HGET', key('user:u7'), 'doc') =~ s/"u7"/"u8"/r) } ])
{
    my ($name, $kind, $plant) = @$_;
    build();
    $plant->();

    for my $option ([], [ '--repair' ]) {
        my $run = $ctl->run('check', 'acme', @$option);
        is($run->{status}, 2, "$name: check @$option");
        like($run->{out}, qr/^left: $kind: .*u8/m, "$name: left")
            or diag($run->{out});
    }
    is($ctl->run('check', 'other')->{status}, 0, 'the other is sound');
    next if $name =~ /schema|name/;
    my $export = $ctl->run('export', 'acme');
    is($export->{status}, 1, "$name: no export");
    like($export->{err}, qr/^scimctl: user "u8" is damaged/m,
         "$name: no export");
}


# --- one organization, large keys, much damage at once ----------------------

build();
call('ZREM', "scim:{$_}:users", 'u3') for qw(acme other);
$run = $ctl->run('check', 'acme', '--repair');
is($run->{status}, 0, 'one organization');
like($run->{out}, qr/^mended: unlisted: scim:\{acme\}:user:u3: .*\n\z/,
     'one organization: no word of others');
is($ctl->run('check', 'other')->{status}, 2, 'others are left alone');
$ctl->run('check', '--repair');

my $large = join '', map({ line('user', "l$_", 1000 + $_,
    { userName => "large$_" }) } 1 .. 3000),
    line('group', 'all', 5000, { displayName => 'All' },
         map { "l$_" } 1 .. 3000);
is($ctl->run('import', 'acme', \$large)->{status}, 0, 'a large group');
is($ctl->run('check', 'acme')->{status}, 0, 'a large group is sound');
call('HSET', key('meta'), 'bytes', 1, 'memberships', 1);
like($ctl->run('check', 'acme')->{out}, qr/^found: count: \S+: $_/m,
     "a wrong number: $_") for 'bytes is 1, not \d{6}',
                               'memberships is 1, not 3007';
is($ctl->run('check', 'acme', '--repair')->{status}, 0, 'numbers are mended');
call('SREM', key('user:l77:groups'), 'all');
call('SADD', key('group:all:members'), 'nobody');
call('HSET', key('users:by:userName'), 'ghost', 'nobody');
call('HDEL', key('users:by:userName'), 'large2999');
call('ZADD', key('users'), 1, 'nobody');
$run = $ctl->run('check', 'acme');
like($run->{out}, qr/^found: $_/m, "in large keys: $_")
    for qw(one-sided dangling stale-entry missing-entry listed);
is($ctl->run('check', 'acme', '--repair')->{status}, 0, 'mended');
is($ctl->run('check', 'acme')->{status}, 0, 'sound again');

build();
$_->[2]->() for @damage;
$run = $ctl->run('check', '--repair');
is($run->{status}, 0, 'all damage at once')
    or diag($run->{err} . join '', grep { !/^mended/ } $run->{out} =~ /.*\n/g);
is($ctl->run('check')->{status}, 0, 'all damage at once: sound again');

done_testing();
