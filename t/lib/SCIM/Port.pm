package SCIM::Port;

# Ports to listen on. None of those that the system gives to clients: between
# its choice and its use such a one could be taken by any connection.

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;

our @EXPORT_OK = qw(free_port);

my ($FIRST, $LAST) = (10_000, 32_000);

my %given;


sub free_port {
    for (1 .. 1000) {
        my $port = $FIRST + int rand $LAST - $FIRST;
        next if $given{$port}++;
        return $port if IO::Socket::INET->new(
            Listen => 1, LocalAddr => '127.0.0.1', LocalPort => $port);
    }
    die "no free port\n";
}

1;
