package SCIM::Load;

# Load on the servers of SCIM: bench/load, clients that are opened by hand, and
# what the servers hold before and after it.

use strict;
use warnings;

use Exporter 'import';
use IO::Handle;
use JSON::PP;
use List::Util qw(sum0);
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);

use SCIM;
use SCIM::Checked;

our @EXPORT = qw(start_load load session connect_to send_all answer held
                 released serves seconds figures $CHECKED);

# memory means nothing there, and everything takes long
our $CHECKED = SCIM::Checked::asan() || SCIM::Checked::valgrind();

my $program = "$SCIM::TOP/build/bench/load";
my $sessions = 0;
my $KEPT = 48 * 1024;       # KiB


# the duration of a part: the number of the long form, or that of the short one
sub seconds {
    my ($short) = @_;
    return $ENV{SCIM_LOAD_SECONDS} || $short;
}


sub figures { diag "$_[0]" if $ENV{SCIM_LOAD_SECONDS}; note $_[0] }


sub missing { return -x $program ? '' : 'build/bench/load is not built' }


# a file for bench/load
sub session {
    my ($scim, $token, @steps) = @_;
    my $name = 'session' . $sessions++;
    $scim->write_file($name, join '', "H Authorization: Bearer $token\n",
                      @steps);
    return "$scim->{dir}/$name";
}


sub start_load {
    my ($scim, @args) = @_;
    my $port = $scim->{port};
    my $pid = open my $out, '-|', $program, '-p', $port, @args
        or die "bench/load: $!";
    return { out => $out, args => "@args" };
}


# the result of bench/load; dies if a response was wrong
sub load_result {
    my ($load) = @_;
    my $out = $load->{out};
    my $line = readline $out;
    close $out or die "bench/load $load->{args} has failed\n";
    return decode_json($line);
}


sub load { return load_result(start_load(@_)) }


# Connections of blocking sockets, from so many addresses of this host that
# ports do not run out. Options: port, buffer (bytes that it receives unread).
sub connect_to {
    my ($scim, $n, %opt) = @_;
    my $to = pack_sockaddr_in($opt{port} || $scim->{port}, INADDR_LOOPBACK);
    my @clients;

    for my $i (1 .. $n) {
        socket my $client, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
        setsockopt $client, SOL_SOCKET, SO_RCVBUF, $opt{buffer}
            if $opt{buffer};
        bind $client, pack_sockaddr_in(0, inet_aton('127.0.0.' . (2 + $i % 8)))
            or die "bind: $!";
        connect $client, $to or die "connect: $!";
        push @clients, $client;
    }

    return @clients;
}


# the same to each; false where one has been closed
sub send_all {
    my ($text, @clients) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $ok = 1;
    for (@clients) {
        $ok = 0 if (syswrite($_, $text) // 0) != length $text;
    }
    return $ok;
}


# the next answer: its status and its text; 0 if the connection was closed
sub answer {
    my ($client) = @_;
    my $text = '';

    while (index($text, "\r\n\r\n") < 0) {
        sysread $client, $text, 65536, length $text or return (0, $text);
    }

    my $head = index($text, "\r\n\r\n") + 4;
    my ($length) = $text =~ /^Content-Length: (\d+)/im;

    while (length $text < $head + ($length // 0)) {
        sysread $client, $text, 65536, length $text or last;
    }

    return ($text =~ m{^HTTP/1.1 (\d+)}, substr $text, $head);
}


# The resources of the servers: KiB of private memory of the workers and of the
# master, and of what they share, open files of the workers, connections of Redis,
# KiB of Redis that are no data.
sub held {
    my ($scim) = @_;
    my %held = (files => 0, memory => 0);

    for my $pid ($scim->worker_pids) {
        $held{memory} += private($pid);
        $held{files} += () = glob "/proc/$pid/fd/*";
    }

    $held{master} = private($scim->{nginx_pid});
    $held{shared} = sum0(map { memory($_, 'Pss_Shmem') }
                         $scim->{nginx_pid}, $scim->worker_pids);
    $held{clients} = () = $scim->redis('CLIENT', 'LIST') =~ /^id=/mg;
    my ($overhead) = $scim->redis('INFO', 'memory')
        =~ /^used_memory_overhead:(\d+)/m;
    $held{redis} = int($overhead / 1024);
    return \%held;
}


sub private {
    my ($pid) = @_;
    return memory($pid, 'Private_(?:Clean|Dirty)');
}


sub memory {
    my ($pid, $kind) = @_;
    return sum0(SCIM::_slurp("/proc/$pid/smaps_rollup")
                =~ /^$kind: +(\d+)/mg);
}


# All that was taken for the load has been given back: open files and connections
# to Redis. Of memory as much may be kept as small pieces, here and there in it,
# keep from going back to the system: no more for another load, or a longer one.
sub released {
    my ($scim, $before, $what) = @_;
    my $held;

    my $back = eval {
        SCIM::wait_for('what was held', sub {
            $held = held($scim);
            return $held->{files} <= $before->{files}
                && $held->{clients} <= $before->{clients};
        });
        1;
    };
    ok($back, "$what: files and connections as before")
        or diag "$held->{files} files, $before->{files} before; "
              . "$held->{clients} connections, $before->{clients} before";

    my $more = $held->{memory} - $before->{memory};
    figures(sprintf '%s: memory %+d KiB of %d', $what, $more,
            $before->{memory});
    cmp_ok($more, '<=', $KEPT, "$what: memory") if !$CHECKED;

    serves($scim, $what);
}


sub serves {
    my ($scim, $what) = @_;
    delete $scim->{socket};
    my $user = $scim->post('/Users', { userName => "probe-$$-" . time });
    is($user->{status}, 201, "$what: service as before");
    is($scim->delete("/Users/$user->{body}{id}")->{status}, 204, 'of changes');
    unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'and no alert');
    delete $scim->{socket};
}

1;
