#!/usr/bin/env perl
#
# Nothing grows: memory, open files and connections after many requests of all
# kinds, and after many reloads, are what they were after the first of them.
# SCIM_GROWTH_REQUESTS and SCIM_GROWTH_RELOADS make it longer, as ./build.sh load
# does.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../../bench";

use SCIM;
use SCIM::Load;
use Socket;
use Test::More;
use Workloads;

plan skip_all => SCIM::Load::missing() if SCIM::Load::missing();

my $REQUESTS = $ENV{SCIM_GROWTH_REQUESTS} || ($CHECKED ? 2000 : 20_000);
my $RELOADS = $ENV{SCIM_GROWTH_RELOADS} || ($CHECKED ? 6 : 30);
my $TENANTS = 100;
my $ROUNDS = 10;
my $WORKER = 2048;      # KiB that may be kept more than after the first round
my $MASTER = 1024;
my $SHARED = 256;
my $REDIS = 1024;

my $scim = SCIM->new(
    workers     => 2,
    scim_tokens => 'redis valid=1s',
    http        => 'keepalive_requests 1000000000; keepalive_timeout 600s; '
                 . 'client_max_body_size 4m; scim_zone growth 1m;',
    location    => 'scim_log on length=100 values=on; scim_index User title;',
    server      => 'location = /metrics { scim_metrics; } '
                 . 'location = /status { scim_status; }',
);
$scim->issue('secret');
$scim->issue("t$_", tenant => "tenant$_") for 1 .. $TENANTS;
$scim->write_file('tenants', join '', map { "t$_\n" } 1 .. $TENANTS);
my $large = large_group();
my @kinds = kinds();

requests();
reloads();

unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert in the log');
undef $scim;

done_testing();


sub large_group {
    my $id = $scim->post('/Groups', { displayName => 'large' })->{body}{id};
    $scim->redis('SADD', "scim:{demo}:group:$id:members",
                 map { sprintf 'm%025d', $_ } 1 .. 5000);
    return $id;
}


# Sessions that leave nothing behind, how many requests each has, and what part
# of all requests: many tenants, tokens that nobody has, answers in pieces.
sub kinds {
    my $step = \&Workloads::step;
    my $user = Workloads::user('g<n>', 'Engineer');
    my $group = qq({"displayName":"g<n>"});
    my $bulk = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:'
        . 'BulkRequest"],"Operations":[{"method":"POST","path":"/Users",'
        . '"bulkId":"u","data":' . Workloads::user('b<n>', 'Engineer') . '},'
        . '{"method":"DELETE","path":"/Users/bulkId:u"},'
        . '{"method":"DELETE","path":"/Users/nobody"}]}';

    return (
        { part => 0.9, requests => 16, connections => 16, data => 'tenants',
          file => session($scim, '<1>',
            Workloads::create(body => $user),
            $step->('POST /Users 409', body => $user),
            $step->('POST /Users 400', body => '{"userName":{}}'),
            $step->('GET /Users/<id> 200'),
            $step->('PATCH /Users/<id> 200', body => Workloads::active('False')),
            $step->('PUT /Users/<id> 200', body => $user),
            $step->('GET /Users?filter=userName+eq+%22g<n>%40example.com%22 200'),
            $step->('GET /Users?filter=title+co+%22x%22 200'),
            $step->('GET /Users?count=5&sortBy=userName 200'),
            $step->('GET /Users?filter=title+xx 400'),
            $step->('GET /Nothing 404'),
            $step->('DELETE /Users/<id> 204'),
            $step->('POST /Bulk 200', body => $bulk,
                    want => '"status":"204"'),
            Workloads::create(path => '/Groups', body => $group),
            $step->('PATCH /Groups/<id> 204',
                    body => Workloads::add_member('nobody')) =~ s/204/400/r,
            $step->('DELETE /Groups/<id> 204')) },
        { part => 0.08, requests => 1, connections => 4, data => 'tenants',
          file => session($scim, 'nobody-<n>', $step->('GET /Users 401')) },
        { part => 0.01, requests => 1, connections => 2, data => 'tenants',
          file => session($scim, 'secret', $step->("GET /Groups/$large 200")) },
        { part => 0.01, requests => 2, connections => 1, data => 'tenants',
          file => session($scim, 'secret', "> GET /metrics 200\n",
                          "> GET /status 200\n") },
    );
}


# all kinds at the same time, and clients that go before they are answered
sub round {
    my ($requests) = @_;
    my @loads = map {
        my $sessions = int($requests * $_->{part} / $_->{requests}) || 1;
        start_load($scim, '-c', $_->{connections}, '-n', $sessions, $_->{file},
                   "$scim->{dir}/$_->{data}");
    } @kinds;

    abort() for 1 .. 1 + $requests / 1000;
    my $answers = 0;
    $answers += SCIM::Load::load_result($_)->{answers} for @loads;
    return $answers;
}


sub abort {
    my @texts = (
        $scim->request_text('GET', "/Groups/$large"),
        $scim->request_text('GET', '/Users?sortBy=userName'),
        substr($scim->request_text('POST', '/Users', { userName => 'x',
            displayName => 'x' x 50_000 }), 0, 30_000),
    );
    for my $text (@texts) {
        my ($client) = connect_to($scim, 1, buffer => 4096);
        send_all($text, $client);
        setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0
            if rand() < 0.5;
        close $client;
    }
}


sub requests {
    my $answers = round($REQUESTS / $ROUNDS);
    my $first = rest();

    for my $n (2 .. $ROUNDS) {
        $answers += round($REQUESTS / $ROUNDS);
        show("$answers requests", rest()) if $n % 3 == 0;
    }
    cmp_ok($answers, '>', 0.9 * $REQUESTS, "$answers requests");
    compare($first, rest(), "$answers requests");
}


# each finds another worker, so that only what the master keeps can add up
sub reloads {
    for (1 .. 3) { $scim->reload; round(200) }
    my $first = rest();

    for my $n (4 .. $RELOADS) {
        $scim->reload;
        round(200) if $n % 10 == 0;
        show("$n reloads", rest()) if $n % 100 == 0;
    }
    round(200);
    compare($first, rest(), "$RELOADS reloads");
}


# the resources that are held when all clients have gone, and workers that had to
# end
sub rest {
    my $held;
    delete $scim->{socket};
    SCIM::wait_for('all to be closed', sub {
        return if !closed();
        $held = held($scim);
        return $held->{clients} <= 1 + $scim->{workers};
    });
    return $held;
}


sub closed {
    my $port = sprintf '%04X', $scim->{port};
    return SCIM::_slurp('/proc/net/tcp')
        !~ /^ *\d+: \w+:$port \w+:\w+ 0[1-589B]/m;
}


sub compare {
    my ($first, $last, $what) = @_;
    show("$what, first", $first);
    show("$what, last", $last);

    is($last->{$_}, $first->{$_}, "$what: as many $_")
        for qw(files clients);
    return if $CHECKED;
    cmp_ok($last->{$_->[0]} - $first->{$_->[0]}, '<=', $_->[1],
           "$what: memory of $_->[2]")
        for [ memory => 2 * $WORKER, 'the workers' ],
            [ master => $MASTER, 'the master' ],
            [ shared => $SHARED, 'the shared zone' ],
            [ redis => $REDIS, 'Redis, without its data' ];
}


sub show {
    my ($what, $held) = @_;
    figures(sprintf '%-28s workers %6d KiB, master %5d KiB, shared %5d '
        . 'KiB, files %d, Redis %d connections, %d KiB without data', $what,
        @$held{qw(memory master shared files clients redis)});
}
