#!/usr/bin/env perl
#
# docs/conformance.md names tests that exist. In the last column of its tables
# a test is `file`: "name", and the name must stand in the file as it is. A row
# without a test must say "no" and why.

use strict;
use warnings;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/..";
my ($tables, $rows, $tests) = (0, 0, 0);
my (%text, $in_table);


sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return;
    local $/;
    return scalar(<$in>) // '';
}


# the cycle of Entra is in a module, which each file that plays it has
sub with_cycle {
    my ($text) = @_;
    return $text if ($text // '') !~ /^use SCIM::Entra;/m;
    return $text . slurp("$top/t/lib/SCIM/Entra.pm");
}


sub check_test {
    my ($row, $file, $name) = @_;
    my $text = $text{$file} //= with_cycle(slurp("$top/$file"));

    return fail("$row: there is no $file") if !defined $text;
    ok(index($text, $name) >= 0, "$row: $file has \"$name\"");
}


# cells: what is demanded, in one or two columns; whether it is kept; tests
sub check_row {
    my ($line, @cells) = @_;
    my ($kept, $shown) = @cells[-2, -1];
    my $row = "line $line, $cells[0]";
    my @pairs = $shown =~ /`([^`]+)`: "([^"]+)"/g;

    like($kept, qr/^(yes|partly: \S|no: \S)/,
         "$row: is kept, partly what is missing, or no and why");
    ok(@pairs || $kept =~ /^no: /, "$row: has a test, or a reason for none");
    is($shown =~ s/`[^`]+`: "[^"]+"(; )?//gr, @pairs ? '' : '-',
       "$row: says nothing but tests");

    while (my ($file, $name) = splice @pairs, 0, 2) {
        check_test($row, $file, $name);
        $tests++;
    }

    $rows++;
}


open my $in, '<', "$top/docs/conformance.md" or die "docs/conformance.md: $!";

while (<$in>) {
    if (!/^\|/) {
        $in_table = 0;
        next;
    }

    my @cells = map { s/^\s+|\s+$//gr } split /(?<!\\)\|/, $_;
    shift @cells;
    pop @cells if $cells[-1] eq '';

    if (!$in_table) {                           # the names of the columns
        is($cells[-1], 'Shown by', "line $.: a table of tests");
        $in_table = 1;
        $tables++;
        next;
    }

    next if "@cells" =~ /^[-: ]+$/;

    check_row($., @cells);
}

is($tables, 4, 'four tables');
cmp_ok($rows, '>', 90, 'with many rows');
cmp_ok($tests, '>', 200, 'and many tests');

done_testing();
