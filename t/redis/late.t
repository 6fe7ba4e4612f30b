#!/usr/bin/env perl
#
# redis/late.lua, in front of write.lua and delete.lua as the module sends them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;
my @create = (qw(create user a), '', '2020-01-01T00:00:00Z', 'tester', '', '{}',
              100_000, '', '', 0, 0);


sub late {
    my ($name, $more, @args) = @_;
    my ($seconds, $us) = @{ $redis->call('TIME') };
    return $redis->call_as('module', 'EVAL',
        $redis->{script}{late} . $redis->{script}{$name}, 1, $redis->key(''),
        @args, $seconds * 1000 + int($us / 1000) + $more);
}


is_deeply(late(write => -1, @create), [ 'late' ], 'too late: it says so');
is($redis->call('DBSIZE'), 0, 'and does nothing');
is(late(write => 10_000, @create)->[0], 'ok', 'in time: it is made');

my @change = (qw(update user a), '', '2020-01-01T00:00:00Z', 'tester', '', '',
              100_000, '', '', 0, 0);
is(late(write => 10_000, @change)->[0], 'same',
   'the time is no argument of the script');

my @delete = (qw(user a), '', '2020-01-01T00:00:00Z', 'tester', 100_000, 0);
is_deeply(late(delete => -1, @delete), [ 'late' ], 'delete.lua, too late');
is(late(delete => 10_000, @delete)->[0], 'ok', 'and in time');

done_testing();
