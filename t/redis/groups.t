#!/usr/bin/env perl
#
# redis/groups.lua: the groups of a user, direct and indirect.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;


sub hold {
    my ($group, @members) = @_;
    my $reply = $redis->write(type => 'group', id => $group,
                              add => \@members);
    die "$group: @$reply" if $reply->[0] ne 'ok';
}


sub groups_of {
    my ($id) = @_;
    return [ map { "@$_" } $redis->groups($id) ];
}


$redis->create_user($_) for qw(a b);
$redis->create_group($_) for qw(g1 g2 g3 g4 g5);

is_deeply(groups_of('a'), [], 'in no group');
is_deeply(groups_of('nobody'), [], 'nobody is in no group');

hold('g2', 'a');
hold('g1', 'a', 'b');
is_deeply(groups_of('a'), [ 'g1 Group g1 0', 'g2 Group g2 0' ],
          'direct groups, with their display names');

hold('g3', 'g1', 'g2');
hold('g4', 'g3');
is_deeply(groups_of('a'),
    [ 'g1 Group g1 0', 'g2 Group g2 0', 'g3 Group g3 1', 'g4 Group g4 1' ],
    'indirect ones, each once');

hold('g4', 'b');
is_deeply(groups_of('b'),
    [ 'g1 Group g1 0', 'g4 Group g4 0', 'g3 Group g3 1' ],
    'both direct and indirect is direct');

is($redis->hash('user:a')->{groups}, 2, 'only direct ones are counted');

$redis->call('DEL', $redis->key('group:g2'));
is_deeply(groups_of('a'),
    [ 'g1 Group g1 0', 'g3 Group g3 1', 'g4 Group g4 1' ],
    'a group that is not there is left out');

# a cycle, which write.lua does not let happen
$redis->call('SADD', $redis->key('group:g1:holders'), 'g4');
$redis->call('SADD', $redis->key('group:g4:holders'), 'g1');
is(scalar @{ groups_of('a') }, 3, 'a cycle comes to an end');

my $before = $redis->everything;
groups_of('a');
is_deeply($redis->everything, $before, 'nothing is written');

$redis->create_user('c');
$redis->create_group("n$_", 'c') for 1 .. 1100;
{
    is(scalar @{ groups_of('c') }, 1100, 'all direct groups');
}

done_testing;
