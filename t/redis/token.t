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

is($redis->script_for('token', $key, $gone, '', 0, tenant => 'demo',
                     name => 'main'),
   1, 'stored');
is_deeply({ @{ $redis->call('HGETALL', $key) } },
          { tenant => 'demo', name => 'main' }, 'with its fields');
is($redis->call('PEXPIRETIME', $key), $gone, 'until then');

is($redis->script_for('token', $key, 1, '', 0, tenant => 'demo'), 1,
   'in the past');
is($redis->call('EXISTS', $key), 0, 'it is gone at once');

my ($jti, $until) = ('scim:jti:' . 'b2' x 32, int(time) + 60);

is($redis->script_for('token', $key, $gone, $jti, $until, tenant => 'demo'), 1,
   'for an assertion');
is($redis->call('HGET', $key, 'tenant'), 'demo', 'it is stored');
is($redis->call('EXPIRETIME', $jti), $until, 'and the assertion is spent');

$redis->call('DEL', $key);
is($redis->script_for('token', $key, $gone, $jti, $until, tenant => 'demo'), 0,
   'for the same assertion');
is($redis->call('EXISTS', $key), 0, 'there is no token');

done_testing();
