#!/usr/bin/env perl
#
# The module that ./build.sh module makes has the compiler's protections against
# mistakes in C: checked calls of the C library, guarded stacks, tables that are
# read-only once it runs.

use strict;
use warnings;

use FindBin;
use Test::More;

my $build = "$FindBin::Bin/../build";


sub said {
    my (@command) = @_;
    open my $out, '-|', @command or die "@command: $!";
    local $/;
    my $text = <$out>;
    close $out or die "@command: status $?";
    return $text;
}


sub check {
    my ($file, $name) = @_;

    my $dynamic = said('readelf', '-dW', $file);
    like($dynamic, qr/BIND_NOW/, "$name: every symbol is bound at the start");
    unlike($dynamic, qr/TEXTREL|RPATH|RUNPATH/,
           "$name: no code is written to, no library comes from elsewhere");

    my $segments = said('readelf', '-lW', $file);
    like($segments, qr/GNU_RELRO/, "$name: tables are read-only behind that");
    like($segments, qr/GNU_STACK .* RW  0x/, "$name: no stack is executable");
    unlike($segments, qr/ RWE /, "$name: nothing is written and executed");

    like(said('readelf', '-hW', $file), qr/Type:\s+DYN/,
         "$name: it has no fixed address");

    my $symbols = said('readelf', '-W', '--dyn-syms', $file);
    like($symbols, qr/ __stack_chk_fail\b/, "$name: stacks are guarded");
    like($symbols, qr/ __\w+_chk\b(?<!stack_chk)/, "$name: calls are checked");
}


for my $dir ('', 'clang/') {
    for my $file ("${dir}ngx_scim_module.so", "${dir}scim-doc") {
        -e "$build/$file" or plan skip_all => "build/$file is not built";
        check("$build/$file", "build/$file");
    }
}

done_testing();
