#!/usr/bin/env perl
#
# The gate and time: whoever is disabled is out when the change has been answered, in
# each worker, and within a second at another nginx; and what happens when Redis is
# away, comes back, tells nothing, or is edited by hand.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Checked;
use SCIM::Load;
use SCIM::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $DISABLES = $ENV{SCIM_DISABLES} || 50;
my $CONNECTIONS = 16;

# the promise, where no checker makes everything slow
my $SECOND = SCIM::Checked::valgrind() || SCIM::Checked::asan() ? 10_000 : 1000;

# a second nginx uses the Redis of the first
{
    no warnings 'redefine';
    my $redis = \&SCIM::scim_redis;
    *SCIM::scim_redis = sub { my ($self) = @_; $redis->($self->{near} || $self) };
}

my $GATE = 'scim_require user $http_x_user trusted; empty_gif;';
my %options = (
    workers    => 4,
    scim_redis => 'timeout=2s connect_timeout=2s',
    http       => 'keepalive_requests 1000000;',
    server     => "scim_tenant demo;
        location = /in { $GATE }
        location = /group { scim_require group Staff; $GATE }
        location = /short { scim_require_valid 100ms; $GATE }
        location = /always { scim_require_valid 0; $GATE }
        location = /stale { scim_require_stale 1h; $GATE }");

my $scim = SCIM->new(%options);
my $far = SCIM->new(%options, no_redis => 1, near => $scim);


sub user {
    my ($name) = @_;
    my $res = $scim->post('/Users', { userName => $name, active => $true });
    is($res->{status}, 201, "user $name") or diag $res->{text};
    return $res->{body}{id};
}

sub set_active {
    my ($id, $active) = @_;
    my $res = $scim->patch("/Users/$id", [ { op => 'replace', path => 'active',
        value => $active ? $true : $false } ]);
    die "PATCH: $res->{status}\n" if $res->{status} >= 300;
}

sub text {
    my ($path, $name) = @_;
    return "GET $path HTTP/1.1\r\nHost: x\r\nX-User: $name\r\n\r\n";
}

sub ask {
    my ($from, $path, $name) = @_;
    return $from->get($path, root => '', token => '',
                      headers => { 'X-User' => $name });
}

sub status { ask(@_)->{status} }

# the milliseconds until the answer has this status
sub until_status {
    my ($status, @ask) = @_;
    my $start = time;
    SCIM::wait_for("$status of @ask[1 .. 2]", sub { status(@ask) == $status });
    return 1000 * (time - $start);
}


my %id = map { $_ => user($_) } qw(ann ben eve);
is(status($_, '/in', 'ann'), 200, 'let in') for $scim, $far;


subtest 'no request is let in after the answer to the change' => sub {
    my @clients = SCIM::Load::connect_to($scim, $CONNECTIONS);
    my %wrong = (200 => 0, 403 => 0);

    for my $try (1 .. $DISABLES) {
        for my $active (0, 1) {
            set_active($id{ann}, $active);
            SCIM::Load::send_all(text('/in', 'ann'), @clients);
            my $status = $active ? 200 : 403;
            $wrong{$status} += grep { (SCIM::Load::answer($_))[0] != $status }
                               @clients;
        }
    }

    is($wrong{403}, 0, "$DISABLES disables: nobody was let in");
    is($wrong{200}, 0, 'and nobody refused after each was taken back');
};


subtest 'groups too' => sub {
    my @clients = SCIM::Load::connect_to($scim, $CONNECTIONS);
    my $group = $scim->post('/Groups', { displayName => 'Staff' })->{body}{id};
    my $wrong = 0;

    for my $try (1 .. $DISABLES) {
        my $in = $try % 2;
        $scim->patch("/Groups/$group", [ $in
            ? { op => 'add', path => 'members', value => [ { value => $id{ben} } ] }
            : { op => 'remove', path => qq{members[value eq "$id{ben}"]} } ]);
        SCIM::Load::send_all(text('/group', 'ben'), @clients);
        $wrong += grep { (SCIM::Load::answer($_))[0] != ($in ? 200 : 403) }
                  @clients;
    }

    is($wrong, 0, "$DISABLES changes of a member");
};


subtest 'another nginx hears of it' => sub {
    my @ms;
    for my $try (1 .. $DISABLES) {
        for my $active (0, 1) {
            status($far, '/in', 'ann');
            set_active($id{ann}, $active);
            push @ms, until_status($active ? 200 : 403, $far, '/in', 'ann');
        }
    }
    @ms = sort { $a <=> $b } @ms;
    note sprintf '%d changes: median %.1f ms, worst %.1f ms', scalar @ms,
         $ms[$#ms / 2], $ms[-1];
    cmp_ok($ms[-1], '<', $SECOND, 'within a second');
};


subtest 'many changes at once' => sub {
    my @results = $scim->parallel(2, sub {
        my ($i) = @_;
        my $wrong = 0;
        for my $try (1 .. $DISABLES) {
            my $name = $i ? 'ben' : 'ann';
            set_active($id{$name}, $try % 2);
            $wrong += status($scim, '/in', $name) != ($try % 2 ? 200 : 403);
        }
        set_active($id{ann}, 1) if !$i;
        return $wrong;
    });
    is("@results", '0 0', 'each sees its own');
    set_active($id{ben}, 1);
};


subtest 'a hand that edits Redis tells nobody' => sub {
    is(status($scim, $_, 'eve'), 200, "$_: let in") for qw(/in /short /always);
    $scim->redis('HSET', "scim:{demo}:user:$id{eve}", 'active', 'false');
    is(status($scim, '/always', 'eve'), 403, 'who always asks sees it');
    until_status(403, $scim, '/short', 'eve');
    pass('and who asks again after a time');
    $scim->redis('HSET', "scim:{demo}:user:$id{eve}", 'active', 'true');
    set_active($id{eve}, 0);
    set_active($id{eve}, 1);
};


subtest 'scripts and connections are lost' => sub {
    $scim->redis('SCRIPT', 'FLUSH');
    is(status($scim, '/always', 'ann'), 200, 'the script is sent again');
    for my $try (1 .. 5) {
        $scim->redis('CLIENT', 'KILL', 'TYPE', 'pubsub');
        set_active($id{ann}, 0);
        is(status($scim, '/in', 'ann'), 403, 'the same nginx');
        cmp_ok(until_status(403, $far, '/in', 'ann'), '<', $SECOND, 'another');
        set_active($id{ann}, 1);
        is(status($scim, '/in', 'ann'), 200, 'and back');
        cmp_ok(until_status(200, $far, '/in', 'ann'), '<', $SECOND, 'there too');
    }
};


# The workers have to hear first that Redis is silent: a second after the last proof
# nobody is let in by what is known.
subtest 'Redis is silent' => sub {
    is(status($_, '/in', 'ann'), 200, 'let in') for $scim, $far;
    is(status($scim, '/stale', $_), 200, 'known') for qw(ann ben);
    kill 'STOP', $scim->{redis_pid};
    until_status(503, $scim, '/in', 'ann');
    my $res = ask($scim, '/in', 'ann');
    is("$res->{status} $res->{headers}{'retry-after'}", '503 2', 'refused');
    is(status($scim, '/in', 'nobody'), 503, 'and so is who is not known');
    is(status($scim, '/stale', 'ann'), 200, 'let in where old answers do');
    is(status($scim, '/stale', 'nobody'), 503, 'but for who is not known');
    kill 'CONT', $scim->{redis_pid};
    until_status(200, $_, '/in', 'ann') for $scim, $far;
    pass('let in again');
    is(status($scim, '/in', 'nobody'), 403, 'and who is not, is refused');
};


subtest 'Redis is started again' => sub {
    $scim->stop_redis;
    until_status(503, $scim, '/in', 'ann');
    pass('refused');
    is(status($scim, '/stale', 'ann'), 200, 'let in where old answers do');
    $scim->start_redis;
    until_status(200, $_, '/in', 'ann') for $scim, $far;
    pass('let in again');
    set_active($id{ann}, 0);
    is(status($scim, '/in', 'ann'), 403, 'disabled');
    is(status($scim, '/stale', 'ann'), 403, 'there too');
    cmp_ok(until_status(403, $far, '/in', 'ann'), '<', $SECOND, 'at another nginx');
    $scim->stop_redis;
    until_status(503, $scim, '/in', 'ann');
    is(status($scim, '/stale', 'ann'), 503, 'who was refused is not let in');
    $scim->start_redis;
    until_status(403, $scim, '/in', 'ann');
    set_active($id{ann}, 1);
};


subtest 'a reload keeps what is known' => sub {
    is(status($scim, '/in', 'ann'), 200, 'let in');
    $scim->reload;
    is(status($scim, '/in', 'ann'), 200, 'as before');
    set_active($id{ann}, 0);
    is(status($scim, '/in', 'ann'), 403, 'disabled');
    set_active($id{ann}, 1);

    # without a gate nobody listens, and with one again nobody is taken for known
    my $server = $scim->{server};
    $scim->{server} = '';
    $scim->reload;
    set_active($id{ann}, 0);
    $scim->{server} = $server;
    $scim->reload;
    is(status($scim, '/in', 'ann'), 403, 'disabled while there was no gate');
    set_active($id{ann}, 1);
};


subtest 'an account that may not listen' => sub {
    $scim->redis('ACL', 'SETUSER', 'scim', '-subscribe');
    $scim->redis('CLIENT', 'KILL', 'TYPE', 'pubsub');
    for my $nginx ($scim, $far) {
        SCIM::wait_for('the error of each worker', sub {
            4 <= (() = $nginx->error_log =~ /does not tell of changes: NOPERM/g) });
    }
    for my $active (0, 1) {
        set_active($id{ann}, $active);
        is(status($_, '/in', 'ann'), $active ? 200 : 403, 'Redis is asked')
            for $scim, $far;
    }
    $scim->redis('ACL', 'SETUSER', 'scim', '+subscribe');
    SCIM::wait_for('the notice', sub {
        $scim->error_log =~ /tells of changes again/ });
    pass('and tells again');
};


subtest 'the organization is deleted' => sub {
    is(status($_, '/in', 'ben'), 200, 'let in') for $scim, $far;
    $scim->redis('PUBLISH', 'scim:changed', 'nonsense');
    is(status($_, '/in', 'ben'), 200, 'what is no change harms nobody')
        for $scim, $far;
    $scim->redis('HSET', 'scim:{demo}:meta', 'deleting', 1);
    $scim->redis('PUBLISH', 'scim:changed', 'scim:{demo}:');
    cmp_ok(until_status(403, $_, '/in', 'ben'), '<', $SECOND, 'refused')
        for $scim, $far;
};

unlike($_->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert') for $scim, $far;
undef $far;
undef $scim;

done_testing();
