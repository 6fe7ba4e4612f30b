#!/usr/bin/env perl
#
# The results of cells of t/matrix/run.sh, files of this folder, as tables of
# Markdown: table.pl CELL... The last line is "N passed, N failed".

use strict;
use warnings;

my @cells = @ARGV;
my %result = map { $_ => results($_) } @cells;

my @columns = (
    [ nginx      => sub { version($_[0], 'nginx') } ],
    [ data       => sub { server($_[0]) } ],
    [ hiredis    => sub { version($_[0], 'libhiredis0.14', 'libhiredis1.1.0') } ],
    [ init       => sub { init($_[0]) } ],
    [ form       => sub { $result{ $_[0] }{form} // '-' } ],
    [ tests      => sub { sum($_[0], 'passed') + sum($_[0], 'failed') } ],
    [ failed     => sub { failed($_[0]) } ],
);
my @steps = qw(build install use restarts reboot suites remove upgrade);

row('cell', map { $_->[0] } @columns);
row(('---') x (1 + @columns));
for my $cell (@cells) {
    row($cell, map { $_->[1]->($cell) } @columns);
}

print "\n";
row('tests, time', @cells);
row(('---') x (1 + @cells));
for my $step (@steps) {
    row($step, map { of_step($_, $step) } @cells);
}

my ($passed, $failed) = (0, 0);
for my $cell (@cells) {
    my $n = sum($cell, 'failed');
    $passed += sum($cell, 'passed');
    $failed += $n || ($result{$cell}{failed} || !$result{$cell}{form} ? 1 : 0);
}
print "\n$passed passed, $failed failed\n";


sub row { print '| ', join(' | ', @_), " |\n" }


# the notes of run.sh about a cell: { name => value }
sub results {
    my ($file) = @_;
    my %result;
    open my $in, '<', $file or return {};
    while (my $line = <$in>) {
        chomp $line;
        my (undef, $name, $value) = split /\t/, $line, 3;
        $result{$name} = $value;
    }
    return \%result;
}


sub version {
    my ($cell, @packages) = @_;
    my ($found) = grep { $_ } map { $result{$cell}{"version $_"} } @packages;
    return defined $found ? $found =~ s/^\d+://r =~ s/[-+].*//r : '-';
}


sub server {
    my ($cell) = @_;
    my ($name) = grep { version($cell, lc "$_-server") ne '-' } qw(Redis Valkey);
    return $name ? "$name " . version($cell, lc "$name-server") : '-';
}


sub init {
    my ($cell) = @_;
    my $init = $result{$cell}{init} // '-';
    return $init eq 'systemd' ? 'systemd ' . version($cell, 'systemd') : $init;
}


# the sum of all values whose names begin so
sub sum {
    my ($cell, $what) = @_;
    my $sum = 0;
    $sum += $result{$cell}{$_} || 0
        for grep { /^$what / } keys %{ $result{$cell} };
    return $sum;
}


sub failed {
    my ($cell) = @_;
    my $n = sum($cell, 'failed');
    my $step = $result{$cell}{failed};
    return defined $step ? "$n, ended by $step" : $n;
}


# the number of tests of a step that have passed, and its duration
sub of_step {
    my ($cell, $step) = @_;
    my $result = $result{$cell};
    my $seconds = $result->{"seconds $step"} // return '-';
    my $check = $step eq 'install' ? 'pages' : $step;
    return join ', ', (grep { defined } $result->{"passed $check"}), "$seconds s";
}
