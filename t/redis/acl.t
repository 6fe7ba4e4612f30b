#!/usr/bin/env perl
#
# redis/scim.acl: what its accounts may do, and what they may not. That the
# module and scimctl may do enough is seen by every other test: they all use
# these accounts.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::UNIX;
use Scripts;
use Test::More;

my $redis = Scripts->new;
my $TOKEN = 'scim:token:' . 'a' x 64;


# the result of a command for an account: its reply, or the first word of the error
sub as {
    my ($user, @command) = @_;
    $redis->{$user} ||= do {
        my $socket = IO::Socket::UNIX->new("$redis->{dir}/socket") or die $!;
        $redis->{$user} = $socket;
        $redis->call_as($user, SCIM::Accounts::auth($user));
        $socket;
    };
    my $reply = $redis->call_as($user, @command);
    return ref $reply eq 'SCALAR' ? $$reply =~ s/ .*//r : $reply;
}


sub refused {
    my ($user, @commands) = @_;
    for my $command (@commands) {
        is(as($user, split ' ', $command), 'NOPERM', "$user: $command");
    }
}


$redis->call('HSET', $TOKEN, 'tenant', 'demo');
$redis->call('HSET', 'scim:client:x', 'tenant', 'demo');
$redis->call('SET', 'session', 'x');
$redis->create_user('u1', 'kim');

my @ADMIN = ('KEYS *', 'FLUSHALL', 'FLUSHDB', 'CONFIG SET dir /tmp', 'SHUTDOWN', 'SAVE', 'BGREWRITEAOF', 'MONITOR',
    'ACL LIST', 'ACL SETUSER scim +@all', 'ACL GETUSER scim', 'CLIENT KILL ID 1',
    'REPLICAOF localhost 1', 'MODULE LIST', 'SCRIPT FLUSH', 'SLOWLOG GET',
    'FUNCTION LIST', 'MIGRATE h 1 k 0 1', 'RESTORE scim:{a}:x 0 x', 'SWAPDB 0 1',
    'PUBLISH x y', 'SUBSCRIBE x');

my @LOOK = ('CONFIG GET *', 'CLIENT LIST', 'SLOWLOG LEN');

refused('scim', @ADMIN, @LOOK, 'SCAN 0', 'RANDOMKEY', 'DBSIZE', 'ACL USERS', 'GET session', 'SET session y', 'HSET scimitar x y',
        'EXISTS scim:other', 'HSET scim:client:y tenant demo',
        'UNLINK scim:client:x', 'ZADD scim:tenants 1 demo');
is(as('scim', 'HGET', 'scim:client:x', 'tenant'), 'demo', 'scim: reads clients');
is(as('scim', 'HGET', $TOKEN, 'tenant'), 'demo', 'scim: and tokens');
is(as('scim', 'EVAL', 'return redis.call("CONFIG", "GET", "*")', 0), 'ERR',
   'scim: a script may do no more');
is(as('scim', 'EVAL', 'return redis.call("GET", "session")', 0), 'ERR',
   'scim: and no other keys');

refused('app', @ADMIN, @LOOK, 'ACL DRYRUN default PING', 'SCAN 0', 'RANDOMKEY', 'DBSIZE', 'INFO', 'GET session',
        "HGETALL $TOKEN", 'HGETALL scim:client:x',
        map({ "HGETALL scim:{demo}:$_" } qw(tokens clients import)),
        'ZRANGE scim:{demo}:issued:x 0 -1', 'CLIENT TRACKING ON BCAST',
        'CLIENT TRACKING ON BCAST PREFIX scim:token:',
        'SET scim:{demo}:x y', 'HSET scim:{demo}:user:u1 active false',
        'UNLINK scim:{demo}:user:u1', 'EXPIRE scim:{demo}:user:u1 1',
        'XADD scim:{demo}:changes * a b', 'XTRIM scim:{demo}:changes MAXLEN 0',
        'XGROUP CREATE scim:{demo}:changes g $', 'SORT scim:{demo}:users STORE x',
        'COPY scim:{demo}:user:u1 scim:{demo}:x', 'EVAL return 0');
is(as('app', @$_), $redis->call(@$_), "app: @$_")
    for [ 'HGET', 'scim:{demo}:user:u1', 'doc' ],
        [ 'HGET', 'scim:{demo}:users:by:userName', 'kim' ],
        [ 'EXISTS', 'scim:{demo}:user:u1' ], [ 'TYPE', 'scim:{demo}:users' ],
        [ 'ZCARD', 'scim:{demo}:users' ], [ 'XLEN', 'scim:{demo}:changes' ],
        [ 'SISMEMBER', 'scim:{demo}:group:g:members', 'u1' ], [ 'PING' ];
is_deeply(as('app', @$_), $redis->call(@$_), "app: @$_")
    for [ 'XREAD', 'BLOCK', 1, 'STREAMS', 'scim:{demo}:changes', '0' ],
        [ 'ZRANGE', 'scim:{demo}:users', 0, 99 ],
        [ 'ZRANGE', 'scim:tenants', 0, -1 ],
        [ 'HMGET', 'scim:{demo}:meta', 'name', 'accounts' ],
        [ 'HGETALL', 'scim:{demo}:cycle' ],
        [ 'XRANGE', 'scim:{demo}:cycles', '-', '+' ],
        [ 'XRANGE', 'scim:{demo}:log', '-', '+' ],
        [ 'SMEMBERS', 'scim:{demo}:user:u1:groups' ],
        [ 'HMGET', 'scim:{demo}:user:u1', 'active', 'doc' ];
as('app', 'MULTI');
as('app', 'HGET', 'scim:{demo}:user:u1', 'ver');
is_deeply(as('app', 'EXEC'), [ 1 ], 'app: a transaction, as in the data model');

# the commands by which an operator looks at Redis, and by which the data is saved
my @OPERATE = ('CONFIG GET maxmemory', 'CLIENT LIST', 'SLOWLOG GET', 'SLOWLOG RESET',
    'LASTSAVE', 'INFO', 'LATENCY LATEST', 'LATENCY DOCTOR', 'MEMORY DOCTOR',
    'MEMORY STATS', "MEMORY USAGE $TOKEN", 'DBSIZE', 'ACL WHOAMI', 'BGREWRITEAOF',
    'BGSAVE SCHEDULE', 'SCRIPT KILL', 'SAVE');
my %may = map { $_ => 1 } @OPERATE, 'CONFIG GET *';

refused('op', grep({ !$may{$_} } @ADMIN), 'GET session', 'SET session y',
        'CONFIG SET maxmemory 1', 'CONFIG REWRITE', 'CONFIG RESETSTAT',
        'MEMORY USAGE session', 'MEMORY PURGE', 'ACL LOAD',
        'CLIENT PAUSE 1', 'LATENCY GRAPH x', 'SCRIPT FLUSH');
for my $command (@OPERATE) {
    my $reply = as('op', split ' ', $command);
    unlike(ref $reply ? '' : $reply // '', qr/^NOPERM/, "op: $command");
}
is(as('admin', 'CONFIG', 'SET', 'maxmemory', '2gb'), 'OK',
   'admin: the limit of memory while Redis runs');

my $text = do { local (@ARGV, $/) = "$Scripts::TOP/redis/scim.acl"; <> };
is_deeply([ sort $text =~ /^user (\w+) off/mg ], [ qw(admin app default op scim) ],
          'as it is shipped, nobody is let in');
unlike($text, qr/nopass|[>#]/, 'and it has no password');

done_testing();
