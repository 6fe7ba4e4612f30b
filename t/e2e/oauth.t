#!/usr/bin/env perl
#
# OAuth clients: from a secret to a token to a user, and the end of each.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Digest::SHA qw(sha256_hex);
use File::Find;
use HTTP::Tiny;
use JSON::PP;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

my $http = HTTP::Tiny->new;


sub provider {
    return SCIM->new(scim_tokens => 'redis valid=100ms', @_,
                     server => 'location = /token { scim_oauth_token;'
                               . ' access_log access.log; }');
}


sub client {
    my ($scim, $id, $secret, %fields) = @_;
    $scim->redis('HSET', "scim:client:$id", tenant => 'demo', name => 'entra',
                 scope => 'rw', 'secret:' . sha256_hex($secret) => '{}',
                 %fields);
}


# the token, or the error
sub ask {
    my ($scim, $id, $secret, %form) = @_;
    my $res = $http->post_form("http://127.0.0.1:$scim->{port}/token", {
        grant_type => 'client_credentials', client_id => $id,
        client_secret => $secret, %form });
    my $body = eval { decode_json($res->{content}) } || {};
    return $body->{access_token} // $body->{error} // $res->{status};
}


subtest 'a token that was asked for' => sub {
    my $scim = provider(workers => 2);
    client($scim, 'id1', 'word');
    client($scim, 'id2', 'word', tenant => 'other', name => 'okta',
           scope => 'ro');

    my ($token, $reader, $other) = (ask($scim, 'id1', 'word'),
        ask($scim, 'id1', 'word', scope => 'ro'), ask($scim, 'id2', 'word'));

    is($scim->post('/Users', { userName => 'kim' }, token => $token)->{status},
       201, 'writes');
    is($scim->post('/Users', { userName => 'lee' }, token => $reader)
       ->{status}, 403, 'one with less scope does not');
    is($scim->get('/Users', token => $reader)->{body}{totalResults}, 1,
       'but reads');
    is($scim->get('/Users', token => $other)->{body}{totalResults}, 0,
       'one of another tenant sees nothing of it');
    is($scim->redis('XRANGE', 'scim:{demo}:changes', '-', '+')->[0][1][9],
       'entra', 'the client is the one who made the change');

    my $key = $scim->token_key($token);
    my %token = @{ $scim->redis('HGETALL', $key) };
    delete $token{used};
    like(delete $token{created}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
         'created');
    like(delete $token{expires}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
         'expires');
    is_deeply(\%token, { tenant => 'demo', name => 'entra', scope => 'rw',
                         client => 'id1' }, 'the rest of its record');

    my $left = $scim->redis('PTTL', $key);
    ok($left > 3_500_000 && $left <= 3_600_000, 'Redis deletes it in an hour');

    $token =~ s/.$/$token =~ m{x$} ? 'y' : 'x'/e;
    is($scim->get('/Users', token => $token)->{status}, 401, 'mistyped');
};


subtest 'a client is deleted' => sub {
    my $scim = provider();
    client($scim, 'id1', 'word');
    my $token = ask($scim, 'id1', 'word');

    is($scim->get('/Users', token => $token)->{status}, 200, 'accepted');
    $scim->redis('DEL', 'scim:client:id1');
    sleep 0.2;
    is($scim->get('/Users', token => $token)->{status}, 401,
       'its tokens are refused');
    is(ask($scim, 'id1', 'word'), 'invalid_client', 'it gets no other');

    client($scim, 'id1', 'word', tenant => 'other');
    sleep 0.2;
    is($scim->get('/Users', token => $token)->{status}, 401,
       'nor does one that took its id make them good');
};


subtest 'secrets are rotated under load' => sub {
    my $scim = provider(workers => 2);
    client($scim, 'id1', 'word-0');
    $scim->redis('SET', 'current', 'word-0');

    my ($rounds, @clients) = $scim->parallel(4, sub {
        my ($i) = @_;
        my ($n, @failed) = (0);

        if ($i == 0) {
            for my $k (1 .. 5) {
                $scim->redis('HSET', 'scim:client:id1',
                             'secret:' . sha256_hex("word-$k") => '{}');
                $scim->redis('SET', 'current', "word-$k");
                sleep 0.25;
                $scim->redis('HDEL', 'scim:client:id1',
                             'secret:' . sha256_hex('word-' . ($k - 1)));
            }
            $scim->redis('SET', 'current', '');
            return 5;
        }

        while (my $word = $scim->redis('GET', 'current')) {
            my $token = ask($scim, 'id1', $word);
            my $status = $scim->get('/Users', token => $token)->{status};
            push @failed, "$word $token $status" if $status != 200;
            $n++;
        }

        return { n => $n, failed => \@failed };
    });

    is($rounds, 5, 'five secrets');
    is_deeply([ map { @{ $_->{failed} } } @clients ], [], 'no request failed');
    ok(!(grep { $_->{n} < 10 } @clients), 'while all clients sent some');
    is(ask($scim, 'id1', 'word-0'), 'invalid_client', 'the first is refused');
};


subtest 'Redis goes away and comes back' => sub {
    my $scim = provider(scim_redis => 'timeout=300ms connect_timeout=300ms');
    client($scim, 'id1', 'word');
    is(length ask($scim, 'id1', 'word'), 54, 'a token');

    kill 'STOP', $scim->{redis_pid};
    is(ask($scim, 'id1', 'word'), 'temporarily_unavailable', 'none meanwhile');

    # a client that does not wait
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}");
    my $form = 'grant_type=client_credentials&client_id=id1&client_secret=word';
    print {$socket} "POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: "
        . "application/x-www-form-urlencoded\r\nContent-Length: "
        . length($form) . "\r\n\r\n$form";
    $socket->flush;
    sleep 0.05;
    close $socket;

    kill 'CONT', $scim->{redis_pid};
    SCIM::wait_for('a token', sub { length ask($scim, 'id1', 'word') == 54 });
    unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');
};


subtest 'a secret is in no file' => sub {
    my $scim = provider();
    client($scim, 'id1', 'right-word');
    my @secrets = ('right-word', 'wrong-word',
                   map { ask($scim, 'id1', 'right-word') } 1 .. 3);

    is(ask($scim, 'id1', 'wrong-word'), 'invalid_client', 'a wrong secret');
    $scim->get('/Users', token => $_) for @secrets;
    $scim->stop_redis;
    $scim->stop_nginx;

    my @found;
    find({ no_chdir => 1, wanted => sub {
        my $text = -f $_ ? SCIM::_slurp($_) : '';
        for my $secret (@secrets) {
            push @found, "$_: $secret" if $text =~ /\Q$secret\E/;
        }
    } }, $scim->{dir});

    is_deeply(\@found, [], 'log, configuration or data');
    like(SCIM::_slurp("$scim->{dir}/access.log"), qr/token/, 'which are there');
};

done_testing();
