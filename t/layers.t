#!/usr/bin/env perl
#
# The house: each file includes what stands below it only, by the table in
# t/layers.txt, and each header compiles alone and has what its file defines.

use strict;
use warnings;

use File::Find;
use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM::Tree qw($TOP slurp);
use Test::More;

my $source = "$TOP/ngx_scim_module";

# --- files ----------------------------------------------------------------------

my @files;
find({ follow => 1, no_chdir => 1, wanted => sub {
    push @files, s{^\Q$source\E/}{}r if /\.[ch]$/;
} }, $source);
@files = sort @files;
my %text = map { $_ => slurp("$source/$_") } @files;

# { file => [ what it includes of the project ] }
my %includes = map {
    my $file = $_;
    $file => [ grep { $text{$_} } $text{$file} =~ /^#include "([^"]+)"/mg ];
} @files;

sub folder { return $_[0] =~ s{/[^/]+$}{}r }

sub room { return $_[0] =~ s{\.[ch]$}{}r }


# --- the table ------------------------------------------------------------------

# each folder with those that its files may include, in lines of
# "FOLDER: FOLDER..."; "!" in front of one: still to be turned
my (%may, %still);
my @folders = sort keys %{ { map { folder($_) => 1 } @files } };
for (split /\n/, slurp("$FindBin::Bin/layers.txt")) {
    next if /^\s*(#|$)/;
    my ($folder, @others) = split /:?\s+/;
    $folder =~ s/:$//;
    $may{$folder}{$folder} = 1;
    for (map { my $o = $_; $o =~ m{^(.*/)\*$} ? grep { m{^\Q$1\E} } @folders : $o }
         @others)
    {
        s/^!// ? $still{$folder}{$_} = 1 : ($may{$folder}{$_} = 1);
    }
}

is_deeply([ grep { !$may{$_} } @folders ],
          [], 't/layers.txt has every folder');

my (@wrong, %turned);
for my $file (@files) {
    for my $other (@{ $includes{$file} }) {
        my ($from, $to) = (folder($file), folder($other));
        next if $may{$from}{$to};
        $still{$from}{$to} ? $turned{"$from $to"} = 1
                           : push @wrong, "$file includes $other";
    }
}
is_deeply(\@wrong, [], 'files include what the table lets them include');

is_deeply([ grep { !$turned{$_} }
            map { my $f = $_; map { "$f $_" } keys %{ $still{$f} } } keys %still ],
          [], 'what the table has as still to be turned is there');


# --- order ----------------------------------------------------------------------

# the circles of a graph { node => { node => 1 } }, as sorted lists
sub circles {
    my ($graph) = @_;
    my (%reach, %seen, @found);

    for my $from (keys %$graph) {
        my @next = keys %{ $graph->{$from} };
        while (defined(my $at = shift @next)) {
            next if $reach{$from}{$at}++;
            push @next, keys %{ $graph->{$at} || {} };
        }
    }
    for my $node (sort keys %$graph) {
        next if !$reach{$node}{$node} || $seen{$node};
        my @circle = grep { $reach{$node}{$_} && $reach{$_}{$node} } sort keys %reach;
        $seen{$_} = 1 for @circle;
        push @found, "@circle";
    }
    return \@found;
}

is_deeply(circles({ map { my $f = $_; $f => { map { $_ => 1 }
            grep { $_ ne $f } keys %{ $may{$f} } } } keys %may }),
          [], 'the table is no circle');

my %rooms;
for my $file (@files) {
    $rooms{room($file)}{room($_)} = 1
        for grep { room($_) ne room($file) } @{ $includes{$file} };
}
my $ordered = qr{^(base|scim|store|http/status)/};
my %ordered = map { $_ => $rooms{$_} } grep { /$ordered/ } keys %rooms;
is_deeply(circles(\%ordered), [], 'no circle of files');


# --- headers --------------------------------------------------------------------

my ($includes) = -e "$TOP/build/objs/Makefile"
    ? slurp("$TOP/build/objs/Makefile") =~ /^ALL_INCS = (.*?)\n\n/ms : '';
my @flags = map { m{^(-I|/)} ? $_ : "$TOP/build/nginx/$_" }
            grep { $_ ne '\\' } split ' ', $includes;

SKIP: {
    skip './build.sh module makes the headers of nginx', 1 if !@flags;

    my @bad;
    for my $file (grep { /\.h$/ } @files) {
        open my $cc, '|-', $ENV{CC} || 'cc', '-std=gnu11', '-fsyntax-only',
            '-Wall', '-Wextra', '-Werror', @flags, '-I', $source, '-x', 'c', '-'
            or die "cc: $!";
        print {$cc} "#include \"$file\"\n";
        push @bad, $file if !close $cc;
    }
    is_deeply(\@bad, [], 'each header compiles alone');
}

# functions that a file defines for others
my (@elsewhere, %defined);
for my $file (grep { /\.c$/ && !/ngx_scim_module\.c$/ } @files) {
    my $code = $text{$file} =~ s{/\*.*?\*/}{}gsr;
    while ($code =~ /^(?!static)[\w][^\n;{}()]*\n(\w+)\([^;{}]*\)\n\{/mg) {
        $defined{$1} = $file;
    }
}
for my $header (grep { /\.h$/ } @files) {
    next if $header !~ $ordered;
    my $code = $text{$header} =~ s{/\*.*?\*/}{}gsr;
    for my $name ($code =~ /^[a-z][\w \*]*?\b(\w+)\([^;{}]*\)[^;{}]*;/mg) {
        push @elsewhere, "$name of $defined{$name} is declared by $header"
            if $defined{$name} && room($defined{$name}) ne room($header);
    }
}
is_deeply(\@elsewhere, [], 'a header declares what the file of its name defines');


# --- layers ---------------------------------------------------------------------

sub matches {
    my ($pattern, @folders) = @_;
    my @found;

    for my $file (grep { my $f = $_; grep { $f =~ m{^\Q$_\E/} } @folders } @files) {
        my $n = 0;
        for (split /\n/, $text{$file}) {
            $n++;
            push @found, "$file:$n: $_" if /$pattern/;
        }
    }
    return \@found;
}

is_deeply(matches(qr/#include.*(ngx_|hiredis)/, 'scim'), [],
          'scim/ includes neither nginx nor hiredis');

is_deeply(matches(qr/\bngx_/, 'scim'), [], 'scim/ does not mention nginx');

is_deeply([ grep { slurp($_) =~ /#include.*hiredis|\bngx_(?!scim_module\/)/ }
            glob "$TOP/redis/scim_doc/*.[ch]" ], [],
          'scim-doc knows neither nginx nor Redis');

is_deeply(matches(qr/ngx_http/, qw(base scim store op)), [],
          'only http/ knows HTTP');

is_deeply(matches(qr/redisRe(ply|ader)|#include.*hiredis/, 'op', 'http'), [],
          'no Redis type leaves store/');


# The first header of a file, or the first of that one, and so on.
sub first_header {
    my ($file) = @_;
    my ($header) = $text{$file} =~ /^#include\s+[<"]([^>"]+)/m;

    return $text{ $header // '' } ? first_header($header) : $header // 'none';
}

is_deeply([ grep { first_header($_) ne 'ngx_config.h' }
            grep { m{^(base|http|op|store)/.*\.c$} } @files ],
          [], 'each file that knows nginx begins with ngx_config.h: the types of'
              . ' the system depend on the macros that it sets');

done_testing();
