#!/usr/bin/env perl
#
# redis/permit.lua: who is meant by a name, and in which groups they are; and what the
# scripts publish when that can have changed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Select;
use IO::Socket::UNIX;
use Scripts;
use Test::More;

my $redis = Scripts->new;

sub permit { return $redis->script('permit', @_) }
sub by_id { return permit('id', '', @_) }
sub field { $redis->call('HSET', $redis->key("user:$_[0]"), @_[1 .. $#_]) }

$redis->create_user($_, $_) for qw(u1 u2 u3);

is_deeply(by_id('u1'), [ 'ok', 'u1', $redis->call('HGET', $redis->key('user:u1'),
                                                  'doc') ], 'by id');
is_deeply(by_id('nobody'), [ 'none' ], 'nobody');
is_deeply(by_id(''), [ 'none' ], 'no id');
is((permit('unique', 'userName', 'u2'))->[1], 'u2', 'by a unique value');
is_deeply(permit('unique', 'userName', 'u9'), [ 'none' ], 'a value of nobody');

$redis->call('ZADD', $redis->key('users:by:emails.value'), 0, "a\@b\0u1", 0,
             "a\@b\0u2", 0, "a\@bc\0u3");
is_deeply(permit('lexical', 'emails.value', 'a@b'), [ 'ambiguous' ],
          'a value of two');
is(permit('lexical', 'emails.value', 'a@bc')->[1], 'u3', 'one that begins with it');
is_deeply(permit('lexical', 'emails.value', 'a@'), [ 'none' ], 'its beginning');

field('u3', active => 'false');
is_deeply(by_id('u3'), [ 'inactive', 'u3' ], 'inactive');
field('u3', active => 'true');
is(by_id('u3')->[0], 'ok', 'active');


# --- groups -----------------------------------------------------------------

$redis->create_group('g1', 'u1');
$redis->create_group('g2', 'g1');
$redis->create_group('g3', 'g2');
$redis->call('HSET', $redis->key('groups:by:displayName'),
             map { ("group $_", $_) } qw(g1 g2 g3));

is_deeply([ sort @{ by_id('u1') }[3 .. 5] ], [ 'Group g1', 'Group g2', 'Group g3' ],
          'groups, also through others');
is(scalar @{ by_id('u2') }, 3, 'none');

for my $group ('group g1', 'group g2', 'group g3') {
    is(by_id('u1', 1, 'name', $group)->[0], 'ok', "in $group by its name");
    is_deeply(by_id('u2', 1, 'name', $group), [ 'outside', 'u2' ],
              'another is not');
}
is(by_id('u1', 1, id => 'g3')->[0], 'ok', 'by its id');
is(by_id('u1', 2, id => 'g9', id => 'g3')->[0], 'ok', 'one of two');
is(by_id('u1', 1, id => 'g9', 1, id => 'g3')->[0], 'outside', 'both of two');
is(by_id('u1', 1, id => 'g1', 1, id => 'g3')->[0], 'ok', 'which is so');
is(by_id('u1', 1, name => 'nothing')->[0], 'outside', 'a group that is not there');
$redis->call('ZADD', $redis->key('groups:by:externalId'), 0, "x\0g2");
is(by_id('u1', 1, externalId => 'x')->[0], 'ok', 'by externalId');
$redis->call('ZADD', $redis->key('groups:by:externalId'), 0, "x\0g9");
is(by_id('u1', 1, externalId => 'x')->[0], 'outside', 'if only one has it');

# while very many members change, a member can know too much
$redis->call('HSET', $redis->key('groups:moves'), 'group:g1', 'm');
is(by_id('u1', 1, id => 'g1')->[0], 'ok', 'a member of a group that changes');
$redis->call('SADD', $redis->key('user:u1:groups'), 'g4');
$redis->create_group('g4', 'u2');
is(by_id('u1', 1, id => 'g4')->[0], 'outside', 'who is not in the group itself');
$redis->call('DEL', $redis->key('groups:moves'));

# of more than a thousand, those that hold the user count
$redis->call('SADD', $redis->key('user:u1:groups'), map { "x$_" } 1 .. 1000);
is_deeply([ @{ by_id('u1', 1, id => 'g1') }[0, 3] ], [ 'ok', undef ],
          'in too many groups, of which this is one');
is(by_id('u1', 1, id => 'g4')->[0], 'outside', 'and this is not');

$redis->call('HSET', $redis->key('meta'), deleting => 1);
is_deeply(by_id('u2'), [ 'none' ], 'the tenant is being deleted');
$redis->call('HDEL', $redis->key('meta'), 'deleting');


# --- what is published --------------------------------------------------------

my $listener = IO::Socket::UNIX->new("$redis->{dir}/socket") or die "Redis: $!";
$redis->call_as('listener', SCIM::Accounts::auth('scim'))
    if $redis->{listener} = $listener;
syswrite $listener, "SUBSCRIBE scim:changed\r\n";

sub heard {
    my ($n) = @_;
    my $text = '';
    while ((() = $text =~ /^scim:\{.*\r\n/mg) < $n) {
        IO::Select->new($listener)->can_read(10) or last;
        sysread $listener, $text, 65536, length $text or last;
    }
    return join ' ', $text =~ /^scim:\{demo\}:(.*)\r\n/mg;
}

$redis->create_user('u5', 'u5');
is(heard(1), 'user:u5', 'a user');
$redis->create_group('g5', 'u5');
is(heard(1), 'group:g5', 'a group');
$redis->delete(type => 'user', id => 'u5');
is(join(' ', sort split / /, heard(2)), 'group:g5 user:u5',
   'a user who is deleted, and the group that has one less');

done_testing();
