#!/usr/bin/env perl
#
# Bearer tokens of another issuer (scim_jwks): which are accepted, and by what
# others are refused.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Digest::SHA qw(hmac_sha256);
use JSON::PP;
use SCIM;
use SCIM::JWT;
use Test::More;

my $ISSUER = 'https://sts.example.com/one/';
my $AUDIENCE = 'our-audience';

my $rsa = SCIM::JWT->new('RS256', kid => 'rsa');
my $other = SCIM::JWT->new('RS256', kid => 'other');
my $ec = SCIM::JWT->new('ES256', kid => 'ec');
my $keys = { keys => [ $rsa->jwk(use => 'sig', x5c => ['ignored']), $ec->jwk,
                       { kty => 'oct', k => 'AAAA', kid => 'oct' },
                       { kty => 'new', kid => 'x' },
                       $other->jwk(use => 'enc') ] };


# a provider with these keys
sub provider {
    my ($keys, @issuers) = @_;
    return SCIM->new(files => { keys => JSON::PP->new->encode($keys) },
                     http => join "\n", map { "scim_jwks keys $_;" } @issuers);
}


sub claims {
    return { iss => $ISSUER, aud => $AUDIENCE, exp => time + 60,
             nbf => time - 1, iat => time - 1, appid => 'entra', @_ };
}


sub status { return $_[0]->get('/Users', token => $_[1])->{status} }


my $params = "issuer=$ISSUER audience=$AUDIENCE tenant=demo name=entra";

subtest 'signatures' => sub {
    my %by = map { $_ => SCIM::JWT->new($_, kid => $_) }
        qw(RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512);
    my $scim = provider({ keys => [ map { $_->jwk } values %by ] }, $params);

    for my $alg (sort keys %by) {
        my $token = $by{$alg}->token(claims());
        is(status($scim, $token), 200, "$alg: accepted");

        my $signature = rindex($token, '.') + 1;
        substr($token, $signature + 10, 1) =~ tr/A-Za-z/B-ZAb-za/
            or substr($token, $signature + 10, 1) = 'A';
        is(status($scim, $token), 401, "$alg: changed");
    }

    is(status($scim, $by{RS256}->token(claims(), header => { kid => 'RS384' })),
       401, 'the key of another');
    is(status($scim, $by{ES256}->token(claims(), header => { alg => 'ES384',
       kid => 'ES384' })), 401, 'another curve');
    is(status($scim, $by{RS256}->token(claims(), header => { kid => undef })),
       401, 'no name, and several keys');
};


subtest 'what a token must be' => sub {
    my $scim = provider($keys, $params);
    my $token = $rsa->token(claims());
    my ($header, $payload, $signature) = split /\./, $token;

    is(status($scim, $token), 200, 'a good one');
    is(status($scim, $ec->token(claims())), 200, 'by another key');
    is(status($scim, $ec->token(claims(), header => { kid => undef })), 200,
       'without a name, where one key fits');
    is(status($scim, 'secret'), 200, 'a token of the file still is one');

    my %refused = (
        'another key under the name of ours' =>
            $other->token(claims(), header => { kid => 'rsa' }),
        'a key that is for encryption' => $other->token(claims()),
        'a key that is not there' =>
            $rsa->token(claims(), header => { kid => 'gone' }),
        'no signature' => "$header.$payload.",
        'alg none' => $rsa->token(claims(), header => { alg => 'none' },
                                  sign => sub { '' }),
        'alg None' => $rsa->token(claims(), header => { alg => 'None' },
                                  sign => sub { '' }),
        'HMAC with the public key' =>
            $rsa->token(claims(), header => { alg => 'HS256' }, sign => sub {
                hmac_sha256($_[0], JSON::PP->new->canonical->encode($rsa->jwk))
            }),
        'HMAC with the key for it' =>
            $rsa->token(claims(), header => { alg => 'HS256', kid => 'oct' },
                        sign => sub { hmac_sha256($_[0], "\0\0\0") }),
        'another algorithm of the same key' =>
            $rsa->token(claims(), header => { alg => 'RS512' }),
        'an extension that must be understood' =>
            $rsa->token(claims(), header => { crit => ['exp'] }),
        'a key in the header' =>
            $other->token(claims(), header => { kid => undef,
                          jwk => $other->jwk }),
        'two algorithms' => join('.', MIME::Base64::encode_base64url(
            '{"alg":"RS256","alg":"none","kid":"rsa"}'), $payload, $signature),
        'another payload' => join('.', $header, MIME::Base64::encode_base64url(
            JSON::PP->new->encode(claims(sub => 'x'))), $signature),
        'four parts' => "$token.x",
        'a payload that is no object' => $rsa->token('[]'),
        'a payload that is no JSON' => $rsa->token('exp'),
        'an empty header' => ".$payload.$signature",
        'only dots' => 'ey..',
    );

    is(status($scim, $refused{$_}), 401, "refused: $_") for sort keys %refused;

    my $res = $scim->get('/Users', token => $refused{'no signature'});
    is($res->{body}{detail}, 'The token is unknown, expired or revoked',
       'as an unknown token is');
    unlike($scim->error_log, qr/\Q$payload\E|\Q$signature\E/,
           'no token is in the log');
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'and no word');
};


subtest 'claims' => sub {
    my $scim = provider($keys, "$params claim=appid=entra");

    my %cases = (
        'as they should be' => [ 200 ],
        'our audience among others' => [ 200, aud => [ 'a', $AUDIENCE ] ],
        'clocks that differ' => [ 200, nbf => time + 30 ],
        'no nbf' => [ 200, nbf => undef ],
        'a fraction' => [ 200, exp => time + 60.5 ],
        'another audience' => [ 401, aud => 'their-audience' ],
        'other audiences' => [ 401, aud => [ 'a', "$AUDIENCE/" ] ],
        'no audience' => [ 401, aud => undef ],
        'an empty audience' => [ 401, aud => [] ],
        'another issuer' => [ 401, iss => 'https://sts.example.com/two/' ],
        'no issuer' => [ 401, iss => undef ],
        'a longer issuer' => [ 401, iss => "${ISSUER}x" ],
        'expired' => [ 401, exp => time - 1 ],
        'no expiry' => [ 401, exp => undef ],
        'an expiry in text' => [ 401, exp => 'soon' ],
        'an expiry without end' => [ 401, exp => 1e300 ],
        'not valid yet' => [ 401, nbf => time + 600 ],
        'nbf in text' => [ 401, nbf => 'now' ],
        'another application' => [ 401, appid => 'another' ],
        'no application' => [ 401, appid => undef ],
        'an application that is no text' => [ 401, appid => ['entra'] ],
    );

    for my $name (sort keys %cases) {
        my ($expected, @changes) = @{ $cases{$name} };
        my $claims = claims(@changes);
        delete $claims->{$_} for grep { !defined $claims->{$_} } keys %$claims;
        is(status($scim, $rsa->token($claims)), $expected, $name);
    }
};


subtest 'tenant, name and rights' => sub {
    my $scim = provider($keys,
        $params,
        "issuer=https://two audience=$AUDIENCE tenant=other scope=ro",
        "issuer=$ISSUER audience=second tenant=third name=n3");
    my $one = $rsa->token(claims());
    my $two = $rsa->token(claims(iss => 'https://two'));
    my $three = $rsa->token(claims(aud => 'second'));

    is($scim->post('/Users', { userName => 'kim' }, token => $one)->{status},
       201, 'one writes');
    is($scim->get('/Users', token => $two)->{body}{totalResults}, 0,
       'another reads its own tenant');
    is($scim->post('/Users', { userName => 'kim' }, token => $two)->{status},
       403, 'and does not write');
    is($scim->post('/Users', { userName => 'kim' }, token => $three)->{status},
       201, 'the same issuer for another audience');
    is($scim->redis('XRANGE', 'scim:{demo}:changes', '-', '+')->[0][1][9],
       'entra', 'the name is in the change stream');
    is($scim->redis('XRANGE', 'scim:{third}:changes', '-', '+')->[0][1][9],
       'n3', 'of each');
};


subtest 'variables, before the access phase too' => sub {
    my $scim = provider($keys, $params);
    $scim->{location} = 'set $early $scim_tenant; '
        . 'add_header X-Early $early always; '
        . 'add_header X-Name $scim_token_name always;';
    $scim->reload;

    my $res = $scim->get('/Users', token => $rsa->token(claims()));
    is($res->{headers}{'x-early'}, 'demo', 'the tenant of a good token');
    is($res->{headers}{'x-name'}, 'entra', 'its name');

    $res = $scim->get('/Users', token => $rsa->token(claims(aud => 'x')));
    is($res->{status}, 401, 'another is refused');
    is($res->{headers}{'x-early'}, undef, 'and has none');
    is(scalar(() = $scim->error_log =~ /a JWT is refused/g), 1,
       'and is looked at once');
};


subtest 'issuers and no tokens of our own' => sub {
    my $scim = SCIM->new(files => { keys => JSON::PP->new->encode($keys) },
        scim_tokens => 'none', location => 'set $early $scim_tenant;',
        http => "scim_jwks keys $params;");

    is(status($scim, $rsa->token(claims())), 200, 'a JWT');
    is(status($scim, 'secret'), 401, 'anything else');
    is(status($scim, ''), 401, 'nothing');
};


subtest 'one signature is checked, however many issuers there are' => sub {
    my $n = 500;
    my $scim = SCIM->new(files => { keys => JSON::PP->new->encode($keys) },
        http => join "\n", 'error_log debug.log debug;',
            (map { "scim_jwks keys issuer=https://sts.example.com/$_/ "
                   . "audience=$AUDIENCE tenant=t$_;" } 1 .. $n - 1),
            "scim_jwks keys issuer=https://sts.example.com/1/ "
            . "audience=$AUDIENCE tenant=last;");
    my $checks = sub {
        my $log = SCIM::_slurp("$scim->{dir}/debug.log");
        return scalar(() = $log =~ /scim jwt signature check/g);
    };
    my $before = $checks->();
    my $checked = sub {
        my ($status, $expected, $count, $name) = @_;
        is($status, $expected, $name);
        is($checks->() - $before, $count, "... and $count are checked");
        $before = $checks->();
    };
    my $forged = sub {
        return $other->token(claims(@_), header => { kid => 'rsa' });
    };

    $checked->(status($scim, $rsa->token(claims(iss =>
        "https://sts.example.com/499/"))), 200, 1, 'a good token');
    $checked->(status($scim, $forged->(iss => "https://sts.example.com/499/")),
        401, 1, 'a forged one');
    $checked->(status($scim, $forged->(iss => "https://sts.example.com/1/")),
        401, 1, 'a forged one of an issuer that is there twice');
    $checked->(status($scim, $forged->()), 401, 0, 'one of nobody');
    $checked->(status($scim, $forged->(iss => "https://sts.example.com/1/",
        exp => time - 1)), 401, 0, 'one that has expired');
    $checked->(status($scim, $forged->(iss => "https://sts.example.com/1/",
        aud => 'x')), 401, 0, 'one for another audience');
    $checked->(status($scim, $other->token(claims(iss =>
        "https://sts.example.com/1/"))), 401, 0, 'one by no key of ours');
};


subtest 'keys are read again' => sub {
    my $scim = provider($keys, $params);
    my $next = SCIM::JWT->new('RS256', kid => 'next');

    is(status($scim, $next->token(claims())), 401, 'a key that is not known');
    $scim->write_file('keys', JSON::PP->new->encode(
        { keys => [ $next->jwk, $rsa->jwk ] }));
    $scim->reload;
    is(status($scim, $next->token(claims())), 200, 'after a reload it is');
    is(status($scim, $rsa->token(claims())), 200, 'and so is the old one');
};


subtest 'keys are read again without a reload' => sub {
    my $scim = provider($keys, $params);
    my $next = SCIM::JWT->new('RS256', kid => 'next');

    is(status($scim, $rsa->token(claims())), 200, 'the old key');

    $scim->write_file('new', JSON::PP->new->encode({ keys => [ $next->jwk ] }));
    rename "$scim->{dir}/new", "$scim->{dir}/keys" or die $!;
    SCIM::wait_for('the new key', sub {
        status($scim, $next->token(claims())) == 200
    });
    is(status($scim, $rsa->token(claims())), 401, 'the old one is refused');
    like($scim->error_log, qr/1 keys were read from/, 'the log tells');

    $scim->write_file('new', '{"keys":[');
    rename "$scim->{dir}/new", "$scim->{dir}/keys" or die $!;
    SCIM::wait_for('a look at it', sub {
        is(status($scim, $next->token(claims())), 200, 'a broken file');
        $scim->error_log =~ /"keys": the keys that were read before are used/
    });
    is(status($scim, $next->token(claims())), 200, 'leaves the keys in force');

    unlink "$scim->{dir}/keys" or die $!;
    SCIM::wait_for('a look for it', sub {
        is(status($scim, $next->token(claims())), 200, 'a missing file');
        $scim->error_log =~ /cannot look for new keys/
    });
    is(scalar(() = $scim->error_log =~ /\[error\]/g), 1, 'and says so once');
};

done_testing();
