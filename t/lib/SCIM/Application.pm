package SCIM::Application;

# An application behind nginx that keeps its requests open, each in a process of its
# own: "/events" is a stream of events, "/socket" a connection that is switched to
# another protocol and repeats what it gets, "/wait" is not answered, "/large" is an
# answer without an end, and a body is taken slowly.
#
#   my $app = SCIM::Application->new;      # $app->{port}

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();


sub new {
    my ($class) = @_;
    my $listen = IO::Socket::INET->new(Listen => 1024, LocalAddr => '127.0.0.1')
        or die "listen: $!";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        setpgrp;
        $SIG{CHLD} = 'IGNORE';
        while (my $client = $listen->accept) {
            my $child = fork // last;
            next if $child;
            eval { _serve($client) };
            POSIX::_exit(0);
        }
        POSIX::_exit(1);
    }

    return bless { pid => $pid, owner => $$, port => $listen->sockport }, $class;
}


sub _serve {
    my ($client) = @_;
    my $head = '';

    local $SIG{PIPE} = sub { die "closed\n" };
    sysread $client, $head, 1, length $head or return
        until $head =~ /\r\n\r\n$/;
    my ($path) = $head =~ m{^\w+ (/\w+)};

    if ($path eq '/events') {
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            . "Connection: close\r\n\r\ndata: begin\n\n";
    }
    elsif ($path eq '/socket') {
        syswrite $client, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\n"
            . "Connection: Upgrade\r\n\r\n";
    }
    elsif ($path eq '/large') {
        syswrite $client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        syswrite $client, 'x' x 65536 while 1;
    }

    while (sysread $client, my $bytes, 4096) {
        syswrite $client, $bytes if $path eq '/socket';
        select undef, undef, undef, 0.2 if $path eq '/upload';
    }
}


sub DESTROY {
    my ($self) = @_;
    return if $$ != $self->{owner};
    local $?;
    kill 'TERM', -$self->{pid};
    waitpid $self->{pid}, 0;
}

1;
