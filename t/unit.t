#!/usr/bin/env perl
#
# The C tests of the protocol library, as ./build.sh test has built them into
# build/t/unit, one after the other, their results numbered through; and the
# fuzzers, each with its corpus.

use strict;
use warnings;

use FindBin;

my $top = "$FindBin::Bin/..";
my @programs = sort glob("$top/build/t/unit/test_* $top/build/t/unit/fuzz_*");
my $n = 0;

if (!@programs) {
    print "1..0 # SKIP ./build.sh test builds the C tests\n";
    exit 0;
}

for my $program (@programs) {
    my ($name) = $program =~ m{([^/]+)$};
    my @args = $name =~ /^fuzz_(.*)/ ? "$FindBin::Bin/fuzz/corpus/$1" : ();
    my $count = 0;

    open my $out, '-|', $program, @args or die "$program: $!";

    while (my $line = <$out>) {
        if ($line =~ s/^(not ok|ok)\s+\d+\s*(?:-\s*)?//) {
            $count++;
            chomp $line;
            printf "%s %d - %s: %s\n", $1, ++$n, $name, $line;
        } elsif ($line =~ /^#/) {
            print $line;
        }
    }

    my $clean = close $out;

    printf "%s %d - %s: ends well after %d results\n",
           $clean && $count ? 'ok' : 'not ok', ++$n, $name, $count;
}

print "1..$n\n";
