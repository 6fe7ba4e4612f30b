#!/usr/bin/env perl
#
# The link to Redis: a busy one is not taken for a dead one, a secret is not
# logged, and a lookup that finds too much is refused.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use Test::More;
use Time::HiRes qw(time);

subtest 'a timeout below what nginx moves a timer by' => sub {
    my $scim = SCIM->new(scim_redis => 'timeout=250ms');
    $scim->post('/Users', { userName => "u$_" }) for 1 .. 400;

    my @failed = grep { $_ } $scim->parallel(24, sub {
        my ($until, $failed) = (time + 1, 0);
        while (time < $until) {
            $failed++ if $scim->get('/Users?count=400')->{status} != 200;
        }
        return $failed;
    });

    is_deeply(\@failed, [], 'a second of pages, none of them 503');
    unlike($scim->error_log, qr/not available/, 'the link was not dropped');
};

subtest 'an error of Redis that quotes a password' => sub {
    my $secret = 'not-to-be-seen';
    my $scim = SCIM->new(scim_redis => "password=$secret timeout=300ms",
                         redis_args => [ '--rename-command', 'AUTH', 'LOGIN' ],
                         auth_command => 'LOGIN');

    is($scim->get('/Users')->{status}, 503, 'the handshake fails');
    SCIM::wait_for('the line in the log', sub {
        $scim->error_log =~ /not available/
    });
    like($scim->error_log, qr/unknown command/, 'the log tells why');
    unlike($scim->error_log, qr/\Q$secret\E/, 'without the password');
};

subtest 'an index that names more than scim_scan_limit' => sub {
    my $scim = SCIM->new(location => 'scim_scan_limit 2;');
    $scim->post('/Users', { userName => "u$_", externalId => 'same' })
        for 1 .. 3;

    my $res = $scim->get('/Users?filter=externalId+eq+%22same%22');
    is($res->{status}, 400, 'is refused, not counted wrongly');
    is($res->{body}{scimType}, 'tooMany', 'as tooMany');
    $res = $scim->get('/Users?filter=externalId+eq+%22other%22');
    is($res->{body}{totalResults}, 0, 'others are answered');
};

done_testing();
