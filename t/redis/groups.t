#!/usr/bin/env perl
#
# redis/groups.lua: the groups that hold users and groups, in slices.

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


# the reply for these users and groups from the beginning: lists and groups
sub reply_for {
    my ($names, @of) = @_;
    my $reply = $redis->script('groups', $names, map { @$_, '0' } @of);
    my @flat = @{ $reply->[1] };
    my %group;
    while (my ($id, $name, $held) = splice @flat, 0, 3) {
        die "$id comes twice" if $group{$id};
        $group{$id} = "$name $held";
    }
    return [ map { [ $_->[0], sort @{$_}[1 .. $#$_] ] } @{ $reply->[0] } ],
           \%group;
}


$redis->create_user($_) for qw(a b);
$redis->create_group($_) for qw(g1 g2 g3 g4 g5);

is_deeply([ reply_for('names', [ user => 'a' ]) ], [ [ [ '0' ] ], {} ],
          'in no group');
is_deeply([ reply_for('names', [ user => 'nobody' ]) ], [ [ [ '0' ] ], {} ],
          'nobody is in no group');

hold('g2', 'a');
hold('g1', 'a', 'b');
hold('g3', 'g1', 'g2');

is_deeply([ reply_for('names', [ user => 'a' ], [ user => 'b' ]) ],
    [ [ [ '0', 'g1', 'g2' ], [ '0', 'g1' ] ],
      { g1 => 'Group g1 1', g2 => 'Group g2 1' } ],
    'several users: each group is described once');
is_deeply([ reply_for('names', [ group => 'g1' ], [ group => 'g3' ]) ],
    [ [ [ '0', 'g3' ], [ '0' ] ], { g3 => 'Group g3 0' } ],
    'groups, and what holds them');
is_deeply([ reply_for('ids', [ user => 'a' ]) ],
          [ [ [ '0', 'g1', 'g2' ] ], {} ], 'ids alone');

$redis->call('DEL', $redis->key('group:g2'));
is_deeply([ reply_for('names', [ user => 'a' ]) ],
    [ [ [ '0', 'g1', 'g2' ] ], { g1 => 'Group g1 1' } ],
    'a group that is not there is not described');

my $before = $redis->everything;
reply_for('names', [ user => 'a' ]);
is_deeply($redis->everything, $before, 'nothing is written');


# --- very many --------------------------------------------------------------

$redis->create_user('c');
$redis->create_user('d');
$redis->create_group("n$_", 'c', $_ <= 100 ? 'd' : ()) for 1 .. 3000;

$redis->count_commands;
my ($lists, $groups) = reply_for('names', map { [ user => $_ ] } 'c', 'a');
is(scalar @$lists, 1, 'what is too much is left for the next call');
isnt($lists->[0][0], '0', 'and it is told where to go on');
cmp_ok($redis->count_commands, '<', 1000, 'after a bounded number of commands');

($lists) = reply_for('names', ([ user => 'd' ]) x 200);
is(scalar @$lists, 9, 'of many users as many as there is room for');

is(scalar @{ ($redis->holders([ user => 'c' ]))[0] }, 3000,
   'all of them in the end');

done_testing;
