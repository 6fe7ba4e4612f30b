#!/usr/bin/env perl
#
# scim_redis: users, passwords and databases; Redis that is slow, silent, late
# or wrong; replies of any size; and a connection that is in use.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $MSEC = SCIM::Checked::valgrind() ? 3000 : 300;
my $SOON = "timeout=${MSEC}ms connect_timeout=${MSEC}ms";


sub unavailable {
    my ($scim, $name) = @_;
    my $start = time;
    my $res = $scim->get('/Users');
    my $took = time - $start;
    error_ok($res, 503, undef, qr/not available/, "$name: 503");
    like($res->{headers}{'retry-after'}, qr/^\d+$/, "$name: Retry-After");
    cmp_ok($took, '<', SCIM::Checked::valgrind() ? 10 : 2, "$name: in time");
}


# with the configuration as it is now; valgrind hides what a worker is
sub anew {
    my ($scim) = @_;
    if (SCIM::Checked::valgrind()) {
        $scim->stop_nginx;
        $scim->start_nginx;
    } else {
        $scim->reload;
    }
}


sub served { $_[0]->get('/Users')->{status} == 200 }


sub serves {
    my ($scim, $name) = @_;
    SCIM::wait_for($name, sub { served($scim) });
    pass($name);
}


subtest 'a database' => sub {
    my $scim = SCIM->new(scim_redis => 'db=3');
    is($scim->post('/Users', { userName => 'kim' })->{status}, 201, 'written');
    like($scim->redis('INFO', 'keyspace'), qr/db3:keys/, 'into database 3');
    unlike($scim->redis('INFO', 'keyspace'), qr/db0/, 'and no other');
};


subtest 'a database that is not there' => sub {
    my $scim = SCIM->new(scim_redis => "db=99 $SOON");
    unavailable($scim, 'database 99');
    like($scim->error_log, qr/\[error\].*DB index is out of range/,
         'with the reason');
};


subtest 'users and passwords' => sub {
    my $scim = SCIM->new(scim_redis => $SOON);
    my $dir = $scim->{dir};
    $scim->redis('ACL', 'SETUSER', 'scim', 'on', '>secret-word', '~scim:*',
                 '+@all', '-@dangerous');
    $scim->redis('ACL', 'SETUSER', 'reader', 'on', '>secret-word', '~scim:*',
                 '+@read', '+ping', '+select');
    $scim->write_file('password', "secret-word\nmore\n");

    my @good = ('user=scim password=secret-word',
                'user=scim password_file=password');
    for my $args (@good) {
        $scim->{scim_redis} = "$args $SOON";
        anew($scim);
        serves($scim, $args);
        is($scim->post('/Users', { userName => $args })->{status}, 201,
           'and writes');
    }

    for my $args ('user=scim password=wrong-word',
                  'user=nobody password=secret-word', 'password=wrong-word')
    {
        $scim->{scim_redis} = "$args $SOON";
        anew($scim);
        unavailable($scim, $args);
        like($scim->error_log, qr/\[error\].*(WRONGPASS|AUTH)/,
             'with the reason in the log');
    }

    unlike($scim->error_log, qr/(secret|wrong)-word/, 'and no password');

    # AUTH alone, of the default user
    $scim->redis('ACL', 'SETUSER', 'default', 'on', '>secret-word');
    $scim->{scim_redis} = "password_file=password $SOON";
    anew($scim);
    serves($scim, 'the password of the default user');
    $scim->{scim_redis} = $SOON;
    $scim->{no_user} = 1;
    anew($scim);
    unavailable($scim, 'no password where one is needed');
};


subtest 'an ACL that forbids to write' => sub {
    my $scim = SCIM->new;
    $scim->post('/Users', { userName => 'kim' });
    $scim->redis('ACL', 'SETUSER', 'scim', '-evalsha', '-eval');
    anew($scim);
    is($scim->get('/Users')->{status}, 200, 'reads go on');
    my $res = $scim->post('/Users', { userName => 'ann' });
    like($res->{status}, qr/^50[03]$/, 'a write fails');
    unlike($res->{text}, qr/NOPERM|eval/i, 'without words of Redis');
};


subtest 'a server that says nothing' => sub {
    my $port = SCIM::free_port();
    my $silent = IO::Socket::INET->new(Listen => 50, ReuseAddr => 1,
        LocalAddr => "127.0.0.1:$port") or die;
    my $scim = SCIM->new(no_redis => 1, location =>
        "scim_redis redis://127.0.0.1:$port $SOON;");
    unavailable($scim, 'silent') for 1 .. 3;
    is($scim->get('/Schemas')->{status}, 200, 'discovery answers');
};


subtest 'a server that is none of Redis' => sub {
    my $port = SCIM::free_port();
    my $server = IO::Socket::INET->new(Listen => 50, ReuseAddr => 1,
        LocalAddr => "127.0.0.1:$port") or die;
    my $pid = fork // die;
    if ($pid == 0) {
        my @texts = ("HTTP/1.1 400 Bad Request\r\n\r\n", "\$999999999999\r\n",
                     "*-7\r\n", ":12\r\n", "\0\0\0\0", "-ERR one\r\n-ERR two\r\n", "");
        for (my $i = 0; my $client = $server->accept; $i++) {
            $client->autoflush(1);
            sysread $client, my $text, 1000;
            print $client $texts[$i % @texts];
            sleep 0.01;
            undef $client;
        }
        require POSIX;
        POSIX::_exit(0);
    }
    my $scim = SCIM->new(no_redis => 1, location =>
        "scim_redis redis://127.0.0.1:$port $SOON;");
    my $until = time + 3;
    my %seen;
    while (time < $until) {
        $seen{ $scim->get('/Users')->{status} }++;
        sleep 0.05;
    }
    is(join(' ', grep { !/^50[03]$/ } keys %seen), '', '503 or 500, no more');
    unlike($scim->error_log, qr/\[(alert|crit|emerg)\]|signal/, 'no alert');
    kill 'KILL', $pid;
    waitpid $pid, 0;
};


subtest 'data of a later version' => sub {
    my $scim = SCIM->new(scim_redis => $SOON);
    $scim->redis('SET', 'scim:format', '999');
    anew($scim);
    unavailable($scim, 'format 999');
    like($scim->error_log, qr/\[error\].*format that this version does not/,
         'with the reason');
    $scim->redis('SET', 'scim:format', '1');
    serves($scim, 'format 1 again');
};


subtest 'down at the start' => sub {
    my $scim = SCIM->new(no_redis => 1, scim_redis => $SOON);
    unavailable($scim, 'not started');
    $scim->start_redis;
    serves($scim, 'started');
    $scim->stop_redis;
    unavailable($scim, 'stopped');
    $scim->start_redis;
    serves($scim, 'started again');
};


subtest 'CLIENT KILL and SCRIPT FLUSH under way' => sub {
    my $scim = SCIM->new;
    for my $n (1 .. 20) {
        if ($n % 2) {
            $scim->redis('SCRIPT', 'FLUSH');
        } else {
            eval { $scim->redis('CLIENT', 'KILL', 'TYPE', 'normal',
                                'SKIPME', 'yes') };
        }
        my $res;
        SCIM::wait_for('a write', sub {
            $res = $scim->post('/Users', { userName => "u$n" });
            $res->{status} != 503;
        });
        like($res->{status}, qr/^(201|409)$/, "write $n");
    }
    is($scim->get('/Users')->{body}{totalResults}, 20, 'each one once');
};


subtest 'replies of any size' => sub {
    my $scim = SCIM->new(http => 'client_max_body_size 20m; '
                              . 'scim_max_resource_size 20m;');
    for my $size (1, 1000, 16383, 16384, 16385, 65536, 1000000, 5000000) {
        my $text = 'x' x $size;
        my $res = $scim->post('/Users', { userName => "u$size",
                                          displayName => $text });
        is($res->{status}, 201, "$size bytes");
        is($scim->get("/Users/$res->{body}{id}")->{body}{displayName}, $text,
           'come back');
    }
    is(length $scim->get('/Users')->{text} > 6000000, 1, 'all in one list');
};


subtest 'nothing is left in Redis by what fails' => sub {
    my $scim = SCIM->new;
    $scim->get('/Users');
    my $before = $scim->redis('DBSIZE');
    $scim->post('/Users', { userName => '' });
    $scim->post('/Groups', { displayName => 'G',
                             members => [ { value => 'none' } ] });
    $scim->delete('/Users/none');
    $scim->get('/Users?filter=title+eq+%22x%22');
    is($scim->redis('DBSIZE'), $before, 'the same keys');
};


subtest 'limit_conn' => sub {
    my $scim = SCIM->new(http => 'limit_conn_zone $server_addr zone=all:1m;'
        . ' limit_conn_status 429;', location => 'limit_conn all 1;');
    my $slow = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die;
    print $slow "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
        . "Authorization: Bearer secret\r\nContent-Length: 18\r\n\r\n{\"user";
    $slow->flush;
    my $res;
    SCIM::wait_for('the limit', sub {
        $res = $scim->get('/Users');
        $res->{status} != 200;
    });
    error_ok($res, 429, undef, qr/Too many requests/, 'limit_conn');
    is($res->{headers}{'retry-after'}, 2, 'Retry-After');
    print $slow 'Name":"kim"}';
    $slow->flush;
    like(scalar(readline $slow), qr/ 201 /, 'the slow one is served');
};

done_testing();
