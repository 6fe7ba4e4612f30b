#!/usr/bin/env perl
#
# Puts the latest result of each workload into docs/performance.md, as a table
# between two comments, with one of other servers, and draws docs/performance.svg.

use strict;
use utf8;
use warnings;
use open qw(:std :encoding(UTF-8));

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../t/lib";

use File::Temp;
use JSON::PP;

use Peers;
use Workloads;

my $docs = "$FindBin::Bin/../docs";
my $results = ($ENV{BENCH_RESULTS} || "$FindBin::Bin/results")
              . '/results.jsonl';

my (%latest, %peers);
read_results();
my @rows = grep { defined } map { $latest{$_->{name}} } @Workloads::ALL;

die "$results has nothing: run ./build.sh bench\n" if !@rows;

write_table();
draw();


sub read_results {
    open my $in, '<:raw', $results or die "$results: $!\n";

    for my $res (map { decode_json($_) } <$in>) {
        if ($res->{peer}) {
            $peers{$res->{name}}{$res->{peer}} = $res;
        } else {
            $latest{$res->{name}} = $res;
        }
    }
}


sub commas {
    my ($number) = @_;
    my $text = sprintf '%.0f', $number;
    1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;
    return $text;
}


# two digits that count
sub ratio {
    my ($value) = @_;
    return $value >= 0.1 ? sprintf('%.2f', $value) : sprintf('%.2g', $value);
}


sub spread {
    my @sorted = sort { $a <=> $b } @{ $_[0]{ratios} };
    return ratio($sorted[0]) . ' – ' . ratio($sorted[-1]);
}


sub table {
    my $text = "| | requests/s | p50 µs | p99 µs | CPU µs, nginx + Redis "
             . "| ratio | lowest, highest | target |\n"
             . "| --- | --- | --- | --- | --- | --- | --- | --- |\n";

    for my $res (@rows) {
        $text .= '| ' . join(' | ', $res->{title}, commas($res->{rate}),
            commas($res->{p50}), p99($res),
            sprintf('%s + %s', cpu($res->{nginx}), cpu($res->{redis})),
            ratio($res->{ratio}), spread($res), $res->{target} // '') . " |\n";
    }

    return $text;
}


# the ratio of the module's rate to that of the other server, each beside its own
# reference
sub peer_table {
    my @all = @Peers::ALL;
    my $text = "\n| | " . join(' | ', map("$_->{title} ($_->{stores})", @all))
             . " |\n| --- |" . ' --- |' x @all . "\n";

    for my $w (grep { $peers{$_->{name}} } @Workloads::ALL) {
        my $theirs = $peers{$w->{name}};
        $text .= '| ' . join(' | ', $w->{title}, map {
            my $res = $theirs->{$_->{name}};
            $res ? sprintf('%s requests/s: %s times', commas($res->{rate}),
                           factor($res->{times})) : '';
        } @all) . " |\n";
    }

    return $text;
}


sub factor {
    my ($value) = @_;
    return $value >= 10 ? commas($value) : sprintf '%.1f', $value;
}


sub longest {
    my $res = $latest{longest} or return '';
    return sprintf "\nThe longest command of Redis in the latest run took %.1f "
        . "ms: `%s`.\n", $res->{us} / 1000, $res->{command};
}


sub p99 {
    my ($res) = @_;
    return commas($res->{p99}) . (defined $res->{p99_without}
        ? ', ' . commas($res->{p99_without}) . ' without' : '');
}


sub cpu {
    my ($microseconds) = @_;
    return $microseconds >= 100 ? commas($microseconds)
                                : sprintf('%.1f', $microseconds);
}


sub conditions {
    my $res = $rows[0];
    my ($date) = $res->{run} =~ /^([\d-]+)/;
    return "Measured on $date on $res->{cores} shared cores ($res->{cpu}; load "
        . "average $res->{load} at the start), nginx "
        . "$res->{nginx_version} with "
        . "one worker, Redis $res->{redis_version}, hiredis $res->{hiredis}, "
        . commas($res->{users}) . ' users, and ' . commas($res->{members})
        . " in the organization with the large group; $res->{rounds} rounds "
        . "of $res->{seconds} seconds, $res->{connections} connections.\n";
}


sub write_table {
    my $file = "$docs/performance.md";
    open my $in, '<', $file or die "$file: $!\n";
    my $text = do { local $/; <$in> };
    my $new = conditions() . "\n" . table() . longest();
    $new .= peer_table() if %peers;

    $text =~ s/(<!-- results -->\n).*(<!-- end of results -->)/$1$new$2/s
        or die "$file has no place for the results\n";

    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
}


sub draw {
    my $data = File::Temp->new;
    my $n = @rows;

    for my $i (0 .. $#rows) {
        my $title = $rows[$i]{title} =~ s/`//gr =~ s/"/'/gr;
        printf $data qq("%s"\t%d\t%g\t%s\n), $title, $n - $i,
               $rows[$i]{ratio}, $rows[$i]{target} // 'NaN';
    }

    close $data;

    open my $gnuplot, '|-', 'gnuplot' or die "gnuplot: $!\n";
    print $gnuplot plot($data->filename, $n);
    close $gnuplot or die "gnuplot failed\n";
}


sub plot {
    my ($file, $n) = @_;
    return <<"PLOT";
set terminal svg size 860, @{[ 70 + 24 * $n ]} font "sans-serif,13" \\
    background "white" noenhanced
set output "$docs/performance.svg"
set datafile separator "\\t"
set logscale x
set xrange [0.000001:2]
set yrange [0.3:@{[ $n + 0.7 ]}]
set format x "%g"
set xlabel "rate against that of return 200, logarithmic"
set grid xtics lc "#dddddd"
set border 1
set ytics nomirror scale 0
set xtics nomirror
set key outside top right horizontal
plot "$file" using (0.000001):2:(0.000001):3:(\$2-0.35):(\$2+0.35):ytic(1) \\
         with boxxyerror fs solid noborder lc "#4a7fb5" title "measured", \\
     "" using 4:2 with points pt 9 ps 1 lc "#c0392b" title "target"
PLOT
}
