#!/usr/bin/env perl
#
# A Redis that comes up without its directory is not used: 503 and one alert,
# not 401 for every customer. Service comes back with the data, or when an
# operator says that the loss is intended.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Ctl;
use Test::More;
use Time::HiRes qw(sleep);

my $TIMES = 'timeout=2s connect_timeout=2s';
my $ALERT = qr/\[alert\].*came up without its directory.*scimctl adopt ([0-9a-f]{32})/;


sub status_of {
    my ($scim, $token) = @_;
    return $scim->get('/Users?count=1', token => $token)->{status};
}


# waits for an answer that is not the one of a worker that has no connection
sub becomes {
    my ($scim, $token, $status, $what) = @_;
    my $last = '';
    eval {
        SCIM::wait_for($status, sub {
            ($last = status_of($scim, $token)) == $status }, 10);
    };
    is($last, $status, $what);
}


# several answers, so that each worker has given one
sub only {
    my ($scim, $token, $status, $what) = @_;
    my %seen;
    for (1 .. 30) {
        delete $scim->{socket};
        $seen{ status_of($scim, $token) }++;
    }
    is(join(' ', sort keys %seen), $status, $what);
}


sub lines {
    my ($scim, $pattern) = @_;
    return scalar(() = $scim->error_log =~ /$pattern/g);
}


sub alerted {
    my ($scim, $pattern, $what) = @_;
    eval { SCIM::wait_for($what, sub { lines($scim, $pattern) }, 10) };
    is(lines($scim, $pattern), 1, $what);
}


sub lose_data {
    my ($scim) = @_;
    $scim->stop_redis;
    rename "$scim->{dir}/appendonlydir", "$scim->{dir}/kept" or die $!;
    $scim->start_redis;
}


sub restore_data {
    my ($scim) = @_;
    $scim->stop_redis;
    rename "$scim->{dir}/appendonlydir", "$scim->{dir}/lost" or die $!;
    rename "$scim->{dir}/kept", "$scim->{dir}/appendonlydir" or die $!;
    $scim->start_redis;
}


sub directory {
    my (%opt) = @_;
    my $scim = SCIM->new(workers => 2, scim_redis => $TIMES,
        scim_tokens => 'redis valid=100ms', %opt);
    $scim->{ctl} = SCIM::Ctl->new("$scim->{dir}/redis.sock");
    # nginx is the first to come
    SCIM::wait_for('the identity', sub {
        $scim->redis('SCARD', 'scim:directory') == 1 });
    my $run = $scim->{ctl}->run('org', 'create', 'acme', '--token');
    ($scim->{token}) = $run->{out} =~ /^acme\s+(\S+)$/m or die $run->{err};
    becomes($scim, $scim->{token}, 200, 'the directory is served');
    return $scim;
}


subtest 'lost, and restored' => sub {
    my $scim = directory();
    my $token = $scim->{token};
    my $id = $scim->post('/Users', { userName => 'kim' }, token => $token)
                  ->{body}{id};
    is(lines($scim, qr/\[warn\].*is empty: a new directory begins/), 1,
       'a first start is one line');

    lose_data($scim);
    alerted($scim, $ALERT, 'an alert');
    only($scim, $token, 503, 'empty: 503 of both workers');
    only($scim, 'unknown', 503, 'also for a token that never was');
    like($scim->get('/Users', token => $token)->{headers}{'retry-after'},
         qr/^\d+$/, 'with Retry-After');
    is($scim->post('/Users', { userName => 'ann' }, token => $token)->{status},
       503, 'no write');
    is_deeply($scim->redis('KEYS', '*'), [], 'nothing was written to it');
    is(lines($scim, $ALERT), 1, 'one alert for both workers');

    $scim->reload;
    only($scim, $token, 503, 'a reload accepts nothing');
    is_deeply($scim->redis('KEYS', '*'), [], 'and writes nothing');
    is(lines($scim, $ALERT), 1, 'still one alert');

    restore_data($scim);
    becomes($scim, $token, 200, 'restored: served again by itself');
    is($scim->get("/Users/$id", token => $token)->{status}, 200,
       'with what was there');
    only($scim, 'unknown', 401, 'an unknown token is unknown again');
};


subtest 'flushed, or swapped, while it is in use' => sub {
    for my $how ([ 'FLUSHALL' ], [ 'FLUSHDB' ], [ 'SWAPDB', 0, 1 ]) {
        my $scim = directory();
        my $token = $scim->{token};
        my ($id) = @{ $scim->redis('SMEMBERS', 'scim:directory') };
        is(status_of($scim, $token), 200, "@$how: served before");
        $scim->redis(@$how);
        becomes($scim, $token, 503, "@$how: 503");
        only($scim, $token, 503, 'of both workers');
        only($scim, 'unknown', 503, 'also for a token that never was');
        is($scim->post('/Users', { userName => 'ann' }, token => $token)
           ->{status}, 503, 'no write');
        is(lines($scim, $ALERT), 1, 'one alert for both workers');

        if ($how->[0] eq 'SWAPDB') {
            $scim->redis(@$how);
            becomes($scim, $token, 200, 'swapped back: served again');
        } else {
            is($scim->{ctl}->run('adopt', $id)->{status}, 0, 'adopted');
            becomes($scim, $token, 401, 'served, as what it is');
        }
    }

    my $scim = directory(redis_args => [ '--enable-debug-command', 'yes' ]);
    $scim->redis('DEBUG', 'RELOAD');
    sleep 1.1;
    only($scim, $scim->{token}, 200, 'read anew and the same: served');
    is(lines($scim, qr/\[alert\]/), 0, 'without an alert');
};


subtest 'intended' => sub {
    my $scim = directory();
    my $token = $scim->{token};

    lose_data($scim);
    alerted($scim, $ALERT, 'empty: an alert');
    only($scim, $token, 503, 'and 503');
    my $run = $scim->{ctl}->run('org', 'create', 'acme', '--token');
    is($run->{status}, 0, 'an organization is made in the empty server');
    my ($new) = $run->{out} =~ /^acme\s+(\S+)$/m;
    sleep 1.5;
    only($scim, $new, 503, 'which is not what nginx waits for');

    my ($id) = $scim->error_log =~ $ALERT;
    is($scim->{ctl}->run('adopt', 'f' x 31)->{status}, 1, 'no identity');
    is($scim->{ctl}->run('adopt', $id)->{status}, 0, 'adopted');
    becomes($scim, $new, 200, 'served');
    only($scim, $token, 401, 'the old token is unknown');
    $scim->stop_redis('KILL');
    $scim->start_redis;
    becomes($scim, $new, 200, 'also after a restart of Redis');
};


subtest 'nginx is started anew' => sub {
    my $scim = directory();
    lose_data($scim);
    alerted($scim, $ALERT, 'empty: an alert');
    $scim->stop_nginx;
    $scim->start_nginx;
    becomes($scim, $scim->{token}, 401, 'a start takes what it finds');
    is(lines($scim, qr/\[warn\].*is empty: a new directory begins/), 2,
       'and says so');
};


subtest 'workers that meet an empty Redis at the same time' => sub {
    for (1 .. 3) {
        my $scim = SCIM->new(workers => 12, scim_redis => $TIMES);
        SCIM::wait_for('all workers', sub {
            my @all = $scim->redis('CLIENT', 'LIST') =~ m{name=ngx_scim_module/}g;
            return @all == 12 });
        is($scim->redis('SCARD', 'scim:directory'), 1, 'agree on one identity');
        is(lines($scim, qr/\[(alert|error)\]/), 0, 'and none is refused');
    }
};


subtest 'another directory' => sub {
    my $scim = directory();
    my $other = directory();

    $scim->stop_redis;
    rename "$scim->{dir}/appendonlydir", "$scim->{dir}/kept" or die $!;
    $other->stop_redis;
    system('cp', '-r', "$other->{dir}/appendonlydir", $scim->{dir}) == 0 or die;
    $other->start_redis;
    $scim->start_redis;
    alerted($scim, qr/\[alert\].*holds another directory/, 'an alert');
    only($scim, $scim->{token}, 503, 'it is not served');
    only($scim, $other->{token}, 503, 'nobody else is let in either');

    restore_data($scim);
    becomes($scim, $scim->{token}, 200, 'the right one: served');
};


subtest 'transactions lost when the file was replayed' => sub {
    my $scim = directory();
    my $acl = "$scim->{dir}/scim.acl";
    my $text = SCIM::_slurp($acl);

    $scim->stop_redis;
    $scim->write_file('scim.acl', $text =~ s/^user default .*$/user default off -\@all/mr);
    $scim->spawn_redis;
    alerted($scim, $ALERT, 'the identity went with the data: an alert');
    only($scim, $scim->{token}, 503, 'and 503');

    $scim->stop_redis;
    $scim->write_file('scim.acl', $text);
    $scim->start_redis;
    becomes($scim, $scim->{token}, 200,
            'the right ACL: everything is there, and served');
};


subtest 'a failover to a replica' => sub {
    my $scim = directory(tcp => 1);
    my $main = $scim->{redis_port};
    my $copy = SCIM->new(no_nginx => 1, tcp => 1, scim_redis => $TIMES);

    $copy->redis('CONFIG', 'SET', 'masteruser', 'admin',
                 'masterauth', $SCIM::Accounts::PASSWORD{admin});
    $copy->redis('REPLICAOF', '127.0.0.1', $main);
    SCIM::wait_for('the replica', sub {
        $copy->redis('INFO', 'replication') =~ /master_link_status:up/ });

    # the replica takes the place, and the address, of the one that ended
    $scim->stop_redis;
    $copy->redis('REPLICAOF', 'NO', 'ONE');
    $copy->redis('CONFIG', 'SET', 'port', $main);
    becomes($scim, $scim->{token}, 200, 'the replica is served at once');
    is(lines($scim, qr/\[alert\]/), 0, 'no alert');
};


subtest 'tokens in a file' => sub {
    my $scim = SCIM->new(scim_redis => $TIMES);
    is($scim->post('/Users', { userName => 'kim' })->{status}, 201, 'a user');
    lose_data($scim);
    alerted($scim, $ALERT, 'an alert');
    only($scim, 'secret', 503, 'empty: 503, not an empty list');
    restore_data($scim);
    becomes($scim, 'secret', 200, 'restored: served');
};


subtest 'one of two servers' => sub {
    my $other = SCIM->new(no_nginx => 1, scim_redis => $TIMES);
    my $login = SCIM::Accounts::login($other->{dir});
    my $scim = SCIM->new(scim_redis => $TIMES,
        server => "location /two/v2/ { scim; scim_redis "
                . "unix:$other->{dir}/redis.sock $login; }");
    my $two = sub {
        $scim->get('/Users', root => '/two/v2')->{status} };
    $scim->post('/Users', { userName => 'kim' });
    is($two->(), 200, 'both are served');
    lose_data($scim);
    alerted($scim, $ALERT, 'an alert');
    only($scim, 'secret', 503, 'the empty one is not');
    is($two->(), 200, 'the other is');
};


subtest 'an account of an earlier version' => sub {
    my $scim = SCIM->new(no_redis => 1, no_nginx => 1, scim_redis => $TIMES);
    my $text = SCIM::_slurp("$scim->{dir}/scim.acl");
    $text =~ s/ ~scim:directory| \+info| \+acl\|dryrun//g;
    $scim->write_file('scim.acl', $text);
    $scim->start_redis;
    $scim->start_nginx;
    becomes($scim, 'secret', 200, 'is served');
    alerted($scim, qr/\[warn\].*may not read and write "scim:directory", the account may not look at its settings/,
            'and told of');
};

done_testing();
