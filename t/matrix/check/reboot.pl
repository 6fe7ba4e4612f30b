#!/usr/bin/env perl
#
# The machine has lost its power since restarts.pl, and has started again: nginx and
# Redis serve, and nothing is missing.

use strict;
use warnings;

use SCIM::Machine;
use SCIM::Population;
use Test::More;

my $machine = SCIM::Machine->new;
my ($population, $before) = SCIM::Population->load($machine,
    "$ENV{SCIM_MACHINE_FILES}/population.json");

# a container has an init of its own, which starts them
if ($machine->{init} eq 'none') {
    $machine->service($_, 'start') for qw(scim-redis nginx);
}

$machine->wait_until_served($population->a_token);
is_deeply($population->seen, $before, 'nothing is missing after a loss of power');

done_testing();
