#!/usr/bin/env perl
#
# Tests that the measurement of the longest hold works. The time itself depends on
# the machine: ./build.sh hold.

use strict;
use warnings;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/..";

plan skip_all => './build.sh test builds what counts'
    if !-e "$top/build/hold/epoll.so";

my $said = `perl $top/t/hold/run.pl --steps 1 values values-alike patch-large 2>&1`;
my @rows = $said =~ /^(?:values|values-alike|patch-large)\s+([\d.]+)\s+([\d.]+)\s+\d{3}\b/mg;

is($?, 0, 'it ends well') or diag $said;
is(scalar @rows, 6, 'a row for each input') or diag $said;
is(scalar(grep { $_ > 0 } @rows), 6, 'each has taken some time') or diag $said;
like($said, qr/^longest hold: [\d.]+ ms, by [\w-]+$/m, 'and the longest is told');
unlike($said, qr/uninitialized|undefined/, 'with nothing amiss') or diag $said;

done_testing();
