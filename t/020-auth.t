# Bearer tokens (RFC 6750; RFC 7644, section 2), and the access control that
# nginx has itself.

use SCIM::Nginx;
use Test::Nginx::Socket;

our $None = 'Bearer realm="scim"';
our $Invalid = "$None, error=\"invalid_token\"";
our $Malformed = "$None, error=\"invalid_request\"";
our $Scope = "$None, error=\"insufficient_scope\"";

# for "response_headers eval" and "more_headers eval"
sub challenges { [ map { $_ ? "WWW-Authenticate: $_" : '!WWW-Authenticate' } @_ ] }
sub auth { [ map { "Authorization: $_" } @_ ] }

repeat_each(2);
plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
no_long_string();
run_tests();

__DATA__

=== TEST 1: no token, on each endpoint
--- token: none
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2/Users/x', 'POST /scim/v2/Users
{"userName":"kim"}', 'DELETE /scim/v2/Groups/x',
 'GET /scim/v2/ServiceProviderConfig', 'GET /scim/v2/Schemas',
 'GET /scim/v2/ResourceTypes', 'GET /scim/v2/Nothing', 'GET /scim/v2/Me',
 'POST /scim/v2/Bulk
{}', 'GET /scim/v2/', 'TRACK /scim/v2/Users']
--- error_code eval
[(401) x 12]
--- scim_error eval
['401
The request needs a bearer token in its Authorization header', ('401') x 11]
--- response_headers eval
::challenges(($::None) x 12)



=== TEST 2: another scheme is no token
--- pipelined_requests eval
[('GET /scim/v2/Users') x 5]
--- more_headers eval
::auth('Basic dXNlcjpwYXNz', 'Digest username="x", realm="y"', 'Bearerx token-rw',
       'Negotiate', 'non-token')
--- error_code eval
[(401) x 5]
--- scim_error eval
[('401') x 5]
--- response_headers eval
::challenges(($::None) x 5)



=== TEST 3: an empty Authorization header is no token
--- pipelined_requests eval
['GET /scim/v2/Users']
--- more_headers eval
::auth('')
--- error_code eval
[401]
--- scim_error eval
['401']
--- response_headers eval
::challenges($::None)



=== TEST 4: a known token
--- pipelined_requests eval
[('GET /scim/v2/Users') x 5]
--- more_headers eval
::auth('Bearer token-rw', 'bearer token-rw', 'BEARER token-rw',
       'Bearer   token-rw', 'Bearer token-ro')
--- error_code eval
[(200) x 5]
--- response_headers eval
::challenges((undef) x 5)



=== TEST 5: a token that was typed without its scheme
--- pipelined_requests eval
[('GET /scim/v2/Users') x 2]
--- more_headers eval
::auth('token-rw', 'token-unknown')
--- error_code eval
[200, 401]
--- scim_error eval
['', '401']
--- response_headers eval
::challenges(undef, $::None)



=== TEST 6: unknown and expired tokens are one answer
--- pipelined_requests eval
[('GET /scim/v2/Users') x 5]
--- more_headers eval
::auth(map { "Bearer $_" } 'token-unknown', 'token-expired', 'token-rw2',
       'token-r', 'TOKEN-RW')
--- error_code eval
[(401) x 5]
--- scim_error eval
[("401\nThe token is unknown, expired or revoked") x 5]
--- response_headers eval
::challenges(($::Invalid) x 5)



=== TEST 7: the digest of a token is no token
--- request
GET /scim/v2/Users
--- more_headers eval
use Digest::SHA;
'Authorization: Bearer ' . Digest::SHA::sha256_hex('token-rw')
--- scim_error: 401
--- response_headers
WWW-Authenticate: Bearer realm="scim", error="invalid_token"



=== TEST 8: malformed headers
--- request eval
[('GET /scim/v2/Users') x 8]
--- more_headers eval
::auth('Bearer', 'Bearer token-rw token-rw', 'Bearer "token-rw"',
       'Bearer token-rw,', "Bearer token-rw\ttoken", "Bearer tok\xc3\xa9n",
       'Bearer token=rw', 'Bearer ==')
--- error_code eval
[(400) x 8]
--- scim_error eval
[("400\nThe Authorization header must be \"Bearer\" and one token") x 8]
--- response_headers eval
::challenges(($::Malformed) x 8)



=== TEST 9: a token in the query
--- request eval
['GET /scim/v2/Users?access_token=token-rw',
 'GET /scim/v2/Users?count=1&access_token=',
 'GET /scim/v2/Users?ACCESS_TOKEN=token-rw']
--- token: none
--- error_code eval
[(400) x 3]
--- scim_error eval
[("400\nA token is accepted in the Authorization header only") x 3]
--- response_headers eval
::challenges(($::Malformed) x 3)



=== TEST 10: a token in the query beside a valid header
--- request
GET /scim/v2/Users?access_token=token-rw
--- scim_error: 400



=== TEST 11: a token in a form
--- token: none
--- request
POST /scim/v2/Users
access_token=token-rw
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- scim_error: 401



=== TEST 12: a read-only token reads
--- token: ro
--- request eval
['GET /scim/v2/Users', 'HEAD /scim/v2/Users', 'GET /scim/v2/Users/x',
 'GET /scim/v2/Schemas']
--- error_code eval
[200, 200, 404, 200]
--- response_headers eval
::challenges((undef) x 4)



=== TEST 13: a read-only token does not write
--- token: ro
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"kim"}', 'PUT /scim/v2/Users/x
{"userName":"kim"}', 'PATCH /scim/v2/Users/x
{"Operations":[]}', 'DELETE /scim/v2/Users/x', 'POST /scim/v2/Bulk
{}']
--- error_code eval
[(403) x 5]
--- scim_error eval
[("403\nThe token may only read") x 5]
--- response_headers eval
::challenges(($::Scope) x 5)



=== TEST 14: a search by POST only reads
--- token: ro
--- pipelined_requests eval
['POST /scim/v2/Users/.search
{}', 'POST /scim/v2/Groups/.search
{}']
--- response_body_like eval
[(qr/"totalResults":0/) x 2]



=== TEST 15: tenants do not see each other
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"kim"}', 'GET /scim/v2/Users', 'POST /scim/v2/Users
{"userName":"KIM"}', 'GET /scim/v2/Users', 'GET /scim/v2/Users',
 'GET /scim/v2/Users?filter=userName+eq+%22kim%22']
--- more_headers eval
::auth(map { "Bearer token-$_" } qw(rw other other rw other ro))
--- error_code eval
[201, 200, 201, 200, 200, 200]
--- response_body_like eval
[qr//, qr/"totalResults":0/, qr/"userName":"KIM"/,
 qr/"totalResults":1,.*"userName":"kim"/,
 qr/"totalResults":1,.*"userName":"KIM"/, qr/"totalResults":1,.*"kim"/]



=== TEST 16: "satisfy any" lets in by address, but there must be a token too
--- config
    location /scim/v2/ {
        scim;
        satisfy any;
        allow 127.0.0.1;
        deny all;
    }
--- request eval
[('GET /scim/v2/Users') x 3, 'POST /scim/v2/Users
{"userName":"kim"}', 'GET /scim/v2/Users']
--- more_headers eval
::auth('Bearer token-rw', 'Bearer token-unknown', '', 'Bearer token-ro', 'Bearer')
--- error_code eval
[200, 401, 401, 403, 400]
--- scim_error eval
['', '401', '401', '403', '400']
--- response_headers eval
::challenges(undef, $::Invalid, $::None, $::Scope, $::Malformed)



=== TEST 17: "satisfy any" with a denied address
--- config
    location /scim/v2/ {
        scim;
        satisfy any;
        deny all;
    }
--- pipelined_requests eval
[('GET /scim/v2/Users') x 2]
--- more_headers eval
::auth('Bearer token-rw', 'Bearer token-unknown')
--- error_code eval
[200, 401]
--- scim_error eval
['', '401']
--- response_headers eval
::challenges(undef, $::Invalid)
--- no_error_log
[alert]



=== TEST 18: a denied address
--- config
    location /scim/v2/ {
        scim;
        deny all;
    }
--- request
GET /scim/v2/Users
--- scim_error: 403
--- response_headers
Content-Type: application/scim+json
--- error_log
access forbidden by rule
--- no_error_log
[alert]



=== TEST 19: a challenge is sent once
--- token: none
--- config
    location /scim/v2/ {
        scim;
        satisfy any;
        allow 127.0.0.1;
        deny all;
    }
--- request
GET /scim/v2/Users
--- scim_error: 401
--- raw_response_headers_unlike: (?s)WWW-Authenticate.*WWW-Authenticate



=== TEST 20: limit_req
--- http_config
    limit_req_zone $http_authorization zone=each:1m rate=1r/m;
    limit_req_status 429;
--- config
    location /scim/v2/ {
        scim;
        limit_req zone=each;
    }
--- pipelined_requests eval
[('GET /scim/v2/Users') x 2]
--- error_code_like eval
[qr/200|429/, 429]
--- scim_error eval
['', '429
Too many requests, try again later']
--- response_headers eval
['Connection: keep-alive', "Retry-After: 2\nContent-Type: application/scim+json"]
--- no_error_log
[alert]



=== TEST 21: limit_req with nginx's own status
--- http_config
    limit_req_zone $http_authorization zone=each:1m rate=1r/m;
--- config
    location /scim/v2/ {
        scim;
        limit_req zone=each;
    }
--- pipelined_requests eval
[('GET /scim/v2/Users') x 2]
--- error_code_like eval
[qr/200|503/, 503]
--- scim_error eval
['', '503']
--- response_headers eval
['Connection: keep-alive', "Retry-After: 2\nContent-Type: application/scim+json"]
--- no_error_log
[alert]



=== TEST 22: no secret is in the error log
--- log_level: info
--- request eval
[('GET /scim/v2/Users') x 4]
--- more_headers eval
::auth('Bearer hidden-word', 'Bearer hidden-word two', 'hidden-word',
       'Basic hidden-word')
--- error_code eval
[401, 400, 401, 401]
--- no_error_log
hidden-word
[error]



=== TEST 23: discovery without a token, where the operator allows it
--- config
    location /scim/v2/ { scim; scim_discovery_auth off; }
--- token: none
--- pipelined_requests eval
['GET /scim/v2/ServiceProviderConfig', 'GET /scim/v2/Schemas',
 'GET /scim/v2/ResourceTypes/User', 'GET /scim/v2/Schemas/x',
 'POST /scim/v2/Schemas
{}', 'GET /scim/v2/Users', 'GET /scim/v2/', 'GET /scim/v2/SchemasX',
 'GET /scim/v2/Users/Schemas']
--- error_code eval
[200, 200, 200, 404, 405, 401, 401, 401, 401]
--- scim_error eval
['', '', '', '404', '405', '401', '401', '401', '401']
