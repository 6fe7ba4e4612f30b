package Peers;

# Other servers for SCIM, measured beside the module by ./build.sh bench --peers.
# Their services are in bench/peers, as their documentation writes one, installed
# in build/peers by ./build.sh. They serve below /scim/v2 and take one token.

use strict;
use warnings;

use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep time);

use SCIM;
use Workloads;

our $TOKEN = 'peer';

my $dir = "$SCIM::TOP/build/peers";

# Each: name, title, stores (where its users are), command (sub of a port and of
# the socket of Redis).
our @ALL = (
    { name => 'scimmy', title => 'scimmy 1.3.5 on express',
      stores => 'Redis, by ioredis',
      command => sub {
          return ('node', "$dir/scimmy/server.mjs", $_[0], $TOKEN, $_[1]) } },

    { name => 'scim2-server', title => 'scim2-server 0.8.3 on uvicorn',
      stores => 'its own memory, indexed',
      command => sub {
          return ("$dir/scim2-server/venv/bin/python",
                  "$dir/scim2-server/server.py", $_[0], $TOKEN) } },

    { name => 'elimity', title => 'elimity-com/scim 2026-07-28',
      stores => 'a map in its own memory',
      command => sub { return ("$dir/elimity/elimity", $_[0], $TOKEN) } },
);


# Starts a peer and creates users u0, u1, … in it. Returns their ids.
sub start {
    my ($peer, $socket, $users) = @_;
    $peer->{port} = SCIM->free_port;
    $peer->{pid} = fork // die "fork: $!";

    if (!$peer->{pid}) {
        open STDOUT, '>&', \*STDERR;
        exec $peer->{command}->($peer->{port}, $socket) or die "exec: $!";
    }

    wait_for($peer);
    return load($peer, $users);
}


sub wait_for {
    my ($peer) = @_;
    my $end = time + 20;

    while (time < $end) {
        return if IO::Socket::INET->new("127.0.0.1:$peer->{port}");
        sleep 0.1;
    }

    die "$peer->{name} does not start\n";
}


sub load {
    my ($peer, $users) = @_;
    my $http = HTTP::Tiny->new(keep_alive => 1, default_headers => {
        'Authorization' => "Bearer $TOKEN",
        'Content-Type' => 'application/scim+json' });

    return map {
        my $res = $http->post("http://127.0.0.1:$peer->{port}/scim/v2/Users",
                              { content => Workloads::user("u$_", 'Engineer') });
        die "$peer->{name}: $res->{status} $res->{content}\n"
            if $res->{status} != 201;

        # head and body are sent apart, and the second would wait for an ACK
        setsockopt $http->{handle}{fh}, IPPROTO_TCP, TCP_NODELAY, 1
            if $http->{handle};
        decode_json($res->{content})->{id};
    } 0 .. $users - 1;
}


sub stop {
    my ($peer) = @_;
    my $pid = delete $peer->{pid} or return;
    kill TERM => $pid;
    waitpid $pid, 0;
}


END {
    my $status = $?;
    stop($_) for @ALL;
    $? = $status;
}


1;
