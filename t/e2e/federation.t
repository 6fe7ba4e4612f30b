#!/usr/bin/env perl
#
# Identity providers that sign for a client: what Entra sends for an application
# of its gallery (RFC 7523, section 2.2), and the other two ways to say the same
# (RFC 7523, section 2.1; RFC 8693). Their keys in files, and how these are kept
# fresh.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use HTTP::Tiny;
use IPC::Run ();
use JSON::PP;
use SCIM;
use SCIM::Ctl;
use SCIM::JWT;
use SCIM::Port qw(free_port);
use Test::More;

# as Entra's portal shows them, the audience with "/.default" at its end
my $DIRECTORY = '11111111-2222-3333-4444-555555555555';
my $ISSUER = "https://login.microsoftonline.com/$DIRECTORY/v2.0";
my $SUBJECT = '66666666-7777-8888-9999-000000000000';
my $AUDIENCE = 'api://aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';

my $URN = 'urn:ietf:params:oauth:';
my $JWT_BEARER = "${URN}client-assertion-type:jwt-bearer";

my $http = HTTP::Tiny->new;
my $json = JSON::PP->new->utf8->canonical;
my $key = SCIM::JWT->new('RS256', kid => 'entra-1');
my $next = SCIM::JWT->new('RS256', kid => 'entra-2');

my $scim = SCIM->new(workers => 2, scim_tokens => 'redis valid=100ms',
    files => { entra => set($key), other => set($next) },
    http => 'scim_oauth_keys entra entra; scim_oauth_keys other other;',
    server => 'location = /token { scim_oauth_token; }');
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");


sub set { return $json->encode({ keys => [ map { $_->jwk } @_ ] }) }


# the claims of a token of Entra's, which has no "jti"
sub claims {
    my %claims = (aud => $AUDIENCE, iss => $ISSUER, iat => time,
                  nbf => time, exp => time + 3900, appidacr => '2',
                  oid => $SUBJECT, sub => $SUBJECT, tid => $DIRECTORY,
                  ver => '2.0', @_);
    delete $claims{$_} for grep { !defined $claims{$_} } keys %claims;
    return \%claims;
}


# the answer to a form: its status in status, the rest is its JSON
sub ask {
    my ($form) = @_;
    my $res = $http->post_form("http://127.0.0.1:$scim->{port}/token", $form);
    my $body = eval { $json->decode($res->{content}) } || {};
    return { %$body, status => $res->{status} };
}


# as Entra's provisioning service asks
sub entra {
    my ($id, $assertion, %more) = @_;
    return ask({ grant_type => 'client_credentials', client_id => $id,
                 client_assertion_type => $JWT_BEARER,
                 client_assertion => $assertion, scope => 'scim', %more });
}


sub client {
    my ($org, @options) = @_;
    my ($client) = $ctl->json('client', 'create', $org, 'entra', '--issuer',
        $ISSUER, '--subject', $SUBJECT, '--audience', "$AUDIENCE/.default", @options);
    return $client->{client_id};
}


sub runs {
    my $run = $ctl->run(@_);
    is($run->{status}, 0, "scimctl @_[0, 1]") or diag($run->{err});
}


# the message of scimctl about a mistake
sub refused {
    my $run = $ctl->run(@_);
    return $run->{status} ? $run->{err} : 'it was done';
}


runs('org', 'create', $_) for qw(acme other third);
my $id = client('acme', '--key-set', 'entra');


subtest 'what Entra sends' => sub {
    my $assertion = $key->token(claims());
    my $answer = entra($id, $assertion);

    is($answer->{status}, 200, 'a token');
    is($answer->{scope}, 'scim', 'of the scope that was asked for');
    is($answer->{token_type}, 'Bearer', 'to be sent as Bearer');
    is($answer->{expires_in}, 3600, 'for an hour');

    my $token = $answer->{access_token};
    is($scim->post('/Users', { userName => 'kim' }, token => $token)->{status},
       201, 'it writes');
    is($scim->redis('XRANGE', 'scim:{acme}:changes', '-', '+')->[0][1][9],
       'entra', 'under the name of the client');
    is(entra($id, $assertion)->{status}, 200,
       'Entra sends an assertion again while it is in force');
    is(entra($id, $assertion, scope => 'ro')->{scope}, 'ro', 'less, if asked');
    is(entra($id, $assertion, scope => 'openid')->{error}, 'invalid_scope',
       'no other scope');
};


subtest 'who is refused' => sub {
    my %refused = (
        'the directory of another customer' => claims(iss =>
            'https://login.microsoftonline.com/another/v2.0'),
        'another application of the directory' => claims(sub => 'another'),
        'another audience' => claims(aud => "$AUDIENCE/x"),
        'no subject' => claims(sub => undef),
        'no issuer' => claims(iss => undef),
        'no audience' => claims(aud => undef),
        'expired' => claims(exp => time - 1),
        'no expiry' => claims(exp => undef),
        'a life of a week' => claims(exp => time + 604_800),
        'not yet' => claims(nbf => time + 600),
        'the client for itself' => claims(iss => $id, sub => $id, jti => 'x'),
    );

    for my $name (sort keys %refused) {
        my $answer = entra($id, $key->token($refused{$name}));
        is("$answer->{status} $answer->{error}", '401 invalid_client', $name);
    }

    is(entra($id, $next->token(claims()))->{status}, 401,
       'the keys of another issuer');
    is(entra($id, $next->token(claims(), header => { kid => 'entra-1' }))
       ->{status}, 401, 'under the name of the right one');
    is(entra('unknown', $key->token(claims()))->{status}, 401,
       'an unknown client');
    is(ask({ grant_type => 'client_credentials', client_assertion_type =>
             $JWT_BEARER, client_assertion => $key->token(claims()) })
       ->{status}, 401, 'no client_id');
    is(ask({ grant_type => 'client_credentials', client_id => $id,
             client_secret => 'x' })->{status}, 401, 'a secret that it has not');
};


subtest 'each customer has a directory, and the keys are those of all' => sub {
    my ($other) = $ctl->json('client', 'create', 'other', 'entra', '--issuer',
        'https://login.microsoftonline.com/another/v2.0', '--subject',
        $SUBJECT, '--audience', $AUDIENCE, '--key-set', 'entra');
    my $one = $key->token(claims());
    my $two = $key->token(claims(iss =>
        'https://login.microsoftonline.com/another/v2.0'));

    is(entra($other->{client_id}, $two)->{status}, 200, 'another customer');
    is(entra($other->{client_id}, $one)->{status}, 401, 'not with our token');
    is(entra($id, $two)->{status}, 401, 'nor we with theirs');
};


subtest 'the assertion as a grant (RFC 7523, section 2.1)' => sub {
    my %form = (grant_type => "${URN}grant-type:jwt-bearer", client_id => $id,
                assertion => $key->token(claims()), scope => 'scim');

    is(ask(\%form)->{scope}, 'scim', 'a token');
    is(ask({ %form, assertion => $next->token(claims()) })->{error},
       'invalid_grant', 'another key');
    delete $form{client_id};
    is(ask(\%form)->{error}, 'invalid_request', 'no client_id');
};


subtest 'an exchange (RFC 8693)' => sub {
    my %form = (grant_type => "${URN}grant-type:token-exchange",
                subject_token => $key->token(claims()), audience => $id,
                subject_token_type => "${URN}token-type:jwt",
                requested_token_type => "${URN}token-type:access_token");
    my $answer = ask(\%form);

    is($answer->{issued_token_type}, "${URN}token-type:access_token", 'a token');
    is($scim->get('/Users', token => $answer->{access_token})->{status}, 200,
       'that is accepted');
    is(ask({ %form, audience => 'x', client_id => $id })->{status}, 200,
       'the client_id goes before the audience');
    is(ask({ %form, subject_token => $next->token(claims()) })->{error},
       'invalid_request', 'another key');
    is(ask({ %form, actor_token => 'x' })->{error}, 'invalid_request',
       'an actor');
};


subtest 'clients in Redis' => sub {
    is_deeply([ map { $_->{state} } $ctl->json('client', 'list', 'acme') ],
              [ 'federated' ], 'client list');
    like(refused('client', 'create', 'acme', 'x', '--issuer', 'a'),
         qr/--subject is missing/, 'half of an issuer');
    like(refused('client', 'create', 'acme', 'x', '--issuer', 'a',
                       '--subject', 'b'), qr/--key-set or --keys/, 'no keys');
    like(refused('client', 'create', 'acme', 'x', '--issuer', 'a',
                       '--subject', 'b', '--key-set', 'a/b'), qr/--key-set must/,
         'no name of a key set');

    my $own = client('third', '--keys', "$scim->{dir}/other");
    is(entra($own, $next->token(claims()))->{status}, 200,
       'the keys can be in its record');
    is(entra($own, $key->token(claims()))->{status}, 401, 'and only these');

    runs('client', 'federate', 'third', 'entra', '--issuer', 'https://b',
             '--subject', 'sub', '--audience', 'aud', '--key-set', 'entra');
    is(entra($own, $key->token(claims(iss => 'https://b', sub => 'sub',
       aud => 'aud')))->{status}, 200, 'another issuer');
    runs('client', 'federate', 'third', 'entra', '--issuer', 'https://b',
             '--subject', 'sub', '--key-set', 'none');
    is(entra($own, $key->token(claims(iss => 'https://b', sub => 'sub')))
       ->{status}, 401, 'one without an audience anywhere');
    runs('client', 'federate', 'third', 'entra', '--issuer', 'https://b',
             '--subject', 'sub', '--audience', 'aud', '--key-set', 'none');
    is(entra($own, $key->token(claims(iss => 'https://b', sub => 'sub',
       aud => 'aud')))->{status}, 401, 'a key set that nginx has not');
    like($scim->error_log, qr/names the keys "none", for which there is no/,
         'which the log tells');
};


subtest 'keys that are fetched' => sub {
    my $port = free_port();
    my $dir = $scim->{dir};
    my $out;
    IPC::Run::run([ qw(openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj
                       /CN=localhost -addext subjectAltName=IP:127.0.0.1),
                    '-keyout', "$dir/tls.key", '-out', "$dir/tls.pem" ],
                  '&>', \$out) or die "openssl: $out";
    mkdir "$dir/site";
    my $serve = sub { $scim->write_file('site/keys', $_[0]) };

    $scim->{http} .= "server { listen 127.0.0.1:$port ssl; root $dir/site;"
        . " ssl_certificate $dir/tls.pem; ssl_certificate_key $dir/tls.key; }";
    $serve->(set($key, $next));
    $scim->reload;

    my @fetch = ('keys', 'fetch', "https://127.0.0.1:$port/keys", "$dir/entra");

    is(entra($id, $next->token(claims()))->{status}, 401, 'an unknown key');
    like(refused(@fetch), qr/could not fetch the keys: .*certificate/,
         'a certificate of nobody');

    local $ENV{CURL_CA_BUNDLE} = "$dir/tls.pem";
    runs(@fetch);
    SCIM::wait_for('the new key', sub {
        entra($id, $next->token(claims()))->{status} == 200
    });
    is(entra($id, $key->token(claims()))->{status}, 200, 'and the old one');
    is((stat "$dir/entra")[2] & 07777, 0644, 'which nginx can read');

    my $good = SCIM::_slurp("$dir/entra");
    $serve->('<html>');
    like(refused(@fetch), qr/the keys: it is no JSON object/, 'no keys');
    unlink "$dir/site/keys";
    like(refused(@fetch), qr/could not fetch the keys: .*404/, 'nothing');
    like(refused('keys', 'fetch', "http://127.0.0.1:$port/keys", 'x'),
         qr/must begin with https/, 'without TLS');
    like(refused('keys', 'fetch', "https://127.0.0.1:$port/keys",
                       '/nowhere/x'), qr/cannot write beside/, 'nowhere');
    is(SCIM::_slurp("$dir/entra"), $good, 'the keys stay');
    is_deeply([ glob "$dir/entra.*" ], [], 'and nothing is left beside them');
};


unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');
unlike($scim->error_log, qr/eyJ/, 'and no assertion in the log');

done_testing();
