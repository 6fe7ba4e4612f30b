# Where directives hold: http, server, location, and what a location keeps of
# the levels above it.

use SCIM::Nginx;
use Test::Nginx::Socket;

repeat_each(2);
plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
no_long_string();
run_tests();

__DATA__

=== TEST 1: everything may stand in http
--- http_config
    scim_redis      unix:$TEST_NGINX_REDIS_SOCK;
    scim_tokens     $TEST_NGINX_TOKENS;
    scim_base_url   https://scim.example.com/v2/;
    scim_page_size  1;
    scim_scan_limit 0;
    scim_index      User title;
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"a"}',
 'POST /scim/v2/Users
{"userName":"b"}',
 'GET /scim/v2/Users?attributes=userName',
 'GET /scim/v2/Users?filter=nickName+eq+%22x%22',
 'GET /scim/v2/Users?filter=title+eq+%22x%22']
--- error_code eval
[201, 201, 200, 400, 200]
--- scim_error eval
['', '', '', '400 tooMany', '']
--- response_body_like eval
[qr{"location":"https://scim\.example\.com/v2/Users/}, qr//,
 qr/"totalResults":2,"itemsPerPage":1,/, qr//, qr/"totalResults":0/]



=== TEST 2: everything may stand in server
--- config
    scim_redis      unix:$TEST_NGINX_REDIS_SOCK;
    scim_tokens     $TEST_NGINX_TOKENS;
    scim_base_url   https://scim.example.com/v2;
    scim_page_size  1;
    scim_scan_limit 0;
    scim_index      User title;

    location /scim/v2/ { scim; }
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"a"}',
 'POST /scim/v2/Users
{"userName":"b"}',
 'GET /scim/v2/Users?attributes=userName',
 'GET /scim/v2/Users?filter=nickName+eq+%22x%22',
 'GET /scim/v2/Users?filter=title+eq+%22x%22']
--- error_code eval
[201, 201, 200, 400, 200]
--- scim_error eval
['', '', '', '400 tooMany', '']
--- response_body_like eval
[qr{"location":"https://scim\.example\.com/v2/Users/}, qr//,
 qr/"totalResults":2,"itemsPerPage":1,/, qr//, qr/"totalResults":0/]



=== TEST 3: a location overrides what is above it
--- http_config
    scim_base_url   https://http.example.com;
    scim_page_size  7;
--- config
    scim_base_url   https://server.example.com;
    scim_page_size  8;

    location /a/ { scim; }
    location /b/ { scim; scim_base_url https://b.example.com; }
--- pipelined_requests eval
['GET /a/ServiceProviderConfig', 'GET /b/ServiceProviderConfig']
--- response_body_like eval
[qr{"location":"https://server\.example\.com/ServiceProviderConfig"},
 qr{"location":"https://b\.example\.com/ServiceProviderConfig"}]



=== TEST 4: page sizes of a location
--- config
    scim_page_size  1;

    location /a/ { scim; }
    location /b/ { scim; scim_page_size 2; }
    location /c/ { scim; scim_page_size 1 2; }
--- pipelined_requests eval
['POST /a/Users
{"userName":"a"}',
 'POST /a/Users
{"userName":"b"}',
 'POST /a/Users
{"userName":"c"}',
 'GET /a/Users', 'GET /b/Users', 'GET /c/Users', 'GET /c/Users?count=3',
 'GET /a/Users?count=3']
--- error_code eval
[201, 201, 201, 200, 200, 200, 200, 200]
--- response_body_like eval
[qr//, qr//, qr//, map { qr/"totalResults":3,"itemsPerPage":$_,/ } 1, 2, 1, 2, 3]



=== TEST 5: locations share the data of their Redis and tenant
--- config
    location /a/ { scim; }
    location /b/v2/ { scim; }
--- pipelined_requests eval
['POST /a/Users
{"userName":"kim"}',
 'GET /b/v2/Users?filter=userName+eq+%22kim%22']
--- error_code eval
[201, 200]
--- response_body_like eval
[qr{"location":"http://localhost/a/Users/},
 qr{"totalResults":1,.*"location":"http://localhost/b/v2/Users/}]



=== TEST 6: databases are apart
--- config
    location /a/ { scim; }
    location /b/ { scim; scim_redis unix:$TEST_NGINX_REDIS_SOCK db=1; }
    location /c/ { scim; scim_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT/1; }
--- pipelined_requests eval
['POST /a/Users
{"userName":"kim"}',
 'GET /b/Users', 'POST /b/Users
{"userName":"kim"}',
 'GET /c/Users', 'GET /a/Users']
--- error_code eval
[201, 200, 201, 200, 200]
--- response_body_like eval
[qr//, qr/"totalResults":0/, qr//, qr/"totalResults":1/, qr/"totalResults":1/]



=== TEST 7: token files of locations
--- user_files eval
use Digest::SHA;
">>> of_b\n" . Digest::SHA::sha256_hex('token-b') . " bees b rw\n"
--- config
    location /a/ { scim; }
    location /b/ { scim; scim_tokens $TEST_NGINX_SERVER_ROOT/html/of_b; }
--- pipelined_requests eval
['GET /a/Users', 'GET /a/Users', 'GET /b/Users', 'GET /b/Users']
--- more_headers eval
[map { "Authorization: Bearer token-$_" } qw(rw b rw b)]
--- error_code eval
[200, 401, 401, 200]
--- scim_error eval
['', '401', '401', '']



=== TEST 8: two servers
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT;
        server_name second;
        location / { scim; scim_base_url https://second.example.com; }
    }
--- pipelined_requests eval
['GET /scim/v2/ServiceProviderConfig', 'GET /ServiceProviderConfig']
--- more_headers eval
["Host: localhost", "Host: second"]
--- response_body_like eval
[qr{"location":"http://localhost/scim/v2/}, qr{"location":"https://second\.}]



=== TEST 9: indexes add up within a level only
--- config
    scim_scan_limit 0;
    scim_index      User title;

    location /a/ { scim; }
    location /b/ { scim; scim_index User nickName; }
--- pipelined_requests eval
['POST /a/Users
{"userName":"a"}',
 map { ("GET /a/Users?filter=$_+eq+%22x%22",
        "GET /b/Users?filter=$_+eq+%22x%22") } qw(userName title nickName)]
--- error_code eval
[201, 200, 200, 200, 400, 400, 400]
--- scim_error eval
['', '', '', '', ('400 tooMany') x 3]



=== TEST 10: a location without "scim" is left alone
--- config
    location /scim/v2/ { scim; }
    location /scim/v2/public/ { return 200 "hello"; }
    location /plain/ { return 404; }
--- token: none
--- pipelined_requests eval
['GET /scim/v2/public/', 'GET /plain/']
--- error_code eval
[200, 404]
--- response_body_like eval
[qr/^hello$/, qr/<html>/]



=== TEST 11: "if" inside of a scim location
--- config
    location /scim/v2/ {
        scim;
        if ($http_x_trace) {
            add_header X-Trace on always;
        }
    }
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2/Users', 'GET /scim/v2/Nothing']
--- more_headers eval
['', 'X-Trace: 1', 'X-Trace: 1']
--- error_code eval
[200, 200, 404]
--- scim_error eval
['', '', '404']
--- response_headers eval
['!X-Trace', 'X-Trace: on', 'X-Trace: on']



=== TEST 12: "limit_except" inside of a scim location, allowed
--- config
    location /scim/v2/ {
        scim;
        limit_except GET {
            allow 127.0.0.1;
            deny all;
        }
    }
--- pipelined_requests eval
['GET /scim/v2/Users', 'POST /scim/v2/Users
{"userName":"kim"}']
--- error_code eval
[200, 201]



=== TEST 13: "limit_except" inside of a scim location, denied
--- config
    location /scim/v2/ {
        scim;
        limit_except GET {
            deny all;
        }
    }
--- request
POST /scim/v2/Users
{"userName":"kim"}
--- scim_error: 403
--- error_log
access forbidden by rule
--- no_error_log
[alert]



=== TEST 14: a prefix without a slash ends at a slash
--- config
    location /scim/v2 { scim; }
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2Users', 'GET /scim/v2']
--- error_code eval
[200, 404, 200]
--- scim_error eval
['', '404', '']
