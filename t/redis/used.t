#!/usr/bin/env perl
#
# redis/used.lua: the time of a token's last use.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;
my $key = 'scim:token:' . 'a1' x 32;

$redis->call('HSET', $key, tenant => 'demo', name => 'main');

is($redis->script_for('used', $key, '2026-01-31T00:00:00Z'), 1, 'noted');
is($redis->script_for('used', $key, '2026-02-28T00:00:00Z'), 1, 'and again');
is_deeply({ @{ $redis->call('HGETALL', $key) } },
          { tenant => 'demo', name => 'main', used => '2026-02-28T00:00:00Z' },
          'beside what was there');

$redis->call('DEL', $key);
is($redis->script_for('used', $key, '2026-03-31T00:00:00Z'), 0, 'revoked');
is($redis->call('EXISTS', $key), 0, 'it is not made again');

done_testing();
