#!/usr/bin/env perl
#
# redis/write.lua without memberships: documents, versions, indexes, the list
# of complete indexes, the stream of changes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $redis = Scripts->new;


# a change that must fail, and leave everything as it was
sub refused {
    my ($what, $answer, %write) = @_;
    my $before = $redis->everything;
    is_deeply($redis->write(%write), $answer, "$what: the reply");
    is_deeply($redis->everything, $before, "$what: nothing is written");
}


sub index_of {
    my ($name) = @_;
    return $redis->sorted("users:by:$name");
}


# --- create -----------------------------------------------------------------

is_deeply($redis->write(
        verb => 'create', id => 'u1', doc => '{"n":1}', actor => 'main',
        changed => 'userName,emails', indexes => [
            [ 'unique', 'userName', 'kim' ],
            [ 'lexical', 'emails.value', 'a@x', 'b@x' ],
            [ 'lexical', 'externalId' ],
            [ 'field', 'active', 'true' ] ]),
    [ 'ok', '1', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z', '0' ],
    'create: the reply');

is_deeply($redis->call('HGETALL', $redis->key('user:u1')),
    [ ver => 1, created => '2020-01-01T00:00:00Z',
      modified => '2020-01-01T00:00:00Z', seq => 1, 'uq:userName' => 'kim',
      'by:emails.value' => "a\@x\0b\@x", active => 'true',
      'n:bytes' => 7, doc => '{"n":1}' ],
    'create: the hash, its document last');
is_deeply($redis->hash('users:by:userName'), { kim => 'u1' },
          'create: the unique index');
is_deeply(index_of('emails.value'), [ 'a@x/u1', 'b@x/u1' ],
          'create: an entry for each value');
is_deeply(index_of('externalId'), [], 'create: no value, no entry');
is_deeply($redis->call('ZRANGE', $redis->key('users'), 0, -1, 'WITHSCORES'),
          [ 'u1', 1 ], 'create: listed by its number');
is_deeply($redis->hash('meta'),
    { format => 1, seq => 1, bytes => 7,
      'indexes:user' => "userName\nemails.value\nexternalId" },
    'create: the tenant\'s meta');
is_deeply([ $redis->events ],
    [ { op => 'create', type => 'user', id => 'u1', ver => 1,
        actor => 'main', attrs => 'userName,emails' } ],
    'create: the event');

refused('create of an id that is there', [ 'exists' ], verb => 'create',
        id => 'u1', doc => '{}', indexes => Scripts::user_indexes('new'));
refused('create with a name that is taken', [ 'conflict', 'userName' ],
        verb => 'create', id => 'u2', doc => '{}',
        indexes => Scripts::user_indexes('kim', 'c@x'));

$redis->create_user('u2', 'lee', 'a@x');
is($redis->hash('user:u2')->{seq}, 2, 'numbers are counted up');
is_deeply(index_of('emails.value'), [ 'a@x/u1', 'a@x/u2', 'b@x/u1' ],
          'a value of two resources');


# --- update -----------------------------------------------------------------

$redis->{now} = '2020-01-02T00:00:00Z';

refused('update of what is not there', [ 'missing' ], id => 'no', doc => '{}');
refused('update of another version', [ 'stale' ], id => 'u1', expected => '7',
        doc => '{}', indexes => Scripts::user_indexes('kim2'));
refused('rename to a name that is taken', [ 'conflict', 'userName' ],
        id => 'u1', expected => '1', doc => '{}',
        indexes => Scripts::user_indexes('lee', 'z@x'));

is_deeply($redis->write(
        id => 'u1', expected => '1', doc => '{"n":2}', changed => 'emails',
        indexes => [
            [ 'unique', 'userName', 'kim' ],
            [ 'lexical', 'emails.value', 'b@x', 'c@x' ],
            [ 'lexical', 'externalId', 'e1' ],
            [ 'field', 'active', 'false' ] ]),
    [ 'ok', '2', '2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z', '0' ],
    'update: the reply');
is_deeply($redis->hash('user:u1'),
    { ver => 2, created => '2020-01-01T00:00:00Z',
      modified => '2020-01-02T00:00:00Z', seq => 1, 'uq:userName' => 'kim',
      'by:emails.value' => "b\@x\0c\@x", 'by:externalId' => 'e1',
      active => 'false', 'n:bytes' => 7, doc => '{"n":2}' },
    'update: the hash');
is_deeply(index_of('emails.value'), [ 'a@x/u2', 'b@x/u1', 'c@x/u1' ],
          'update: entries moved, those of others kept');
is_deeply(index_of('externalId'), [ 'e1/u1' ], 'update: a first entry');
is_deeply(($redis->events)[-1],
    { op => 'update', type => 'user', id => 'u1', ver => 2, actor => 'tester',
      attrs => 'emails' }, 'update: the event');

is($redis->write(id => 'u1', doc => '{"n":3}',
                 indexes => [ [ 'unique', 'userName', 'kimberly' ],
                              [ 'lexical', 'emails.value' ],
                              [ 'lexical', 'externalId' ],
                              [ 'field', 'active' ] ])->[1], '3',
   'update of any version');
is_deeply($redis->hash('users:by:userName'),
          { kimberly => 'u1', lee => 'u2' }, 'the old name is free');
is_deeply($redis->hash('user:u1'),
    { ver => 3, created => '2020-01-01T00:00:00Z',
      modified => '2020-01-02T00:00:00Z', seq => 1,
      'uq:userName' => 'kimberly', 'n:bytes' => 7, doc => '{"n":3}' },
    'fields without a value are gone');
is_deeply(index_of('externalId'), [], 'so are the entries');
is($redis->create_user('u3', 'kim')->[0], 'ok', 'a name that was given up');

my $before = $redis->everything;
is_deeply($redis->write(id => 'u1'),
    [ 'same', '3', '2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z', '0' ],
    'an update of nothing: the state there is');
is_deeply($redis->everything, $before, 'and nothing is written');

is_deeply($redis->write(id => 'u3', doc => '{}', indexes => [
              [ 'unique', 'userName', 'kim' ],
              [ 'unique', 'employeeNumber', 'kimberly' ],
              [ 'lexical', 'emails.value' ],
              [ 'lexical', 'externalId' ] ])->[0], 'ok',
    'unique values of two attributes do not meet');


# --- which indexes are complete ---------------------------------------------

sub complete { return $redis->hash('meta')->{'indexes:user'} }

is(complete(), "userName\nemails.value\nexternalId",
   'an index that came later is not complete');

$redis->write(id => 'u2', doc => '{}',
              indexes => [ [ 'unique', 'userName', 'lee' ],
                           [ 'lexical', 'externalId' ] ]);
is(complete(), "userName\nexternalId",
   'neither is one that a writer left out');

$redis->write(id => 'u2', doc => '{}',
              indexes => Scripts::user_indexes('lee', 'a@x'));
is(complete(), "userName\nexternalId", 'which is not undone by another');

$redis->write(verb => 'create', id => 'd1', type => 'device', doc => '{}',
              indexes => [ [ 'unique', 'serial', 's' ] ]);
is($redis->hash('meta')->{'indexes:device'}, 'serial',
   'another type has a list of its own');
is_deeply($redis->hash('devices:by:serial'), { s => 'd1' },
          'and indexes of its own');

$redis->delete(id => $_) for qw(u1 u2 u3);
$redis->create_user('u4');
is(complete(), "userName\nexternalId\nemails.value",
   'all indexes of a first resource are complete');


# --- other tenants ----------------------------------------------------------

$redis->{tenant} = 'other';
is($redis->create_user('x', 'u4')->[0], 'ok',
   'a name is unique within its tenant');
is($redis->hash('user:x')->{seq}, 1, 'which counts from 1');
$redis->{tenant} = 'demo';


# --- creation with a version, entries alone, a pending reindex ---------------

is_deeply($redis->write(verb => 'create', id => 'old', expected => '7',
                        doc => '{"n":7}', changed => 'n'),
    [ 'ok', '7', $redis->{now}, $redis->{now}, '0' ],
    'a creation with a version: the reply');
is($redis->hash('user:old')->{ver}, 7, 'a creation with a version');
is(($redis->events)[-1]{ver}, 7, 'a creation with a version: the event');

my @entries = (indexes => [ [ 'unique', 'userName', 'old' ],
                            [ 'lexical', 'title', 'a', 'b' ] ]);
refused('entries of nobody', [ 'missing' ], verb => 'index', id => 'nobody',
        @entries);
refused('entries of another version', [ 'stale' ], verb => 'index',
        id => 'old', expected => '6', @entries);
refused('a unique entry of another', [ 'conflict', 'userName' ],
        verb => 'index', id => 'old',
        indexes => [ [ 'unique', 'userName', 'u4' ] ]);
my $events = () = $redis->events;
is_deeply($redis->write(verb => 'index', id => 'old', expected => '7',
                        @entries), [ 'ok', '7' ], 'entries alone: the reply');
is_deeply(index_of('title'), [ 'a/old', 'b/old' ], 'entries alone');
is($redis->hash('users:by:userName')->{old}, 'old', 'the unique one too');
is($redis->hash('user:old')->{ver}, 7, 'entries alone: the same version');
is(scalar(() = $redis->events), $events, 'entries alone: no event');

$redis->call('HSET', $redis->key('meta'), 'reindex:user', "userName\ntitle");
$redis->write(id => 'old', doc => '{"n":8}', changed => 'n', @entries);
is($redis->hash('meta')->{'reindex:user'}, "userName\ntitle",
   'a write with all indexes leaves a reindex alone');
$redis->write(id => 'old', doc => '{"n":9}', changed => 'n',
              indexes => [ [ 'unique', 'userName', 'old' ] ]);
is($redis->hash('meta')->{'reindex:user'}, undef,
   'a write without one of them ends it');


# --- a full server ----------------------------------------------------------

$redis->call('CONFIG', 'SET', 'maxmemory', 1);

$before = $redis->everything;
my $reply = $redis->create_user('u5');
ok(ref $reply eq 'SCALAR' && $$reply =~ /^OOM/, 'a full server: create');
$reply = $redis->write(id => 'u4', doc => '{"n":9}',
                       indexes => Scripts::user_indexes('new'));
ok(ref $reply eq 'SCALAR' && $$reply =~ /^OOM/, 'a full server: update');
is_deeply($redis->everything, $before, 'a full server: nothing is written');
is_deeply($redis->delete(id => 'u4'), [ 'ok' ], 'a full server: delete');

done_testing;
