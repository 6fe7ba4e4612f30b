#!/usr/bin/env perl
#
# redis/write.lua: memberships, their reverse sets and counts.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;

my $T0 = '2020-01-01T00:00:00Z';
my $T1 = '2020-01-02T00:00:00Z';


sub change {
    my ($id, %write) = @_;
    return $redis->write(type => 'group', id => $id, %write);
}


sub refused {
    my ($what, $answer, @write) = @_;
    my $before = $redis->everything;
    is_deeply(change(@write), $answer, "$what: the reply");
    is_deeply($redis->everything, $before, "$what: nothing is written");
}


sub unchanged {
    my ($what, @write) = @_;
    my $before = $redis->everything;
    is(change(@write)->[0], 'same', "$what: succeeds");
    is_deeply($redis->everything, $before, "$what: and writes nothing");
}


sub count_of {
    my ($key) = @_;
    return $redis->hash($key)->{groups};
}


$redis->create_user($_) for qw(a b c d);


# --- create -----------------------------------------------------------------

is_deeply($redis->create_group('g1', 'a', 'b'), [ 'ok', '1', $T0, $T0, '0' ],
          'create with members: the reply');
is_deeply($redis->set('group:g1:members'), [ 'a', 'b' ], 'the members');
is_deeply($redis->set('user:a:groups'), [ 'g1' ], 'the reverse set');
is(count_of('user:a'), 1, 'the count');
is($redis->hash('user:a')->{ver}, 1, 'the member\'s version stays');
is(($redis->events)[-1]{attrs}, 'displayName,members', 'the event');

refused('create with nobody', [ 'nomember', 'x' ], 'g2', verb => 'create',
        doc => '{}', add => [ 'a', 'x' ]);
refused('create with itself', [ 'cycle', 'g2' ], 'g2', verb => 'create',
        doc => '{}', add => [ 'g2' ]);


# --- add and remove ---------------------------------------------------------

$redis->{now} = $T1;

is_deeply(change('g1', add => [ 'c', 'a' ], remove => [ 'b', 'd' ]),
          [ 'ok', '2', $T0, $T1, '0' ], 'add and remove: the reply');
is_deeply($redis->set('group:g1:members'), [ 'a', 'c' ], 'the members');
is(count_of('user:a'), 1, 'who was a member already is counted once');
is(count_of('user:b'), undef, 'who is in no group has no count');
is_deeply($redis->set('user:b:groups'), [], 'nor a reverse set');
is_deeply([ count_of('user:c'), count_of('user:d') ], [ 1, undef ],
          'the counts of the others');
is_deeply(($redis->events)[-1],
    { op => 'update', type => 'group', id => 'g1', ver => 2,
      actor => 'tester', attrs => 'members' }, 'the event');

unchanged('adding members there are', 'g1', add => [ 'a', 'c' ]);
unchanged('removing who is no member', 'g1', remove => [ 'b', 'x' ]);

refused('adding nobody', [ 'nomember', 'x' ], 'g1', add => [ 'd', 'x' ],
        remove => [ 'a' ]);
refused('changing another version', [ 'stale' ], 'g1', expected => '1',
        add => [ 'd' ]);
refused('changing no group', [ 'missing' ], 'no', add => [ 'd' ]);

is_deeply(change('g1', add => [ 'd' ], remove => [ 'd' ])->[1], '3',
          'who is both added and removed');
is_deeply($redis->set('group:g1:members'), [ 'a', 'c', 'd' ], 'is a member');


# --- set --------------------------------------------------------------------

change('g1', members => 'set', add => [ 'b', 'c' ]);
is_deeply($redis->set('group:g1:members'), [ 'b', 'c' ],
          'set: exactly these members');
is_deeply([ map { count_of("user:$_") } qw(a b c d) ],
          [ undef, 1, 1, undef ], 'set: the counts');

unchanged('set to what it is', 'g1', members => 'set', add => [ 'c', 'b' ]);
refused('set to nobody', [ 'nomember', 'x' ], 'g1', members => 'set',
        add => [ 'x' ]);

change('g1', members => 'set');
is($redis->call('EXISTS', $redis->key('group:g1:members')), 0,
   'set to none: no member is left');
is_deeply([ map { $redis->call('EXISTS', $redis->key("user:$_:groups")) }
            qw(a b c d) ], [ 0, 0, 0, 0 ], 'set to none: no reverse set');


# --- groups as members ------------------------------------------------------

$redis->create_group($_) for qw(g2 g3 g4);

change('g1', add => [ 'g2', 'a' ]);
is_deeply($redis->set('group:g1:groups'), [ 'g2' ],
          'a group is a member in a set of its own');
is_deeply($redis->set('group:g1:members'), [ 'a' ], 'beside the users');
is_deeply($redis->set('group:g2:holders'), [ 'g1' ], 'its reverse set');
is(count_of('group:g2'), 1, 'its count');
is(change('g2', doc => '{}')->[4], '1', 'which a write of it answers');

refused('itself', [ 'cycle', 'g1' ], 'g1', add => [ 'g1' ]);
refused('its holder', [ 'cycle', 'g1' ], 'g2', add => [ 'a', 'g1' ]);

change('g2', add => [ 'g3' ]);
change('g3', add => [ 'g4' ]);
refused('its holder\'s holder\'s holder', [ 'cycle', 'g1' ], 'g4',
        members => 'set', add => [ 'g1' ]);

is(change('g1', add => [ 'g4' ])->[0], 'ok', 'two ways down are no cycle');
is(count_of('group:g4'), 2, 'two groups hold it');

change('g2', remove => [ 'g3' ]);
is(change('g3', add => [ 'g1' ])->[0], 'ok',
   'no cycle when the way down has been cut');
is_deeply($redis->set('group:g1:holders'), [ 'g3' ], 'and held that way round');

change('g1', members => 'set', add => [ 'a' ]);
is($redis->call('EXISTS', $redis->key('group:g1:groups')), 0,
   'set removes groups, too');
is_deeply([ count_of('group:g2'), count_of('group:g4') ], [ undef, 1 ],
          'and counts them');


# --- very many groups -------------------------------------------------------

# The work of a script does not grow with the number of groups. For a cycle it is
# enough to look from one end.
{
    my @inner = map { "inner$_" } 1 .. 3000;
    my @outer = map { "outer$_" } 1 .. 400;

    $redis->create_group($_) for 'middle', 'top', 'low', @inner;
    for (my $i = 0; $i < @inner; $i += 500) {
        change('middle', add => [ @inner[$i .. $i + 499] ]);
    }
    $redis->create_group($_, 'middle') for @outer;

    $redis->count_commands;
    is(change('top', add => \@outer)->[0], 'ok',
       'groups with very many below them join one that none holds');
    cmp_ok($redis->count_commands, '<', 8 * @outer, 'nothing is looked through');

    $redis->count_commands;
    is($redis->create_group('new', @outer)->[0], 'ok', 'or a new one');
    cmp_ok($redis->count_commands, '<', 8 * @outer, 'likewise');

    refused('below so many', [ 'cycle', 'top' ], 'middle', add => [ 'top' ]);

    $redis->create_group("above$_", 'top') for 1 .. 1100;
    is(change('middle', add => [ 'low' ])->[0], 'ok',
       'a small group joins one that very many hold');
    $redis->create_group('deep', @inner[0 .. 1400]);
    $redis->count_commands;
    is(change('middle', add => [ 'low', 'deep' ])->[0], 'nested',
       'very many on both sides');
    cmp_ok($redis->count_commands, '<', 5000, 'has an end, too');
}


# --- ids of nobody ----------------------------------------------------------

refused("the id \"$_\"", [ 'nomember', $_ ], 'g4', add => [ $_ ])
    for '', 'a:b', 'a b', "a\0b";


# --- many -------------------------------------------------------------------

my @many = map { "m$_" } 1 .. 2500;
$redis->create_user($_) for @many;

change('g2', add => \@many);
is($redis->call('SCARD', $redis->key('group:g2:members')), 2500,
   '2500 members in one change');
is(count_of('user:m2500'), 1, 'the last is counted');

refused('a list in the place of so many', [ 'large' ], 'g2', members => 'set',
        add => [ @many[0 .. 9] ]);
refused('or nothing', [ 'large' ], 'g2', members => 'set');

change('g2', remove => [ @many[10 .. 2499] ]);
is($redis->call('SCARD', $redis->key('group:g2:members')), 10,
   'all but 10 of them removed');
is(count_of('user:m2500'), undef, 'the last is not counted any more');

refused('a list of too many', [ 'large' ], 'g2', members => 'set',
        add => [ @many[0 .. 499] ]);
is(change('g2', members => 'set', add => [ @many[10 .. 499] ])->[0], 'ok',
   'a list in the place of a few');
is($redis->call('SCARD', $redis->key('group:g2:members')), 490,
   'makes these the members');
is(count_of('user:m1'), undef, 'and the others none');


done_testing;
