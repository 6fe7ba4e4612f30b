#!/usr/bin/env perl
#
# An organization that goes on sending while it is deleted.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $site = SCIM::Bounds->new(log => 'scim_log on cycle=1s;');
my $n = 0;


sub keys_of {
    my ($org) = @_;
    return [ grep { !/:meta$/ } @{ $site->redis('KEYS', "scim:{$org}:*") } ];
}


for my $times (1, 2) {
    my $org = "gone$times";
    my $client = $site->organization($org);
    my $users = 10_000 * $times;
    $site->import_lines($org, (map { { id => "u$_", userName => "u$_" } }
        1 .. $users), { id => 'all', displayName => 'all',
        members => [ map { { value => "u$_" } } 1 .. $users ] });
    my $deletion;

    $site->holds("$users users are deleted, and more are sent", sub {
        my ($i) = @_;
        return map { $client->again->post('/Users', { userName => "$$ " . $n++ }) }
            1 .. 20 if $i > 0;
        return () if $deletion++;
        my $run = $site->{ctl}->run('org', 'delete', $org, '--yes');
        return { status => $run->{status} == 0 ? 200 : $run->{err} };
    }, clients => 5);

    my $late = $client->post('/Users', { userName => 'late' });
    is($late->{status}, 403, 'what comes afterwards is refused')
        if $late->{status} != 401;
    is_deeply(keys_of($org), [], 'nothing of it is left');
}

done_testing();
