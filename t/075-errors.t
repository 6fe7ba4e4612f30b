# Errors that nginx makes itself are SCIM errors below a scim location
# (RFC 7644, section 3.12); how a body arrives; what filters do to an answer.

use SCIM::Nginx;
use Test::Nginx::Socket;

our $Long = '{"userName":"kim","displayName":"' . 'x' x 40000 . '"}';

repeat_each(2);
plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
no_long_string();
run_tests();

__DATA__

=== TEST 1: a body that is too large
--- config
    location /scim/v2/ { scim; client_max_body_size 100; }
--- request eval
"POST /scim/v2/Users\n$::Long"
--- scim_error: 413
--- response_headers
Content-Type: application/scim+json
--- error_log
client intended to send too large body
--- no_error_log
[alert]



=== TEST 2: a chunked body that is too large
--- config
    location /scim/v2/ { scim; client_max_body_size 10; }
--- raw_request eval
"POST /scim/v2/Users HTTP/1.1\r
Host: localhost\r
Connection: close\r
Authorization: Bearer token-rw\r
Transfer-Encoding: chunked\r
\r
12\r
{\"userName\":\"kim\"}\r
0\r
\r
"
--- scim_error: 413
--- error_log
client intended to send too large chunked body
--- no_error_log
[alert]



=== TEST 3: a chunked body
--- raw_request eval
"POST /scim/v2/Users HTTP/1.1\r
Host: localhost\r
Connection: close\r
Authorization: Bearer token-rw\r
Transfer-Encoding: chunked\r
\r
5\r
{\"use\r
1\r
r\r
c\r
Name\":\"kim\"}\r
0\r
\r
"
--- error_code: 201
--- response_body_like: "userName":"kim"



=== TEST 4: a body in a temporary file
--- config
    location /scim/v2/ { scim; client_body_in_file_only clean; }
--- request
POST /scim/v2/Users
{"userName":"kim"}
--- error_code: 201
--- response_body_like: "userName":"kim"



=== TEST 5: a long body, in a temporary file
--- config
    location /scim/v2/ { scim; client_body_buffer_size 1k; }
--- log_level: notice
--- request eval
"POST /scim/v2/Users\n$::Long"
--- error_code: 201
--- response_body_like: "displayName":"x{40000}"



=== TEST 6: a long body in memory, in several packets
--- config
    location /scim/v2/ { scim; client_body_buffer_size 64k; }
--- raw_request eval
my $text = "POST /scim/v2/Users HTTP/1.1\r
Host: localhost\r
Connection: close\r
Authorization: Bearer token-rw\r
Content-Length: " . length($::Long) . "\r\n\r\n$::Long";
[unpack '(a9000)*', $text]
--- raw_request_middle_delay: 0.01
--- error_code: 201
--- response_body_like: "displayName":"x{40000}"



=== TEST 7: a body that comes after its header, and "Expect: 100-continue"
--- raw_request eval
["POST /scim/v2/Users HTTP/1.1\r
Host: localhost\r
Connection: close\r
Authorization: Bearer token-rw\r
Content-Length: 18\r
\r
{\"user", "Name\":\"kim\"}"]
--- raw_request_middle_delay: 0.05
--- error_code: 201



=== TEST 8: statuses of "return"
--- config
    location /scim/v2/a/ { scim; return 403; }
    location /scim/v2/b/ { scim; return 404; }
    location /scim/v2/c/ { scim; return 500; }
    location /scim/v2/d/ { scim; return 503; }
--- request eval
[map { "GET /scim/v2/$_/" } qw(a b c d)]
--- error_code eval
[403, 404, 500, 503]
--- scim_error eval
[403, 404, 500, 503]
--- response_headers eval
[('!Retry-After') x 3, 'Retry-After: 2']



=== TEST 9: a page of the operator's own for this location stays
--- config
    location /scim/v2/ { scim; error_page 401 /page.html; }
--- user_files
>>> page.html
please log in
--- token: none
--- request
GET /scim/v2/Users
--- error_code: 401
--- response_body
please log in



=== TEST 10: other locations keep nginx's pages
--- request
GET /nothing
--- error_code: 404
--- response_body_like: <html>
--- no_error_log
[alert]



=== TEST 11: gzip
--- config
    location /scim/v2/ { scim; gzip on; gzip_min_length 1;
                         gzip_types application/scim+json; }
--- request
GET /scim/v2/Schemas
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Type: application/scim+json
Content-Length:



=== TEST 12: gzip of an error
--- config
    location /scim/v2/ { scim; gzip on; gzip_min_length 1;
                         gzip_types application/scim+json; }
--- token: none
--- request
GET /scim/v2/Schemas
--- more_headers
Accept-Encoding: gzip
--- error_code: 401
--- response_headers
Content-Type: application/scim+json



=== TEST 13: add_header, charset, expires
--- config
    location /scim/v2/ { scim; add_header X-One two always; charset utf-8;
                         expires -1; }
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2/Nothing']
--- error_code eval
[200, 404]
--- scim_error eval
['', '404']
--- response_headers eval
[("X-One: two\nContent-Type: application/scim+json") x 2]



=== TEST 14: keep-alive goes on after an error
--- pipelined_requests eval
['GET /scim/v2/Users/x', 'POST /scim/v2/Users
{"userName":', 'GET /scim/v2/Users?count=x', 'PUT /scim/v2/Users
{}', 'GET /scim/v2/Users']
--- error_code eval
[404, 400, 400, 405, 200]
--- scim_error eval
['404', '400 invalidSyntax', '400 invalidValue', '405', '']
--- response_headers eval
[('Connection: keep-alive') x 4, 'Connection: close']



=== TEST 15: through a subrequest's parent: auth_request
--- config
    location = /auth { return 403; }
    location /scim/v2/ { scim; auth_request /auth; }
--- request
GET /scim/v2/Users
--- scim_error: 403
--- no_error_log
[alert]



=== TEST 16: through proxy_pass
--- config
    location /scim/v2/ { scim; }
    location /outer/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/scim/v2/;
        proxy_set_header Host $http_host;
    }
--- pipelined_requests eval
['GET /outer/Users', 'POST /outer/Users
{"userName":"kim"}', 'GET /outer/Nothing']
--- error_code eval
[200, 201, 404]
--- response_body_like eval
[qr/"totalResults":0/, qr{"location":"http://localhost/scim/v2/}, qr/404/]



=== TEST 17: an internal redirect to a scim location
--- config
    location /scim/v2/ { scim; }
    location /old/ { rewrite ^/old/(.*)$ /scim/v2/$1 last; }
--- pipelined_requests eval
['GET /old/Users', 'GET /old/Nothing']
--- error_code eval
[200, 404]
--- scim_error eval
['', '404']
