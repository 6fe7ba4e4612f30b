#!/usr/bin/env perl
#
# A network that holds up what nginx sends to Redis, and lets it go when nginx
# has given it up and answered 503. What had not left nginx's host by then is
# never carried out: it would come behind what was acknowledged meanwhile.

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

# whatever was on its way has arrived when nginx's connection is the only one
SCIM::wait_for('old connections', sub {
    my $links = grep { / addr=127\.0\.0\.1:/ }
        split /\n/, $scim->redis('CLIENT', 'LIST');
    return $links == 1;
});

my $done = $scim->get('/Users?count=0')->{body}{totalResults} - 1;
cmp_ok($done, '<', $REQUESTS / 2, "what was given up is not sent: $done of "
       . "$REQUESTS were on their way");
is($scim->post('/Users', { userName => 'after' })->{status}, 201,
   'and others are served');

unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');
undef $scim;
done_testing();
