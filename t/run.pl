#!/usr/bin/env perl
#
# Runs test files, all below t/ if none is named, and closes with one line
# "N passed, N failed". A file that dies, or whose plan is wrong, counts as a
# failure of its own.
#
# Two files run at a time, of those with Test::Nginx one: they share a port and a
# folder. SCIM_JOBS is another number of files. Files of t/bounds measure time, so
# each of them runs alone, behind the others.
#
# With SCIM_ASAN_MODULE, the files that start nginx run once more with that
# module, which was built with the sanitizers.

use strict;
use warnings;

use File::Find;
use TAP::Harness;

my @files = @ARGV ? @ARGV : all_files();
my ($passed, $failed) = (0, 0);

run('', @files);

if (my $module = $ENV{SCIM_ASAN_MODULE}) {
    local $ENV{SCIM_MODULE} = $module;
    run('with the sanitizers', grep { starts_nginx($_) } @files);
}

$failed++ if $passed + $failed == 0;

print "$passed passed, $failed failed\n";

exit($failed ? 1 : 0);


sub all_files {
    my @found;

    find({ no_chdir => 1, wanted => sub { push @found, $_ if /\.t$/ } }, 't');

    return sort @found;
}


sub starts_nginx {
    my ($file) = @_;
    return text($file) =~ /^use SCIM(::Nginx)?;/m && $file !~ /outside/;
}


sub text {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return <$in>;
}


# which files of some may run at the same time
sub rules {
    my (@files) = @_;
    my @bounds = grep { m{^t/bounds/} } @files;
    my @alone = grep { text($_) =~ /^use SCIM::Nginx;/m } @files;
    my %apart = map { $_ => 1 } @bounds, @alone;
    my @others = grep { !$apart{$_} } @files;
    return { seq => [ { par => [ { seq => \@alone }, @others ] },
                      { seq => \@bounds } ] };
}


sub run {
    my ($how, @files) = @_;
    my $harness = TAP::Harness->new({
        verbosity => $ENV{TEST_VERBOSE} ? 1 : 0,
        lib       => ['t/lib'],
        jobs      => $ENV{SCIM_JOBS} || 2,
        rules     => rules(@files),
    });

    return if !@files;
    print "$how\n" if $how;

    # a file that bails out ends the run, which fails
    my $all = eval { $harness->runtests(@files) };

    if (!$all) {
        print $@;
        $failed++;
        return;
    }

    $passed += $all->passed;
    $failed += $all->failed;

    # a failure without a failed assertion: a bad exit, a wrong plan
    for my $parser ($all->parsers) {
        $failed++
            if !$parser->failed && ($parser->parse_errors || $parser->exit);
    }
}
