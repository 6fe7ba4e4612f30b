#!/usr/bin/env perl
#
# A change that nginx has given up and answered with 503 is not carried out later,
# because it would follow what was acknowledged meanwhile. A network delays what
# nginx sends to Redis; and a Redis that was stopped continues with what is in its
# sockets.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Select;
use IO::Socket::INET;
use POSIX ();
use SCIM;
use SCIM::Test;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Test::More;
use Time::HiRes qw(sleep time);

my $REQUESTS = 40;
my $SIZE = 1000;
my $LATENCY = 0.3;


# The network: bytes go both ways between a port and Redis, and take their time
# on the way back. While there is a file it is cut, and takes nothing.
sub network {
    my ($redis_port, $cut) = @_;
    my $listen = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1')
        or die "listen: $!";
    setsockopt $listen, SOL_SOCKET, SO_RCVBUF, pack 'i', 4096;

    my $pid = fork // die "fork: $!";
    return ($listen->sockport, $pid) if $pid;

    my (%peer, @way_back);
    my $select = IO::Select->new($listen);
    local $SIG{PIPE} = 'IGNORE';

    while (1) {
        while (@way_back && $way_back[0][0] <= time) {
            my (undef, $nginx, $bytes) = @{ shift @way_back };
            syswrite $nginx, $bytes if fileno $nginx;
        }
        for my $socket (-e $cut ? () : $select->can_read(0.01)) {
            if ($socket == $listen) {
                my $nginx = $listen->accept;
                my $redis = IO::Socket::INET->new("127.0.0.1:$redis_port");
                @peer{ $nginx, $redis } = ($redis, $nginx);
                $select->add($nginx, $redis);
                next;
            }
            my $peer = $peer{$socket} or next;
            if (!sysread $socket, my $bytes, 65536) {
                delete @peer{ $socket, $peer };
                $select->remove($socket, $peer);
                close $_ for $socket, $peer;
            }
            elsif ($peer->peerport == $redis_port) {
                syswrite $peer, $bytes;
            }
            else {
                push @way_back, [ time + $LATENCY, $peer, $bytes ];
            }
        }
        sleep 0.01 if -e $cut;
    }
}


my $scim = SCIM->new(tcp => 1, scim_redis => 'timeout=2s connect_timeout=2s',
                     http => 'client_body_buffer_size 16k;');
my $cut = "$scim->{dir}/cut";
my ($port, $network) = network($scim->{redis_port}, $cut);
END { kill 'KILL', $network if $network }

$scim->{redis_port} = $port;
$scim->reload;
is($scim->post('/Users', { userName => 'before' })->{status}, 201,
   'over the network');

$scim->write_file('cut', '');
my @status = $scim->parallel($REQUESTS, sub {
    $scim->post('/Users', { userName => "held up $_[0]",
                            title => 'x' x $SIZE })->{status} });
is_deeply([ grep { $_ != 503 } @status ], [], 'cut: all are answered 503');

unlink $cut;
SCIM::wait_for('service', sub {
    $scim->get('/Users?count=1')->{status} == 200 });

# everything on its way has arrived when nginx's connection is the only one
SCIM::wait_for('old connections', sub {
    my $links = grep { / addr=127\.0\.0\.1:/ }
        split /\n/, $scim->redis('CLIENT', 'LIST');
    return $links == 1;
});

is($scim->get('/Users?count=0')->{body}{totalResults}, 1,
   'nothing that was given up is carried out');
is($scim->post('/Users', { userName => 'after' })->{status}, 201,
   'and others are served');

unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');
undef $scim;

stopped();
done_testing();


sub stopped {
    my $scim = SCIM->new(scim_redis => 'timeout=1s connect_timeout=1s');
    my ($kim, $ada) = map {
        $scim->post('/Users', { userName => $_ })->{body}{id} } qw(kim ada);
    my $group = $scim->post('/Groups', { displayName => 'admins',
        members => [ { value => $kim } ] })->{body}{id};

    kill 'STOP', $scim->{redis_pid};
    my @late = (
        sub { $scim->post('/Users', { userName => 'late' }) },
        sub { $scim->delete("/Users/$kim") },
        sub { $scim->patch("/Groups/$group", [ { op => 'add',
                  path => 'members', value => [ { value => $ada } ] } ]) },
        sub { $scim->patch("/Groups/$group", [ { op => 'remove',
                  path => 'members', value => [ { value => $kim } ] } ]) },
    );
    is_deeply([ $scim->parallel(scalar @late, sub { $late[$_[0]]->()->{status} }) ],
              [ (503) x @late ], 'a Redis that is stopped: all are answered 503');
    kill 'CONT', $scim->{redis_pid};

    SCIM::wait_for('service', sub {
        $scim->get('/Users?count=0')->{status} == 200 });
    is_deeply([ sort @{ $scim->redis('HKEYS', 'scim:{demo}:users:by:userName') } ],
              [ 'ada', 'kim' ], 'it goes on, and nobody came or went');
    is_deeply($scim->redis('SMEMBERS', "scim:{demo}:group:$group:members"),
              [ $kim ], 'nor joined or left');
    is($scim->redis('XLEN', 'scim:{demo}:changes'), 3, 'and no event tells so');

    is($scim->delete("/Users/$kim")->{status}, 204, 'later changes are made');
}
