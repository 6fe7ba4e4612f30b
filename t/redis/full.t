#!/usr/bin/env perl
#
# With memory that is full, what takes something away is carried out, and what
# adds something is not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;

my @many = map { "m$_" } 1 .. 700;

$redis->create_user($_) for qw(a b c d), @many;
$redis->create_group($_) for qw(inner free);
$redis->create_group('g', qw(a b c inner));
$redis->create_group('large', @many);
$redis->write(id => 'd', doc => '{"active":true,"long":"text"}',
              indexes => Scripts::user_indexes('dora', 'd@x'));

$redis->call('CONFIG', 'SET', 'maxmemory', '1');


sub full {
    my ($what, $do) = @_;
    my $before = $redis->everything;
    my $reply = $do->();
    like(ref $reply eq 'SCALAR' ? $$reply : "@$reply", qr/^OOM /,
         "$what: is refused");
    is_deeply($redis->everything, $before, "$what: nothing is written");
}


sub done {
    my ($what, $reply) = @_;
    is(ref $reply eq 'SCALAR' ? $$reply : $reply->[0], 'ok', $what);
}


sub group {
    my ($id, %write) = @_;
    return $redis->write(type => 'group', id => $id, %write);
}


my @less = (limits => 'less');

full('a creation', sub { $redis->create_user('new') });
full('a change', sub { $redis->write(id => 'd', doc => '{"much":"more"}') });
full('another name', sub { $redis->write(id => 'd',
    doc => '{"active":true,"long":"text, and more"}',
    indexes => Scripts::user_indexes('dorothea')) });
full('a member', sub { group('g', add => [ 'd' ]) });
full('a member in the place of another',
     sub { group('g', add => [ 'd' ], remove => [ 'a' ]) });
full('a list in the place of another',
     sub { group('g', members => 'set', add => [ 'a', 'd' ]) });
full('no members, and a larger document',
     sub { group('g', members => 'set', doc => '{"id":"g","more":"text"}') });
full('a large change', sub { $redis->stage('open', 'large', 'm', 'keep') });

done('a user is disabled', $redis->write(id => 'd', @less,
    doc => '{"active":false,"long":"text"}',
    indexes => [ [ 'unique', 'userName', 'dora' ],
                 [ 'lexical', 'emails.value', 'd@x' ],
                 [ 'lexical', 'externalId' ],
                 [ 'field', 'active', 'false' ] ],
    log => [ 100, op => 'patch', status => 200 ]));
is($redis->hash('user:d')->{active}, 'false', 'as everybody sees');

done('members are removed', group('g', @less, remove => [ 'a', 'inner' ]));
done('a list of fewer members', group('g', members => 'set', add => [ 'b' ]));
is_deeply($redis->set('group:g:members'), [ 'b' ], 'takes its place');
done('all members are removed', group('g', @less, members => 'set'));
done('a user is deleted', $redis->delete(id => 'a'));
done('a group is deleted', $redis->delete(type => 'group', id => 'g'));
done('a large group, too', $redis->delete(type => 'group', id => 'large'));
$redis->sweep_all(100);
is_deeply($redis->disagreements, [], 'and its members are swept');
is_deeply([ $redis->moves ], [], 'to the end');

done_testing;
