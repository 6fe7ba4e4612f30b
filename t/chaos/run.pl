#!/usr/bin/env perl
#
# A long round of faults under load: ./build.sh chaos [MINUTES] [SEED]. The
# ledgers stay in build/chaos, and what the servers have logged.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use File::Copy qw(copy);
use File::Path qw(make_path);

use SCIM;
use SCIM::Chaos;

my ($minutes, $seed) = @ARGV;
$minutes //= 15;
$seed //= time % 1_000_000;
die "chaos takes a number of minutes and a seed\n"
    if $minutes !~ /^\d*\.?\d+$/ || $seed !~ /^\d+$/;

$| = 1;
my $files = "$SCIM::TOP/build/chaos";
make_path($files);
print "seed $seed, $minutes minutes, ledgers in build/chaos\n";

$SIG{$_} = sub { exit 1 } for qw(INT TERM);

my $chaos = SCIM::Chaos->new(seed => $seed, seconds => 60 * $minutes,
                             clients => 8, files => $files,
                             say => sub { print "$_[0]\n" });
$chaos->run;
print "\n", $chaos->table, "\n";

my @problems = $chaos->problems;
copy("$chaos->{scim}{dir}/$_", "$files/$_") for qw(error.log redis.log);
print scalar(@problems), " problems with seed $seed\n";
exit(@problems ? 1 : 0);
