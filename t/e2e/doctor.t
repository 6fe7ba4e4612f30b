#!/usr/bin/env perl
#
# scimctl doctor: each of its findings is brought about on a real server and
# found, with its severity; a server that is set up as it should be has none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM;
use SCIM::Ctl;
use Test::More;
use Time::HiRes qw(sleep);

local $SIG{XFSZ} = 'IGNORE';     # Redis then sees a limit on files as a full disk

# findings about the machine itself, whatever Redis does
my @MACHINE = SCIM::_slurp('/proc/sys/vm/overcommit_memory') =~ /^0/
              ? ('warning overcommit') : ();

my $scim = server();
my $ctl = $scim->{ctl};


# A directory that is set up as docs/production.md says: a limit of memory, and a folder
# for its users alone.
sub server {
    my (%opt) = @_;
    my $s = SCIM->new(scim_tokens => 'redis', scim_redis => 'timeout=5s',
        redis_args => [ '--maxmemory', '1gb', @{ delete $opt{args} || [] } ],
        %opt);
    chmod 0700, $s->{dir};
    $s->{ctl} = SCIM::Ctl->new("$s->{dir}/redis.sock");
    $s->{ctl}->run('org', 'create', 'acme', '--token')->{status} == 0
        or die 'org create';
    connected($s);
    return $s;
}


sub connected {
    my ($s) = @_;
    SCIM::wait_for('nginx', sub {
        $s->redis('CLIENT', 'LIST') =~ m{name=ngx_scim_module/} });
}


# the findings of the doctor, as "severity check", and the objects
sub findings {
    my ($c, @words) = @_;
    my $run = $c->run('--json', 'doctor', @words);
    my @found = map { decode_json($_) } split /\n/, $run->{out};
    return ($run->{status}, \@found, $run->{err});
}


my %STATUS = (error => 2, warning => 3, note => 0);

# The doctor finds just this, beside what the machine has; it returns the text.
sub finds {
    my ($what, $expected, %opt) = @_;
    my ($status, $found, $err) = findings($opt{ctl} || $ctl,
                                          @{ $opt{words} || [] });
    my @all = ref $expected ? @$expected : ($expected);
    # a busy machine makes any command slow
    my @names = grep { $_ ne 'note slow' || grep { /slow/ } @all }
                map { "$_->{severity} $_->{check}" } @$found;
    is_deeply([ sort @names ], [ sort @all, @MACHINE ], $what)
        or diag $err, JSON::PP->new->pretty->encode($found);

    my ($worst) = sort { $STATUS{$b} == 2 ? 1 : $STATUS{$a} == 2 ? -1
                         : $STATUS{$b} <=> $STATUS{$a} }
                  map { /^(\w+)/ } @all, @MACHINE;
    is($status, $worst ? $STATUS{$worst} : 0, "$what: status");
    return join "\n", map { "$_->{finding}; $_->{remedy}" } @$found;
}


sub config { $scim->redis('CONFIG', 'SET', @_) }
sub acl { $scim->redis('ACL', 'SETUSER', @_) }


SCIM::wait_for('service', sub {
    $scim->get('/Users', token => 'none')->{status} == 401 });

finds('as it should be', []);
my $text = $ctl->run('doctor');
is($text->{out}, "nothing was found\n", 'and it says so') if !@MACHINE;

for ([ 'warning appendfsync', { appendfsync => 'everysec' },
       { appendfsync => 'always' }, qr/last second or two/ ],
     [ 'error appendfsync', { appendfsync => 'no' },
       { appendfsync => 'always' }, qr/system decides/ ],
     [ 'warning appendfsync', { 'no-appendfsync-on-rewrite' => 'yes' },
       { 'no-appendfsync-on-rewrite' => 'no' }, qr/not on disk while/ ],
     [ 'error appendonly', { appendonly => 'no' }, { appendonly => 'yes' },
       qr/no append-only file/ ],
     [ 'error eviction', { 'maxmemory-policy' => 'allkeys-lru' },
       { 'maxmemory-policy' => 'noeviction' }, qr/deletes users/ ],
     [ 'warning memory', { maxmemory => '0' }, { maxmemory => '1gb' },
       qr/no limit/ ],
     [ 'warning memory', { maxmemory => '900000gb' }, { maxmemory => '1gb' },
       qr/more than the machine has/ ],
     [ 'error replication', { 'min-replicas-to-write' => '1' },
       { 'min-replicas-to-write' => '0' }, qr/1 replicas are needed/ ],
     [ 'warning clients', { maxclients => '5' }, { maxclients => '1000' },
       qr/4 of 5 connections/ ],
     [ 'note clients', { timeout => '100' }, { timeout => '0' },
       qr/closed after 100 s/ ],
     [ 'warning encoding', { 'hash-max-listpack-value' => '64' },
       { 'hash-max-listpack-value' => '4096' }, qr/a sixth more/ ])
{
    my ($expected, $bad, $good, $like) = @$_;
    my @held = $bad->{maxclients} ? map { $scim->redis_socket } 1 .. 2 : ();
    config(%$bad);
    like(finds("@{[ %$bad ]}", $expected), $like, "@{[ %$bad ]}: in words");
    @held = ();
    config(%$good);
    if ($good->{appendonly}) {
        SCIM::wait_for('the append-only file', sub {
            $scim->redis('INFO', 'persistence') =~ /aof_rewrite_in_progress:0/
                && -d "$scim->{dir}/appendonlydir" });
    }
}


subtest 'memory that runs out' => sub {
    my ($used) = $scim->redis('INFO', 'memory') =~ /used_memory:(\d+)/;
    config(maxmemory => int($used * 1.15));
    like(finds('much is used', 'warning memory'), qr/MiB are used/, 'words');
    config(maxmemory => $used - 1);
    like(finds('all is used', 'error memory'), qr/writes are refused/, 'words');
    config(maxmemory => '1gb');
    $scim->redis('CONFIG', 'RESETSTAT');
};


subtest 'limits' => sub {
    my $id = $ctl->run('token', 'issue', 'acme', 'more')->{out} =~ /(\S+)\s*$/ && $1;
    $scim->post('/Users', { userName => "u$_" }, token => $id)->{status} == 201
        or die 'no user' for 1 .. 4;
    $ctl->run('org', 'limit', 'acme', 'users=6', 'tokens=1', 'groups=0');
    finds('two thirds', []);
    $ctl->run('org', 'limit', 'acme', 'users=5');
    like(finds('four fifths', 'warning limits'), qr/acme has 4 of 5 users;/, 'words');
    $ctl->run('org', 'limit', 'acme', 'users=default', 'bytes=100');
    like(finds('too many', 'warning limits'), qr/acme has \d+ of 100 bytes;/,
         'words');
    $ctl->run('org', 'limit', 'acme', map { "$_=default" }
        qw(users groups tokens bytes));
    finds('no limit', []);
};


subtest 'accounts' => sub {
    acl('default', '-hset', '-xadd');
    like(finds('cannot replay', 'error replay'),
         qr/may not run hset, xadd: a restart of Redis skips these/, 'words');
    acl('default', '+@all', 'resetkeys', '~other:*');
    finds('cannot replay these keys', 'error replay');
    acl('default', '~*');

    acl('scim', '-xadd');
    like(finds('nginx lacks a right', 'error account'),
         qr/"scim" may not run xadd: nginx cannot serve/, 'words');
    acl('scim', '+xadd');

    acl('op', '-zscan');
    like(finds('scimctl lacks a right', 'warning account'),
         qr/"op" may not run zscan/, 'words');
    acl('op', '+zscan');

    acl('default', 'on', 'nopass');
    like(finds('no password', 'warning access'), qr/without a password/, 'words');
    acl('default', 'off', 'resetpass');

    my $cli = SCIM::Ctl->new("$scim->{dir}/redis.sock");
    $cli->{env} = { REDISCLI_AUTH => 'wrong' };
    my $run = $cli->run('doctor');
    is($run->{status}, 1, 'a wrong password is no finding');
    like($run->{err}, qr/^scimctl: Redis: .*WRONGPASS|AUTH failed/, 'but a word');
};


subtest 'what the account may not ask is a note' => sub {
    acl('op', '-config|get', '-slowlog|len', '-client|list');
    my $words = finds('a managed server', [ 'note settings', 'note slow',
        'note nginx', 'warning account' ]);
    like($words, qr/could not look: NOPERM/, 'words');
    acl('op', '-acl|dryrun', '-info');
    finds('and more', [ 'note settings', 'note slow', 'note nginx',
                        'note info', 'note replay' ])
        if !@MACHINE;
    acl('op', '+config|get', '+slowlog|len', '+client|list', '+acl|dryrun',
        '+info');
    $scim->redis('CONFIG', 'RESETSTAT');
    finds('as before', []);
};


subtest 'what Redis has counted' => sub {
    eval { $scim->redis('CONFIG', 'RESETSTAT') };
    $ctl->{env}{REDISCLI_AUTH} = $SCIM::Accounts::PASSWORD{app};
    SCIM::Ctl->new("$scim->{dir}/redis.sock", redis =>
        "unix:$scim->{dir}/redis.sock?user=app", env => { REDISCLI_AUTH =>
        $SCIM::Accounts::PASSWORD{app} })->run('org', 'list');
    delete $ctl->{env}{REDISCLI_AUTH};
    like(finds('refused by the ACL', 'warning errors'),
         qr/the ACL refused \d+ commands/, 'words');
    $scim->redis('CONFIG', 'RESETSTAT');

    config('slowlog-log-slower-than' => '1');
    $scim->redis('PING') for 1 .. 3;
    config('slowlog-log-slower-than' => '5000');
    like(finds('slow commands', 'note slow'), qr/commands were slow/, 'words');
    $scim->redis('SLOWLOG', 'RESET');
};


subtest 'a full disk' => sub {
    my $s = server(args => [ '--appendfsync', 'everysec' ]);
    $s->redis('SET', "fill:$_", join '', map { chr(33 + rand 90) } 1 .. 9000)
        for 1 .. 40;
    $s->redis('BGREWRITEAOF');
    SCIM::wait_for('the rewrite', sub {
        $s->redis('INFO', 'persistence') =~ /rewrite_in_progress:0.*current_size:3[0-9]{5}/s });
    my $limit = sub {
        system('prlimit', '--pid', $s->{redis_pid}, "--fsize=$_[0]:") == 0
            or die 'prlimit' };
    my @known = ('warning appendfsync');

    $limit->(100_000);
    $s->redis('BGREWRITEAOF');
    SCIM::wait_for('its failure', sub {
        $s->redis('INFO', 'persistence') =~ /bgrewrite_status:err/ });
    like(finds('a rewrite', [ @known, 'warning rewrite' ], ctl => $s->{ctl}),
         qr/rewrite of the append-only file failed/, 'words');
    push @known, 'warning rewrite';

    $s->redis('BGSAVE');
    SCIM::wait_for('its failure', sub {
        $s->redis('INFO', 'persistence') =~ /bgsave_status:err/ });
    finds('a snapshot', [ @known, 'warning snapshot' ], ctl => $s->{ctl});
    push @known, 'warning snapshot';

    $limit->(10);
    eval { $s->redis('SET', "more:$_", 'x' x 90) } for 1 .. 20;
    SCIM::wait_for('its failure', sub {
        $s->redis('INFO', 'persistence') =~ /aof_last_write_status:err/ });
    like(finds('a write', [ @known, 'error appendonly', 'note errors' ],
               ctl => $s->{ctl}),
         qr/last write to the append-only file failed/, 'words');
    $limit->('unlimited');
};


subtest 'replicas' => sub {
    my $copy = SCIM->new(no_nginx => 1);
    chmod 0700, $copy->{dir};
    my $main = server(tcp => 1);
    $copy->redis('CONFIG', 'SET', 'masteruser', 'admin',
                 'masterauth', $SCIM::Accounts::PASSWORD{admin},
                 'maxmemory', '1gb');
    $copy->redis('REPLICAOF', '127.0.0.1', $main->{redis_port});
    SCIM::wait_for('the replica', sub {
        $copy->redis('INFO', 'replication') =~ /master_link_status:up/
            && $main->redis('INFO', 'replication') =~ /state=online/ });
    like(finds('a master', 'note replication', ctl => $main->{ctl}),
         qr/a failover can lose the latest/, 'words');

    my $at_copy = SCIM::Ctl->new("$copy->{dir}/redis.sock");
    like(finds('a replica', [ 'error replication', 'note nginx' ],
               ctl => $at_copy), qr/is a replica/, 'words');
    $main->stop_redis;
    SCIM::wait_for('the end of the link', sub {
        $copy->redis('INFO', 'replication') =~ /master_link_status:down/ });
    finds('a replica alone', [ ('error replication') x 2, 'note nginx' ],
          ctl => $at_copy);
};


subtest 'the directory' => sub {
    $ctl->run('token', 'issue', 'acme', 'soon', '--expires', '10d');
    $ctl->run('token', 'issue', 'acme', 'late', '--expires', '90d');
    $ctl->run('client', 'create', 'acme', 'app', '--expires', '5d');
    like(finds('expires', 'warning expires'),
         qr{30 days: acme client/app on [0-9-]{10}, acme token/soon on [0-9-]{10};},
         'words');
    $ctl->run('token', 'issue', 'acme', "n$_", '--expires', '20d') for 1 .. 6;
    like(finds('many expire', 'warning expires'), qr/ and 3 others;/, 'words');
    $ctl->run('--yes', 'token', 'revoke', 'acme', $_)
        for 'soon', map { "n$_" } 1 .. 6;
    $ctl->run('--yes', 'client', 'delete', 'acme', 'app');

    $scim->redis('HSET', 'scim:{acme}:meta', 'deleting', '1');
    like(finds('half deleted', 'warning deleting'), qr/half deleted: acme;/,
         'words');
    $scim->redis('HDEL', 'scim:{acme}:meta', 'deleting');

    my $old = $scim->redis_socket;
    print {$old} SCIM::redis_text('CLIENT', 'SETNAME', 'ngx_scim_module/0.9.9');
    $old->flush;
    SCIM::_reply($old);
    like(finds('another version', 'warning version'),
         qr/nginx runs version 0\.9\.9 of the module, and this is scimctl \d/,
         'words');
    close $old;

    $scim->stop_nginx;
    like(finds('no nginx', 'note nginx'), qr/no nginx is connected/, 'words');

    # the state that a killed worker leaves
    $scim->redis('HSET', 'scim:{acme}:groups:moves', 'm1', 'stage g1 0');
    $scim->redis('SADD', 'scim:moving', 'acme');
    like(finds('a stale move', [ 'note nginx', 'warning moves' ]),
         qr/do not go on: acme;/, 'words');
    $scim->redis('SET', 'scim:{acme}:groups:moves:m1:lease', '1', 'PX', 60000);
    finds('a move that goes on', 'note nginx');
    $scim->redis('DEL', 'scim:{acme}:groups:moves', 'scim:moving',
                 'scim:{acme}:groups:moves:m1:lease');

    $scim->redis('SET', 'scim:format', '9');
    like(finds('another format', 'error format'),
         qr/format "9", this scimctl knows format 1/, 'words');
    $scim->redis('DEL', 'scim:format');
    like(finds('no directory', 'warning empty'), qr/troubleshooting/, 'words');
    $scim->redis('SET', 'scim:format', '1');
    $scim->start_nginx;
    connected($scim);
};


subtest 'files' => sub {
    my $dir = $scim->{dir};
    chmod 0777, "$dir/redis.sock";
    like(finds('the socket', 'warning socket'), qr/anybody .* can connect/, 'words');
    chmod 0700, "$dir/redis.sock";

    my @nginx = (words => [ '--nginx', $dir ]);
    finds('a closed folder', [], @nginx);
    chmod 0755, $dir;
    my $words = finds('an open one', [ ('error files') x 3 ], @nginx);
    like($words, qr/read \Q$dir\E\/$_/, $_)
        for 'scim\.acl', 'appendonlydir', 'redis-password';
    chmod 0600, "$dir/scim.acl", "$dir/redis-password";
    chmod 0700, "$dir/appendonlydir";
    finds('closed files in it', [], @nginx);
    chmod 0700, $dir;
};


subtest 'huge pages' => sub {
    my $s = server(args => [ '--disable-thp', 'no' ]);
    my $always = SCIM::_slurp('/sys/kernel/mm/transparent_hugepage/enabled')
                 =~ /\[always\]/;
    finds('as the machine has them', $always ? 'warning hugepages' : [],
          ctl => $s->{ctl});
};


subtest 'the clock' => sub {
    my $path = "$scim->{dir}/path";
    mkdir $path or die $!;
    $scim->write_file('path/date',
                      "#!/bin/sh\nexec /bin/date --date='+90 seconds' \"\$@\"\n");
    chmod 0755, "$path/date";
    like(finds('a clock that is ahead', 'warning clock', ctl =>
               SCIM::Ctl->new("$scim->{dir}/redis.sock", path => $path)),
         qr/by (89|90|91) s/, 'words');
};


subtest 'Redis that reads its file' => sub {
    my $s = server();
    $s->redis('EVAL', 'for i = 1, 20000 do redis.call("SET", "k:" .. i, "x") end', 0);
    $s->stop_redis;
    $s->spawn_redis('--key-load-delay', '200');      # microseconds
    SCIM::wait_for('the socket', sub { -S "$s->{dir}/redis.sock" });
    my $cli = SCIM::Ctl->new("$s->{dir}/redis.sock");
    my $run;
    SCIM::wait_for('an answer', sub {
        $run = $cli->run('doctor');
        $run->{status} != 1 });
    like($run->{out}, qr/^error: loading: Redis still reads its files/, 'is told');
    is($run->{status}, 2, 'status');
    $s->stop_redis('KILL');
};


subtest 'busybox' => sub {
    my $path = "$scim->{dir}/busybox";
    mkdir $path or die $!;
    my $busybox = SCIM::Ctl::busybox($path)
        or plan skip_all => 'there is no busybox';
    my $cli = SCIM::Ctl->new("$scim->{dir}/redis.sock", path => $path,
                             shell => [ $busybox, 'sh' ]);
    config('maxmemory-policy' => 'allkeys-lru');
    chmod 0755, $scim->{dir};
    chmod 0644, "$scim->{dir}/scim.acl";
    finds('finds the same', [ 'error eviction', 'error files' ], ctl => $cli);
    my $run = $cli->run('doctor');
    like($run->{out}, qr/^error: eviction: maxmemory-policy is allkeys-lru: .*; set "maxmemory-policy noeviction"$/m,
         'as text');
};


# An account of redis/scim.acl is looked at for all that it has.
{
    my %wanted;
    for (split /\n/, SCIM::_slurp("$SCIM::TOP/redis/scimctl.d/doctor_commands.txt")) {
        next if /^#/;
        my ($who, $name, $sub) = /^(\S+) (\w+) ?(\S*)/ or die $_;
        $name .= "|$sub" if $name =~ /^(ACL|CONFIG|CLIENT|SLOWLOG|SCRIPT)$/;
        $wanted{$_}{ lc $name } = 1 for split /,/, $who;
    }
    my $acl = SCIM::_slurp("$SCIM::TOP/redis/scim.acl");
    for my $user (qw(scim op)) {
        my ($line) = $acl =~ /^user $user (.*)/m;
        my @may = $line =~ /\+(\S+)/g;
        # op has more, for an operator who works with redis-cli
        @may = grep { $wanted{op}{$_} } @may if $user eq 'op';
        is_deeply([ sort keys %{ $wanted{$user} } ], [ sort @may ],
                  "doctor_commands.txt has what $user may do");
    }
}

done_testing();
