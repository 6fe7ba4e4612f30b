#!/usr/bin/env perl
#
# Tokens in Redis, with more than one worker: rotation under load, revocation,
# expiry, the shared memory, and clients and Redis that go away meanwhile.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use File::Find;
use IO::Socket::INET;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

my $WORKER = 'add_header X-Worker $pid always;';


sub iso {
    my @t = gmtime $_[0];
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1,
        @t[3, 2, 1, 0];
}


# a request that needs no Redis, over a connection of its own
sub probe {
    my ($scim, $token) = @_;
    delete $scim->{socket};
    return $scim->get('/ServiceProviderConfig', token => $token);
}


# { pid => [ statuses ] }, until each worker has answered a few times
sub by_worker {
    my ($scim, $token) = @_;
    my %seen;

    SCIM::wait_for('an answer of each worker', sub {
        my $res = probe($scim, $token);
        push @{ $seen{ $res->{headers}{'x-worker'} } }, $res->{status};
        return $scim->{workers} == grep { @$_ > 2 } values %seen;
    });

    return \%seen;
}


sub statuses { [ sort keys %{ { map { $_ => 1 } map { @$_ } values %{ $_[0] } } } ] }


# the number of lookups of tokens in Redis
sub lookups {
    my ($scim) = @_;
    return $scim->redis('INFO', 'commandstats')
        =~ /^cmdstat_hmget:calls=(\d+)/m ? $1 : 0;
}


subtest 'rotation under load' => sub {
    my $scim = SCIM->new(workers => 2, scim_tokens => 'redis valid=100ms');
    $scim->issue('token-0');
    $scim->redis('SET', 'current', 'token-0');

    my ($rounds, @clients) = $scim->parallel(5, sub {
        my ($i) = @_;
        my ($n, @failed) = (0);

        if ($i == 0) {
            for my $k (1 .. 8) {
                $scim->issue("token-$k");
                $scim->redis('SET', 'current', "token-$k");
                SCIM::wait_for('the new token in use', sub {
                    4 == grep { $_ eq "token-$k" }
                         map { $scim->redis('GET', "uses:$_") // '' } 1 .. 4
                });
                $scim->revoke('token-' . ($k - 1));
            }
            $scim->redis('SET', 'current', '');
            return 8;
        }

        while (my $token = $scim->redis('GET', 'current')) {
            $scim->redis('SET', "uses:$i", $token);
            my $res = $n % 2 ? $scim->get('/Users?count=1', token => $token)
                : $scim->post('/Users', { userName => "u$i-$n" },
                              token => $token);
            push @failed, "$token $res->{status}"
                if $res->{status} !~ /^20[01]$/;
            $n++;
        }

        return { n => $n, failed => \@failed };
    });

    is($rounds, 8, 'eight tokens, one after the other');
    is_deeply([ map { @{ $_->{failed} } } @clients ], [], 'no request failed');
    ok(!(grep { $_->{n} < 8 } @clients), 'while all clients sent some');
};


subtest 'revocation reaches every worker' => sub {
    my $scim = SCIM->new(workers => 2, scim_tokens => 'redis valid=500ms',
                         location => $WORKER);
    $scim->issue('secret');

    is_deeply(statuses(by_worker($scim, 'secret')), [200], 'accepted by both');

    $scim->revoke('secret');
    sleep 0.6;
    is_deeply(statuses(by_worker($scim, 'secret')), [401],
              'revoked: refused by both');

    $scim->issue('secret');
    sleep 0.6;
    is_deeply(statuses(by_worker($scim, 'secret')), [200],
              'there again: accepted by both');
};


subtest 'what one worker knows, all know, over a reload too' => sub {
    my $scim = SCIM->new(workers => 2, scim_tokens => 'redis valid=1h',
                         location => $WORKER);
    $scim->issue('secret');
    is(probe($scim, $_)->{status}, $_ eq 'secret' ? 200 : 401, $_)
        for qw(secret wrong);

    my $before = lookups($scim);
    is_deeply(statuses(by_worker($scim, 'secret')), [200], 'by both');
    is_deeply(statuses(by_worker($scim, 'wrong')), [401], 'by both');
    is(lookups($scim), $before, 'without asking Redis');

    $scim->reload;
    is_deeply(statuses(by_worker($scim, 'secret')), [200], 'after a reload');
    is_deeply(statuses(by_worker($scim, 'wrong')), [401], 'after a reload');
    is(lookups($scim), $before, 'without asking Redis');

    $scim->{http} = 'scim_zone another 1m;';
    $scim->reload;
    is_deeply(statuses(by_worker($scim, 'secret')), [200], 'another zone');
    cmp_ok(lookups($scim), '>', $before, 'begins empty');
};


subtest 'expiry, however long an answer is believed' => sub {
    my $scim = SCIM->new(scim_tokens => 'redis valid=1h');
    my $expiry = int(time) + 2;
    my ($early, $late) = (0, 0);

    $scim->issue('secret', expires => iso($expiry));

    while (time < $expiry + 1) {
        my $sent = time;
        my $status = probe($scim, 'secret')->{status};

        $early++ if $status != 200 && time < $expiry;
        $late++ if $status != 401 && $sent > $expiry + 0.2;
        sleep 0.02;
    }

    is($early, 0, 'not refused before');
    is($late, 0, 'not accepted after');
};


subtest 'the time of the last use' => sub {
    my $scim = SCIM->new(workers => 2, scim_tokens => 'redis valid=0');
    my $used = sub { $scim->redis('HGET', $scim->token_key($_[0]), 'used') };
    my $now = time;

    $scim->issue('new');
    $scim->issue('old', used => '2020-01-01T00:00:00Z');
    $scim->issue('fresh', used => iso($now - 20));
    $scim->issue('reader', scope => 'ro');
    $scim->issue('late', expires => '2020-01-01T00:00:00Z');

    $scim->parallel(4, sub { probe($scim, $_) for qw(new old fresh late); 0 });
    $scim->post('/Users', { userName => 'kim' }, token => 'reader');

    for my $name (qw(new old)) {
        SCIM::wait_for('the note', sub {
            ($used->($name) // '') =~ /^20[^2]|^202[^0]/
        });
        ok($used->($name) ge iso($now - 1) && $used->($name) le iso(time),
           "$name: noted");
    }

    is($used->('fresh'), iso($now - 20), 'not twice in a minute');
    is($used->('late'), undef, 'not of a token that was refused');
    is($used->('reader'), undef, 'nor of a request that was');

    $scim->redis('INFO', 'commandstats') =~ /cmdstat_hset:calls=(\d+)/;
    is($1, 5 + 2, 'once for all workers');
};


subtest 'a flood of wrong tokens moves no right one out' => sub {
    my $scim = SCIM->new(scim_tokens => 'redis valid=1h',
                         http => 'scim_zone small 64k;');
    $scim->issue("right-$_", name => "t$_") for 1 .. 20;
    is(probe($scim, "right-$_")->{status}, 200, "right-$_") for 1 .. 20;

    my @wrong = $scim->parallel(4, sub {
        my ($i) = @_;
        my %seen;
        $seen{ $scim->get('/ServiceProviderConfig',
                          token => "wrong-$i-$_")->{status} }++ for 1 .. 500;
        return \%seen;
    });
    is_deeply(\@wrong, [ ({ 401 => 500 }) x 4 ], 'all are refused');

    my $before = lookups($scim);
    is(probe($scim, "right-$_")->{status}, 200, "right-$_") for 1 .. 20;
    is(lookups($scim), $before, 'the right ones are still known');
};


subtest 'more tokens and tenants than there is room for' => sub {
    my $scim = SCIM->new(workers => 2, scim_tokens => 'redis valid=1h',
                         http => 'scim_zone small 32k;');
    my $n = 150;

    for my $i (1 .. $n) {
        $scim->issue("of-$i", tenant => "t$i", name => "n$i");
        $scim->post('/Users', { userName => "u$i" }, token => "of-$i");
    }

    my @bad = map { @$_ } $scim->parallel(6, sub {
        my @bad;
        for (1 .. 300) {
            my $i = 1 + int rand $n;
            my $res = $scim->get('/Users', token => "of-$i");
            push @bad, "$i: $res->{status} $res->{text}"
                if $res->{status} != 200 || $res->{body}{totalResults} != 1
                   || $res->{body}{Resources}[0]{userName} ne "u$i";
        }
        return \@bad;
    });

    is_deeply(\@bad, [], 'each token opens its own tenant');
    is($scim->redis('XRANGE', "scim:{t7}:changes", '-', '+')->[0][1][9], 'n7',
       'and is called by its name');
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'and no word');
};


subtest 'Redis goes away' => sub {
    my $scim = SCIM->new(scim_tokens => 'redis valid=1h',
                         scim_redis => 'timeout=300ms connect_timeout=300ms');
    $scim->issue($_) for qw(known later);
    is(probe($scim, 'known')->{status}, 200, 'a token is known');

    for my $signal (qw(STOP KILL)) {
        kill $signal, $scim->{redis_pid};

        is(probe($scim, 'known')->{status}, 200, "$signal: it still is");
        my $res = $scim->get('/Users', token => 'later');
        is($res->{status}, 503, 'another cannot be looked up');
        is($res->{headers}{'retry-after'}, 2, 'with Retry-After');
        is($res->{body}{status}, '503', 'as a SCIM error');
        is($scim->get('/Users', token => '')->{status}, 401, 'none is none');
    }

    $scim->stop_redis;
    $scim->start_redis;
    SCIM::wait_for('the service', sub {
        $scim->get('/Users', token => 'known')->{status} == 200
    });
    $scim->issue('later');
    is($scim->get('/Users', token => 'later')->{status}, 200, 'back again');
};


subtest 'clients that do not wait' => sub {
    my $scim = SCIM->new(scim_tokens => 'redis valid=0');
    $scim->issue('secret');
    is(probe($scim, 'secret')->{status}, 200, 'a request');

    kill 'STOP', $scim->{redis_pid};
    for my $i (1 .. 20) {
        my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}");
        print {$socket} "POST /scim/v2/Users HTTP/1.1\r\nHost: a\r\n"
            . "Authorization: Bearer secret\r\nContent-Length: 16\r\n\r\n"
            . ($i % 2 ? '{"userName":"x"}' : '{');
        $socket->flush;
        sleep 0.01;
        close $socket;
    }
    sleep 0.1;
    kill 'CONT', $scim->{redis_pid};

    is(probe($scim, 'secret')->{status}, 200, 'the next one is answered');
    is($scim->get('/Users')->{body}{totalResults}, 0, 'nothing was created');

    kill 'STOP', $scim->{redis_pid};
    my @sockets = map {
        my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}");
        print {$socket} "GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\n"
            . "Authorization: Bearer secret\r\n\r\n";
        $socket->flush;
        $socket;
    } 1 .. 5;
    sleep 0.1;
    kill 'HUP', $scim->{nginx_pid};
    sleep 0.1;
    kill 'CONT', $scim->{redis_pid};

    is_deeply([ map { substr readline($_) // '', 9, 3 } @sockets ],
              [ (200) x 5 ], 'those who wait over a reload are answered');
    unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');
};


subtest 'HTTP/2' => sub {
    my $port = SCIM::free_port();
    my ($http2, $http2_on) = SCIM::http2();
    my $scim = SCIM->new(scim_tokens => 'redis valid=0',
        server => "listen 127.0.0.1:$port$http2; $http2_on");
    $scim->issue('secret');

    my $curl = sub {
        my ($token, @args) = @_;
        $scim->write_file('header', "Authorization: Bearer $token\n");
        open my $out, '-|', 'curl', '-s', '--http2-prior-knowledge', '-o',
            '/dev/null', '-w', '%{http_code}', '-H', "\@$scim->{dir}/header",
            @args, "http://127.0.0.1:$port/scim/v2/Users" or die "curl: $!";
        return <$out>;
    };

    $scim->write_file('upload', '{"userName":"kim","displayName":"'
                      . 'x' x 100_000 . '"}');
    is($curl->('secret'), 200, 'accepted');
    is($curl->('wrong'), 401, 'refused');
    is($curl->('secret', '-H', 'Content-Type: application/scim+json',
               '--data-binary', "\@$scim->{dir}/upload"), 201, 'with a body');
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'and no word');
};


subtest 'a secret is in no file' => sub {
    my $scim = SCIM->new(scim_tokens => 'redis valid=1s',
                         location => 'access_log access.log;');
    my @secrets = ('right-secret', 'wrong-secret',
        'scim_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh80wePdQ');

    $scim->issue($secrets[0]);
    for my $token (@secrets, 'wrong-secret"', 'wrong-secret two') {
        $scim->get('/Users', token => $token);
        $scim->post('/Users', { userName => 'kim' }, token => $token);
    }
    $scim->stop_redis;
    $scim->get('/Users', token => 'other-wrong-secret');
    $scim->stop_nginx;

    my @found;
    find({ no_chdir => 1, wanted => sub {
        my $text = -f $_ ? SCIM::_slurp($_) : '';
        for my $secret (@secrets) {
            push @found, "$_: $secret" if $text =~ /\Q$secret\E/;
        }
    } }, $scim->{dir});

    is_deeply(\@found, [], 'log, configuration or data');
    like(SCIM::_slurp("$scim->{dir}/access.log"), qr/scim/, 'which are there');
};

done_testing();
