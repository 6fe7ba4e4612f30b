#!/usr/bin/env perl
#
# A connection to Redis that ends costs no request that was not sent; a worker that
# is to exit connects anew as others do; one that was itself held up does not take
# Redis for dead; and what was on its way when a connection broke is answered when
# it is known what became of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Select;
use IO::Socket::INET;
use SCIM;
use SCIM::Load;
use SCIM::Test;
use Test::More;
use Time::HiRes qw(sleep time);


# Ends the connections of workers, over that of an administrator. One that was just
# made would not be replaced at once.
sub end_connections {
    my ($scim) = @_;
    sleep 0.2;
    $scim->redis('CLIENT', 'KILL', 'USER', 'scim');
}


subtest 'a connection that is closed while nothing goes over it' => sub {
    my $scim = SCIM->new;
    my %status;

    for my $n (1 .. 50) {
        my $write = $n % 2;
        $scim->get('/Users?count=0');
        end_connections($scim);
        my $res = $write ? $scim->post('/Users', { userName => "u$n" })
                         : $scim->get('/Users?count=1');
        $status{$res->{status}}++;
    }

    is_deeply(\%status, { 200 => 25, 201 => 25 }, 'costs no request');
    # a request can be on its way in the moment in which the connection ends
    my $log = $scim->error_log;
    my $lost = () = $log =~ /\[error\].* is not available: Connection reset by peer/g;
    my $again = () = $log =~ /\[notice\].* is available again/g;
    my $all = () = $log =~ /\[(?:error|alert|crit|emerg)\]/g;
    is($all, $lost, 'and is no other error');
    is($again, $lost, 'the connection is there again');
    like($scim->error_log, qr/\[info\].*closed an idle connection/,
         'but is logged');
};


subtest 'a Redis that starts anew, and is there again' => sub {
    my $scim = SCIM->new;
    $scim->post('/Users', { userName => 'kim' });

    $scim->stop_redis;
    $scim->start_redis;
    SCIM::wait_for('service', sub {
        $scim->get('/Users?count=0')->{status} == 200 });
    is($scim->get('/Users')->{body}{totalResults}, 1, 'is read');
};


# an upload that does not go on keeps a worker; the rest of it comes late
for my $how ('at once', 'when Redis is there again') {
    subtest "a worker that is to exit connects anew, $how" => sub {
        my $scim = SCIM->new;
        my $body = '{"userName":"kim"}';
        my ($client) = connect_to($scim, 1);
        send_all("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
                 . "Authorization: Bearer secret\r\nExpect: 100-continue\r\n"
                 . 'Content-Length: ' . length($body) . "\r\n\r\n", $client);
        is((answer($client))[0], 100, 'the worker has a request');

        $scim->reload;

        if ($how eq 'at once') {
            end_connections($scim);
        } else {
            my $links = sub { () = $scim->redis('CLIENT', 'LIST')
                                  =~ /user=scim/g };
            $scim->stop_redis;
            sleep 0.3;
            $scim->start_redis;
            SCIM::wait_for('two connections', sub { $links->() == 2 });
        }

        send_all($body, $client);
        is((answer($client))[0], 201, 'it answers it');
    };
}


# it asks and is stopped; it goes on after the timeout, when Redis has answered, or
# as that goes on too: the whole machine stood still
for my $how ('alone', 'with Redis') {
    subtest "a worker that was held up, $how" => sub {
        my $scim = SCIM->new(scim_redis => 'timeout=1s connect_timeout=1s');
        my ($worker) = $scim->worker_pids;
        is($scim->get('/Users')->{status}, 200, 'served');

        kill 'STOP', $scim->{redis_pid};
        my ($status) = $scim->parallel(2, sub {
            return $scim->get('/Users')->{status} if $_[0] == 0;
            sleep 0.3;
            kill 'STOP', $worker;
            kill 'CONT', $scim->{redis_pid} if $how eq 'alone';
            sleep 1.5;
            kill 'CONT', $worker;
            sleep 0.1;
            kill 'CONT', $scim->{redis_pid};
            return;
        });

        is($status, 200, 'has the answer');
        unlike($scim->error_log, qr/not available/, 'Redis is not given up');
    };
}


# Bytes go to Redis some time after they came, and its answers back at once. Once
# there is a file, the next that nginx sends ends its connection, at once.
sub network {
    my ($redis_port, $break) = @_;
    my $listen = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1')
        or die "listen: $!";

    my $pid = fork // die "fork: $!";
    return ($listen->sockport, $pid) if $pid;

    my %peer;
    my $select = IO::Select->new($listen);
    local $SIG{PIPE} = 'IGNORE';

    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $listen) {
                my $nginx = $listen->accept;
                my $redis = IO::Socket::INET->new("127.0.0.1:$redis_port");
                @peer{ $nginx, $redis } = ($redis, $nginx);
                $select->add($nginx, $redis);
                next;
            }
            my $peer = $peer{$socket} or next;
            my $n = sysread $socket, my $bytes, 65536;
            if ($n && $peer->peerport == $redis_port && -e $break) {
                unlink $break;
                $select->remove($socket, $peer);
                delete @peer{ $socket, $peer };
                close $socket;
                my $late = fork // die;
                next if $late;
                sleep 0.5;
                syswrite $peer, $bytes;
                sleep 1;
                require POSIX;
                POSIX::_exit(0);
            }
            if (!$n) {
                delete @peer{ $socket, $peer };
                $select->remove($socket, $peer);
                close $_ for $socket, $peer;
                next;
            }
            syswrite $peer, $bytes;
        }
    }
}


subtest 'a connection that breaks, with a change that Redis has yet to see' => sub {
    my $scim = SCIM->new(tcp => 1,
                         scim_redis => 'timeout=2s connect_timeout=2s');
    my $redis_port = $scim->{redis_port};
    my $break = "$scim->{dir}/break";
    my ($port, $network) = network($redis_port, $break);

    $scim->{redis_port} = $port;
    $scim->reload;
    is($scim->post('/Users', { userName => 'before' })->{status}, 201,
       'over the network');

    # not the first after a pause, which would wait for the time
    $scim->get('/Users?count=0');
    $scim->write_file('break', '');
    my $status = $scim->post('/Users', { userName => 'kim' })->{status};
    my $now = $scim->redis('HGET', 'scim:{demo}:users:by:userName', 'kim');
    is($status, 503, 'is answered 503');
    sleep 1.5;
    my $then = $scim->redis('HGET', 'scim:{demo}:users:by:userName', 'kim');
    is($now // 'none', $then // 'none',
       'when it is carried out, or will never be');

    kill 'KILL', $network;
    waitpid $network, 0;
};

done_testing();
