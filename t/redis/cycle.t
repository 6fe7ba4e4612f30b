#!/usr/bin/env perl
#
# redis/cycle.lua: the parts of a cycle are added up, each once; redis/log.lua.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;

my @NAMES = qw(requests events created updated disabled deleted failed);


# the counters of an nginx: its name, state, now, began, last, numbers
sub save {
    my ($name, $state, $now, $began, $last, @numbers) = @_;
    return $redis->script('cycle', "$name-$began", $state, $now, 100, 40000,
        5000, 40, 1000, $began, "T$began", $last, "T$last", @numbers);
}


sub cycle {
    my %cycle = %{ $redis->hash('cycle') };
    delete $cycle{$_} for grep { /^part:|^closed$/ } keys %cycle;
    return \%cycle;
}


sub ended {
    return [ map { { @{ $_->[1] } } }
             @{ $redis->call('XRANGE', $redis->key('cycles'), '-', '+') } ];
}


sub sum {
    my ($began, $last, @numbers) = @_;
    my %cycle = (began => "T$began", last => "T$last", quarantine => 0);
    @cycle{@NAMES} = @numbers;
    return \%cycle;
}


is_deeply(save('a', 'running', 20, 10, 20, 5, 4, 3, 2, 1, 0, 0), [ 'ok' ],
          'the first');
is_deeply(cycle(), { %{ sum(10, 20, 5, 4, 3, 2, 1, 0, 0) },
                     state => 'running' }, 'is the cycle');

my $before = $redis->everything;
save('a', 'running', 20, 10, 20, 5, 4, 3, 2, 1, 0, 0);
is_deeply($redis->everything, $before, 'once more: nothing is added');

save('b', 'running', 22, 12, 22, 1, 1, 1, 0, 0, 0, 1);
is_deeply(cycle(), { %{ sum(10, 22, 6, 5, 4, 2, 1, 0, 1) },
                     state => 'running' }, 'another nginx has a part in it');

save('a', 'ended', 130, 10, 21, 6, 5, 3, 2, 1, 0, 0);
is(cycle()->{state}, 'ended', 'both have been quiet for the pause');
is_deeply(ended(), [ sum(10, 22, 7, 6, 4, 2, 1, 0, 1) ], 'the cycle is added');

$before = $redis->everything;
save('a', 'ended', 131, 10, 21, 6, 5, 3, 2, 1, 0, 0);
save('b', 'ended', 132, 12, 22, 1, 1, 1, 0, 0, 0, 1);
is_deeply($redis->everything, $before,
          'when a reply was lost: it is not added again');

save('a', 'running', 210, 200, 210, (1) x 7);
save('b', 'running', 290, 205, 290, (1) x 7);
save('a', 'ended', 311, 200, 210, (1) x 7);
is(cycle()->{state}, 'running', 'one has ended, and the other has not');
save('a', 'running', 320, 320, 320, (1) x 7);
is(cycle()->{requests}, 3, 'what comes then is of the same cycle');
save('b', 'ended', 420, 205, 290, (1) x 7);
save('a', 'ended', 421, 320, 320, (1) x 7);
is_deeply(ended()->[1], sum(200, 320, (3) x 7), 'until all have ended');
is_deeply([ grep { /^part:/ } keys %{ $redis->hash('cycle') } ], [],
          'no part is left');

save('c', 'ended', 900, 800, 800, 100, 10_000, 0, 0, 0, 0, 5000);
is(ended()->[2]{quarantine}, 1, 'more than 40 in a hundred have failed');
save('c', 'ended', 1900, 1800, 1800, 100, 20_000, 0, 0, 0, 0, 5000);
is(ended()->[3]{quarantine}, 0, 'or fewer');
save('c', 'ended', 2900, 2800, 2800, 100, 900_000, 0, 0, 0, 0, 40_001);
is(ended()->[4]{quarantine}, 1, 'more than 40,000 have');


# --- the log ----------------------------------------------------------------

is($redis->script('log', 'log', 100, op => 'list', status => 400), 1, 'logged');
is_deeply($redis->call('XRANGE', $redis->key('log'), '-', '+')->[0][1],
          [ op => 'list', status => 400 ], 'as it is');


# --- of a tenant that was deleted -------------------------------------------

$redis->call('DEL', map { $redis->key($_) } qw(log cycle cycles meta));
$redis->call('HSET', $redis->key('meta'), deleting => 1);
$before = $redis->everything;
save('a', 'running', 5000, 5000, 5000, (1) x 7);
$redis->script('log', 'log', 100, op => 'list', status => 400);
is_deeply($redis->everything, $before, 'neither a cycle nor a log comes back');

done_testing;
