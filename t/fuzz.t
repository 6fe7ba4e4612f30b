#!/usr/bin/env perl
#
# Each fuzzer for some seconds, from the inputs that are kept in t/fuzz/corpus,
# as ./build.sh test has built it into build/fuzz. For longer: ./build.sh fuzz.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $SECONDS = 3;

my $kept = "$FindBin::Bin/fuzz";
my $build = "$FindBin::Bin/../build/fuzz";
my @names = map { m{fuzz_(\w+)\.c$} } sort glob("$kept/fuzz_*.c");

if (grep { !-x "$build/fuzz_$_" } @names) {
    plan skip_all => './build.sh test builds the fuzzers';
}

for my $name (@names) {
    my $new = tempdir(CLEANUP => 1);
    my $log = `$build/fuzz_$name -seed=1 -max_total_time=$SECONDS -timeout=60 \\
        -print_final_stats=1 -artifact_prefix=$build/$name- \\
        -dict=$kept/dict/$name $new $kept/corpus/$name 2>&1`;
    my $clean = $? == 0;
    my ($units) = $log =~ /number_of_executed_units: (\d+)/;
    my @inputs = glob("$kept/corpus/$name/*");

    ok($clean, "$name finds nothing") or diag substr $log, -8000;
    cmp_ok($units // 0, '>', scalar @inputs, "$name has run its inputs");
    ok(@inputs > 0, "$name has inputs");
}

done_testing();
