#!/usr/bin/env perl
#
# Runs test files, all below t/ if none is named, and closes with one line
# "N passed, N failed". A file that dies, or whose plan is wrong, counts as a
# failure of its own.

use strict;
use warnings;

use File::Find;
use TAP::Harness;

my @files = @ARGV;

if (!@files) {
    find({ no_chdir => 1, wanted => sub {
        $File::Find::prune = 1 if m{/servroot};
        push @files, $_ if /\.t$/;
    } }, 't');
}

my $harness = TAP::Harness->new({
    verbosity => $ENV{TEST_VERBOSE} ? 1 : 0,
    merge     => 0,
    lib       => ['t/lib'],
});

my $all = $harness->runtests(sort @files);

my $passed = $all->passed;
my $failed = $all->failed;

# what no failed assertion stands for: a bad exit, a wrong plan
for my $parser ($all->parsers) {
    $failed++ if !$parser->failed && ($parser->parse_errors || $parser->exit);
}

$failed++ if $passed + $failed == 0;

print "$passed passed, $failed failed\n";

exit($failed ? 1 : 0);
