#!/usr/bin/env perl
#
# The headers by which responses of each kind steer browsers and caches. nginx does
# not evaluate a condition instead of the module.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

my $scim = SCIM->new(
    http   => 'limit_req_zone $scim_tenant zone=l:1m rate=1r/m; '
        . 'limit_req_status 429;',
    server => <<'END_OF_SERVER');
    location = /token { scim_oauth_token; }
    location = /meta { scim_oauth_metadata https://a https://a/token; }
    location = /status { scim_status; }
    location = /metrics { scim_metrics; }
    location /limited/v2/ { scim; limit_req zone=l; }
    location /denied/v2/ { scim; deny all; }
    location /else { return 200 else; }
END_OF_SERVER

my $user = $scim->post('/Users', { userName => 'kim' })->{body};


# named as "status, method, path"
sub answers {
    my ($status, $method, $path, %opt) = @_;
    my $res = $scim->request($method, $path, $opt{body}, %opt);
    my %h = %{ $res->{headers} };
    my $name = "$status $method " . ($opt{root} // '') . $path;

    is($res->{status}, $status, $name) or diag $res->{text};
    is($h{'x-content-type-options'}, 'nosniff', "$name: no sniffing");
    is($h{'cache-control'}, 'no-store', "$name: not in a cache")
        if !$opt{public};
    unlike($h{'content-type'} // '', qr/html/, "$name: not a page");
    return $res;
}


answers(200, 'GET', '/Users');
answers(200, 'GET', "/Users/$user->{id}");
answers(200, 'HEAD', "/Users/$user->{id}");
answers(304, 'GET', "/Users/$user->{id}",
        headers => { 'If-None-Match' => $user->{meta}{version} });
answers(200, 'GET', "/$_") for qw(ServiceProviderConfig Schemas ResourceTypes);
answers(201, 'POST', '/Users', body => { userName => '<script>' });
answers(400, 'GET', '/Users?filter=%3Cscript%3E');
answers(400, 'POST', '/Users', raw => '{');
answers(401, 'GET', '/Users', token => '');
answers(403, 'POST', '/Users', token => 'reader', body => { userName => 'x' });
answers(403, 'GET', '/Users', root => '/denied/v2');
answers(404, 'GET', '/Users/%3Cscript%3E');
answers(405, 'DELETE', '/Users');
answers(409, 'POST', '/Users', body => { userName => 'kim' });
answers(412, 'DELETE', "/Users/$user->{id}", headers => { 'If-Match' => 'W/"9"' });
answers(413, 'POST', '/Users', body => { userName => 'x' x 2_000_000 });
answers(501, 'GET', '/Me');
answers(204, 'DELETE', "/Users/$user->{id}");
$scim->get('/Users', root => '/limited/v2') for 1 .. 2;
answers(429, 'GET', '/Users', root => '/limited/v2');

# a response without a version is not compared with one
for my $condition ({}, { 'If-Match' => '"x"' }, { 'If-None-Match' => '*' },
                   { 'If-Unmodified-Since' => 'Mon, 01 Jan 2001 00:00:00 GMT' })
{
    my %opt = (root => '', headers => $condition);
    answers(200, 'GET', '/status', %opt);
    answers(200, 'GET', '/metrics', %opt, public => 1);
    answers(200, 'GET', '/meta', %opt, public => 1);
    answers(401, 'POST', '/token', root => '', headers => { %$condition,
            'Content-Type' => 'application/x-www-form-urlencoded',
            Authorization => undef },
            raw => 'grant_type=client_credentials&client_id=a'
                             . '&client_secret=b');
}

my $else = $scim->get('/else', root => '');
is($else->{headers}{'x-content-type-options'}, undef,
   'other locations are as they were');

kill 'STOP', $scim->{redis_pid};
$scim->stop_redis('KILL');
answers(503, 'GET', '/Users');
answers(503, 'GET', '/status', root => '');

done_testing();
