#!/usr/bin/env perl
#
# The C source by three analyzers: clang-tidy (its checks are in .clang-tidy),
# gcc -fanalyzer and cppcheck. A file that nothing was said about is not looked
# at again until what the compiler reads of it, or an analyzer, is another one.

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use FindBin;
use Test::More;

my $top = abs_path("$FindBin::Bin/..");
my $build = "$top/build";
my $nginx = "$build/nginx";

for my $tool (qw(clang-tidy cppcheck gcc)) {
    plan skip_all => "$tool is not installed"
        if system("command -v $tool >/dev/null");
}
plan skip_all => 'build/nginx is not there' if ! -d $nginx;


sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}


# output and errors of a command, in the folder of nginx
sub said {
    my (@command) = @_;
    my $pid = open(my $out, '-|') // die "fork: $!";
    if ($pid == 0) {
        chdir $nginx or die "$nginx: $!";
        open STDERR, '>&', \*STDOUT or die $!;
        exec @command or die "$command[0]: $!";
    }
    local $/;
    my $text = <$out> // '';
    close $out;
    return ($text, $?);
}


my ($includes) = slurp("$build/objs/Makefile") =~ /^ALL_INCS = (.*?)\n\n/ms;
my @nginx = grep { $_ ne '\\' } split ' ', $includes;
my @doc = map { ('-I', $_) } "$top/redis/scim_doc", "$top/ngx_scim_module",
          "$build/objs/scim";
my @model = ('-std=gnu11', '-include', "$top/t/lint/models.h");

my %files = (
    (map { $_ => [ @nginx ] } glob "$top/ngx_scim_module/{*,*/*}/*.c"),
    (map { $_ => [ @doc ] } glob "$top/redis/scim_doc/*.c"),
    (map { $_ => [] } glob "$top/bench/*.c"),
);


sub analyzers {
    my ($file) = @_;
    my @flags = (@model, '-O2', @{ $files{$file} });

    # gcc 12 loses sight of what is put into a table that grew
    my @less = $file =~ /scim_doc_memory/ ? '-Wno-analyzer-malloc-leak' : ();

    # gcc 14 does not see the NULL that ends a list of arguments
    push @less, '-Wno-analyzer-va-list-exhausted' if $file =~ /scim_answer\.c/;

    return ([ 'clang-tidy', '--quiet', "--config-file=$top/.clang-tidy", $file,
              '--', @flags ],
            [ 'gcc', '-fanalyzer', '-Werror', @less, @flags, '-c', $file, '-o',
              '/dev/null' ],
            # a null pointer is one, also as an argument: NULL of POSIX
            [ 'cppcheck', '--quiet', '--std=c11', '--inline-suppr',
              '--enable=warning,portability,performance',
              '--suppress=varFuncNullUB', '--suppress=missingInclude',
              '--suppress=unknownMacro', '--suppress=normalCheckLevelMaxBranches',
              '--error-exitcode=1', (map { "-I$_" } grep { m{^/} }
              @{ $files{$file} }), $file ]);
}


sub look {
    my ($file, $log) = @_;
    my @found;
    for my $command (analyzers($file)) {
        my ($text, $status) = said(@$command);
        push @found, "$command->[0]:\n$text" if $status != 0;
    }
    open my $out, '>', $log or die "$log: $!";
    print $out @found;
    close $out or die "$log: $!";
}


# --- files, as many at a time as there are processors -------------------------

my $cache = "$build/lint";
make_path($cache);

my $tools = join '', map { (said($_, '--version'))[0] } qw(clang-tidy cppcheck gcc);
$tools .= slurp("$top/.clang-tidy");

my %log = map {
    my ($text) = said('gcc', '-E', @model, @{ $files{$_} }, $_);
    $_ => "$cache/" . sha256_hex(join "\0", $tools, slurp($_), $text,
                                     map { @$_ } analyzers($_));
} keys %files;

my $at_once = () = slurp('/proc/cpuinfo') =~ /^processor/mg;
my $running = 0;

for my $file (sort grep { ! -e $log{$_} || -s $log{$_} } keys %files) {
    if ($running++ >= ($at_once || 1)) {
        wait;
    }
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        look($file, $log{$file});
        require POSIX;
        POSIX::_exit(0);
    }
}
1 while wait > 0;

my %current = map { $_ => 1 } values %log;
unlink grep { !$current{$_} } glob "$cache/*";

for my $file (sort keys %files) {
    my $name = $file =~ s{^\Q$top\E/}{}r;
    ok(-e $log{$file} && ! -s $log{$file}, $name)
        or diag slurp($log{$file}) =~ s{\Q$top\E/}{}gr;
}

done_testing();
