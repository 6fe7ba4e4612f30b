#!/usr/bin/env perl
#
# Nothing is written to a tenant that was deleted, or is about to be, by whoever
# still knows one of its tokens.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;

$redis->create_user('a');
$redis->create_group('g', 'a');
$redis->stage('open', 'g', 'begun', 'keep');
$redis->call('HSET', $redis->key('meta'), deleting => 1);


sub refused {
    my ($what, $do) = @_;
    my $before = $redis->everything;
    is_deeply($do->(), [ 'deleted' ], "$what: is refused");
    is_deeply($redis->everything, $before, "$what: nothing is written");
}


refused('a creation', sub { $redis->create_user('b') });
refused('a change', sub { $redis->write(id => 'a', doc => '{}') });
refused('members', sub {
    $redis->write(type => 'group', id => 'g', remove => [ 'a' ]) });
refused('a deletion', sub { $redis->delete(id => 'a') });
refused('a change of very many members', sub {
    $redis->stage('open', 'g', 'move', 'set') });
refused('its end', sub {
    $redis->write(type => 'group', id => 'g', staged => 'begun') });

done_testing;
