#!/usr/bin/env perl
#
# Large lists and searches of one organization, many at once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $USERS = 5000;

my $site = SCIM::Bounds->new;
my $greedy = $site->organization('greedy');
$site->import_lines('greedy', map { { id => "u$_", userName => "u$_",
    title => 'x' x 200 } } 1 .. $USERS);

for my $times (1, 2) {
    my $n = 20 * $times;
    $site->holds("$n lists of 1000 users at once",
                 sub { $greedy->long('/Users?count=1000') }, clients => $n);
    $site->holds("$n searches of $USERS users at once",
                 sub { $greedy->long('/Users?filter=title+co+%22y%22') },
                 clients => $n);
}

unlike($site->error_log, qr/\[(?:alert|crit|emerg)\]/, 'no alert');

done_testing();
