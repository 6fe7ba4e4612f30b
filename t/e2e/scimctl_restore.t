#!/usr/bin/env perl
#
# scimctl restore: files that are damaged, or made by somebody else, are refused
# with their line before anything is written; a restore that is cut off goes on,
# or is undone; one organization.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM;
use SCIM::Ctl;
use Test::More;
use Time::HiRes qw(sleep time);

my $TOP = $SCIM::TOP;
my $json = JSON::PP->new->utf8->canonical;

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$TOP/build/scim-doc";


sub server {
    my $scim = SCIM->new(scim_tokens => 'redis valid=100ms', @_);
    return ($scim, SCIM::Ctl->new("$scim->{dir}/redis.sock"));
}


sub runs {
    my ($ctl, @words) = @_;
    my $run = $ctl->run(@words);
    is($run->{status}, 0, "@{[ grep { !ref } @words ]}") or diag($run->{err});
    return $run->{out} =~ s/\n\z//r;
}


# lines with sums as they ought to be
sub sealed {
    no warnings 'portable';
    my ($sum, $text) = (0xcbf29ce484222325, '');
    for my $line (@_) {
        my $begin = $line =~ s/,"sum":"[0-9a-f]{16}"\}\z//r;
        for my $byte (unpack 'C*', $begin) {
            use integer;
            $sum = ($sum ^ $byte) * 0x100000001b3;
        }
        $text .= $begin . sprintf qq(,"sum":"%016x"}\n), $sum;
    }
    return $text;
}


my ($old, $old_ctl) = server();
my %token;
for my $org (qw(acme beta)) {
    $token{$org} = (split /\t/, runs($old_ctl, 'org', 'create', $org,
                                     '--token'))[1];
    my @ids = map { $old->post('/Users', { userName => "user$_" },
                               token => $token{$org})->{body}{id} } 1 .. 4;
    $old->post('/Groups', { displayName => 'Group',
        members => [ map { { value => $_ } } @ids ] }, token => $token{$org});
}
runs($old_ctl, 'client', 'create', 'acme', 'entra');

my $file = "$old->{dir}/backup";
runs($old_ctl, 'backup', $file);
open my $in, '<:raw', $file or die "$file: $!";
my @lines = <$in>;
close $in;
my $whole = join '', @lines;
chomp(my @bare = @lines);
is(sealed(map { s/,"sum".*/,"sum":"0000000000000000"}/r } @bare), $whole,
   'the sums are those that the page tells');

my ($new, $ctl) = server();
$new->stop_nginx;
$new->redis('FLUSHALL');
my $keys = 0;


# a file that is not restored: what is told, and that nothing is written
sub refused {
    my ($what, $text, $line, $like) = @_;
    my $run = $ctl->run('restore', '-', \$text);
    my $ok = $run->{status} == 1 && $new->redis('DBSIZE') == $keys
             && $run->{err} =~ /\Ascimctl: the backup, line $line: .*$like.*\n\z/;
    diag("$what: $run->{status} $run->{err}") if !$ok;
    return $ok;
}


# --- damage -------------------------------------------------------------------

sub line_at { 1 + (substr($whole, 0, $_[0]) =~ tr/\n//) }

my @places = map { int($_ * length($whole) / 60) } 0 .. 59;
my $bad = 0;
$bad += !refused("cut at $_", substr($whole, 0, $_), line_at($_), '')
    for @places, length($whole) - 1;
is($bad, 0, 'a file that is cut is refused at its end');

$bad = 0;
for my $at (@places, map { index $whole, "\n", $_ } @places[0 .. 4]) {
    my $text = $whole;
    substr($text, $at, 1) ^= "\x01";
    $bad += !refused("another byte at $at", $text, line_at($at), '');
}
is($bad, 0, 'a file with another byte is refused in that line');

ok(refused('two lines changed places',
    join('', @lines[0 .. 2, 4, 3, 5 .. $#lines]), 4, 'the sum is another one'),
   'lines in another order');
ok(refused('a line twice', join('', @lines[0 .. 3, 3 .. $#lines]), 5, 'the sum'),
   'a line twice');
ok(refused('a line is missing', join('', @lines[0 .. 3, 5 .. $#lines]), 5,
           'the sum'), 'a line that is missing');
ok(refused('more', $whole . $lines[-1], @lines + 1, 'more behind'),
   'more behind the end');
ok(refused('another backup behind', $whole . $whole, @lines + 1, 'more behind'),
   'two backups');
ok(refused('nothing', '', 1, 'ends in front'), 'an empty file');
ok(refused('no backup', "#!/bin/sh\n", 1, 'no line of a backup'), 'no backup');
ok(refused('binary', "\x1f\x8b\x00\x00" x 20 . "\n", 1, 'no line of a backup'),
   'one that is compressed');


# --- made by somebody else ----------------------------------------------------

sub index_of { my ($like) = @_; (grep { $bare[$_] =~ $like } 0 .. $#bare)[0] }

sub changed {
    my ($like, $change) = @_;
    my @copy = @bare;
    my $at = index_of($like);
    local $_ = $copy[$at];
    $change->();
    $copy[$at] = $_;
    return (sealed(@copy), $at + 1);
}

for ([ 'a later format', qr/scim_backup/, sub { s/"scim_backup":1/"scim_backup":2/ },
       'another format' ],
     [ 'data of a later format', qr/scim_backup/,
       sub { s/"data_format":1/"data_format":2/ }, 'another format' ],
     [ 'an organization with braces', qr/"org"/, sub { s/"acme"/"a}:x"/ },
       'name of an organization' ],
     [ 'a type that is none', qr/"type":"user"/, sub { s/"user"/"token"/ },
       'type or id' ],
     [ 'a type that is a list', qr/"type":"user"/, sub { s/"user"/"groups"/ },
       'type or id' ],
     [ 'an id with a colon', qr/"type":"user"/, sub { s/"id":"/"id":"x:/ },
       'type or id' ],
     [ 'an id with a quote', qr/"type":"user"/, sub { s/"id":"/"id":"x\\" / },
       'type or id' ],
     [ 'fields that are none', qr/"type":"user"/, sub { s/"ver":"1"/"ver":1/ },
       'fields of a resource' ],
     [ 'two documents', qr/"type":"user"/, sub { s/"ver":"1"/"doc":"x",$&/ },
       'not in its place' ],
     [ 'a document in front', qr/"type":"user"/,
       sub { s/,"fields"/,"x":{"a":1,"doc":2}$&/ }, 'not in its place' ],
     [ 'no JSON', qr/"type":"user"/, sub { s/"ver":"1"/"ver":/ }, 'no JSON' ],
     [ 'a kind that is none', qr/"type":"user"/, sub { s/"type"/"tipe"/ },
       'unknown kind' ],
     [ 'a group that is not there', qr/\A\{"group"/, sub { s/"group":"/"group":"a/ },
       'not there' ],
     [ 'a member that is not there', qr/\A\{"group"/, sub { s/"users":\["/$&a/ },
       'not there' ],
     [ 'a member with a space', qr/\A\{"group"/, sub { s/"users":\["/$&a b/ },
       'members' ],
     [ 'the stream of changes', qr/"type":"user"/, sub {
         $_ = '{"stream":"changes","id":"1-1","values":["a","b"],'
             . '"sum":"0000000000000000"}' },
       'entry of a stream' ],
     [ 'a token of nobody', qr/"token"/, sub { s/"of":"\w+"/"of":"gamma"/ },
       'no organization of this backup' ],
     [ 'a token of two', qr/"token"/, sub { s/"tenant":"\w+"/"tenant":"gamma"/ },
       'no organization of this backup' ],
     [ 'a token that is none', qr/"token"/, sub { s/"token":"/"token":"X/ },
       'digest of a token' ],
     [ 'a client with braces', qr/"client"/, sub { s/"client":"/"client":"{/ },
       'id of a client' ],
     [ 'an end of another', qr/"end":"acme"/, sub { s/"acme"/"beta"/ },
       'end of an organization' ],
     [ 'a number of organizations', qr/"complete"/, sub { s/"orgs":2/"orgs":3/ },
       'does not fit' ])
{
    my ($what, $like, $change, $told) = @$_;
    my ($text, $line) = changed($like, $change);
    ok(refused($what, $text, $line, $told), $what);
}

my $user = index_of(qr/"type":"user"/);
ok(refused('a resource twice', sealed(@bare[0 .. $user, $user .. $#bare]),
           $user + 2, 'twice'), 'a resource twice');
my $org = index_of(qr/"org":"beta"/);
ok(refused('a token in front', sealed(@bare[0, index_of(qr/"token"/)],
    @bare[1 .. $#bare]), 2, 'no organization'), 'a token in front of all');
ok(refused('within', sealed(@bare[0 .. 2, $org, 3 .. $#bare]), 4, 'where none'),
   'an organization within another');

# text that looks like commands is data
$new->redis('SET', 'session', 'x');
my ($text) = changed(qr/"type":"user"/, sub {
    s/"ver":"1"/"ver":"1","by:x\\" 1 \\n":"\\"\\r\\nFLUSHALL\\r\\n \\" 2 end"/ });
my $run = $ctl->run('restore', '-', \$text);
is($run->{status}, 0, 'quotes and lines in texts') or diag($run->{err});
is($new->redis('GET', 'session'), 'x', 'are no commands');
is_deeply([ grep { !/^scim:(\{(acme|beta)\}:|token:|client:|tenants|format$|directory$)/ }
            @{ $new->redis('KEYS', '*') } ], [ 'session' ],
          'and lead to no other keys');
$new->redis('FLUSHALL');


# --- cut off ------------------------------------------------------------------

runs($old_ctl, 'org', 'create', 'large');
my $many = join '', map { $json->encode($_) . "\n" }
    map({ { schemas => [ 'urn:ietf:params:scim:schemas:core:2.0:User' ],
            id => "u$_", userName => "large$_", title => 'x' x 500 } } 1 .. 6000),
    { schemas => [ 'urn:ietf:params:scim:schemas:core:2.0:Group' ], id => 'g',
      displayName => 'All', members => [ map { { value => "u$_" } } 1 .. 6000 ] };
runs($old_ctl, 'import', 'large', \$many);
my $large = "$old->{dir}/large";
runs($old_ctl, 'backup', $large);

sub content {
    my ($text) = @_;
    return join '', sort map { s/,"sum":"[0-9a-f]{16}"\}$//r
        =~ s/"(created|changes)":"[^"]*"(?=$|,"resources)//r } split /^/,
        $text =~ s/\A.*\n//r;
}


sub start_restore {
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    setpgrp;
    $SIG{INT} = 'DEFAULT';
    open STDERR, '>', "$new->{dir}/err" or die "err: $!";
    $ENV{SCIM_REDIS} = $ctl->{redis};
    $ENV{REDISCLI_AUTH} = $SCIM::Accounts::PASSWORD{op};
    exec "$TOP/redis/scimctl", 'restore', $large;
}


# until some of it is carried out
sub under_way {
    my ($line) = @_;
    SCIM::wait_for('the restore', sub {
        ($new->redis('HGET', 'scim:restoring', 'line') // 0) > $line });
}


sub told { open my $in, '<', "$new->{dir}/err"; local $/; return <$in> }

my $unfinished = qr/restore has not come to its end: repeat it, or scimctl restore --undo\n\z/;

my $pid = start_restore();
under_way(500);
$new->stop_redis('KILL');
waitpid $pid, 0;
is($? >> 8, 1, 'Redis is killed');
like(told(), qr/Redis: .*\n.*$unfinished/, 'it is told what to do');
$new->start_redis;
my $line = $new->redis('HGET', 'scim:restoring', 'line');
cmp_ok($line, '>', 500, 'some of it is there');
cmp_ok($line, '<', 6000, 'and not all');

$new->start_nginx;
is($new->get('/Users', token => $token{acme})->{status}, 503,
   'the module does not work with it');
like($new->error_log, qr/a restore has not come to its end/, 'and tells why');
$new->stop_nginx;
$run = $ctl->run('org', 'list');
is($run->{status}, 1, 'nor does scimctl');
like($run->{err}, $unfinished, 'which tells why');
$run = $ctl->run('restore', $file);
is($run->{status}, 1, 'another backup is refused');
like($run->{err}, qr/a restore of the backup of \S+ has not come to its end: repeat it, or/,
     'and told');

$pid = start_restore();
under_way($line + 500);
kill 'INT', -$pid;
waitpid $pid, 0;
like(told(), qr/going on behind line $line\n(.*\n)*.*$unfinished/,
     'it goes on, and is interrupted');
$pid = start_restore();
my $line2 = $new->redis('HGET', 'scim:restoring', 'line');
under_way($line2 + 200);
kill 'KILL', -$pid;
waitpid $pid, 0;
$run = $ctl->run('restore', $large);
is($run->{status}, 0, 'it comes to its end') or diag($run->{err});
is($ctl->run('check')->{out}, "no damage was found\n", 'and is sound');
ok(content(runs($ctl, 'backup', '-') . "\n") eq content(do {
    open my $in, '<:raw', $large or die $!; local $/; <$in> }), 'and the same');
$run = $ctl->run('restore', '--undo', '--yes');
is($run->{status}, 1, 'what is whole is not undone');
$run = $ctl->run('restore', $large);
is($run->{status}, 1, 'a server with data is not restored');
like($run->{err}, qr/this server is not empty, it has the key "scim:/, 'told');

$new->redis('FLUSHALL');
$new->redis('SET', 'session', 'x');
$pid = start_restore();
under_way(500);
kill 'KILL', -$pid;
waitpid $pid, 0;
sleep 0.3;
$run = $ctl->run('restore', '--undo', \'');
is($run->{status}, 1, 'it is not undone without a word');
runs($ctl, 'restore', '--undo', '--yes');
is_deeply([ grep { $_ ne 'scim:directory' } sort @{ $new->redis('KEYS', '*') } ],
          [ 'scim:format', 'session' ], 'undone: nothing is left of it');
is($new->redis('GET', 'scim:format'), 1, 'the server is as it was');

# somebody writes into what is half there
$pid = start_restore();
under_way(500);
kill 'STOP', -$pid;
$new->redis('HINCRBY', 'scim:{large}:meta', 'seq', 1);
kill 'CONT', -$pid;
waitpid $pid, 0;
is($? >> 8, 1, 'somebody else writes to it');
like(told(), qr/line \d+: somebody writes to organization "large" while it is restored: stop nginx\n/,
     'that is noticed');
runs($ctl, 'restore', '--undo', '--yes');


# --- one organization ---------------------------------------------------------

$new->redis('FLUSHALL');
runs($ctl, 'org', 'create', 'gamma');
runs($ctl, 'restore', $file, '--org', 'beta');
$new->start_nginx;
is($new->get('/Users', token => $token{beta})->{body}{totalResults}, 4,
   'one organization, its token');
is($new->get('/Users', token => $token{acme})->{status}, 401, 'and no other');
$run = $ctl->run('restore', $file, '--org', 'beta');
is($run->{status}, 1, 'it is not restored over itself');
like($run->{err}, qr/there is an organization "beta" already\n\z/, 'told');
runs($ctl, 'restore', $file, '--org', 'beta', '--as', 'beta-old');
my ($show) = $ctl->json('org', 'show', 'beta-old');
is_deeply([ @$show{qw(users groups tokens)} ], [ 4, 1, 0 ],
          'under another name, without tokens');
is($new->get('/Users', token => $token{beta})->{body}{totalResults}, 4,
   'the other one keeps them');
$run = $ctl->run('restore', $file, '--org', 'delta');
like($run->{err}, qr/\Ascimctl: delta: the backup has no such organization\n\z/,
     'one that the backup does not have');
$new->redis('HSET', $new->token_key($token{acme}), tenant => 'gamma',
            name => 'x', scope => 'rw');
$run = $ctl->run('restore', $file, '--org', 'acme');
is($run->{status}, 1, 'a token that is somebody else\'s here');
like($run->{err}, qr/one of organization "gamma" here\n/, 'is told');
is($ctl->run('token', 'issue', 'acme', 'x')->{status}, 1,
   'what is half restored gets no token');
runs($ctl, 'restore', '--undo', '--yes');
is_deeply([ sort map { $_->{tenant} } $ctl->json('org', 'list') ],
          [ qw(beta beta-old gamma) ], 'undone, and the others are there');
is($new->get('/Users', token => $token{beta})->{status}, 200, 'and open');

my $one = runs($old_ctl, 'backup', '-', '--org', 'acme');
$run = $ctl->run('restore', '-', '--org', 'acme', '--as', 'acme2', \"$one\n");
is($run->{status}, 0, 'a backup of one organization') or diag($run->{err});
$run = $old_ctl->run('backup', '-', '--org', 'nobody');
is($run->{status}, 1, 'of one that is not there');
like($run->{err}, qr/\Ascimctl: nobody: there is no such organization\n\z/, 'told');


# --- where a backup goes ------------------------------------------------------

for ([ 'is a folder', 'backup', '/' ], [ 'is no file', 'backup', '/dev/full' ],
     [ 'cannot write', 'backup', '/nonexistent/x' ],
     [ 'the file is missing', 'restore' ], [ 'cannot read', 'restore', '/nonexistent' ],
     [ '--as goes with --org', 'restore', $file, '--as', 'x' ],
     [ '--undo stands alone', 'restore', $file, '--undo' ])
{
    my ($like, @words) = @$_;
    my $run = $old_ctl->run(@words, \'');
    is($run->{status}, 1, "@words");
    like($run->{err}, qr/\Ascimctl: [^\n]*\Q$like\E[^\n]*\n\z/, "$like: one line");
}

my $full = SCIM::Ctl->new("$old->{dir}/redis.sock",
    shell => [ 'sh', '-c', 'exec "$@" >/dev/full', 'sh' ]);
$run = $full->run('backup', '-');
is($run->{status}, 1, 'a full disk');
like($run->{err}, qr/\Ascimctl: the backup cannot be written: .*\n\z/, 'told');

mkdir "$old->{dir}/b";
symlink "$old->{dir}/b/real", "$old->{dir}/b/link" or die "link: $!";
$old->write_file('b/real', 'of before');
$pid = fork // die "fork: $!";
if ($pid == 0) {
    setpgrp;
    open STDERR, '>', '/dev/null';
    $ENV{SCIM_REDIS} = $old_ctl->{redis};
    $ENV{REDISCLI_AUTH} = $SCIM::Accounts::PASSWORD{op};
    exec "$TOP/redis/scimctl", 'backup', "$old->{dir}/b/link";
}
SCIM::wait_for('the backup', sub { grep { -s } glob "$old->{dir}/b/real.*" });
kill 'INT', -$pid;
waitpid $pid, 0;
is($? >> 8, 130, 'a backup that is interrupted');
is_deeply([ glob "$old->{dir}/b/*" ], [ map { "$old->{dir}/b/$_" } qw(link real) ],
          'leaves nothing');
is(SCIM::_slurp("$old->{dir}/b/real"), 'of before', 'what was there before is there');
runs($old_ctl, 'backup', "$old->{dir}/b/link");
ok(-l "$old->{dir}/b/link" && -s "$old->{dir}/b/real" > 1000,
   'a link leads where it led');

done_testing();
