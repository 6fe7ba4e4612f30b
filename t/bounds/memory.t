#!/usr/bin/env perl
#
# An organization that fills the memory of Redis: with a limit of its own it fills
# that; without one, what takes something away is still carried out for all.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $site = SCIM::Bounds->new;
my ($limited, $greedy, $victim) = map { $site->organization($_) }
    qw(limited greedy victim);
my $n = 0;


sub fill {
    my ($client, $bytes) = @_;
    return $client->post('/Users?attributes=id', { userName => "$$ " . $n++,
                                                   title => 'x' x $bytes });
}


# --- with a limit -----------------------------------------------------------

for my $times (1, 2) {
    my $bytes = $times * 2_000_000;
    $site->{ctl}->run('org', 'limit', 'limited', "bytes=$bytes");
    my $seen = $site->holds("fills its $bytes bytes", sub { fill($limited, 100_000) });
    ok($seen->{201} && $seen->{403}, 'and no more');
    my ($has) = grep { $_->{what} eq 'bytes' }
        $site->{ctl}->json('org', 'limit', 'limited');
    cmp_ok($has->{has}, '<=', $bytes, 'as much as it may have');
}


# --- without one ------------------------------------------------------------

my @users = map { $victim->post('/Users', { userName => "v$_",
    active => JSON::PP::true })->{body}{id} } 1 .. 4;
my $group = $victim->post('/Groups', { displayName => 'All',
    members => [ map { { value => $_ } } @users ] })->{body}{id};
my ($used) = $site->redis('INFO', 'memory') =~ /^used_memory:(\d+)/m;
$site->redis('CONFIG', 'SET', 'maxmemory', $used + 10_000_000);

for my $bytes (100_000, 1000) {
    my $last = { status => 201 };
    $last = fill($greedy, $bytes) while $last->{status} == 201;
    is($last->{status}, 503, "memory is full: no $bytes") or diag $last->{text};
}

# connections take and return memory, so that there can be room for a moment
($used) = $site->redis('INFO', 'memory') =~ /^used_memory:(\d+)/m;
$site->redis('CONFIG', 'SET', 'maxmemory', $used - 1_000_000);
is($victim->post('/Users', { userName => 'more' })->{status}, 503, 'for all');

my $patch = sub { $victim->patch(@_)->{status} };
is($patch->("/Users/$users[0]", [ { op => 'replace', path => 'active',
                                    value => JSON::PP::false } ]), 200,
   'a user is disabled');
is($patch->("/Groups/$group", [ { op => 'remove',
       path => qq{members[value eq "$users[1]"]} } ]), 204, 'a member leaves');
is($victim->delete("/Users/$users[2]")->{status}, 204, 'a user is deleted');
is($victim->get("/Users/$users[3]")->{status}, 200, 'users are read');
my $revoked = $site->{ctl}->run('token', 'revoke', 'victim', 'first', '--yes');
is($revoked->{status}, 0, 'a token is revoked') or diag $revoked->{err};

my $deletion = $site->{ctl}->run('org', 'delete', 'greedy', '--yes');
is($deletion->{status}, 0, 'the greedy organization is deleted')
    or diag $deletion->{err};
is($site->{neighbour}->post('/Users', { userName => 'more' })->{status}, 201,
   'and there is room again');

done_testing();
