#!/usr/bin/env perl
#
# redis/delete.lua: a resource goes with all that points to it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;


sub refused {
    my ($what, $answer, %delete) = @_;
    my $before = $redis->everything;
    is_deeply($redis->delete(%delete), $answer, "$what: the reply");
    is_deeply($redis->everything, $before, "$what: nothing is written");
}


# keys of the tenant that name an id
sub keys_of {
    my ($id) = @_;
    return [ sort grep { /:\Q$id\E(:|$)/ } keys %{ $redis->everything } ];
}


sub exists_key { return $redis->call('EXISTS', $redis->key($_[0])) }


# --- a user -----------------------------------------------------------------

$redis->create_user('a', 'kim', 'a@x', 'b@x');
$redis->create_user('b', 'lee', 'a@x');
$redis->create_group('g1', 'a', 'b');
$redis->create_group('g2', 'a');

refused('delete of nobody', [ 'missing' ], id => 'x');
refused('delete of another version', [ 'stale' ], id => 'a', expected => '2');
refused('delete of a group as a user', [ 'missing' ], id => 'g1');

my $last = $redis->last_event;
$redis->{now} = '2020-01-02T00:00:00Z';

is_deeply($redis->delete(id => 'a', expected => '1', actor => 'main'),
          [ 'ok' ], 'delete: the reply');
is_deeply(keys_of('a'), [], 'delete: none of its keys is left');
is_deeply($redis->hash('users:by:userName'), { lee => 'b' },
          'delete: its name is free');
is_deeply($redis->sorted('users:by:emails.value'), [ 'a@x/b' ],
          'delete: its entries are gone, those of others kept');
is_deeply($redis->sorted('users'), [ 'b' ], 'delete: it is listed no more');

is_deeply($redis->set('group:g1:members'), [ 'b' ],
          'a group that held it has the others');
is(exists_key('group:g2:members'), 0, 'or none');
is_deeply([ @{ $redis->hash('group:g1') }{qw(ver created modified)} ],
          [ 2, '2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z' ],
          'and is of a new version');

my %event = (actor => 'main', attrs => 'members', op => 'update',
             type => 'group', ver => 2);
is_deeply([ sort { $a->{id} cmp $b->{id} } $redis->events($last) ],
    [ { op => 'delete', type => 'user', id => 'a', ver => 1, actor => 'main',
        attrs => '' },
      { %event, id => 'g1' }, { %event, id => 'g2' } ],
    'the events');
is(($redis->events)[-1]{op}, 'delete', 'that of the deletion is the last');

refused('delete once more', [ 'missing' ], id => 'a');
is($redis->create_user('a2', 'kim')->[0], 'ok', 'the name can be used again');


# --- a group ----------------------------------------------------------------

$redis->create_user("m$_") for 1 .. 1500;
$redis->create_group('g3');
$redis->create_group('g4', 'b', 'g3', map { "m$_" } 1 .. 1500);
$redis->write(type => 'group', id => 'g1', add => [ 'g4' ]);
$redis->write(type => 'group', id => 'g2', add => [ 'g3' ]);

$last = $redis->last_event;

is_deeply($redis->delete(type => 'group', id => 'g4'), [ 'ok', 'g4' ],
          'a large group: the reply');
is_deeply([ map { $redis->call('EXISTS', $redis->key($_)) }
            qw(group:g4 group:g4:members group:g4:groups) ], [ 0, 0, 0 ],
          'it is gone at once');
is_deeply([ $redis->holders([ user => 'm1' ]) ], [ [] ],
          'and no user is in it any more');
is($redis->hash('user:m1')->{groups}, 1, 'although it counts');
$redis->sweep_all(500);
is_deeply(keys_of('g4'), [], 'a group: none of its keys is left');
is_deeply($redis->set('user:b:groups'), [ 'g1' ],
          'a group: its members are in it no more');
is($redis->hash('user:b')->{groups}, 1, 'a group: and one less is counted');
is($redis->hash('user:m1')->{groups}, undef, 'a group: or none');
is_deeply([ grep { exists_key("user:m$_:groups") } 1 .. 1500 ], [],
          'a group: for each of many members');
is($redis->hash('user:b')->{ver}, 1, 'a group: their versions stay');
is_deeply($redis->set('group:g3:holders'), [ 'g2' ],
          'a group: a member group, too');
is($redis->hash('group:g3')->{groups}, 1, 'a group: and its count');
is(exists_key('group:g1:groups'), 0, 'a group: its holder lost a member');
is($redis->hash('group:g1')->{ver}, 4, 'a group: and is of a new version');
is_deeply([ map { "$_->{op} $_->{id}" } $redis->events($last) ],
          [ 'update g1', 'delete g4' ], 'a group: the events');


# --- held by very many groups -----------------------------------------------

{
    $redis->create_user('busy');
    $redis->create_group("held$_", 'busy') for 1 .. 1100;

    my $last = $redis->last_event;
    my @delete = ('delete', 'user', 'busy', '', $redis->{now}, 'tester', 1e5);

    is_deeply($redis->script(@delete), [ 'more' ], 'very many: not at once');
    is($redis->hash('user:busy')->{groups}, 600, 'very many: some are left');
    is_deeply($redis->disagreements, [], 'very many: all agree meanwhile');
    is_deeply($redis->delete(id => 'busy'), [ 'ok' ], 'very many: in the end');
    is_deeply(keys_of('busy'), [], 'very many: none of its keys is left');
    is_deeply($redis->disagreements, [], 'very many: nor of its memberships');

    my %events;
    $events{"$_->{op} $_->{id}"}++ for $redis->events($last);
    is_deeply(\%events, { 'delete busy' => 1,
                          map { ("update held$_" => 1) } 1 .. 1100 },
              'very many: one event of each');
}


# --- other types ------------------------------------------------------------

$redis->write(verb => 'create', type => 'device', id => 'd', doc => '{}',
              indexes => [ [ 'unique', 'serial', 's' ],
                           [ 'lexical', 'site', 'x' ] ]);
is_deeply($redis->delete(type => 'device', id => 'd'), [ 'ok' ],
          'another type: the reply');
is_deeply([ grep { /:devices?(:|$)/ } keys %{ $redis->everything } ], [],
          'another type: nothing is left');


# --- values that are empty --------------------------------------------------

{
    $redis->create_user('e', 'eve', '', 'e@x');
    $redis->delete(id => 'e');
    is_deeply([ grep { m{/e$} } @{ $redis->sorted('users:by:emails.value') } ],
              [], 'an empty value goes with the others');
}

done_testing;
