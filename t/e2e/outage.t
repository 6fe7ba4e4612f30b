#!/usr/bin/env perl
#
# Redis goes away: 503 with Retry-After within the timeout, service again by
# itself when it is back, and nothing acknowledged is lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use Test::More;
use Time::HiRes qw(time sleep);

my $TIMEOUT = 0.4;
my $SETTINGS = 'timeout=400ms connect_timeout=400ms';


sub unavailable {
    my ($scim, $what) = @_;
    my $start = time;
    my $res = $scim->get('/Users?filter=userName+eq+%22x%22');
    my $took = time - $start;

    is($res->{status}, 503, "$what: 503");
    like($res->{headers}{'retry-after'}, qr/^\d+$/, "$what: Retry-After");
    is($res->{headers}{'content-type'}, 'application/scim+json',
       "$what: a SCIM error");
    is($res->{body}{status}, '503', "$what: with its status");
    cmp_ok($took, '<', $TIMEOUT + 2, "$what: answered in time");
}


sub served_again {
    my ($scim, $what) = @_;
    SCIM::wait_for("service after $what", sub {
        $scim->get('/Users?count=1')->{status} == 200;
    });
    pass("$what: served again without a reload");
}


for my $tcp (0, 1) {
    my $over = $tcp ? 'TCP' : 'socket';
    my $scim = SCIM->new(tcp => $tcp, scim_redis => $SETTINGS);
    my $id = $scim->post('/Users', { userName => 'kept' })->{body}{id};

    $scim->stop_redis('KILL');
    unavailable($scim, "killed, $over");
    is($scim->get('/ServiceProviderConfig')->{status}, 200,
       "killed, $over: discovery needs no store");
    $scim->start_redis;
    served_again($scim, "killed, $over");
    is($scim->get("/Users/$id")->{status}, 200, 'the user is still there');

    kill 'STOP', $scim->{redis_pid};
    unavailable($scim, "stopped, $over");
    kill 'CONT', $scim->{redis_pid};
    served_again($scim, "stopped, $over");

    my @clients = split /\n/, $scim->redis('CLIENT', 'LIST');
    for (@clients) {
        my ($client) = /\bid=(\d+)/;
        eval { $scim->redis('CLIENT', 'KILL', 'ID', $client) };
    }
    served_again($scim, "connections killed, $over");

    $scim->redis('SCRIPT', 'FLUSH');
    is($scim->post('/Users', { userName => 'after flush' })->{status}, 201,
       'a script that Redis has forgotten is sent again');

    my @lines = $scim->error_log =~ /\[error\].*not available/g;
    cmp_ok(scalar @lines, '<=', 4, "$over: a line a state, not a request");
    unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, "$over: no alert");
}


subtest 'Redis is not there at the start' => sub {
    my $scim = SCIM->new(no_redis => 1, scim_redis => $SETTINGS);
    unavailable($scim, 'not yet started');
    $scim->start_redis;
    served_again($scim, 'the late start');
};


subtest 'Redis is full, or may not be written' => sub {
    my $scim = SCIM->new;
    my $id = $scim->post('/Users', { userName => 'one' })->{body}{id};

    $scim->redis('CONFIG', 'SET', 'maxmemory', '1');
    my $res = $scim->post('/Users', { userName => 'two' });
    is($res->{status}, 503, 'full: a write is refused');
    like($res->{headers}{'retry-after'}, qr/^\d+$/, 'full: Retry-After');
    is($scim->get("/Users/$id")->{status}, 200, 'full: reads go on');
    is($scim->post('/Users', { userName => 'two' })->{status}, 503,
       'full: another write');
    my @lines = $scim->error_log =~ /refuses commands/g;
    is(scalar(@lines), 1, 'full: logged when it begins, not each time');

    $scim->reload;
    is($scim->get("/Users/$id")->{status}, 200,
       'full: reads go on in a worker that was not there before');
    $scim->redis('CONFIG', 'SET', 'maxmemory', '0');
    is($scim->post('/Users', { userName => 'two' })->{status}, 201,
       'with memory again: nothing half was left');

    $scim->redis('REPLICAOF', '127.0.0.1', '1');
    is($scim->post('/Users', { userName => 'three' })->{status}, 503,
       'a replica: a write is refused');
    $scim->redis('REPLICAOF', 'NO', 'ONE');
    is($scim->post('/Users', { userName => 'three' })->{status}, 201,
       'the master again: written');

    $scim->redis('CONFIG', 'SET', 'min-replicas-to-write', '1');
    is($scim->post('/Users', { userName => 'four' })->{status}, 503,
       'too few replicas: a write is refused');
    $scim->reload;
    is($scim->get("/Users/$id")->{status}, 200,
       'too few replicas: reads go on in a worker that was not there before');
    $scim->redis('CONFIG', 'SET', 'min-replicas-to-write', '0');
    is($scim->post('/Users', { userName => 'four' })->{status}, 201,
       'enough replicas: written');
};


subtest 'a client that goes away' => sub {
    my $scim = SCIM->new(scim_redis => 'timeout=5s');
    $scim->post('/Users', { userName => 'first' });
    kill 'STOP', $scim->{redis_pid};

    for (1 .. 20) {
        my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}");
        my $body = '{"userName":"gone' . $_ . '"}';
        print $socket "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
            . "Authorization: Bearer secret\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body";
        $socket->flush;
        sleep 0.01;
        close $socket;
    }

    sleep 0.1;
    kill 'CONT', $scim->{redis_pid};
    served_again($scim, 'twenty aborted requests');
    is($scim->get('/Users')->{body}{totalResults}, 21,
       'what was sent is finished');
    unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');
};

done_testing();
