#!/usr/bin/env perl
#
# A short round of the fuzzer over HTTP, of a seed that is fixed. For longer:
# ./build.sh mutate.

use strict;
use warnings;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/..";
my $module = "$top/build/asan/ngx_scim_module.so";

plan skip_all => './build.sh test builds the module with sanitizers'
    if !-e $module;

my $said = do {
    local $ENV{SCIM_MODULE} = $module;
    `perl $top/t/mutate/run.pl 20000 1 2>&1`;
};

is($?, 0, 'nothing is found') or diag($said);
like($said, qr/^2\d{4} requests, \d+ answers/m, 'and all was sent') or diag($said);

done_testing();
