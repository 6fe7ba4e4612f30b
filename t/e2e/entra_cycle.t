#!/usr/bin/env perl
#
# One provisioning cycle as Microsoft Entra ID plays it, in both of its PATCH
# styles: with 1 and 4 workers, Redis by socket and by TCP, twice in a row on
# the same store, and once with reloads in between.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Entra;
use Test::More;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

for my $setup ([ 1, 0 ], [ 4, 0 ], [ 1, 1 ], [ 4, 1 ]) {
    my ($workers, $tcp) = @$setup;

    subtest "$workers workers, Redis by " . ($tcp ? 'TCP' : 'socket') => sub {
        my $scim = SCIM->new(workers => $workers, tcp => $tcp);
        SCIM::Entra::cycle($scim) for 1, 2;
        is_deeply([ sort grep { !/:(meta|changes)$/ }
                    @{ $scim->redis('KEYS', 'scim:{demo}:*') } ], [],
                  'nothing is left in the store');
        unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
               'nor an error in the log');
    };
}

subtest 'with reloads in between' => sub {
    my $scim = SCIM->new(workers => 2);
    SCIM::Entra::cycle($scim, sub { $scim->reload });
    $scim->stop_nginx;
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
           'no error in the log, nor at the end');
};

done_testing();
