# The token endpoint (RFC 6749, sections 4.4 and 5) and metadata (RFC 8414).

use SCIM::Nginx;
use Test::Nginx::Socket;
use Digest::SHA qw(sha256_hex);
use MIME::Base64 qw(encode_base64);

our $Endpoint = <<'END';
    location = /oauth/token { scim_oauth_token; }
    location /scim/v2/ { scim; scim_tokens redis valid=0; }
END

our $Form = 'Content-Type: application/x-www-form-urlencoded';
our $Grant = 'grant_type=client_credentials';
our $Refused = '{"error":"invalid_client","error_description":'
    . '"The client is unknown, or its secret is wrong or expired"}';

# the command that puts a client with the secret "word" into Redis
sub client {
    my ($fields, $secret) = @_;
    return 'HSET scim:client:id1 '
        . ($fields // 'tenant demo name entra scope rw') . ' secret:'
        . sha256_hex('word') . ' ' . ($secret // '{}') . "\n";
}

sub basic { "$main::Form\nAuthorization: Basic " . MIME::Base64::encode_base64($_[0], '') }
sub error { qr/^\{"error":"$_[0]","error_description":"[^"\\]+"\}$/ }

repeat_each(2);
plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
no_long_string();
run_tests();

__DATA__

=== TEST 1: a token for a client, in both ways
--- config eval: $::Endpoint
--- redis eval: ::client()
--- request eval
["POST /oauth/token\n$::Grant",
 "POST /oauth/token\n$::Grant&client_id=id1&client_secret=word"]
--- token: none
--- more_headers eval
[::basic('id1:word'), $::Form]
--- error_code eval
[200, 200]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store\nPragma: no-cache") x 2]
--- response_body_like eval
[(qr/^\{"access_token":"scim_[\w-]{43}[0-9A-Za-z]{6}","token_type":"Bearer","expires_in":3600,"scope":"rw"\}$/) x 2]



=== TEST 2: a client that may only read
--- config eval: $::Endpoint
--- redis eval: ::client('tenant demo name entra scope ro')
--- request eval
["POST /oauth/token\n$::Grant", "POST /oauth/token\n$::Grant&scope=scim",
 "POST /oauth/token\n$::Grant&scope=rw"]
--- more_headers eval
[(::basic('id1:word')) x 3]
--- error_code eval
[200, 200, 400]
--- response_body_like eval
[qr/"scope":"ro"/, qr/"scope":"scim ro"/, ::error('invalid_scope')]



=== TEST 3: scopes that are asked for
--- config eval: $::Endpoint
--- redis eval: ::client()
--- request eval
[map { "POST /oauth/token\n$::Grant&scope=$_" } qw(ro scim rw scim+ro)]
--- more_headers eval
[(::basic('id1:word')) x 4]
--- error_code eval
[(200) x 4]
--- response_body_like eval
[map { qr/"scope":"$_"/ } 'ro', 'scim', 'rw', 'scim ro']



=== TEST 4: who is not let in gets one answer
--- config eval: $::Endpoint
--- redis eval: ::client()
--- request eval
[("POST /oauth/token\n$::Grant") x 6]
--- more_headers eval
[map { ::basic($_) } 'id1:wrong', 'id2:word', 'id1:word ', 'ID1:word',
 '{demo}:word', 'x' x 65 . ':word']
--- error_code eval
[(401) x 6]
--- response_headers eval
[("WWW-Authenticate: Basic realm=\"scim\"\nContent-Type: application/json\nCache-Control: no-store") x 6]
--- response_body eval
[($::Refused) x 6]



=== TEST 5: a secret that has expired
--- config eval: $::Endpoint
--- redis eval
::client(undef, '{"created":"2019-01-01T00:00:00Z","expires":"2020-01-01T00:00:00Z"}')
--- request eval
"POST /oauth/token\n$::Grant"
--- more_headers eval: ::basic('id1:word')
--- error_code: 401
--- response_body eval: $::Refused



=== TEST 6: one of several secrets
--- config eval: $::Endpoint
--- redis eval
::client() . 'HSET scim:client:id1 secret:' . Digest::SHA::sha256_hex('new')
. ' {"expires":"2099-01-01T00:00:00Z"}'
--- request eval
[("POST /oauth/token\n$::Grant") x 3]
--- more_headers eval
[map { ::basic("id1:$_") } qw(word new old)]
--- error_code eval
[200, 200, 401]



=== TEST 7: what is no client opens nothing
--- config eval: $::Endpoint
--- redis eval: ::client('tenant demo name entra scope all')
--- request eval
"POST /oauth/token\n$::Grant"
--- more_headers eval: ::basic('id1:word')
--- error_code: 401
--- response_body eval: $::Refused
--- error_log
scim: "scim:client:id1" in redis is no client
--- no_error_log
[alert]



=== TEST 8: errors of the request
--- config eval: $::Endpoint
--- redis eval: ::client()
--- request eval
['POST /oauth/token', "POST /oauth/token\ngrant_type=password",
 "POST /oauth/token\n$::Grant&$::Grant", "POST /oauth/token\n$::Grant&client_secret=word",
 "POST /oauth/token\n$::Grant&scope=%zz",
 "POST /oauth/token\n$::Grant&x=" . 'x' x 20_000]
--- more_headers eval
[(::basic('id1:word')) x 6]
--- error_code eval
[(400) x 5, 413]
--- response_headers eval
[("Cache-Control: no-store\nContent-Type: application/json\n!WWW-Authenticate") x 6]
--- response_body_like eval
[::error('invalid_request'), ::error('unsupported_grant_type'),
 (::error('invalid_request')) x 4]



=== TEST 9: no client
--- config eval: $::Endpoint
--- token: none
--- request eval
[("POST /oauth/token\n$::Grant") x 2]
--- more_headers eval
[$::Form, "$::Form\nAuthorization: Bearer word"]
--- error_code eval
[401, 401]
--- response_headers eval
[('WWW-Authenticate: Basic realm="scim"') x 2]
--- response_body_like eval
[(::error('invalid_client')) x 2]



=== TEST 10: another type or method
--- config eval: $::Endpoint
--- request eval
["POST /oauth/token\n{}", "GET /oauth/token?$::Grant", "PUT /oauth/token\n$::Grant"]
--- more_headers eval
['Content-Type: application/json', (::basic('id1:word')) x 2]
--- error_code eval
[400, 405, 405]
--- response_headers eval
['!Allow', ('Allow: POST') x 2]
--- response_body_like eval
[(::error('invalid_request')) x 3]



=== TEST 11: a form with a charset, and a body that comes in pieces
--- config eval: $::Endpoint
--- redis eval: ::client()
--- request eval
"POST /oauth/token\n$::Grant"
--- more_headers eval
::basic('id1:word') =~ s/urlencoded/urlencoded; charset=UTF-8/r
--- error_code: 200



=== TEST 12: a large chunked body
--- config eval: $::Endpoint
--- raw_request eval
"POST /oauth/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
. "Content-Type: application/x-www-form-urlencoded\r\n"
. "Transfer-Encoding: chunked\r\n\r\n" . sprintf("%x\r\n", 20_000)
. 'x' x 20_000 . "\r\n0\r\n\r\n"
--- error_code: 413
--- response_body_like eval: ::error('invalid_request')



=== TEST 13: Redis is away
--- http_config
    scim_redis redis://127.0.0.1:$TEST_NGINX_FREE_PORT;
--- config
    location = /oauth/token { scim_oauth_token; }
--- request eval
"POST /oauth/token\n$::Grant"
--- more_headers eval: ::basic('id1:word')
--- error_code: 503
--- response_headers
Retry-After: 2
Cache-Control: no-store
--- response_body_like eval: ::error('temporarily_unavailable')
--- no_error_log
[alert]



=== TEST 14: inside of "if" and "limit_except", and limit_req
--- http_config
    limit_req_zone $server_name zone=each:1m rate=1r/m;
    limit_req_status 429;
--- config
    location = /oauth/token {
        scim_oauth_token;
        limit_req zone=each;
        if ($http_x_trace) { add_header X-Trace on always; }
        limit_except POST { deny all; }
    }
--- redis eval: ::client()
--- request eval
[("POST /oauth/token\n$::Grant") x 2]
--- more_headers eval
[("X-Trace: 1\n" . ::basic('id1:word')) x 2]
--- error_code_like eval
[qr/200|429/, 429]
--- response_headers eval
[('X-Trace: on') x 2]
--- no_error_log
[alert]



=== TEST 15: what nginx itself refuses is an error of OAuth too
--- config
    location = /oauth/token {
        scim_oauth_token;
        client_max_body_size 1k;
        if ($arg_busy) { return 429; }
    }
--- redis eval: ::client()
--- request eval
["POST /oauth/token\n" . 'x' x 2000, "POST /oauth/token?busy=1\n$::Grant",
 "POST /oauth/token\n$::Grant"]
--- more_headers eval
[(::basic('id1:word')) x 3]
--- error_code_like eval
[413, 429, 200]
--- response_headers eval
["Content-Type: application/json\nCache-Control: no-store\nRetry-After: ",
 "Content-Type: application/json\nCache-Control: no-store\nRetry-After: 2",
 "Content-Type: application/json\nRetry-After: "]
--- response_body_like eval
[::error('invalid_request'), ::error('temporarily_unavailable'),
 qr/access_token/]
--- no_error_log
[alert]



=== TEST 16: no secret is in the error log
--- config eval: $::Endpoint
--- log_level: info
--- request eval
[("POST /oauth/token\n$::Grant&client_id=id1&client_secret=hidden-word") x 2]
--- more_headers eval
[::basic('id1:hidden-word'), "Authorization:\n$::Form"]
--- error_code eval
[400, 401]
--- no_error_log
hidden-word
[error]



=== TEST 17: metadata
--- config
    location = /.well-known/oauth-authorization-server {
        scim_oauth_metadata https://$host https://$host/oauth/token;
    }
--- token: none
--- request eval
['GET /.well-known/oauth-authorization-server', 'HEAD /.well-known/oauth-authorization-server',
 'POST /.well-known/oauth-authorization-server']
--- more_headers
Host: scim.example.com
--- error_code eval
[200, 200, 405]
--- response_headers eval
[('Content-Type: application/json') x 2, '!Cache-Control']
--- response_body_like eval
[qr({"issuer":"https://scim\.example\.com","token_endpoint":"https://scim\.example\.com/oauth/token","scopes_supported":\["scim","rw","ro"\],"response_types_supported":\[\],"grant_types_supported":\["client_credentials"\],"token_endpoint_auth_methods_supported":\["client_secret_basic","client_secret_post"\]}),
 qr/^$/, qr/405/]



=== TEST 18: metadata of an endpoint that accepts assertions
--- config
    location = /m { scim_oauth_metadata https://a https://a/token private_key_jwt; }
--- token: none
--- request
GET /m
--- response_body_like: "client_secret_post","private_key_jwt"\],"token_endpoint_auth_signing_alg_values_supported":\["RS256",



=== TEST 19: metadata of a host that is no text
--- config
    location = /m { scim_oauth_metadata https://$host https://a/token; }
--- token: none
--- request
GET /m
--- more_headers eval
"Host: \xff"
--- error_code: 400



=== TEST 20: a scope that is not understood gives no token
--- config eval: $::Endpoint
--- redis eval: ::client()
--- request eval
[map { "POST /oauth/token\n$::Grant&scope=$_" }
 'ro+', 'RO', 'ro+openid', 'https://example.com/.default']
--- more_headers eval
[(::basic('id1:word')) x 4]
--- error_code eval
[(400) x 4]
--- response_body_like eval
[(::error('invalid_scope')) x 4]



=== TEST 21: metadata of an endpoint that identity providers sign for
--- config
    location = /m { scim_oauth_metadata https://a https://a/token private_key_jwt federation; }
--- token: none
--- request
GET /m
--- response_body_like: "grant_types_supported":\["client_credentials","urn:ietf:params:oauth:grant-type:jwt-bearer","urn:ietf:params:oauth:grant-type:token-exchange"\]



=== TEST 22: grants of an assertion need one
--- config eval: $::Endpoint
--- token: none
--- request eval
["POST /oauth/token\ngrant_type=urn:ietf:params:oauth:grant-type:jwt-bearer",
 "POST /oauth/token\ngrant_type=urn:ietf:params:oauth:grant-type:token-exchange"]
--- more_headers eval
[($::Form) x 2]
--- error_code eval
[400, 400]
--- response_body_like eval
[(::error('invalid_request')) x 2]
