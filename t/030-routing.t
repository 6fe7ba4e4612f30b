# Endpoints and methods (RFC 7644, section 3.2): what is there, what may be
# done to it, what is answered elsewhere; content types and Accept
# (section 3.8); HEAD and keep-alive.

use SCIM::Nginx;
use Test::Nginx::Socket;

repeat_each(2);
plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
no_long_string();
run_tests();

__DATA__

=== TEST 1: collections and items
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2/Groups', 'GET /scim/v2/Users/nobody',
 'GET /scim/v2/Groups/none']
--- error_code eval
[200, 200, 404, 404]
--- scim_error eval
['', '', "404\nUser \"nobody\" not found", "404\nGroup \"none\" not found"]



=== TEST 2: a slash at the end is the same as none
--- pipelined_requests eval
['GET /scim/v2/Users/', 'GET /scim/v2/Users/?count=1', 'GET /scim/v2/Groups/?x',
 'GET /scim/v2/Users/nobody/', 'GET /scim/v2/Schemas/',
 'GET /scim/v2/ServiceProviderConfig/']
--- error_code eval
[200, 200, 200, 404, 200, 200]
--- scim_error eval
['', '', '', "404\nUser \"nobody\" not found", '', '']



=== TEST 3: what is no endpoint
--- pipelined_requests eval
[map { "GET /scim/v2/$_" } 'Nothing', 'users', 'USERS', 'User', 'Nothing/x',
 'Userss', 'ServiceProviderConfig/x', 'Me/x', 'Bulk/x', '%55sers%00']
--- error_code eval
[(404) x 9, 400]
--- scim_error eval
[("404\nThere is no such endpoint") x 9, '']



=== TEST 4: an id with slashes, dots or other characters finds nothing
--- request eval
[map { "GET /scim/v2/Users/$_" } 'a/b', '%7B', '*', '%25', 'a%20b', 'x' x 65,
 "%C3%A9", 'a:groups']
--- error_code eval
[(404) x 8]
--- scim_error eval
[('404') x 8]



=== TEST 5: what is in the standard and not offered
--- pipelined_requests eval
['GET /scim/v2/Me', 'POST /scim/v2/Me
{"userName":"kim"}', 'GET /scim/v2/Users']
--- error_code eval
[501, 501, 200]
--- scim_error eval
[("501\nThis endpoint is not supported") x 2, '']



=== TEST 6: methods of a collection
--- pipelined_requests eval
['PUT /scim/v2/Users
{"userName":"kim"}', 'PATCH /scim/v2/Users
{"Operations":[]}', 'DELETE /scim/v2/Groups', 'PROPFIND /scim/v2/Users',
 'OPTIONS /scim/v2/Users', 'GET /scim/v2/Users']
--- error_code eval
[(405) x 5, 200]
--- scim_error eval
[("405\nThe method is not allowed here") x 5, '']
--- response_headers eval
[('Allow: GET, HEAD, POST') x 5, '!Allow']



=== TEST 7: methods of an item
--- pipelined_requests eval
['POST /scim/v2/Users/x
{"userName":"kim"}', 'PROPFIND /scim/v2/Groups/x', 'GET /scim/v2/Users']
--- error_code eval
[405, 405, 200]
--- scim_error eval
['405', '405', '']
--- response_headers eval
[('Allow: GET, HEAD, PUT, PATCH, DELETE') x 2, '!Allow']



=== TEST 8: methods of discovery
--- pipelined_requests eval
[map { my $path = $_; map { "$_ /scim/v2/$path\n{}" } qw(POST PUT PATCH DELETE) }
 qw(ServiceProviderConfig ResourceTypes Schemas Schemas/x ResourceTypes/User)]
--- error_code eval
[(405) x 20]
--- scim_error eval
[('405') x 20]
--- response_headers eval
[('Allow: GET, HEAD') x 20]



=== TEST 9: a method that HTTP does not know
--- request
BREW /scim/v2/Users
--- error_code: 405
--- scim_error: 405



=== TEST 10: HEAD is GET without a body
--- request eval
[map { "HEAD /scim/v2/$_" } qw(Users Users?count=0 Schemas Users/x Nothing)]
--- error_code eval
[200, 200, 200, 404, 404]
--- response_body eval
[('') x 5]
--- response_headers eval
[('Content-Type: application/scim+json') x 5]



=== TEST 11: the length that HEAD tells is that of GET
--- request
HEAD /scim/v2/Users?count=0
--- response_headers
Content-Length: 130



=== TEST 12: answers are application/scim+json
--- pipelined_requests eval
[('GET /scim/v2/Users') x 8]
--- more_headers eval
[map { $_ ? "Accept: $_" : '' } undef, 'application/scim+json', '*/*',
 'application/*', 'text/html, */*;q=0.1',
 'application/json, application/scim+json', 'Application/SCIM+JSON; q=1',
 'application/json, text/plain, */*']
--- response_headers eval
[('Content-Type: application/scim+json') x 8]



=== TEST 13: application/json for a client that takes nothing else
--- pipelined_requests eval
['GET /scim/v2/Users', 'GET /scim/v2/Nothing', 'GET /scim/v2/Users/x',
 'POST /scim/v2/Users
{"userName":"kim"}', 'GET /scim/v2/Schemas']
--- more_headers
Accept: application/json
--- error_code eval
[200, 404, 404, 201, 200]
--- response_headers eval
[('Content-Type: application/json') x 5]



=== TEST 14: application/json in an error of nginx
--- token: none
--- request
GET /scim/v2/Users
--- more_headers
Accept: application/json;charset=utf-8
--- scim_error: 401
--- response_headers
Content-Type: application/json



=== TEST 15: Accept that excludes both
--- pipelined_requests eval
[('GET /scim/v2/Users') x 3, 'POST /scim/v2/Users
{"userName":"kim"}']
--- more_headers eval
[map { "Accept: $_" } 'text/html', 'application/xml, text/*',
 'application/jsonx', 'text/html']
--- error_code eval
[(406) x 4]
--- scim_error eval
[('406') x 4]
--- response_headers eval
[('Content-Type: application/scim+json') x 4]



=== TEST 16: several Accept headers
--- pipelined_requests eval
[('GET /scim/v2/Users') x 2]
--- more_headers eval
["Accept: text/html\nAccept: application/json",
 "Accept: application/json\nAccept: application/scim+json"]
--- response_headers eval
['Content-Type: application/json', 'Content-Type: application/scim+json']



=== TEST 17: an empty Accept and no User-Agent
--- request
GET /scim/v2/Users
--- more_headers eval
"Accept:\nUser-Agent:"
--- response_headers
Content-Type: application/scim+json



=== TEST 18: content types of a body
--- pipelined_requests eval
my $i = 0;
[map { $i++; "POST /scim/v2/Users\n{\"userName\":\"kim$i\"}" } 1 .. 6]
--- more_headers eval
[map { "Content-Type: $_" } 'application/scim+json', 'application/json',
 'application/scim+json; charset=utf-8', 'application/json;charset=UTF-8',
 'APPLICATION/JSON', 'application/scim+json ;charset=utf-8']
--- error_code eval
[(201) x 6]



=== TEST 19: another content type
--- pipelined_requests eval
['POST /scim/v2/Users
{"userName":"kim"}', 'PUT /scim/v2/Users/x
{"userName":"kim"}', 'PATCH /scim/v2/Users/x
{"Operations":[]}', 'POST /scim/v2/Users
{"userName":"kim"}', 'GET /scim/v2/Users']
--- more_headers eval
[map { "Content-Type: $_" } 'text/plain', 'application/x-www-form-urlencoded',
 'application/xml', 'application/jsonx', 'text/plain']
--- error_code eval
[(415) x 4, 200]
--- scim_error eval
[('415') x 4, '']
--- response_body_like eval
[(qr/application\/scim\+json/) x 4, qr/"totalResults":0/]



=== TEST 20: a body without a content type
--- raw_request eval
"POST /scim/v2/Users HTTP/1.1\r
Host: localhost\r
Connection: close\r
Authorization: Bearer token-rw\r
Content-Length: 18\r
\r
{\"userName\":\"kim\"}"
--- error_code: 201



=== TEST 21: no body where one is needed
--- pipelined_requests eval
['POST /scim/v2/Users', 'PATCH /scim/v2/Users/x', 'PUT /scim/v2/Users/x']
--- error_code eval
[400, 400, 404]
--- scim_error eval
[("400 invalidSyntax\nthe request needs a body") x 2, '404']



=== TEST 22: a body where none is needed
--- pipelined_requests eval
['GET /scim/v2/Users
{"userName":"kim"}', 'DELETE /scim/v2/Users/x
{"userName":"kim"}', 'GET /scim/v2/Users']
--- error_code eval
[200, 404, 200]
--- scim_error eval
['', '404', '']



=== TEST 23: a body that is not read is not the next request
--- pipelined_requests eval
my $body = "DELETE /scim/v2/Users/x HTTP/1.1\r\nHost: x\r\n"
    . "Authorization: Bearer token-rw\r\n\r\n";
["POST /scim/v2/Me\n$body", "POST /scim/v2/Nothing\n$body",
 "POST /scim/v2/Schemas\n$body", "PUT /scim/v2/Users\n$body",
 'GET /scim/v2/Users']
--- error_code eval
[501, 404, 405, 405, 200]
--- scim_error eval
['501', '404', '405', '405', '']



=== TEST 24: HTTP/1.0
--- raw_request eval
"GET /scim/v2/ServiceProviderConfig HTTP/1.0\r
Authorization: Bearer token-rw\r
\r
"
--- response_body_like: "location":"http://localhost/scim/v2/ServiceProviderConfig"



=== TEST 25: the base URL follows the Host of the request
--- pipelined_requests eval
[('GET /scim/v2/ServiceProviderConfig') x 3]
--- more_headers eval
[map { "Host: $_" } 'scim.example.com', 'scim.example.com:8080', '[::1]:99']
--- response_body_like eval
[map { qr{"location":"http://\Q$_\E/scim/v2/} } 'scim.example.com',
 'scim.example.com:8080', '[::1]:99']



=== TEST 26: unknown keys in the query, also without "="
--- pipelined_requests eval
['GET /scim/v2/Users?aadOptscim062020', 'GET /scim/v2/Users?x=1&&y&=&z=',
 'GET /scim/v2/Users?']
--- response_body_like eval
[(qr/"totalResults":0/) x 3]



=== TEST 27: a scim location at the root
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT;
        server_name root;
        location / { scim; }
    }
--- more_headers
Host: root
--- pipelined_requests eval
['GET /Users', 'GET /ServiceProviderConfig', 'GET /', 'GET /x']
--- error_code eval
[200, 200, 200, 404]
--- response_body_like eval
[qr//, qr{"location":"http://root/ServiceProviderConfig"}, qr//, qr//]



=== TEST 28: an answer inside of another one does not end it
--- config
    location /scim/v2/ { scim; }
    location = /page { ssi on; default_type text/html; }
    location = /status { scim_status; }
--- user_files
>>> page
<!--# include virtual="/scim/v2/ServiceProviderConfig" -->
<!--# include virtual="/scim/v2/Users" -->
<!--# include virtual="/status" -->
the end
--- request
GET /page
--- response_body_like: ^\{.*"patch":.*\}\n\{.*"totalResults":0.*\}\n\{.*"organizations".*\}\n\nthe end



=== TEST 29: no URL is made of what is no name of a host
--- pipelined_requests eval
[('POST /scim/v2/Users' . "\n" . '{"userName":"kim"}') x 4,
 'GET /scim/v2/ServiceProviderConfig']
--- more_headers eval
["Host: \xff", 'Host: a"b', 'Host: a?b', 'Host: a\b', "Host: \xc3\xbc"]
--- error_code eval
[400, 400, 400, 400, 200]
--- scim_error eval
[("400\nNo URL can be made of this request") x 4, '']



=== TEST 30: the root without its slash leads to the root
--- config
    location /scim/v2/ { scim; }
    location /scim { return 404; }
--- pipelined_requests eval
['GET /scim/v2', 'GET /scim/v2?aadOptscim062020', 'GET /scim/v2x',
 'DELETE /scim/v2']
--- error_code eval
[200, 200, 404, 405]
--- response_body_like eval
[qr/ListResponse/, qr/ListResponse/, qr/html/, qr/not allowed/]



=== TEST 31: the root without its slash, and without a token
--- config
    location /scim/v2/ { scim; }
    location /scim { return 404; }
--- more_headers
Authorization:
--- request
GET /scim/v2
--- error_code: 401
--- scim_error
401
The request needs a bearer token in its Authorization header



=== TEST 32: a location of the operator's own
--- config
    location /scim/v2/ { scim; }
    location = /scim/v2 { return 204; }
--- request
GET /scim/v2
--- error_code: 204



=== TEST 33: each server has its own roots
--- config
    location /a/ { scim; location /a/b/ { scim; } }
    location /scim { return 404; }
--- pipelined_requests eval
['GET /a', 'GET /a/b', 'GET /scim/v2', 'GET /a/b/']
--- error_code eval
[200, 200, 404, 200]
