# Organizations in the URL: scim_tenant, locations by regular expressions, and
# URLs that are made of the request.

use SCIM::Nginx;
use Test::Nginx::Socket;
use Digest::SHA qw(sha256_hex);

our $Invalid = 'Bearer realm="scim", error="invalid_token"';

sub challenges { [ map { $_ ? "WWW-Authenticate: $_" : '!WWW-Authenticate' } @_ ] }
sub auth { [ map { "Authorization: Bearer token-$_" } @_ ] }

repeat_each(2);
plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
no_long_string();
run_tests();

__DATA__

=== TEST 1: the tenant in the URL must be that of the token
--- config
    location ~ ^/scim/(?<org>[a-z0-9-]+)/v2/ {
        scim;
        scim_tenant $org;
    }
--- pipelined_requests eval
['POST /scim/demo/v2/Users
{"userName":"kim"}', 'GET /scim/demo/v2/Users', 'GET /scim/other/v2/Users',
 'GET /scim/other/v2/Users', 'GET /scim/demo/v2/Users', 'GET /scim/dem/v2/Users',
 'GET /scim/demo2/v2/Users']
--- more_headers eval
::auth('rw', 'ro', 'other', 'rw', 'other', 'rw', 'rw')
--- error_code eval
[201, 200, 200, 401, 401, 401, 401]
--- scim_error eval
['', '', '', ("401\nThe token is unknown, expired or revoked") x 4]
--- response_headers eval
::challenges(undef, undef, undef, ($::Invalid) x 4)
--- response_body_like eval
[qr{"location":"http://localhost/scim/demo/v2/Users/[a-z2-7]{26}"},
 qr{"totalResults":1,.*"location":"http://localhost/scim/demo/v2/Users/},
 qr{"totalResults":0}, (qr/unknown/) x 4]



=== TEST 2: where the tenant is none, no token fits
--- http_config
    map $http_x_org $org { default $http_x_org; }
--- config
    location /scim/v2/ { scim; scim_tenant $org; }
--- pipelined_requests eval
[('GET /scim/v2/Users') x 4]
--- more_headers eval
['X-Org: demo', '', 'X-Org: Demo', 'X-Org: demo demo']
--- error_code eval
[200, 401, 401, 401]
--- scim_error eval
['', ('401') x 3]



=== TEST 3: the tenant is checked where "satisfy any" lets in, and in subrequests
--- config
    location ~ ^/scim/(?<org>[a-z0-9-]+)/v2/ {
        scim;
        scim_tenant $org;
        satisfy any;
        allow 127.0.0.1;
        deny all;
    }
    location = /sub2 { auth_request /scim/other/v2/Users; empty_gif; }
    location = /sub3 { auth_request /scim/demo/v2/Users; empty_gif; }
--- pipelined_requests eval
['GET /scim/demo/v2/Users', 'GET /scim/other/v2/Users', 'GET /sub2', 'GET /sub3']
--- error_code eval
[200, 401, 401, 200]



=== TEST 4: tenants of tokens in Redis
--- http_config
    scim_tokens redis valid=0;
--- config
    location ~ ^/scim/(?<org>[a-z0-9-]+)/v2/ {
        scim;
        scim_tenant $org;
    }
--- redis eval
'HSET scim:token:' . Digest::SHA::sha256_hex('token-rw')
. ' tenant demo name main scope rw'
--- pipelined_requests eval
['GET /scim/demo/v2/Users', 'GET /scim/other/v2/Users']
--- error_code eval
[200, 401]
--- scim_error eval
['', "401\nThe token is unknown, expired or revoked"]



=== TEST 5: routes below a regular expression
--- config
    location ~ ^/(?<org>[^/]+)/v2/ { scim; }
--- pipelined_requests eval
['POST /x/v2/Users
{"userName":"kim"}', 'GET /x/v2/Users/', 'GET /x/v2/', 'GET /x/v2/Schemas/x',
 'GET /x/v2/Nothing', 'GET /x/v2/Users/a/b', 'PUT /x/v2/Users
{}', 'POST /x/v2/Users/.search
{}', 'GET /x/v2//Users', 'GET /x/v2/ServiceProviderConfig']
--- error_code eval
[201, 200, 200, 404, 404, 404, 405, 200, 200, 200]



=== TEST 6: a regular expression without a slash at its end
--- config
    location ~* ^/SCIM/(\w+)/v2 { scim; }
--- pipelined_requests eval
['GET /scim/demo/v2/ServiceProviderConfig', 'GET /scim/demo/v2Users',
 'GET /scim/demo/v2']
--- error_code eval
[200, 404, 200]
--- response_body_like eval
[qr{"location":"http://localhost/scim/demo/v2/ServiceProviderConfig"},
 qr/no such endpoint/, qr/"totalResults":0/]



=== TEST 7: another regular expression between location and content
--- http_config
    map $uri $other { "~(?<a>.)(?<b>.)$" $a; default ""; }
--- config
    location ~ ^/scim/([a-z]+)/v2/ {
        scim;
        set $x $other;
        if ($uri ~ "^/(.)(.)") { set $y $1; }
        add_header X-Y $y always;
        add_header X-X $x always;
    }
--- request
GET /scim/demo/v2/ServiceProviderConfig
--- response_body_like: "location":"http://localhost/scim/demo/v2/ServiceProviderConfig"
--- response_headers
X-Y: s
X-X: i



=== TEST 8: "if" inside of a location by regular expression
--- config
    location ~ ^/scim/([a-z]+)/v2/ {
        scim;
        if ($http_x_trace) {
            add_header X-Trace on always;
        }
    }
--- request
GET /scim/demo/v2/ServiceProviderConfig
--- more_headers
X-Trace: 1
--- response_body_like: "location":"http://localhost/scim/demo/v2/ServiceProviderConfig"
--- response_headers
X-Trace: on



=== TEST 9: what the expression lets into the URL is escaped there
--- config
    location ~ ^/(?<org>[^/]+)/v2/ { scim; }
--- pipelined_requests eval
['POST /a%20b%0d%0aX-Y:z%c3%a9%22%3f%25/v2/Users
{"userName":"kim"}']
--- error_code eval
[201]
--- raw_response_headers_like eval
[qr{^Location: http://localhost/a%20b%0D%0AX-Y:z%C3%A9%22%3F%25/v2/Users/\w+\r$}m]
--- response_body_like eval
[qr{"location":"http://localhost/a%20b%0D%0AX-Y:z%C3%A9%22%3F%25/v2/Users/\w+"}]



=== TEST 10: scim_base_url with variables
--- config
    location ~ ^/scim/(?<org>[a-z]+)/v2/ {
        scim;
        scim_base_url https://$org.example.com/v2/;
    }
--- pipelined_requests eval
['GET /scim/demo/v2/ServiceProviderConfig', 'GET /scim/acme/v2/ServiceProviderConfig']
--- response_body_like eval
[qr{"location":"https://demo\.example\.com/v2/ServiceProviderConfig"},
 qr{"location":"https://acme\.example\.com/v2/ServiceProviderConfig"}]



=== TEST 11: scim_base_url that is nothing, or no URL
--- config
    location /scim/v2/ {
        scim;
        scim_base_url $http_x_base;
    }
--- pipelined_requests eval
[('GET /scim/v2/ServiceProviderConfig') x 6]
--- more_headers eval
['', map { "X-Base: $_" } 'https://a.example', 'ftp://a.example',
 'https://a b', 'https:///x', 'https://a/?q']
--- error_code eval
[200, 200, (400) x 4]
--- scim_error eval
['', '', ("400\nNo URL can be made of this request") x 4]
--- response_body_like eval
[qr{"location":"http://localhost/scim/v2/}, qr{"location":"https://a.example/S},
 (qr/No URL/) x 4]



=== TEST 12: a token that a location above gives to its tenant
--- config
    scim_tenant other;

    location /a/ { scim; }
    location /b/ { scim; scim_tenant demo; }
--- pipelined_requests eval
['GET /a/Users', 'GET /a/Users', 'GET /b/Users', 'GET /b/Users']
--- more_headers eval
::auth(qw(rw other rw other))
--- error_code eval
[401, 200, 200, 401]
