#!/usr/bin/env perl
#
# bench/ measures each of its workloads; here so little that the figures mean
# nothing.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use JSON::PP;
use Test::More;

use lib "$FindBin::Bin/../bench";
use Workloads;

my $top = "$FindBin::Bin/..";
my $dir = tempdir(CLEANUP => 1);

plan skip_all => 'build/bench/load is not built'
    if !-x "$top/build/bench/load";

my $said = do {
    local %ENV = (%ENV, BENCH_USERS => 150, BENCH_MEMBERS => 150,
                  BENCH_ROUNDS => 1, BENCH_SECONDS => 0.05,
                  BENCH_CONNECTIONS => 4, BENCH_RESULTS => $dir);
    `perl $top/bench/run.pl 2>&1`;
};

is($?, 0, 'it ends well') or diag($said);

my %results = map { my $res = JSON::PP->new->decode($_); $res->{name} => $res }
              do { open my $in, '<', "$dir/results.jsonl"; <$in> };

for my $w (@Workloads::ALL) {
    my $title = $w->{title} =~ s/MEMBERS/150/r;

    like($said, qr/^\Q$title\E +[\d,]+ +[\d,]+ +[\d,]+ /m, "$w->{name}: a row");
    ok($results{$w->{name}}{answers} > 0, 'and answers');
}

my $unknown = `perl $top/bench/run.pl nothing 2>&1`;

isnt($?, 0, 'an unknown name is refused');
like($unknown, qr/^there is no workload "nothing": reference get /,
     'and the known ones are told');

done_testing();
