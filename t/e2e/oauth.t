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
use SCIM::Ctl;
use SCIM::JWT;
use Test::More;
use Time::HiRes qw(sleep time);

my $AUDIENCE = 'https://scim.example.com/token';
my $http = HTTP::Tiny->new;


sub provider {
    return SCIM->new(scim_tokens => 'redis valid=100ms', @_,
                     server => 'location = /token { access_log access.log;'
                               . " scim_oauth_token audience=$AUDIENCE; }"
                               . 'location = /plain { scim_oauth_token; }');
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
    return post($scim, client_id => $id, client_secret => $secret, %form);
}


# the same for an assertion
sub assert {
    my ($scim, $assertion, %form) = @_;
    return post($scim, client_assertion => $assertion, client_assertion_type =>
                'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', %form);
}


sub post {
    my ($scim, %form) = @_;
    my $path = delete $form{path} // 'token';
    my $res = $http->post_form("http://127.0.0.1:$scim->{port}/$path",
                               { grant_type => 'client_credentials', %form });
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
                SCIM::wait_for('the new secret in use', sub {
                    3 == grep { $_ eq "word-$k" }
                         map { $scim->redis('GET', "uses:$_") // '' } 1 .. 3
                });
                $scim->redis('HDEL', 'scim:client:id1',
                             'secret:' . sha256_hex('word-' . ($k - 1)));
            }
            $scim->redis('SET', 'current', '');
            return 5;
        }

        while (my $word = $scim->redis('GET', 'current')) {
            $scim->redis('SET', "uses:$i", $word);
            my $token = ask($scim, 'id1', $word);
            my $status = $scim->get('/Users', token => $token)->{status};
            push @failed, "$word $token $status" if $status != 200;
            $n++;
        }

        return { n => $n, failed => \@failed };
    });

    is($rounds, 5, 'five secrets');
    is_deeply([ map { @{ $_->{failed} } } @clients ], [], 'no request failed');
    ok(!(grep { $_->{n} < 5 } @clients), 'while all clients sent some');
    is(ask($scim, 'id1', 'word-0'), 'invalid_client', 'the first is refused');
};


subtest 'clients that sign (private_key_jwt)' => sub {
    my $scim = provider(workers => 2);
    my %key = map { $_ => SCIM::JWT->new(/ec/ ? 'ES256' : 'RS256', kid => $_) }
        qw(rsa ec other);
    my $jwks = encode_json({ keys => [ map { $_->jwk } @key{qw(rsa ec)} ] });
    my $n = 0;
    my $claims = sub {
        my %claims = (iss => 'id1', sub => 'id1', aud => $AUDIENCE,
                      exp => time + 60, jti => 'id-' . $n++, @_);
        delete $claims{$_} for grep { !defined $claims{$_} } keys %claims;
        return \%claims;
    };

    client($scim, 'id1', 'word', jwks => $jwks);
    client($scim, 'id2', 'word', jwks => encode_json({ keys =>
        [ $key{other}->jwk ] }));
    client($scim, 'id3', 'word');
    client($scim, 'id4', 'word', jwks => 'keys');

    my $token = assert($scim, $key{rsa}->token($claims->()));
    is($scim->get('/Users', token => $token)->{status}, 200, 'a token');
    is(length assert($scim, $key{ec}->token($claims->())), 54,
       'by another key');
    is(length assert($scim, $key{rsa}->token($claims->()), client_id => 'id1'),
       54, 'with the id as well');
    is(length ask($scim, 'id1', 'word'), 54, 'and by the secret');

    my $once = $key{rsa}->token($claims->());
    is_deeply([ sort { $a <=> $b } map { length } $scim->parallel(6, sub {
                  assert($scim, $once)
              }) ], [ (14) x 5, 54 ], 'an assertion is good for one token');
    is(length assert($scim, $key{other}->token($claims->(iss => 'id2',
       sub => 'id2', jti => 'id-0'))), 54, 'ids of assertions are each client\'s');

    my %refused = (
        'the key of another client' => $key{other}->token($claims->()),
        'another issuer' => $key{rsa}->token($claims->(iss => 'id2')),
        'another subject' => $key{rsa}->token($claims->(sub => 'id2')),
        'no issuer' => $key{rsa}->token($claims->(iss => undef)),
        'another audience' => $key{rsa}->token($claims->(aud => 'https://x')),
        'expired' => $key{rsa}->token($claims->(exp => time - 1)),
        'no expiry' => $key{rsa}->token($claims->(exp => undef)),
        'a long life' => $key{rsa}->token($claims->(exp => time + 7200)),
        'not yet' => $key{rsa}->token($claims->(nbf => time + 600)),
        'no jti' => $key{rsa}->token($claims->(jti => undef)),
        'an empty jti' => $key{rsa}->token($claims->(jti => '')),
        'a client without keys' =>
            $key{rsa}->token($claims->(iss => 'id3', sub => 'id3')),
        'a client with no keys but text' =>
            $key{rsa}->token($claims->(iss => 'id4', sub => 'id4')),
        'an unknown client' =>
            $key{rsa}->token($claims->(iss => 'id9', sub => 'id9')),
        'no signature' => $key{rsa}->token($claims->(), sign => sub { '' }),
        'alg none' => $key{rsa}->token($claims->(), sign => sub { '' },
                                       header => { alg => 'none' }),
        'no JWT' => 'x.y.z',
    );
    is(assert($scim, $refused{$_}), 'invalid_client', "refused: $_")
        for sort keys %refused;

    is(assert($scim, $key{rsa}->token($claims->()), path => 'plain'),
       'invalid_client', 'refused: where no audience is configured');
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'and no word');
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

subtest 'a client has as many tokens as it may have' => sub {
    my $scim = provider(location => 'scim_limit tokens=3;',
                        http => 'scim_limit tokens=3;');
    my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");
    $ctl->run('org', 'create', 'demo');
    client($scim, 'one', 'secret');
    $scim->redis('HSET', 'scim:{demo}:clients', entra => 'one');

    my $valid = sub {
        my (@tokens) = @_;
        return scalar grep {
            $scim->redis('EXISTS', 'scim:token:' . sha256_hex($_)) } @tokens;
    };
    my $tokens = sub { map { scalar ask($scim, 'one', 'secret') } 1 .. $_[0] };
    my $limit = sub {
        my ($line) = grep { $_->{what} eq 'tokens' }
            $ctl->json('org', 'limit', 'demo', @_);
        return $line;
    };

    my @tokens = $tokens->(5);
    is($valid->(@tokens), 3, 'three, as the directive says');
    is($valid->($tokens[-1]), 1, 'the new one among them');

    is_deeply($limit->('tokens=1'), { what => 'tokens', has => 3, limit => 1 },
              'a limit of the organization');
    for (1 .. 8) {
        push @tokens, $tokens->(1);
        $valid->($tokens[-1]) == 1 or fail('a new token was revoked');
    }
    is($valid->(@tokens), 1, 'one, and always the new one');
    $limit->('tokens=4');
    push @tokens, $tokens->(6);
    is($valid->(@tokens), 4, 'more than others');
    $limit->('tokens=default');
    push @tokens, $tokens->(6);
    is($valid->(@tokens), 3, 'as others');
    like($ctl->run('org', 'limit', 'demo', 'tokens=0')->{err},
         qr/needs at least one token/, 'none is not possible');
};


done_testing();
