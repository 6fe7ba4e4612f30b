#!/usr/bin/env perl
#
# A root beside other directives of nginx: pages for errors, rewrites, limits of
# methods; and old clients.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new(
    http     => 'limit_req_zone $binary_remote_addr zone=z:1m rate=1r/m;',
    server   => 'error_page 401 404 429 500 502 503 504 /error.html; '
        . 'location = /error.html { return 200 "<html>"; } '
        . 'location = /metrics { scim_metrics; limit_except GET { deny all; } } '
        . 'location = /status { scim_status; limit_except GET { deny all; } } '
        . 'location /limited/ { scim; limit_req zone=z; limit_req_status 429; } '
        . 'location /own/ { scim; error_page 401 =200 /error.html; } '
        . 'location /cut/ { rewrite ^/cut/(.*) /$1 break; scim; } '
        . 'location /kept/ { rewrite ^(/kept/)old/(.*) $1$2 break; scim; } ',
);

my $id = $scim->post('/Users', { userName => 'kim' })->{body}{id};


# --- error_page -------------------------------------------------------------

error_ok($scim->get('/Users', token => 'wrong'), 401, undef, qr/./,
         'a page of the server for errors is none for clients of SCIM');
error_ok($scim->get('/Users/nobody'), 404, undef, qr/./, 'whatever it is');
$scim->get('/Users', root => '/limited');
error_ok($scim->get('/Users', root => '/limited'), 429, undef, qr/./,
         'be it from nginx itself');
is($scim->get('/Users', root => '/own', token => 'wrong')->{text}, '<html>',
   'one of the location is');

$scim->stop_redis;
my $res = $scim->get('/Users');
error_ok($res, 503, undef, qr/not available/, 'without Redis');
ok($res->{headers}{'retry-after'}, 'it is told when to try again');
$scim->start_redis;
SCIM::wait_for('Redis', sub { $scim->get('/Users')->{status} == 200 });


# --- limit_except -----------------------------------------------------------

is($scim->get('/metrics', root => '', token => '')->{status}, 200, 'metrics');
is($scim->request('HEAD', '/metrics', undef, root => '', token => '')->{status}, 200,
   'by a method that is let in');
is($scim->post('/metrics', {}, root => '', token => '')->{status}, 403,
   'and not by another');
is($scim->post('/status', {}, root => '', token => '')->{status}, 403,
   'nor the status');


# --- rewrite ----------------------------------------------------------------

error_ok($scim->get('/Users', root => '/cut'), 404, undef, qr/no such endpoint/,
         'a rewrite that takes the root away leaves none');
$res = $scim->post('/old/Users', { userName => 'ada' }, root => '/kept');
is($res->{status}, 201, 'one that keeps it');
is($res->{headers}{location},
   "http://127.0.0.1:$scim->{port}/kept/Users/$res->{body}{id}", 'has URLs');


# --- HTTP/1.0 ---------------------------------------------------------------

{
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die "$!";
    print {$socket} "GET /scim/v2/Users/$id HTTP/1.0\r\n"
        . "Authorization: Bearer secret\r\n\r\n";
    my $text = do { local $/; <$socket> };
    like($text, qr{^HTTP/1.1 200 }, 'without Host');
    like($text, qr{"location":"http://127\.0\.0\.1:$scim->{port}/scim/v2/Users/$id"},
         'the URL is that of the address');
}


done_testing();
