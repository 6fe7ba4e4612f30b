#!/usr/bin/env perl
#
# Organizations that scimctl has made, used through nginx: a thousand of them,
# each with its own users; tokens and OAuth clients that it issues and revokes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use SCIM;
use SCIM::Ctl;
use SCIM::JWT;
use Test::More;

my $N = 1000;

my $scim = SCIM->new(location => 'scim_tokens redis valid=0;',
    server => 'location = /oauth/token { scim_oauth_token audience=it; }',
    workers => 2);
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");


sub runs {
    my (@words) = @_;
    my $run = $ctl->run(@words);
    is($run->{status}, 0, "@{[ grep { !ref } @words ]}") or diag($run->{err});
    return $run->{out};
}


sub status {
    my ($token, $path) = @_;
    return $scim->get($path // '/Users?count=0', token => $token)->{status};
}


# --- a thousand organizations -----------------------------------------------

my %token = map { split /\t/ } split /\n/,
    runs('org', 'create', '-', '--token', \join '', map { "org-$_\n" } 1 .. $N);
is(scalar keys %token, $N, "$N organizations, each with a token");

my (%id, @wrong);
for my $org (sort keys %token) {
    my $res = $scim->post('/Users', { userName => 'kim', title => $org },
                          token => $token{$org});
    push @wrong, "$org: $res->{status}" if $res->{status} != 201;
    $id{$org} = $res->{body}{id};
}
is_deeply(\@wrong, [], 'each takes a user of the same name');

for my $org (sort keys %token) {
    my $list = $scim->get('/Users', token => $token{$org})->{body};
    push @wrong, $org if $list->{totalResults} != 1
        || $list->{Resources}[0]{title} ne $org;
}
is_deeply(\@wrong, [], 'each sees its own and no other');

my @orgs = sort keys %token;
for my $i (0 .. $#orgs) {
    my ($org, $other) = @orgs[$i, $i - 1];
    my $path = "/Users/$id{$other}";
    push @wrong, "$org GET"
        if $scim->get($path, token => $token{$org})->{status} != 404;
    push @wrong, "$org DELETE"
        if $scim->delete($path, token => $token{$org})->{status} != 404;
    my $res = $scim->post('/Groups', { displayName => 'All',
        members => [ { value => $id{$other} } ] }, token => $token{$org});
    push @wrong, "$org member" if $res->{status} != 400;
}
is_deeply(\@wrong, [], 'the users of others cannot be read, deleted or joined');
is(($ctl->json('stats'))[0]{users}, $N, 'all users are there still');

runs('org', 'delete', 'org-1', '--yes');
is(status($token{'org-1'}), 401, 'a deleted organization lets nobody in');
is(status($token{'org-2'}), 200, 'others do');
is($ctl->run('check')->{status}, 0, 'sound');


# --- tokens -----------------------------------------------------------------

chomp(my $token = runs('token', 'issue', 'org-2', 'second'));
is(status($token), 200, 'a new token');
is($scim->get('/Users', token => $token)->{body}{Resources}[0]{title},
   'org-2', 'opens its organization');
my ($entry) = grep { $_->{name} eq 'second' } $ctl->json('token', 'list',
                                                         'org-2');
like($entry->{used}, qr/^\d{4}-/, 'its use is listed');

chomp(my $reader = runs('token', 'issue', 'org-2', 'reader', '--scope', 'ro'));
is(status($reader), 200, 'a token that may only read');
is($scim->post('/Users', { userName => 'x' }, token => $reader)->{status}, 403,
   'may not write');

chomp(my $short = runs('token', 'issue', 'org-2', 'short', '--expires', '1h'));
is(status($short), 200, 'a token that expires in an hour');
my ($shown) = grep { $_->{name} eq 'short' } $ctl->json('token', 'list',
                                                        'org-2');
$scim->redis('HSET', "scim:token:$shown->{sha256}", 'expires',
             '2020-01-01T00:00:00Z');
is(status($short), 401, 'has expired');

runs('token', 'revoke', 'org-2', 'second', '--yes');
is(status($token), 401, 'a revoked token');
is(status($token{'org-2'}), 200, 'the first one is valid still');


# --- OAuth clients ----------------------------------------------------------

sub oauth {
    my ($id, $secret) = @_;
    return token_for('', 'Authorization: Basic '
                     . encode_base64("$id:$secret", '') . "\r\n");
}


sub token_for {
    my ($parameters, $header) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die;
    my $body = "grant_type=client_credentials$parameters";
    print $socket "POST /oauth/token HTTP/1.0\r\n$header"
        . "Content-Type: application/x-www-form-urlencoded\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    my $text = do { local $/; <$socket> };
    my ($status) = $text =~ m{^HTTP/1\.\d (\d+)};
    my ($given) = $text =~ /"access_token":"([^"]+)"/;
    return ($status, $given);
}

my ($client) = $ctl->json('client', 'create', 'org-3', 'okta');
my ($status, $given) = oauth(@$client{qw(client_id client_secret)});
is($status, 200, 'a client gets a token');
is($scim->get('/Users', token => $given)->{body}{Resources}[0]{title},
   'org-3', 'of its organization');
is($ctl->run('check')->{status}, 0, 'which check takes for sound');

my ($added) = $ctl->json('client', 'secret', 'add', 'org-3', 'okta');
($status) = oauth($client->{client_id}, $added->{client_secret});
is($status, 200, 'a second secret');
my $digest = sha256_hex($client->{client_secret});
runs('client', 'secret', 'revoke', 'org-3', 'okta', substr($digest, 0, 16),
     '--yes');
($status) = oauth(@$client{qw(client_id client_secret)});
is($status, 401, 'a revoked secret');
($status) = oauth($client->{client_id}, $added->{client_secret});
is($status, 200, 'the other is valid still');
runs('client', 'delete', 'org-3', 'okta', '--yes');
($status) = oauth($client->{client_id}, $added->{client_secret});
is($status, 401, 'a deleted client');
is(status($given), 401, 'and its tokens');



# --- clients that sign ------------------------------------------------------

my %key = map { $_ => SCIM::JWT->new('ES256', kid => $_) } qw(one two);
my $set = encode_json({ keys => [ $key{one}->jwk ] });
($client) = $ctl->json('client', 'create', 'org-4', 'signs', '--keys', '-',
                       \$set);

sub signed_by {
    my ($key) = @_;
    my $token = $key->token({ (map { $_ => $client->{client_id} } qw(iss sub)),
        aud => 'it', exp => time + 60, jti => "id" . rand });
    return token_for('&client_assertion_type=urn:ietf:params:oauth:'
        . "client-assertion-type:jwt-bearer&client_assertion=$token", '');
}

($status, $given) = signed_by($key{one});
is($status, 200, 'a client that signs gets a token');
is($scim->get('/Users', token => $given)->{body}{Resources}[0]{title},
   'org-4', 'of its organization');
is((signed_by($key{two}))[0], 401, 'by no other key');
runs('client', 'keys', 'set', 'org-4', 'signs',
     \encode_json({ keys => [ $key{two}->jwk ] }));
is((signed_by($key{two}))[0], 200, 'but when it is set');
is((signed_by($key{one}))[0], 401, 'in the place of the first');
is($ctl->run('check')->{status}, 0, 'which check takes for sound');
runs('client', 'keys', 'remove', 'org-4', 'signs', '--yes');
is((signed_by($key{two}))[0], 401, 'nor that when it was removed');

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error');

done_testing();
