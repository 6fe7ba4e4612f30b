#!/usr/bin/env perl
#
# Measures for how long one request of at most a mebibyte can hold a worker. For
# each of the inputs of Inputs.pm, this is the longest pass of the event loop (see
# epoll.c) while it is answered. It is in CPU time of the worker, so that other
# programs on the machine count little. A search then changes the numbers of the
# worst inputs and keeps what is longer.
#
#   perl t/hold/run.pl [--steps N] [--seed N] [NAME...]

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib", $FindBin::Bin;

use Getopt::Long;
use Inputs;
use SCIM;

my $REPEATS = 3;                # the least of so many counts

my %opt = (steps => 20, seed => 1);
GetOptions(\%opt, 'steps=i', 'seed=i') or exit 2;
$| = 1;
srand $opt{seed};

my @inputs = grep { my $name = $_->{name}; !@ARGV || grep { $_ eq $name } @ARGV }
             @Inputs::ALL;
my $file = "$SCIM::TOP/build/hold/longest";

open my $hold, '+>', $file or die "$file: $!\n";
syswrite $hold, "\0" x 24;

my $scim = start();

printf "%-18s %8s %8s %7s  %s\n", qw(input cpu-ms clock-ms status numbers);

my @found = sort { $b->{cpu} <=> $a->{cpu} } map { search($_) } @inputs;

printf "longest hold: %.1f ms, by %s\n", $found[0]{cpu}, $found[0]{name};
exit 0;


sub start {
    local $ENV{HOLD_FILE} = $file;
    local $ENV{LD_PRELOAD} = "$SCIM::TOP/build/hold/epoll.so";

    return SCIM->new(
        http     => 'client_body_buffer_size 1m; client_max_body_size 1m;
                     keepalive_requests 1000000;',
        location => 'scim_log on values=on; scim_max_resource_size 4m;',
        server   => 'location = /ping { return 204; }
                     location = /oauth/token { scim_oauth_token; }',
    );
}


# from the first numbers, uphill
sub search {
    my ($input) = @_;
    my %k = map { $_ => $input->{knobs}{$_}[2] } keys %{ $input->{knobs} };
    my $best = eval { measure($input, \%k) };

    warn "$input->{name}: $@" if !$best;
    $best ||= { cpu => 0, wall => 0, status => '-', k => \%k };

    for my $step (1 .. $opt{steps}) {
        my %next = %{ $best->{k} };
        change(\%next, $input->{knobs}) for 0 .. int rand 2;
        my $found = eval { measure($input, \%next) } or next;
        $best = $found if $found->{cpu} > $best->{cpu} * 1.02;
    }

    printf "%-18s %8.1f %8.1f %7s  %s\n", $input->{name}, $best->{cpu},
        $best->{wall}, $best->{status},
        join ' ', map { "$_=$best->{k}{$_}" } sort keys %{ $best->{k} };

    return { %$best, name => $input->{name} };
}


sub change {
    my ($k, $knobs) = @_;
    my @names = sort keys %$knobs;
    my $name = $names[rand @names];
    my ($least, $most) = @{ $knobs->{$name} };
    my $kind = rand;

    $k->{$name} = $most - $least < 30 || $kind < 0.3
        ? $least + int rand($most - $least + 1)
        : int $k->{$name} * ($kind < 0.6 ? 1 + rand : 1 - rand() * 0.6);
    $k->{$name} = $least if $k->{$name} < $least;
    $k->{$name} = $most if $k->{$name} > $most;
}


# in milliseconds; nothing for what is too large
sub measure {
    my ($input, $k) = @_;
    my $made = $input->{setup} ? $input->{setup}->($scim, $k) : undef;
    my $best;

    for (1 .. $REPEATS) {
        my ($method, $path, $body, %more) = $input->{make}->($k, $made);
        return if length($body // '') > 1 << 20;
        $path =~ s/\{group\}/group()/e;

        ping();
        sysseek $hold, 0, 0;
        syswrite $hold, "\0" x 24;

        my $res = $scim->request($method, $path, undef, raw => $body,
            token => $path =~ /^\/Users\?/ ? 'other' : 'secret', %more);

        ping();
        sysseek $hold, 0, 0;
        sysread $hold, my $bytes, 24;
        my ($cpu, $wall) = map { $_ / 1e6 } unpack 'Q2', $bytes;

        $best = { cpu => $cpu, wall => $wall, status => $res->{status}, k => { %$k },
                  text => substr $res->{text} // '', 0, 200 }
            if !$best || $cpu < $best->{cpu};
    }

    return $best;
}


# an answer leaves before its pass ends; that of the next request tells that it has
sub ping { $scim->get('/ping', root => '', token => '') }


my $group;

sub group {
    return $group ||= $scim->post('/Groups', { displayName => 'patched' })
                           ->{body}{id};
}
