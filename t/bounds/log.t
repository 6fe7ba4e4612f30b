#!/usr/bin/env perl
#
# Requests that are refused, with very large values, where the provisioning log
# keeps values.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $ENTRY = 8 * 1024;       # bytes of memory that an entry may take
my $PAGE = 256 * 1024;      # bytes of the status page

my $site = SCIM::Bounds->new(log => 'scim_log on values=on;');
my $greedy = $site->organization('greedy');

for my $times (1, 2) {
    my $name = 'n' x ($times * 1024 * 1024);
    my @bodies = map { $greedy->request_text('POST', '/Users', $_,
                                             token => $greedy->{token}) }
        { userName => $name }, { userName => 'u', name => $name },
        { userName => $name, active => {} };

    $site->holds("refused POSTs with a name of $times MB", sub {
        return map { $greedy->again->exchange($_) } @bodies;
    }, clients => 2);

    my ($entries, $bytes) = map { $site->redis(@$_, 'scim:{greedy}:log') }
        [ 'XLEN' ], [ 'MEMORY', 'USAGE' ];
    cmp_ok($entries, '>=', 3, "$entries failures are in the log");
    cmp_ok($bytes / $entries, '<=', $ENTRY, 'of a size that is bounded');
    my $page = $greedy->again->request('GET', '/status?tenant=greedy', undef,
        root => '', token => '', headers => { Accept => 'text/html' });
    is($page->{status}, 200, 'the status page');
    cmp_ok(length $page->{text}, '<=', $PAGE, 'too');
}

done_testing();
