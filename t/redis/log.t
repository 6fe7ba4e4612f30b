#!/usr/bin/env perl
#
# The provisioning log of redis/write.lua and redis/delete.lua: an entry if and
# only if there is a change.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;


sub entries {
    return map { my ($id, $fields) = @$_; join ' ', @$fields }
        @{ $redis->call('XRANGE', $redis->key('log'), '-', '+') };
}


sub logged {
    my ($what, @expected) = @_;
    is_deeply([ entries() ], \@expected, $what);
    $redis->call('DEL', $redis->key('log'));
}


sub user {
    my ($id, $name, %more) = @_;
    return (id => $id, doc => "{\"n\":\"$name\"}",
            indexes => [ [ 'unique', 'userName', $name ] ], %more);
}


$redis->write(verb => 'create', user(u1 => 'kim'),
              log => [ 100, op => 'create', status => 201 ]);
logged('a change', 'op create status 201');

$redis->write(verb => 'create', user(u2 => 'ada'));
logged('a change that is not to be logged');

is_deeply($redis->script('write', 'update', 'user', 'u2', '', 'now', 'me', '',
                         'x', 10, '', '', 0)->[0], 'ok',
          'the arguments for the log can be missing');
logged('then there is none');

# refused
my @log = (log => [ 100, op => 'replace' ]);

is($redis->write(user(u2 => 'kim'), @log)->[0], 'conflict', 'a conflict');
is($redis->write(user(u2 => 'ada'), expected => 9, @log)->[0], 'stale',
   'another version');
is($redis->write(user(u9 => 'bob'), @log)->[0], 'missing', 'no resource');
is($redis->write(verb => 'create', user(u1 => 'x'), @log)->[0], 'exists',
   'an id that is taken');
is($redis->delete(id => 'u9', @log)->[0], 'missing', 'nothing to delete');
is($redis->delete(id => 'u2', expected => 9, @log)->[0], 'stale',
   'another version to delete');
logged('what is refused leaves no entry');

# memberships
$redis->write(verb => 'create', type => 'group', id => 'g1', doc => '{}',
              add => [ 'u1' ], log => [ 100, op => 'create', type => 'group' ]);
logged('a group', 'op create type group');

is($redis->write(type => 'group', id => 'g1', add => [ 'u1' ], @log)->[0],
   'same', 'a member that is one');
logged('what changes nothing leaves no entry');

is($redis->write(type => 'group', id => 'g1', add => [ 'u9' ], @log)->[0],
   'nomember', 'a member that does not exist');
is($redis->write(type => 'group', id => 'g1', add => [ 'g1' ], @log)->[0],
   'cycle', 'a group in itself');
logged('refused members leave no entry');

# deleting one resource is one entry, whatever it takes along
$redis->delete(id => 'u1', log => [ 100, op => 'delete', id => 'u1' ]);
logged('a deletion', 'op delete id u1');

$redis->delete(id => 'u2');
logged('a deletion that is not to be logged');

# the length
for my $n (1 .. 1000) {
    $redis->write(verb => 'create', user("n$n" => "n$n"),
                  log => [ 100, op => $n ]);
}

my @left = entries();
cmp_ok(scalar @left, '>=', 100, 'the log keeps what it is to keep');
cmp_ok(scalar @left, '<', 300, 'and not much more');
is($left[-1], 'op 1000', 'the newest entries');

done_testing();
