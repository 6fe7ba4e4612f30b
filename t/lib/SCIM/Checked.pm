package SCIM::Checked;

# Runs nginx under a checker when the environment asks for one, and makes the
# test file fail if the checker has found something:
#
#   TEST_NGINX_USE_VALGRIND=1                      valgrind
#   SCIM_MODULE=build/asan/ngx_scim_module.so      the sanitizers
#
# Load it before anything starts nginx. What a checker writes is kept in
# build/t/checked_PID.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);

our $TOP = abs_path(dirname(__FILE__) . '/../../..');

my $dir = "$TOP/build/t/checked_$$";
my $owner = $$;


END {
    if ($$ == $owner && -d $dir) {
        my $found = _report();
        $? = 1 if $found && !$?;
    }
}


BEGIN {
    $ENV{SCIM_MODULE} = abs_path($ENV{SCIM_MODULE}) if $ENV{SCIM_MODULE};
}


sub valgrind { return $ENV{TEST_NGINX_USE_VALGRIND} }

sub asan { return ($ENV{SCIM_MODULE} || '') =~ m{/asan/} }


# Puts a program "nginx" before the real one on the path. Test::Nginx runs
# valgrind by itself: then only where its findings go is set.
sub import {
    my ($class, %opt) = @_;

    return if -d $dir || !(valgrind() || asan());

    make_path("$dir/bin");

    if (asan()) {
        my $log = "halt_on_error=1,log_path=$dir/log";
        $ENV{ASAN_OPTIONS} = "detect_leaks=0,$log";
        $ENV{UBSAN_OPTIONS} = "print_stacktrace=1,$log";
        _wrap('env LD_PRELOAD=' . _libraries('libasan.so', 'libubsan.so'));
    }
    elsif ($opt{by_test_nginx}) {
        $ENV{VALGRIND_OPTS} = "--log-file=$dir/log.%p";
    }
    else {
        _wrap("valgrind --log-file=$dir/log.%p -q --num-callers=40"
            . " --suppressions=$TOP/valgrind.suppress");
    }
}


sub _wrap {
    my ($checker) = @_;
    my ($nginx) = grep { -x } map { "$_/nginx" }
        split(/:/, $ENV{PATH}), '/usr/sbin';

    open my $out, '>', "$dir/bin/nginx" or die "$dir/bin/nginx: $!";
    print $out "#!/bin/sh\nexec $checker $nginx \"\$@\"\n";
    close $out;

    chmod 0755, "$dir/bin/nginx";
    $ENV{PATH} = "$dir/bin:$ENV{PATH}";
}


sub _libraries {
    return join ':', map { my $file = `gcc -print-file-name=$_`; $file =~ s/\s//g;
                           $file } @_;
}


sub _report {
    my $found = 0;

    for my $log (grep { -s } glob "$dir/log*") {
        open my $in, '<', $log or next;
        print STDERR map { "# $_" } <$in>;
        $found = 1;
    }

    if ($found) {
        print STDERR "# the checker has found something, see $dir\n";
    } else {
        remove_tree($dir);
    }

    return $found;
}

1;
