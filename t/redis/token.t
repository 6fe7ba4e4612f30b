#!/usr/bin/env perl
#
# redis/token.lua: a token that goes by itself.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;
use Time::HiRes qw(time);

my $redis = Scripts->new;
my $key = 'scim:token:' . 'a1' x 32;
my $gone = int(time) * 1000 + 60_000;
my @client = ('entra', 'demo');
my @fields = (tenant => 'demo', name => 'main', client => 'entra');


sub issue {
    my ($key, $gone, $jti, $until, $most) = @_;
    return $redis->script_for('token', $key, $gone, $jti, $until, @client,
                              $most // 5, @fields);
}


is(issue($key, $gone, '', 0), -1, 'a client that is not there');
is($redis->call('DBSIZE'), 0, 'gets none');

$redis->call('HSET', 'scim:client:entra', tenant => 'other');
is(issue($key, $gone, '', 0), -1, 'nor one of another tenant');
$redis->call('HSET', 'scim:client:entra', tenant => 'demo');

is(issue($key, $gone, '', 0), 1, 'stored');
is_deeply({ @{ $redis->call('HGETALL', $key) } }, { @fields },
          'with its fields');
is($redis->call('PEXPIRETIME', $key), $gone, 'until then');

is(issue($key, 1, '', 0), 1, 'in the past');
is($redis->call('EXISTS', $key), 0, 'it is gone at once');

my ($jti, $until) = ('scim:jti:' . 'b2' x 32, int(time) + 60);

is(issue($key, $gone, $jti, $until), 1, 'for an assertion');
is($redis->call('HGET', $key, 'tenant'), 'demo', 'it is stored');
is($redis->call('EXPIRETIME', $jti), $until, 'and the assertion is spent');

$redis->call('DEL', $key);
is(issue($key, $gone, $jti, $until), 0, 'for the same assertion');
is($redis->call('EXISTS', $key), 0, 'there is no token');


# --- no more than so many ---------------------------------------------------

my @keys = map { sprintf 'scim:token:%064d', $_ } 1 .. 8;
is(issue($keys[$_], $gone + $_, '', 0), 1, "token $_") for 0 .. 7;
is_deeply([ map { $redis->call('EXISTS', $_) } @keys ],
          [ (0) x 3, (1) x 5 ], 'of more than five the oldest are revoked');
is($redis->call('ZCARD', $redis->key('issued:entra')), 5,
   'the others are known');
is($redis->call('PEXPIRETIME', $redis->key('issued:entra')), $gone + 7,
   'until the last of them is gone');


# --- of a tenant that was deleted -------------------------------------------

$redis->call('HSET', $redis->key('meta'), deleting => 1);
is(issue('scim:token:' . 'c3' x 32, $gone, '', 0), -1, 'a deleted tenant');
is($redis->call('EXISTS', 'scim:token:' . 'c3' x 32), 0, 'gets none');

done_testing();
