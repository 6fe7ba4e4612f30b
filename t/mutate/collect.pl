#!/usr/bin/env perl
#
# Makes t/mutate/seeds anew: the requests that the test files send, one of each
# shape. Ids and tokens become placeholders, which run.pl fills in.
#
#   perl t/mutate/collect.pl        (after ./build.sh test has built the module)

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;

my $top = "$FindBin::Bin/../..";
my $LONGEST = 3000;

chdir $top or die "$top: $!\n";

my $dir = tempdir(CLEANUP => 1);
my @tests = @ARGV ? @ARGV
          : grep { uses_nginx($_) } glob('t/*.t t/e2e/*.t');

$ENV{RECORD_TO} = "$dir/requests";
$ENV{PERL5LIB} = join ':', "$top/build/perl/usr/share/perl5", "$top/t/lib",
                           $ENV{PERL5LIB} // ();

for my $test (@tests) {
    print STDERR "$test\n";
    system "perl -It/mutate -MRecord $test > $dir/out 2>&1";
}

my (%seen, @seeds);

open my $in, '<', "$dir/requests" or die "nothing was recorded\n";

while (<$in>) {
    chomp;
    my $seed = general(pack 'H*', $_);
    next if length $seed > $LONGEST || $seen{shape($seed)}++;
    push @seeds, $seed;
}

open my $out, '>', "$top/t/mutate/seeds" or die "seeds: $!\n";

# a line each, with what is no printable ASCII as in a URL
print {$out} map { s/([^\x20-\x7e]|%)/sprintf '%%%02X', ord $1/ger . "\n" }
             sort @seeds;
close $out or die "seeds: $!\n";

printf "%d requests of %d\n", scalar @seeds, $.;


# the tests that start nginx, and are not about its environment
sub uses_nginx {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return <$in> =~ /^use SCIM(::Nginx)?;/m
           && $file !~ /outside|valid|run\.t|shutdown|reload|outage|mutate|status_page/;
}


# without what is of one run only
sub general {
    my ($text) = @_;

    $text =~ s/^Authorization: Bearer [^\r]*/Authorization: Bearer {token}/mgi;
    $text =~ s/^Host: [^\r]*/Host: {host}/mgi;
    $text =~ s/127\.0\.0\.1:\d+/{host}/g;
    $text =~ s/^Connection: close\r\n//mgi;
    $text =~ s/(?:(?<=%22)|\b)[a-z2-7]{26}\b/{id}/g;
    $text =~ s{^([A-Z]+) /(?!scim/)[\w/]+/v2/}{$1 /scim/v2/};
    $text =~ s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/{uuid}/g;

    return $text;
}


# Requests of one shape differ in their values only.
sub shape {
    my ($text) = @_;

    $text =~ s/^Content-Length: [^\r]*//mgi;
    $text =~ s/%22.*?%22//g;
    $text =~ s/\bcursor=[\w-]{10,}//g;
    $text =~ s/("\w+" *: *)"[^"]*"/$1/g;
    $text =~ s/^(Host|X-Request-Id|User-Agent): [^\r]*//mgi;
    $text =~ s/\d+/0/g;
    $text =~ s/(\{[^{}]*\})(,\1)+/$1/g;

    return $text;
}
