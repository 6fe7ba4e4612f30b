#!/usr/bin/env perl
#
# More clients than usual, and bad ones: each kind while others are served, and
# after each all that was taken for it has been given back. With
# SCIM_LOAD_SECONDS, as ./build.sh load sets it, each part lasts so long.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../../bench";

use SCIM;
use SCIM::Load;
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);
use Workloads;

plan skip_all => SCIM::Load::missing() if SCIM::Load::missing();

my $IDLE = $CHECKED ? 1000 : 10_000;
my $LARGE = $CHECKED ? 10_000 : 100_000;
my $narrow = SCIM::free_port();
my $limit = enough_files($IDLE + 1000);
$IDLE = $limit - 1000 if $limit < $IDLE + 1000;

my $scim = SCIM->new(
    tokens      => { secret => 'demo main rw', quiet => 'quiet main rw',
                     noisy => 'noisy main rw' },
    main        => "worker_rlimit_nofile $limit;",
    connections => $IDLE + 2000,
    http        => 'keepalive_requests 1000000000; keepalive_timeout 600s; '
                 . 'client_header_timeout 3s; client_body_timeout 1s; '
                 . 'send_timeout 2s; client_max_body_size 2m; '
                 . 'limit_req_zone $scim_tenant zone=tenants:1m rate=200r/s;',
    server      => "listen 127.0.0.1:$narrow sndbuf=8k; "
                 . 'location /limited/v2/ { scim; limit_req zone=tenants '
                 . 'burst=20 nodelay; limit_req_status 429; '
                 . 'limit_req_log_level info; error_log limited.log warn; }',
    location    => 'scim_bulk 1000 1m;',
);

my $kim = $scim->post('/Users', { userName => 'kim' }, token => 'quiet')
               ->{body}{id};
my $get = session($scim, 'quiet', Workloads::step("GET /Users/$kim 200"));
my $request = $scim->request_text('GET', "/Users/$kim", undef,
                                  token => 'quiet');

$scim->get('/Users');
load($scim, '-c', 32, '-n', 2000, $get);
my $before = held($scim);
my $alone = beside('alone', sub { sleep seconds(0.5) });

idle();
slow_headers();
slow_bodies();
aborted_uploads();
no_readers();
at_once();
at_the_limits();
flood();
bulks();

# nginx says what it refused
unlike($scim->error_log, qr/\[error\].*scim:/, 'no error of the module');
undef $scim;

done_testing();


# so many open files for this process, as the limit allows; nginx gets the same
sub enough_files {
    my ($n) = @_;
    system("prlimit --pid $$ --nofile=$n:$n 2>/dev/null") == 0
        or system("prlimit --pid $$ --nofile=\$(ulimit -Hn): 2>/dev/null");
    my ($now) = SCIM::_slurp("/proc/$$/limits") =~ /^Max open files +(\d+)/m;
    return $now;
}


# the responses to clients of a GET by id while something else happens
sub beside {
    my ($what, $does) = @_;
    my $load = start_load($scim, '-c', 8, '-t', seconds(0.5), $get);
    $does->();
    my $res = SCIM::Load::load_result($load);
    SCIM::Load::figures(sprintf '%-16s %8.0f GET/s, p50 %.2f ms, p99 %.2f ms, '
        . 'max %.1f ms', $what, $res->{requests} / $res->{seconds},
        map { $res->{$_} / 1000 } qw(p50 p99 max));
    cmp_ok($res->{requests}, '>', 10, "$what: others are served");
    return $res;
}


sub idle {
    my (@clients, $good);

    # a connection without a request is closed after three seconds, one with a
    # request is not
    while (@clients < $IDLE) {
        my @some = connect_to($scim, $IDLE - @clients < 100 ? $IDLE - @clients
                                                           : 100);
        send_all($request, @some);
        $good += (answer($_))[0] == 200 for @some;
        push @clients, @some;
    }
    is($good, scalar @clients, "$good connections, each has been served");

    my $held = held($scim);
    figures(sprintf '%d idle connections: %.2f KiB each', scalar @clients,
            ($held->{memory} - $before->{memory}) / @clients);
    beside("$good idle", sub { });

    $good = 0;
    my @some = @clients[map { 37 * $_ % @clients } 1 .. 200];
    for (@some) {
        send_all($request, $_);
        $good += (answer($_))[0] == 200;
    }
    is($good, 200, 'and they are still there');

    close $_ for @clients;
    released($scim, $before, 'idle connections');
}


sub slow_headers {
    my @clients = connect_to($scim, 200);
    my @bytes = split //, $request;
    my $end = time + 4;

    beside('slow headers', sub {
        while (time < $end) {
            send_all(shift @bytes // 'x', @clients);
            sleep 0.1;
        }
    });
    my $closed = grep { (answer($_))[0] == 0 } @clients;
    is($closed, 200, 'slow headers: closed after client_header_timeout');
    close $_ for @clients;
    released($scim, $before, 'slow headers');
}


sub slow_bodies {
    my $body = '{"userName":"slow"}';
    my @slow = connect_to($scim, 20);
    my @stalled = connect_to($scim, 200);
    my $text = $scim->request_text('POST', '/Users', undef, raw => $body);
    my $at = index $text, $body;

    send_all(substr($text, 0, $at + 5), @slow, @stalled);
    beside('slow bodies', sub {
        for my $byte (split //, substr $text, $at + 5) {
            send_all($byte, @slow);
            sleep 0.1;
        }
    });

    my %status;
    $status{ (answer($_))[0] }++ for @slow;
    is_deeply(\%status, { 201 => 1, 409 => 19 },
              'slow bodies: those that come are carried out');
    my $closed = grep { (answer($_))[0] =~ /^(0|408)$/ } @stalled;
    is($closed, 200, 'and those that do not are closed');
    close $_ for @slow, @stalled;
    released($scim, $before, 'slow bodies');
}


sub aborted_uploads {
    my $users = $scim->redis('ZCARD', 'scim:{demo}:users');
    my $body = '{"userName":"never","displayName":"' . 'x' x 200_000 . '"}';
    my $text = substr $scim->request_text('POST', '/Users', undef,
                                          raw => $body), 0, 100_000;
    my $until = time + seconds(0.5);
    my $n = 0;

    beside('aborted uploads', sub {
        do {
            for my $client (connect_to($scim, 20)) {
                send_all($text, $client);
                setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0
                    if $n++ % 2;
                close $client;
            }
        } while (time < $until);
    });
    is($scim->redis('ZCARD', 'scim:{demo}:users'), $users,
       "$n aborted uploads: nothing was created");
    released($scim, $before, 'aborted uploads');
}


# of a group that is as large as the answer is long: about 14 MB
sub no_readers {
    my $id = $scim->post('/Groups', { displayName => 'large' })->{body}{id};
    for (my $i = 0; $i < $LARGE; $i += 1000) {
        $scim->redis('SADD', "scim:{demo}:group:$id:members",
                     map { sprintf 'm%025d', $i + $_ } 1 .. 1000);
    }

    my @clients = connect_to($scim, 50, port => $narrow, buffer => 4096);
    send_all($scim->request_text('GET', "/Groups/$id"), @clients);
    my $begun = grep { sysread $_, my $head, 64 } @clients;
    is($begun, 50, 'clients that do not read: their answers have begun');

    my $held;
    beside('no readers', sub { sleep 0.2; $held = held($scim) });
    my $each = ($held->{memory} - $before->{memory}) / 50;
    figures(sprintf '50 clients that do not read: %.0f KiB each', $each);
    cmp_ok($each, '<', 2048, 'they hold less than their answers')
        if !$CHECKED;

    SCIM::wait_for('send_timeout', sub {
        held($scim)->{files} <= $before->{files} });
    pass('send_timeout closes them');
    close $_ for @clients;
    released($scim, $before, 'clients that do not read');
    $scim->redis('DEL', "scim:{demo}:group:$id:members");
    $scim->delete("/Groups/$id");
}


sub at_once {
    my $users = $scim->redis('ZCARD', 'scim:{noisy}:users');
    my $create = session($scim, 'noisy', Workloads::create(
        body => Workloads::user('once<n>', 'Engineer')),
        Workloads::step('GET /Users/<id> 200'),
        Workloads::step('DELETE /Users/<id> 204'));
    my $res;

    beside('1000 at once', sub {
        $res = load($scim, '-c', 1000,
                    $ENV{SCIM_LOAD_SECONDS}
                        ? ('-t', seconds()) : ('-n', 1000), $create);
    });
    cmp_ok($res->{answers}, '>=', $ENV{SCIM_LOAD_SECONDS} ? 1000 : 3000,
           '1000 clients at once: all are answered, as they must be');
    cmp_ok($scim->redis('ZCARD', 'scim:{noisy}:users') - $users, '<=',
           $ENV{SCIM_LOAD_SECONDS} ? 1000 : 0, 'and what they created is gone');
    released($scim, $before, '1000 clients at once');
}


# one more than each limit is refused, and that as often as one likes
sub at_the_limits {
    my $n = 0;
    my $post = sub {
        my ($path, $body, $size) = @_;
        $body .= ' ' x ($size - length $body) if $size;
        return $scim->request('POST', $path, undef, raw => $body);
    };
    my $user = sub { return '{"userName":"limit' . $n++ . '"}' };
    my $bulk = sub {
        my ($operations) = @_;
        return '{"schemas":["urn:ietf:params:scim:api:messages:2.0:'
            . 'BulkRequest"],"Operations":[' . join(',', map {
                '{"method":"DELETE","path":"/Users/nobody' . $_ . '"}'
            } 1 .. $operations) . ']}';
    };
    my $headers = sub {
        my ($size, $lines) = @_;
        return $scim->get("/Users/$kim", token => 'quiet',
                          headers => { map { ("X-Pad-$_" => 'x' x $size) }
                                       1 .. $lines });
    };
    my @limits = (
        [ 'client_max_body_size', 201, 413, sub {
            $post->('/Users', $user->(), 2 * 1024 * 1024 + $_[0]) } ],
        [ 'operations of a bulk', 200, 413, sub {
            $post->('/Bulk', $bulk->(1000 + $_[0])) } ],
        [ 'size of a bulk', 200, 413, sub {
            $post->('/Bulk', $bulk->(1), 1024 * 1024 + $_[0]) } ],
        [ 'size of a header', 200, 400, sub {
            $headers->($_[0] ? 9000 : 8000, 1) } ],
        [ 'size of all headers', 200, 400, sub {
            $headers->(7000, $_[0] ? 5 : 3) } ],
        [ 'length of a URL', 200, 414, sub {
            $scim->get("/Users/$kim?" . 'x' x ($_[0] ? 9000 : 8000),
                       token => 'quiet') } ],
    );

    for (@limits) {
        my ($what, $good, $bad, $send) = @$_;
        my (%at, %over);
        my $times = $CHECKED ? 3 : 10;
        for (1 .. $times) {
            $at{ $send->(0)->{status} }++;
            $over{ $send->(1)->{status} }++;
        }
        is_deeply(\%at, { $good => $times }, "$what: at the limit");
        is_deeply(\%over, { $bad => $times }, "$what: over it");
    }
    released($scim, $before, 'limits');
}


# by a tenant that asks for much more than it may, and then for as much as there is
sub flood {
    my $text = $scim->request_text('GET', '/Users?count=1', undef,
                                   token => 'noisy', root => '/limited/v2');
    my $file = session($scim, 'noisy', "> GET /limited/v2/Users?count=1 xxx\n");
    my @clients = connect_to($scim, 10);
    my (%noisy, %quiet);

    for my $what ('too many requests', 'a flood') {
        my $load = $what eq 'a flood'
            ? start_load($scim, '-c', 8, '-t', seconds(0.5) + 0.2, $file) : undef;
        my $until = time + seconds(0.5);

        my $with = beside($what, sub {
            do {
                send_all($text, @clients);
                $noisy{ (answer($_))[0] }++ for @clients;
                $quiet{ $scim->get("/Users/$kim", token => 'quiet',
                                   root => '/limited/v2')->{status} }++;
                sleep 0.005;
            } while (time < $until);
        });
        times_without($with);
        next if !$load;
        my $res = SCIM::Load::load_result($load);
        figures(sprintf '  by %d requests/s', $res->{requests} / $res->{seconds});
    }

    cmp_ok($noisy{429} // 0, '>', $noisy{200} // 0,
           'a flood: its tenant is limited');
    is_deeply([ sort keys %quiet ], [ 200 ], 'and another one is not');
    close $_ for @clients;
    released($scim, $before, 'a flood');
}


sub times_without {
    my ($with) = @_;
    figures(sprintf '  p99 of GETs %.1f times that without',
            $with->{p99} / ($alone->{p99} || 1));
}


sub bulks {
    my $all = sub {
        my ($operation) = @_;
        return '{"schemas":["urn:ietf:params:scim:api:messages:2.0:'
            . 'BulkRequest"],"Operations":[' . join(',', map {
                $operation->($_) } 1 .. 1000) . ']}';
    };
    my $create = sub { qq({"method":"POST","path":"/Users","bulkId":"b$_[0]",)
        . '"data":{"userName":"bulk' . ($_[1] // '<n>') . "-$_[0]\"}}" };
    my $made = $scim->request('POST', '/Bulk', undef, token => 'noisy',
                              raw => $all->(sub { $create->($_[0], 'x') }));
    my @ids = map { $_->{location} =~ m{([^/]+)$} }
        @{ $made->{body}{Operations} };
    is(scalar @ids, 1000, 'a bulk has created 1000 users');
    my %bulks = (
        creates => $all->(sub { my ($n) = @_; $create->($n) }),
        PATCHes => $all->(sub {
            qq({"method":"PATCH","path":"/Users/$ids[$_[0] - 1]","data":)
            . Workloads::patch('{"op":"replace","path":"title",'
                               . '"value":"t<n>"}') . '}' }),
    );

    for my $what (sort keys %bulks) {
        my $file = session($scim, 'noisy', Workloads::step('POST /Bulk 200',
            body => $bulks{$what}, want => '"status":"20'));
        my $bulk = start_load($scim, '-c', 1, '-t', seconds(0.5) + 0.2, $file);
        my $with = beside("bulks of $what", sub { });
        my $res = SCIM::Load::load_result($bulk);
        cmp_ok($res->{sessions}, '>=', 1, 'which were carried out');
        cmp_ok($with->{requests}, '>', $alone->{requests} / 100,
               'and did not starve others');
        times_without($with);
        figures(sprintf '  beside %d operations/s',
                1000 * $res->{sessions} / $res->{seconds});
    }
    released($scim, $before, 'bulks');
}
