# Tokens in Redis: which are accepted, and that a request may wait for the
# answer wherever nginx checks it.

use SCIM::Nginx;
use Test::Nginx::Socket;
use Digest::SHA qw(sha256_hex);

our $None = 'Bearer realm="scim"';
our $Invalid = "$None, error=\"invalid_token\"";

# of 32 bytes of zeroes, and of the bytes 0, 1, 2 ...
our $Ours = 'scim_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3oLhmX';
our $Mistyped = 'scim_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh80wePdQ';

sub challenges { [ map { $_ ? "WWW-Authenticate: $_" : '!WWW-Authenticate' } @_ ] }
sub auth { [ map { "Authorization: Bearer $_" } @_ ] }

# the command that puts a token into Redis
sub token {
    my ($secret, $fields) = @_;
    return 'HSET scim:token:' . sha256_hex($secret) . ' '
        . ($fields // 'tenant demo name main scope rw') . "\n";
}

repeat_each(2);
plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
no_long_string();
run_tests();

__DATA__

=== TEST 1: a token that Redis knows
--- http_config
    scim_tokens redis valid=0;
--- redis eval
::token('token-rw') . ::token('token-ro', 'tenant demo name reader scope ro')
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"kim"}', 'GET /scim/v2/Users', 'GET /scim/v2/Users',
 'DELETE /scim/v2/Users/x']
--- more_headers eval
::auth('token-rw', 'token-rw', 'token-ro', 'token-ro')
--- error_code eval
[201, 200, 200, 403]
--- response_body_like eval
[qr/"kim"/, qr/"totalResults":1/, qr/"totalResults":1/, qr/may only read/]



=== TEST 2: tokens that Redis does not know
--- http_config
    scim_tokens redis valid=0;
--- pipelined_requests eval
[('GET /scim/v2/Users') x 3]
--- more_headers eval
['Authorization: Bearer token-rw', 'Authorization: token-rw', 'Authorization:']
--- error_code eval
[401, 401, 401]
--- scim_error eval
["401\nThe token is unknown, expired or revoked",
 ("401\nThe request needs a bearer token in its Authorization header") x 2]
--- response_headers eval
::challenges($::Invalid, ($::None) x 2)



=== TEST 3: a token that was typed without its scheme
--- http_config
    scim_tokens redis valid=0;
--- redis eval: ::token('token-rw')
--- request
GET /scim/v2/Users
--- more_headers
Authorization: token-rw
--- error_code: 200



=== TEST 4: expiry
--- http_config
    scim_tokens redis valid=0;
--- redis eval
CORE::join '', map { ::token($_->[0], "tenant demo name main scope rw expires $_->[1]") }
    ['future', '2099-01-31T00:00:00Z'], ['past', '2020-01-31T00:00:00Z'],
    ['zone', '2099-01-31T00:00:00+02:00']
--- pipelined_requests eval
[('GET /scim/v2/Users') x 3]
--- more_headers eval
::auth('future', 'past', 'zone')
--- error_code eval
[200, 401, 200]
--- response_headers eval
::challenges(undef, $::Invalid, undef)



=== TEST 5: what is not understood opens nothing
--- http_config
    scim_tokens redis valid=0;
--- redis eval
CORE::join '', map { ::token(@$_) }
    ['no-scope', 'tenant demo name main'],
    ['scope', 'tenant demo name main scope admin'],
    ['no-name', 'tenant demo scope rw'],
    ['tenant', 'tenant de{mo} name main scope rw'],
    ['expires', 'tenant demo name main scope rw expires soon']
--- pipelined_requests eval
[('GET /scim/v2/Users') x 5]
--- more_headers eval
::auth('no-scope', 'scope', 'no-name', 'tenant', 'expires')
--- error_code eval
[(401) x 5]
--- scim_error eval
[("401\nThe token is unknown, expired or revoked") x 5]
--- no_error_log
[alert]



=== TEST 6: what is not understood is logged by the beginning of its key
--- http_config
    scim_tokens redis valid=0;
--- redis eval: ::token('token-rw', 'tenant demo name main')
--- request
GET /scim/v2/Users
--- scim_error: 401
--- error_log eval
'scim: "scim:token:' . substr(Digest::SHA::sha256_hex('token-rw'), 0, 12) . '..." in redis is no token'
--- no_error_log
[alert]



=== TEST 7: a hash without a tenant is no token
--- http_config
    scim_tokens redis valid=0;
--- redis eval: ::token('token-rw', 'used 2026-01-01T00:00:00Z')
--- request
GET /scim/v2/Users
--- scim_error: 401



=== TEST 8: a key that is no hash
--- http_config
    scim_tokens redis valid=0;
--- redis eval
'SET scim:token:' . Digest::SHA::sha256_hex('token-rw') . ' x'
--- request
GET /scim/v2/Users
--- scim_error: 500
--- error_log
WRONGTYPE
--- no_error_log
[crit]



=== TEST 9: a mistyped token is refused without being looked up
--- http_config
    scim_tokens redis valid=0;
--- redis eval
::token($::Ours) . ::token($::Mistyped) . ::token("${main::Mistyped}x")
--- log_level: info
--- pipelined_requests eval
[('GET /scim/v2/Users') x 3]
--- more_headers eval
::auth($::Ours, $::Mistyped, "${main::Mistyped}x")
--- error_code eval
[200, 401, 200]
--- scim_error eval
['', "401\nThe token is unknown, expired or revoked", '']
--- response_headers eval
::challenges(undef, $::Invalid, undef)



=== TEST 10: a mistyped token is logged without the token
--- http_config
    scim_tokens redis valid=0;
--- log_level: info
--- request
GET /scim/v2/Users
--- more_headers eval
"Authorization: Bearer $::Mistyped"
--- scim_error: 401
--- error_log
scim: the token is mistyped or cut
--- no_error_log
scim_AAEC



=== TEST 11: bodies that came before the answer of Redis
--- http_config
    scim_tokens redis valid=0;
--- redis eval: ::token('token-rw')
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"a","displayName":"' . 'x' x 100_000 . '"}',
 'POST /scim/v2/Users
{"userName":"b"}', 'GET /scim/v2/Users?attributes=userName']
--- error_code eval
[201, 201, 200]
--- response_body_like eval
[qr/"a"/, qr/"b"/, qr/"totalResults":2/]



=== TEST 12: the body of a request that is refused
--- http_config
    scim_tokens redis valid=0;
--- redis eval: ::token('token-rw')
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"' . 'x' x 100_000 . '"}', 'GET /scim/v2/Users']
--- more_headers eval
::auth('unknown', 'token-rw')
--- error_code eval
[401, 200]
--- response_body_like eval
[qr/unknown/, qr/"totalResults":0/]



=== TEST 13: "satisfy any" by address: the content handler waits
--- http_config
    scim_tokens redis valid=0;
--- config
    location /scim/v2/ {
        scim;
        satisfy any;
        allow 127.0.0.1;
        deny all;
    }
--- redis eval
::token('token-rw') . ::token('token-ro', 'tenant demo name reader scope ro')
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2/Users', 'POST /scim/v2/Users
{"userName":"kim"}', 'POST /scim/v2/Users
{"userName":"kim"}', 'GET /scim/v2/ServiceProviderConfig', 'GET /scim/v2/x']
--- more_headers eval
::auth('token-rw', 'unknown', 'token-rw', 'token-ro', 'token-ro', 'token-ro')
--- error_code eval
[200, 401, 201, 403, 200, 404]
--- scim_error eval
['', '401', '', '403', '', '404']



=== TEST 14: "satisfy any" with a denied address
--- http_config
    scim_tokens redis valid=0;
--- config
    location /scim/v2/ {
        scim;
        satisfy any;
        deny all;
    }
--- redis eval: ::token('token-rw')
--- pipelined_requests eval
[('GET /scim/v2/Users') x 2]
--- more_headers eval
::auth('token-rw', 'unknown')
--- error_code eval
[200, 401]
--- scim_error eval
['', '401']
--- response_headers eval
::challenges(undef, $::Invalid)
--- no_error_log
[alert]



=== TEST 15: a denied address is refused before Redis is asked
--- http_config
    scim_redis redis://127.0.0.1:$TEST_NGINX_FREE_PORT;
    scim_tokens redis;
--- config
    location /scim/v2/ {
        scim;
        deny all;
    }
--- request
GET /scim/v2/Users
--- scim_error: 403
--- error_log
access forbidden by rule
--- no_error_log
[alert]



=== TEST 16: Redis is away: nobody is let in
--- http_config
    scim_redis redis://127.0.0.1:$TEST_NGINX_FREE_PORT;
    scim_tokens redis;
--- config
    location /scim/v2/ { scim; }
    location /any/ { scim; satisfy any; allow 127.0.0.1; deny all; }
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2/ServiceProviderConfig', 'GET /any/Schemas',
 'POST /scim/v2/Users
{"userName":"kim"}']
--- error_code eval
[(503) x 4]
--- scim_error eval
[("503\nThe directory is not available at the moment, try again later") x 4]
--- response_headers eval
[("Retry-After: 2\n!WWW-Authenticate") x 4]
--- no_error_log
[alert]



=== TEST 17: Redis is away, and is not needed to refuse
--- http_config
    scim_redis redis://127.0.0.1:$TEST_NGINX_FREE_PORT;
    scim_tokens redis;
--- request eval
[('GET /scim/v2/Users') x 3]
--- more_headers eval
['Authorization:', 'Authorization: Bearer a b',
 "Authorization: Bearer $main::Mistyped"]
--- error_code eval
[401, 400, 401]
--- scim_error eval
['401', '400', '401']
--- no_error_log
[alert]



=== TEST 18: Redis does not answer
--- http_config
    scim_redis redis://127.0.0.1:$TEST_NGINX_FREE_PORT timeout=200ms
               connect_timeout=200ms;
    scim_tokens redis;
--- tcp_listen eval: $ENV{TEST_NGINX_FREE_PORT}
--- tcp_no_close
--- tcp_reply
--- request
GET /scim/v2/Users
--- scim_error: 503
--- response_headers
Retry-After: 2
--- no_error_log
[alert]



=== TEST 19: a subrequest
--- http_config
    scim_tokens redis valid=0;
--- config
    location /scim/v2/ { scim; }
    location = /gif { auth_request /scim/v2/Users; empty_gif; }
--- redis eval: ::token('token-rw')
--- pipelined_requests eval
['GET /gif', 'GET /gif']
--- more_headers eval
::auth('token-rw', 'unknown')
--- error_code eval
[200, 401]
--- response_body_like eval
[qr/^GIF/, qr/401/]



=== TEST 20: internal redirects
--- http_config
    scim_tokens redis valid=0;
--- config
    location /scim/v2/ { scim; }
    location /old/ { rewrite ^/old/(.*)$ /scim/v2/$1 last; }
    location /try/ { try_files /nothing /scim/v2/Users; }
    location /page/ { error_page 418 = /scim/v2/Users; return 418; }
--- redis eval: ::token('token-rw')
--- pipelined_requests eval
['GET /old/Users', 'GET /try/', 'GET /page/', 'GET /old/Users', 'GET /try/',
 'GET /page/']
--- more_headers eval
::auth(('token-rw') x 3, ('unknown') x 3)
--- error_code eval
[(200) x 3, (401) x 3]
--- scim_error eval
['', '', '', ('401') x 3]



=== TEST 21: an error page of the location
--- http_config
    scim_tokens redis valid=0;
--- config
    location /scim/v2/ { scim; error_page 401 /denied; }
    location = /denied { internal; return 200 "another way\n"; }
--- request
GET /scim/v2/Users
--- error_code: 401
--- response_body
another way



=== TEST 22: a token of one database is none in another
--- http_config
    scim_tokens redis valid=1h;
--- config
    location /a/ { scim; }
    location /b/ { scim; scim_redis unix:$TEST_NGINX_REDIS_SOCK db=1; }
    location /c/ { scim; scim_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT; }
--- redis eval: ::token('token-rw')
--- pipelined_requests eval
['GET /a/Users', 'GET /b/Users', 'GET /a/Users', 'GET /b/Users', 'GET /c/Users']
--- error_code eval
[200, 401, 200, 401, 200]
--- scim_error eval
['', '401', '', '401', '']



=== TEST 23: beside a location with a token file
--- http_config
    scim_tokens redis valid=0;
--- config
    location /a/ { scim; }
    location /b/ { scim; scim_tokens $TEST_NGINX_TOKENS; }
--- redis eval: ::token('token-new')
--- pipelined_requests eval
['GET /a/Users', 'GET /b/Users', 'GET /a/Users', 'GET /b/Users']
--- more_headers eval
::auth('token-new', 'token-new', 'token-rw', 'token-rw')
--- error_code eval
[200, 401, 401, 200]
--- scim_error eval
['', '401', '401', '']



=== TEST 24: discovery without a token needs no Redis
--- http_config
    scim_redis redis://127.0.0.1:$TEST_NGINX_FREE_PORT;
    scim_tokens redis;
    scim_discovery_auth off;
--- pipelined_requests eval
['GET /scim/v2/ServiceProviderConfig', 'GET /scim/v2/Users']
--- error_code eval
[200, 503]
--- scim_error eval
['', '503']
--- no_error_log
[alert]



=== TEST 25: a zone of its own, which limit_req may not share
--- http_config
    scim_zone tokens 64k;
    scim_tokens redis valid=0;
    limit_req_zone $server_name zone=ngx_scim:1m rate=100r/s;
--- redis eval: ::token('token-rw')
--- request
GET /scim/v2/Users
--- error_code: 200



=== TEST 26: no secret is in the error log
--- http_config
    scim_tokens redis valid=0;
--- redis eval: ::token('hidden-bad', 'tenant demo name main')
--- log_level: info
--- request eval
[('GET /scim/v2/Users') x 3]
--- more_headers eval
::auth('hidden-word', 'hidden-bad', "${main::Mistyped}")
--- error_code eval
[401, 401, 401]
--- no_error_log eval
[qr/hidden-/, qr/scim_AA/]
