#!/usr/bin/env perl
#
# redis/stage.lua, redis/sweep.lua and what redis/write.lua does with them: very
# many members change in slices, and are seen all at once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;

my @many = map { "m$_" } 1 .. 60;
my @old = @many[0 .. 39];
my @new = @many[20 .. 59];

$redis->create_user($_) for @many;
$redis->create_group($_) for qw(inner outer);


sub members {
    my ($id) = @_;
    return [ sort @{ $redis->set("group:$id:members") },
                  @{ $redis->set("group:$id:groups") } ];
}


# the state as a reader sees it
sub shown {
    my ($id) = @_;
    return {
        members => members($id),
        hash    => $redis->hash("group:$id"),
        events  => scalar $redis->events,
        of      => [ grep { held($id, user => $_) } @many ],
        holding => [ grep { held($id, user => $_) || held($id, group => $_) }
                     @many, 'inner', 'outer' ],
    };
}


# returns whether the group holds this
sub held {
    my ($group, @of) = @_;
    my ($holders) = $redis->holders([ @of ]);
    return scalar grep { $_ eq $group } @$holders;
}


sub fresh {
    my ($id, @members) = @_;
    $redis->delete(type => 'group', id => $id);
    $redis->sweep_all;
    $redis->create_group($id, @members);
}


sub nothing_left {
    my ($what) = @_;
    is_deeply($redis->disagreements, [], "$what: all agree");
    is_deeply([ grep { /groups:moves|scim:moving/ }
                keys %{ $redis->everything } ], [], "$what: nothing is left");
}


# --- each kind, and every place where it can stop ---------------------------

my %kinds = (
    'set'      => { members => 'set', add => [ @new, 'inner' ],
                    after => [ @new, 'inner' ] },
    'set none' => { members => 'set', after => [] },
    'add'      => { add => [ @new, 'inner' ], after => [ @many, 'inner' ] },
    'remove'   => { remove => [ @many[10 .. 59] ],
                    after => [ @many[0 .. 9] ] },
    'both'     => { add => \@new, remove => [ @many[0 .. 24] ],
                    after => \@new },
);

for my $kind (sort keys %kinds) {
    my %change = (id => 'g', doc => '', %{ $kinds{$kind} });
    my $after = [ sort @{ delete $change{after} } ];

    fresh('g', @old);
    my $before = shown('g');
    my $all = $redis->everything;
    my @steps = $redis->large_change(%change);

    for my $stop (1 .. $#steps) {
        my @some = $redis->large_change(%change);
        is($some[$_]->()[0], 'ok', "$kind: step $_") for 0 .. $stop - 1;
        is_deeply(shown('g'), $before, "$kind: nothing is seen of it");
        is_deeply($redis->disagreements(1), [], "$kind: nobody is lost");
        $redis->sweep_all(7);
        is_deeply($redis->everything, $all, "$kind: undone after $stop steps");
    }

    is($_->()[0], 'ok', "$kind: a step") for @steps;
    is_deeply(members('g'), $after, "$kind: all at once");

    my $now = shown('g');
    is_deeply($now->{holding}, [ grep { my $m = $_; grep { $_ eq $m } @$after }
                                 @many, 'inner' ], "$kind: as their holders");
    is($now->{hash}{ver}, 2, "$kind: one version");
    is($now->{hash}{switched}, 1, "$kind: which tells that sets were switched");
    is($now->{events}, $before->{events} + 1, "$kind: one event");
    is(($redis->events)[-1]{attrs}, 'members', "$kind: of its members");

    my ($move) = $redis->moves;
    while ($redis->sweep($move, 7)->[0] eq 'more') {
        is_deeply(shown('g'), $now, "$kind: a slice of the sweep is not seen");
        is_deeply($redis->disagreements(1), [], "$kind: nobody is lost");
    }
    nothing_left($kind);
    is_deeply(shown('g'), $now, "$kind: in the end");
}


# --- create -----------------------------------------------------------------

my %create = (verb => 'create', id => 'made', doc => '{"id":"made"}',
              indexes => Scripts::group_indexes('Made'), add => \@new);

{
    my $all = $redis->everything;
    my @steps = $redis->large_change(%create);
    is($steps[$_]->()[0], 'ok', "create: step $_") for 0 .. $#steps - 1;
    is_deeply(shown('made'), { %{ shown('none') },
                               events => scalar $redis->events },
              'create: nothing is seen of it');
    $redis->sweep_all;
    is_deeply($redis->everything, $all, 'create: undone');

    is_deeply($redis->change_large(%create),
              [ 'ok', 1, ($redis->{now}) x 2, 0 ], 'create: the reply');
    is_deeply(members('made'), [ sort @new ], 'create: the members');
    is(($redis->events)[-1]{attrs}, 'members', 'create: the event');
    $redis->sweep_all;
    nothing_left('create');
}


# --- what is refused --------------------------------------------------------

fresh('g', @old);
$redis->write(type => 'group', id => 'outer', add => [ 'g' ]);
$redis->write(type => 'group', id => 'inner', add => [ 'outer' ]);

sub refused {
    my ($what, $reply, %change) = @_;
    my $all = $redis->everything;
    is_deeply($redis->change_large(id => 'g', %change), $reply,
              "$what: the reply");
    $redis->sweep_all;
    is_deeply($redis->everything, $all, "$what: nothing is written");
}

refused('nobody', [ 'nomember', 'x' ], add => [ @new, 'x' ]);
refused('an id that is none', [ 'nomember', 'a:b' ], add => [ @new, 'a:b' ]);
refused('itself', [ 'cycle', 'g' ], add => [ @new, 'g' ]);
refused('its holder', [ 'cycle', 'outer' ], add => [ @new, 'outer' ]);
refused('its holder\'s holder', [ 'cycle', 'inner' ], members => 'set',
        add => [ @new, 'inner' ]);
refused('another version', [ 'stale' ], add => \@new, expected => 7);
refused('no group', [ 'missing' ], id => 'no', add => \@new);

{
    my @name = (doc => '{}',
                indexes => [ [ 'unique', 'displayName', 'taken' ] ]);
    $redis->write(verb => 'create', type => 'group', id => 'named', @name);
    refused('a name that is taken', [ 'conflict', 'displayName' ],
            add => \@new, @name);
}

{
    my @steps = $redis->large_change(id => 'g', add => [ @new, 'made' ]);
    $steps[$_]->() for 0 .. $#steps - 1;
    $redis->write(type => 'group', id => 'made', add => [ 'outer' ]);
    is_deeply($steps[-1]->(), [ 'cycle', 'made' ],
              'a cycle that came about meanwhile is seen in the end');
    $redis->sweep_all;
    is_deeply($redis->disagreements, [], 'and all agree');
}


# --- no change --------------------------------------------------------------

for my $change ([ 'the same list', members => 'set', add => \@old ],
                [ 'members there are', add => [ @old[0 .. 9] ] ],
                [ 'who is no member', remove => [ @many[40 .. 59] ] ])
{
    my ($what, @change) = @$change;
    fresh('g', @old);
    my $all = $redis->everything;
    is($redis->change_large(id => 'g', @change)->[0], 'same',
       "$what: the reply");
    $redis->sweep_all;
    is_deeply($redis->everything, $all, "$what: nothing is written");
}

fresh('g', @old);
is($redis->change_large(id => 'g', members => 'set', add => \@old,
                        doc => '{"new":1}')->[1], 2,
   'the same list with a document: a version');
is(($redis->events)[-1]{attrs}, '', 'of no members');
is($redis->hash('group:g')->{switched}, undef, 'and nothing was switched');
$redis->sweep_all;
nothing_left('the same list with a document');


# --- two at once ------------------------------------------------------------

{
    my @first = $redis->large_change(id => 'g', members => 'set', add => \@new);
    my @second = $redis->large_change(id => 'g', add => \@many);
    $first[$_]->() for 0 .. 2;
    is_deeply($second[0]->(), [ 'busy' ], 'another one has to wait');

    $redis->call('DEL', $redis->key("groups:moves:$_:lease"))
        for $redis->moves;
    is($second[0]->()[0], 'ok', 'but not for one that nobody is at');
    is_deeply($first[3]->(), [ 'lost' ], 'who does not go on');
    is_deeply($first[-1]->(), [ 'lost' ], 'nor is in time');
    is($redis->sweep('')->[0], 'more', 'and is undone by anybody');
    $second[$_]->() for 1 .. $#second;
    $redis->sweep_all;
    is_deeply(members('g'), [ sort @many ], 'the other one is carried out');
    nothing_left('two at once');
}


# --- small changes meanwhile ------------------------------------------------

{
    fresh('g', @old);
    my @steps = $redis->large_change(id => 'g', add => [ @many[30 .. 49] ],
                                     remove => [ @many[0 .. 4] ]);
    $steps[$_]->() for 0 .. $#steps - 2;
    is($redis->write(type => 'group', id => 'g',
                     add => [ 'm55', 'inner' ],
                     remove => [ 'm1', 'm10', 'm35' ])->[0], 'ok',
       'a small change while members are added');
    is_deeply($redis->disagreements(1), [], 'nobody is lost');
    $_->() for @steps[-2, -1];
    my %is = map { $_ => 1 } @{ members('g') };
    ok($is{m55} && $is{inner}, 'who joined is kept');
    ok(!$is{m10}, 'who left stays away');
    ok($is{m35}, 'unless the large change, which is the later one, adds it');
    ok(!$is{m1}, 'and who is removed by both is no member');
    $redis->sweep_all;
    nothing_left('added to');
}

{
    fresh('g', @old);
    my @steps = $redis->large_change(id => 'g', members => 'set',
                                     add => \@new);
    $steps[$_]->() for 0 .. $#steps - 1;
    $redis->write(type => 'group', id => 'g', add => [ 'm55', 'inner' ],
                  remove => [ 'm30', 'm1' ]);
    my $shown = members('g');
    ok((grep { $_ eq 'inner' } @$shown), 'a small change is seen at once');
    $steps[-1]->();
    is_deeply(members('g'), [ sort @new ],
              'and a list that comes later takes the place of all');
    $redis->sweep_all;
    nothing_left('replaced');
}

{
    fresh('g', @old);
    my @steps = $redis->large_change(id => 'g', members => 'set',
                                     add => [ @new, 'named' ]);
    $steps[$_]->() for 0 .. $#steps - 1;
    $redis->delete(id => $_) for qw(m45 m5);
    $redis->delete(type => 'group', id => 'named');
    $steps[-1]->();
    is_deeply(members('g'), [ sort grep { $_ ne 'm45' } @new ],
              'who is deleted meanwhile is not in it');
    $redis->sweep_all;
    nothing_left('deleted members');
    $redis->create_user($_) for qw(m45 m5);
}

{
    fresh('g', @old);
    my @steps = $redis->large_change(id => 'g', add => \@new);
    $steps[$_]->() for 0 .. $#steps - 2;
    $redis->delete(type => 'group', id => 'g');
    is_deeply($steps[-2]->(), [ 'lost' ], 'a group that is deleted meanwhile');
    is_deeply($steps[-1]->(), [ 'missing' ], 'has no members');
    $redis->sweep_all;
    nothing_left('a deleted group');
}


# --- sweeps of others -------------------------------------------------------

{
    fresh('g', @old);
    $redis->change_large(id => 'g', members => 'set', add => [ @new ]);
    my ($gone) = $redis->moves;
    is_deeply($redis->sweep(''), [ 'none' ], 'what somebody is at is left');
    my @steps = $redis->large_change(id => 'g', members => 'set',
                                     add => \@old);
    $steps[$_]->() for 0 .. $#steps - 1;
    1 while $redis->sweep($gone)->[0] eq 'more';
    is_deeply($redis->disagreements(1), [],
              'a sweep leaves those that another change is about to add');
    $steps[-1]->();
    is_deeply(members('g'), [ sort @old ], 'which are members then');
    $redis->sweep_all;
    nothing_left('two in a row');
}

is_deeply($redis->call('SMEMBERS', 'scim:moving'), [],
          'no tenant has a move that is pending');
$redis->stage('open', 'inner', 'm', 'set');
is_deeply($redis->call('SMEMBERS', 'scim:moving'), [ 'demo' ],
          'one that has is listed');
is_deeply($redis->script('sweep', '', 60_000, 10), [ 'none' ],
          'one that somebody is at is not taken');
is_deeply($redis->call('SMEMBERS', 'scim:moving'), [ 'demo' ],
          'and stays listed');

done_testing;
