#!/usr/bin/env perl
#
# SECURITY.md names tests that exist: each `file`: "name" stands in that file,
# and no other file of t/ is named that is not there.

use strict;
use warnings;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/..";
my %text;


sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return;
    local $/;
    return scalar(<$in>) // '';
}


my $security = slurp("$top/SECURITY.md") // die 'no SECURITY.md';
$security =~ s/\s+/ /g;

my %named;
while ($security =~ m{`(t/[^`]+|redis/[^`]+|docs/examples/[^`]+)`}g) {
    $named{$1} = 1;
}
ok(-e "$top/$_", "there is $_") for sort keys %named;

my $n = 0;
while ($security =~ /`(t\/[^`]+)`: "([^"]+)"/g) {
    my ($file, $name) = ($1, $2);
    $text{$file} //= slurp("$top/$file") // '';
    ok(index($text{$file}, $name) >= 0, "$file has \"$name\"");
    $n++;
}
cmp_ok($n, '>', 40, 'tests are named');

# links to parts of this file and of README
for my $link ($security =~ /\]\((?:README\.md)?(#[a-z0-9_-]+)\)/g) {
    my $part = $link =~ s/^#//r;
    my $any = join '|', map { lc s/[^\w\s-]//gr =~ s/ /-/gr }
        map { /^#+ (.*)$/mg } map { slurp("$top/$_") } qw(SECURITY.md README.md);
    like($any, qr/(?:^|\|)\Q$part\E(?:\||$)/, "there is a part $link");
}

done_testing();
