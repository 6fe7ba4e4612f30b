#!/usr/bin/env perl
#
# "nginx -t" with each directive: the mistakes that it reports, with their line,
# and the forms that it accepts.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use SCIM;
use JSON::PP qw(encode_json);
use SCIM::Checked;
use SCIM::JWT;
use Test::More;

my $dir = tempdir('scim-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $hash = sha256_hex('secret');
my $hash2 = sha256_hex('another');

file('tokens', "$hash demo main rw\n");
file('password', "secret\nsecond line\n");
file('empty', '');
file('long', 'x' x 2000);


sub file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out;
}


# the output of nginx -t for an http block
sub check {
    my ($http) = @_;
    file('nginx.conf', "load_module @{[ SCIM::module() ]};\n"
        . "pid $dir/nginx.pid;\nevents { }\nhttp {\n$http\n}\n");
    my $text = `nginx -t -p $dir -e $dir/error.log -c $dir/nginx.conf 2>&1`;
    return ($? >> 8, $text);
}


sub http {
    my ($directives, $location) = @_;
    my $redis = $directives =~ /scim_redis/ ? '' : "scim_redis unix:/r.sock;\n";
    my $tokens = $directives =~ /scim_tokens/ ? '' : "scim_tokens tokens;\n";
    $location //= 'location /scim/v2/ { scim; }';
    return "$redis${tokens}server { listen unix:$dir/http.sock;\n"
        . "$location\n$directives\n}";
}


sub accepted {
    my ($name, $directives, $location) = @_;
    my ($status, $text) = check(http($directives, $location));
    is($status, 0, "accepted: $name") or diag $text;
    unlike($text, qr/\[(warn|error|alert|crit|emerg)\]/, 'without a word');
}


sub refused {
    my ($name, $message, $directives, $location) = @_;
    my ($status, $text) = check(http($directives, $location));
    isnt($status, 0, "refused: $name");
    like($text, qr/\[emerg\].*$message/, 'with the reason') or diag $text;
    unlike($text, qr/AddressSanitizer|runtime error/, 'and no more');
}


# a message that ends with file and line
sub at_line { qr/\Q$_[0]\E in \Q$dir\E\/nginx\.conf:\d+/ }


# --- scim -------------------------------------------------------------------

accepted('a location with a slash', '');
accepted('a location without a slash', '', 'location /scim/v2 { scim; }');
accepted('the root', '', 'location / { scim; }');
accepted('two locations', '',
         'location /a/ { scim; } location /b/ { scim; }');
accepted('a nested location', '',
         'location /a/ { location /a/b/ { scim; } }');
accepted('^~', '', 'location ^~ /scim/ { scim; }');
accepted('a regular expression', '', 'location ~ ^/(?<org>[a-z]+)/v2/ { scim; }');
accepted('the same without case', '', 'location ~* ^/scim { scim; }');

refused('an argument', at_line('invalid number of arguments in "scim" directive'),
        '', 'location /a/ { scim on; }');
refused('twice', at_line('"scim" directive is duplicate'),
        '', 'location /a/ { scim; scim; }');
refused('a named location', at_line('"scim" directive cannot be used in a named '
        . 'location'), '', 'location @a { scim; }');
refused('outside a location', at_line('"scim" directive is not allowed here'),
        'scim;');
refused('inside of "if"', at_line('"scim" directive is not allowed here'),
        '', 'location /a/ { if ($http_x) { scim; } }');

my ($status, $text) = check("server { listen unix:$dir/s; "
                            . 'location /a/ { scim; } }');
isnt($status, 0, 'refused: no scim_redis');
like($text, qr/\[emerg\].*"scim" needs a "scim_redis"/, 'with the reason');

($status, $text) = check("scim_redis unix:/r.sock; server { "
                         . "listen unix:$dir/s; location /a/ { scim; } }");
isnt($status, 0, 'refused: no scim_tokens');
like($text, qr/\[emerg\].*"scim" needs a "scim_tokens" or a "scim_jwks"/,
     'with the reason');

($status, $text) = check("server { listen unix:$dir/s; location /a/ { "
    . 'scim; scim_redis unix:/r.sock; scim_tokens tokens; } }');
is($status, 0, 'accepted: both in the location');


# --- scim_redis ---------------------------------------------------------------

accepted($_, "scim_redis $_;") for (
    'redis://127.0.0.1', 'redis://127.0.0.1:6380', 'redis://127.0.0.1/',
    'redis://127.0.0.1:6380/3', 'redis://[::1]:6379', 'redis://localhost',
    'rediss://127.0.0.1', 'rediss://[::1]:6380/1 tls_name=redis.example',
    'unix:/run/redis.sock', 'unix:/run/redis.sock db=3',
    'unix:/r user=scim password=secret', 'unix:/r password=secret',
    'unix:/r user=scim password_file=password',
    "unix:/r password_file=$dir/password",
    'unix:/r timeout=500ms connect_timeout=2s', 'unix:/r timeout=1m',
    'unix:' . '/x' x 53 . 'y',
);

my @refused_redis = (
    [ 'no argument', '', at_line('invalid number of arguments in "scim_redis" '
      . 'directive') ],
    [ 'no scheme', '127.0.0.1:6379', at_line('"scim_redis" expects '
      . 'redis://host[:port][/db], rediss://host[:port][/db] or '
      . 'unix:/path, not "127.0.0.1:6379"') ],
    [ 'another scheme', 'http://127.0.0.1', qr/expects redis:.*not "http:/ ],
    [ 'TLS for a socket', 'unix:/r tls_ca=ca', at_line('"scim_redis" directive has '
      . '"tls_" parameters, which need a "rediss://" address') ],
    [ 'TLS for an address without', 'redis://127.0.0.1 tls_name=a',
      qr/has "tls_" parameters, which need a "rediss:/ ],
    [ 'a certificate without a key', 'rediss://127.0.0.1 tls_cert=cert',
      at_line('"scim_redis" directive needs "tls_cert=" and "tls_key=" together') ],
    [ 'an authority that does not exist', 'rediss://127.0.0.1 tls_ca=none.pem',
      qr/none\.pem.*No such file/ ],
    [ 'a certificate that does not exist',
      'rediss://127.0.0.1 tls_cert=none.pem tls_key=none.pem',
      qr/none\.pem.*No such file/ ],
    [ 'an empty socket', 'unix:', qr/expects redis:.*not "unix:"/ ],
    [ 'an empty host', 'redis://', qr/expects redis:.*not "redis:\/\/"/ ],
    [ 'no host but a database', 'redis:///1',
      at_line('no host in "scim_redis" address "redis:///1"') ],
    [ 'a bad port', 'redis://127.0.0.1:0',
      at_line('invalid port in "scim_redis" address "redis://127.0.0.1:0"') ],
    [ 'a name that does not exist', 'redis://nothing.invalid',
      at_line('host not found in "scim_redis" address '
              . '"redis://nothing.invalid"') ],
    [ 'a long socket', 'unix:' . '/x' x 54,
      at_line('"scim_redis" directive has a socket path longer than 107 '
              . 'bytes') ],
    [ 'a secret in the address', 'redis://me:hidden@127.0.0.1',
      at_line('"scim_redis" directive takes user and password as "user=" and '
              . '"password_file="') ],
    [ 'a bad database in the address', 'redis://127.0.0.1/x',
      at_line('"scim_redis" has the invalid database "x"') ],
    [ 'a bad database', 'unix:/r db=-1',
      at_line('"scim_redis" has the invalid database "-1"') ],
    [ 'an empty database', 'unix:/r db=',
      at_line('"scim_redis" has the invalid parameter number 2, "db"') ],
    [ 'a bad timeout', 'unix:/r timeout=soon',
      at_line('"scim_redis" has the invalid time "soon"') ],
    [ 'a timeout of nothing', 'unix:/r timeout=0',
      at_line('"scim_redis" has the invalid time "0"') ],
    [ 'a bad connect_timeout', 'unix:/r connect_timeout=-1s',
      at_line('"scim_redis" has the invalid time "-1s"') ],
    [ 'an unknown parameter', 'unix:/r db=1 retries=3',
      at_line('"scim_redis" has the invalid parameter number 3, '
              . '"retries"') ],
    [ 'an empty user', 'unix:/r user=',
      at_line('"scim_redis" has the invalid parameter number 2, "user"') ],
    [ 'a user without a password', 'unix:/r user=scim',
      at_line('"scim_redis" directive has "user=" without a password') ],
    [ 'a password file that is not there', 'unix:/r password_file=nothing',
      qr/cannot read a password from "\Q$dir\E\/nothing" \(2: No such file/ ],
    [ 'an empty password file', 'unix:/r password_file=empty',
      at_line(qq{cannot read a password from "$dir/empty"}) ],
    [ 'a password file too long', 'unix:/r password_file=long',
      at_line(qq{cannot read a password from "$dir/long"}) ],
    [ 'a folder as the password file', 'unix:/r password_file=/',
      qr/cannot read a password from "\/" \(21: Is a directory/ ],
);

refused("scim_redis: $_->[0]", $_->[2], "scim_redis $_->[1];")
    for @refused_redis;
refused('scim_redis: twice', at_line('"scim_redis" directive is duplicate'),
        'scim_redis unix:/a; scim_redis unix:/b;');

# no message contains a secret, whatever is wrong
for my $args ('unix:/r pasword=hidden-word', 'unix:/r password:hidden-word',
              'redis://me:hidden-word@127.0.0.1',
              'unix:/r password=hidden-word db=x')
{
    my (undef, $text) = check(http("scim_redis $args;"));
    unlike($text, qr/hidden-word/, "no secret in the message on $args");
}


# --- scim_tokens --------------------------------------------------------------

sub tokens {
    file('t', $_[0]);
    return "scim_tokens t;";
}

accepted("tokens: $_->[0]", tokens($_->[1])) for (
    [ 'an empty file', '' ],
    [ 'comments and empty lines', "# one\n\n   \n\t# two\n" ],
    [ 'no rights', "$hash demo main" ],
    [ 'tabs and CR LF', "$hash\tdemo\tmain\trw\r\n$hash2 demo b ro\r\n" ],
    [ 'an expiry', "$hash demo main ro 2030-01-31T00:00:00Z\n" ],
    [ 'an expiry alone', "$hash demo main 2030-01-31T00:00:00+02:00\n" ],
    [ 'an expiry in the past', "$hash demo main rw 2001-01-31T00:00:00Z\n" ],
    [ 'digests in upper case', uc($hash) . " demo main\n" ],
    [ 'all that a name can have', "$hash Az-_.09 a.b-c_D\n" ],
    [ 'a long name', "$hash " . 'n' x 64 . " main\n" ],
    [ 'two tokens of one tenant', "$hash demo a\n$hash2 demo b\n" ],
);

my $expected = 'expected "sha256 tenant name [ro|rw] [expiry]"';
my $digest = 'the digest must be 64 hexadecimal digits';
my $names = 'tenant and name must be 1 to 64 letters';

for my $case (
    [ 'a digest alone', "# comment\n$hash\n", 2, $expected ],
    [ 'no name', "$hash demo\n", 1, $expected ],
    [ 'six fields', "$hash demo a rw 2030-01-01T00:00:00Z x\n", 1, $expected ],
    [ 'a short digest', substr($hash, 1) . " demo a\n", 1, $digest ],
    [ 'a long digest', "${hash}0 demo a\n", 1, $digest ],
    [ 'a digest with a letter', 'g' . substr($hash, 1) . " demo a\n", 1,
      $digest ],
    [ 'a token instead of its digest', "secret demo a\n", 1, $digest ],
    [ 'a brace in the tenant', "$hash de{mo a\n", 1, $names ],
    [ 'a colon in the name', "$hash demo a:b\n", 1, $names ],
    [ 'a tenant too long', "$hash " . 'n' x 65 . " a\n", 1, $names ],
    [ 'other rights', "$hash demo a wr\n", 1, 'expected "ro", "rw" or a time' ],
    [ 'a date alone', "$hash demo a rw 2030-01-01\n", 1,
      'expected "ro", "rw" or a time' ],
    [ 'the same token again', "\n$hash demo a\n# c\n$hash2 demo b\n"
      . "$hash other c\n", 5, 'the token of line 2 again' ],
) {
    my ($name, $text, $line, $message) = @$case;
    refused("tokens: $name", qr/\Q$dir\E\/t:$line: \Q$message\E/,
            tokens($text));
}

for my $bad ('{', '}', '{demo}', 'a:b', '*', '?', '[a]', '../a', '%2e', '%00', "a\0b", 'a"b',
             "a'b", 'a\\', '<a>', "a\x7f", "\xc3\xa9", '${x}', 'a,b', 'a;b')
{
    (my $shown = $bad) =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
    refused("tokens: $_->[0] $shown", qr/\Q$dir\E\/t:1: /, tokens("$hash $_->[1]\n"))
        for [ 'a tenant', "$bad main" ], [ 'a name', "demo $bad" ];
}

my (undef, $said) = check(http(tokens("secret demo a\n")));
unlike($said, qr/"?secret"? demo/, 'the line is not in the message');

refused('tokens: no file', qr/cannot open "\Q$dir\E\/nothing"/,
        'scim_tokens nothing;');
refused('tokens: a folder', qr/cannot read "\Q$dir\E"/,
        "scim_tokens $dir;");
refused('tokens: no argument', at_line('invalid number of arguments in '
        . '"scim_tokens" directive'), 'scim_tokens;');
refused('tokens: twice', at_line('"scim_tokens" directive is duplicate'),
        'scim_tokens tokens; scim_tokens tokens;');


accepted("tokens in Redis: $_", "scim_tokens $_;") for (
    'redis', 'redis valid=500ms', 'redis valid=1h', 'redis valid=0',
);

file('redis', "$hash demo main\n");
accepted('tokens: a file that is called redis', 'scim_tokens ./redis;');

file('crlf', "secret\r\n");
accepted('a password file of Windows', 'scim_redis unix:/r user=x password_file=crlf;');
for my $text ("\n", "\r\n", "\nsecret\n") {
    file('empty', $text);
    refused('a password file without a password',
            qr/the first line of ".*" has no password/,
            'scim_redis unix:/r user=x password_file=empty;');
}

my $schema = "$FindBin::Bin/../docs/examples/device-schema.json";
for my $name (qw(Token Client CYCLE Change Import)) {
    my ($urn) = do { local (@ARGV, $/) = $schema; <> } =~ /"id":\s*"(urn:[^"]+)"/;
    file('type.json', qq({"name":"$name","endpoint":"/Things","schema":"$urn"}));
    refused("a type that is called $name",
            qr/type cannot be called "$name": the store has something else/,
            "scim_tokens tokens; } scim_schema $schema; "
            . 'scim_resource_type type.json; server {');
}

refused("in an \"if\" of $_->[0]", qr/needs a location of its own, and not an "if"/,
        '', "location /s/ { $_->[1] if (\$arg_x) { proxy_pass http://127.0.0.1:1; } }")
    for [ 'scim', 'scim;' ], [ 'scim_status', 'scim_status;' ],
        [ 'scim_metrics', 'scim_metrics;' ],
        [ 'scim_oauth_token', 'scim_oauth_token;' ];

accepted("limits: $_", "scim_limit $_;")
    for 'users=10', 'users=1 groups=2 resources=3 memberships=4 bytes=5g tokens=6',
        'bytes=off', 'users=0';
refused("limits: $_", qr/"scim_limit" has an invalid parameter/, "scim_limit $_;")
    for 'users', 'users=', 'users=many', 'users=-1', 'users=5k', 'houses=5',
        'users=1 users=2', 'tokens=0', 'users=9999999999999999';

refused("tokens in Redis: $_->[0]", $_->[2], "scim_tokens $_->[1];") for (
    [ 'a bad time', 'redis valid=soon', at_line('"scim_tokens" expects '
      . '"valid=time", at most an hour, not "valid=soon"') ],
    [ 'no time', 'redis valid=', at_line('"scim_tokens" expects '
      . '"valid=time", at most an hour, not "valid="') ],
    [ 'a long time', 'redis valid=61m', at_line('"scim_tokens" expects '
      . '"valid=time", at most an hour, not "valid=61m"') ],
    [ 'another parameter', 'redis fresh=1s', qr/not "fresh=1s"/ ],
    [ 'too many', 'redis valid=1s valid=2s', at_line('invalid number of '
      . 'arguments in "scim_tokens" directive') ],
    [ 'a file with a parameter', 'tokens valid=1s', at_line('"scim_tokens" '
      . 'directive takes parameters only behind "redis"') ],
);


# --- scim_zone ----------------------------------------------------------------

# the output of nginx -t for a zone, which is in http
sub zone {
    my ($zone, $more) = @_;
    return check("$zone\n" . http($more // 'scim_tokens redis;'));
}

for my $case (
    [ 'without tokens in Redis', 'scim_zone scim 64k;', '' ],
    [ 'with them', 'scim_zone scim 64k;' ],
    [ 'with the name of the default', 'scim_zone ngx_scim 10m;' ],
) {
    my ($status, $text) = zone(@$case[1, 2]);
    is($status, 0, "accepted: a zone $case->[0]") or diag $text;
}

for my $case (
    [ 'without a size', 'scim_zone scim;', at_line('invalid number of '
      . 'arguments in "scim_zone" directive') ],
    [ 'with a bad size', 'scim_zone scim big;',
      at_line('invalid zone size "big"') ],
    [ 'that is too small', 'scim_zone scim 8k;',
      at_line('zone "scim" is too small') ],
    [ 'twice', 'scim_zone a 64k; scim_zone b 64k;',
      at_line('"scim_zone" directive is duplicate') ],
    [ 'that limit_req has', 'limit_req_zone $host zone=a:1m rate=1r/s; '
      . 'scim_zone a 1m;', qr/zone "a" is already declared for a different/ ],
) {
    my ($status, $text) = zone($case->[1]);
    isnt($status, 0, "refused: a zone $case->[0]");
    like($text, qr/\[emerg\].*$case->[2]/, 'with the reason') or diag $text;
}

refused('a zone in a server', at_line('"scim_zone" directive is not allowed '
        . 'here'), 'scim_zone scim 1m;');


# --- scim_tenant --------------------------------------------------------------

accepted("tenant $_", "scim_tenant $_;") for qw($host demo $host-x);
refused('no tenant', at_line('invalid number of arguments in "scim_tenant" '
        . 'directive'), 'scim_tenant;');
refused('an unknown variable', qr/unknown "nothing" variable/,
        'scim_tenant $nothing;');
refused('a tenant twice', at_line('"scim_tenant" directive is duplicate'),
        'scim_tenant a; scim_tenant b;');


# --- scim_status --------------------------------------------------------------

accepted("a status location: $_", '', "$_ { scim_status; }")
    for 'location = /status', 'location /status/', 'location ~ ^/status$';
accepted('with a condition', '', 'location = /status { scim_status; '
         . 'if ($http_x) { add_header X-X x; } }');

refused("a status location $_->[0]", $_->[1], '', "location = /s { $_->[2] }")
    for (
    [ 'twice', at_line('"scim_status" directive is duplicate'),
      'scim_status; scim_status;' ],
    [ 'with an argument', at_line('invalid number of arguments in '
      . '"scim_status" directive'), 'scim_status on;' ],
    [ 'with another handler', at_line('"scim_status" needs a location of its '
      . 'own'), 'scim_status; empty_gif;' ],
);

{
    my ($status, $text) = check("server { listen unix:$dir/http.sock; "
        . 'location = /s { scim_status; } }');
    like($text, at_line('"scim_status" needs a "scim_redis"'),
         'refused: a status location without Redis');
}

refused('a status server', at_line('"scim_status" directive is not allowed '
        . 'here'), 'scim_status;');


# --- scim_oauth_token, scim_oauth_metadata ------------------------------------

accepted('a token endpoint', '', 'location = /token { scim_oauth_token; }');
accepted('with a condition', '', 'location = /token { scim_oauth_token; '
         . 'if ($http_x) { add_header X-X x; } }');
accepted('a token endpoint for assertions', '',
         'location = /token { scim_oauth_token audience=https://a/token; }');
refused('a token endpoint with another parameter', at_line('"scim_oauth_token" '
        . 'directive expects "audience=text"'), '',
        'location /t { scim_oauth_token issuer=a; }');
refused('metadata with another method', at_line('"scim_oauth_metadata" '
        . 'directive expects "private_key_jwt" or "federation" behind its URLs'),
        '', 'location /t { scim_oauth_metadata a b tls_client_auth; }');
accepted('metadata of it', '', 'location = /m { scim_oauth_metadata https://a '
         . 'https://a/token private_key_jwt; }');
accepted('metadata', '', 'location = /m { scim_oauth_metadata https://a '
         . 'https://$host/token; }');
refused('a token endpoint in a server', at_line('"scim_oauth_token" directive '
        . 'is not allowed here'), 'scim_oauth_token;');
refused('a token endpoint twice', at_line('"scim_oauth_token" directive is '
        . 'duplicate'), '', 'location /t { scim_oauth_token; scim_oauth_token; }');
refused('both', at_line('"scim_oauth_metadata" directive is duplicate'), '',
        'location /t { scim_oauth_token; scim_oauth_metadata a b; }');

for my $one ('scim', 'scim_oauth_token', 'scim_oauth_metadata a b', 'scim_status',
             'scim_metrics')
{
    my $name = $one =~ s/ .*//r;
    for my $other ('scim', 'scim_oauth_token', 'scim_oauth_metadata a b',
                   'scim_status', 'scim_metrics', 'proxy_pass http://127.0.0.1:9')
    {
        next if $other =~ /^\Q$name\E/ || $one . $other =~ /^scim_oauth.*scim_oauth/;
        refused("$one beside $other", qr/"$name"( directive)? needs a location of its own/,
                '', "location /t { $other; $one; }");
    }
    next if $one eq 'scim_metrics';
    refused("$one, then proxy_pass", qr/"$name" needs a location of its own/,
            '', "location /t { $one; proxy_pass http://127.0.0.1:9; }");
}
refused('metadata of one URL', at_line('invalid number of arguments in '
        . '"scim_oauth_metadata" directive'), '',
        'location /t { scim_oauth_metadata a; }');

($status, $text) = check("server { listen unix:$dir/s; "
                         . 'location /t { scim_oauth_token; } }');
isnt($status, 0, 'refused: a token endpoint without scim_redis');
like($text, qr/\[emerg\].*"scim_oauth_token" needs a "scim_redis"/,
     'with the reason');

($status, $text) = check("server { listen unix:$dir/s; "
                         . 'location /t { scim_oauth_metadata a b; } }');
is($status, 0, 'accepted: metadata without scim_redis');


# --- scim_jwks ----------------------------------------------------------------

my $key = SCIM::JWT->new('ES256', kid => 'one');
my $who = 'issuer=https://a audience=b tenant=demo';

file('keys', encode_json({ keys => [ $key->jwk ] }));
file('weak', encode_json({ keys => [ SCIM::JWT->new('RS256', bits => 1024)->jwk ] }));
file('off', encode_json({ keys => [ $key->jwk(y => 'AAAA') ] }));

accepted("keys $_", "scim_jwks keys $_;") for (
    $who, "$who name=entra scope=ro", "$who scope=rw claim=appid=x claim=tid=y",
    "$who; scim_jwks keys issuer=https://b audience=b tenant=other",
);

($status, $text) = check("scim_redis unix:/r.sock; server { listen "
    . "unix:$dir/s; location /a/ { scim; scim_jwks keys $who; } }");
is($status, 0, 'accepted: keys and no scim_tokens') or diag $text;

refused("keys: $_->[0]", $_->[2], "scim_jwks $_->[1];") for (
    [ 'no parameters', 'keys', qr/invalid number of arguments/ ],
    [ 'no file', "nothing $who", qr/cannot open "\Q$dir\E\/nothing"/ ],
    [ 'no JSON', "password $who", qr/it is no JSON object with "keys"/ ],
    [ 'a weak key', "weak $who", qr/key 1 has less than 2048 bits/ ],
    [ 'a key off its curve', "off $who", qr/key 1 is no public key/ ],
    [ 'no issuer', 'keys audience=b tenant=demo',
      at_line('"scim_jwks" needs "issuer="') ],
    [ 'no audience', 'keys issuer=a tenant=demo',
      at_line('"scim_jwks" needs "audience="') ],
    [ 'no tenant', 'keys issuer=a audience=b',
      at_line('"scim_jwks" needs "tenant="') ],
    [ 'a bad tenant', 'keys issuer=a audience=b tenant=a/b',
      qr/tenant and name must be 1 to 64 letters/ ],
    [ 'a bad name', "keys $who name=a/b", qr/tenant and name must be/ ],
    [ 'a bad scope', "keys $who scope=all",
      at_line('"scim_jwks" directive expects "scope=rw" or "scope=ro"') ],
    [ 'a bad claim', "keys $who claim=x",
      at_line('"scim_jwks" directive expects "claim=name=value"') ],
    [ 'another parameter', "keys $who subject=x",
      at_line('"scim_jwks" has the invalid parameter "subject=x"') ],
);


# --- scim_oauth_keys, scim_profile, scim_canonical_values ---------------------

accepted('keys of an identity provider',
         'scim_oauth_keys a keys; scim_oauth_keys b keys;');
refused("keys of an identity provider: $_->[0]", $_->[2],
        "scim_oauth_keys $_->[1];") for (
    [ 'no file', 'a', qr/invalid number of arguments/ ],
    [ 'a missing file', 'a nothing', qr/cannot open "\Q$dir\E\/nothing"/ ],
    [ 'no keys', 'a password', qr/it is no JSON object with "keys"/ ],
    [ 'a bad name', 'a/b keys', qr/needs a name of 1 to 64 letters/ ],
    [ 'a name twice', 'a keys; scim_oauth_keys a keys',
      qr/has a name that is there already/ ],
);

accepted("profile $_", "scim_profile $_;") for qw(default interop);
refused('another profile', qr/invalid value "strict"/, 'scim_profile strict;');
refused('a profile and small pages',
        qr/"scim_profile interop" needs a "scim_page_size" whose maximum is 100/,
        'scim_profile interop; scim_page_size 10 99;');

# of the http block
sub canonical {
    my ($arguments) = @_;
    return check("scim_canonical_values $arguments; scim_redis unix:/r.sock; "
                 . "server { listen unix:$dir/s; }");
}

($status, $text) = canonical('User roles.value admin; '
    . 'scim_canonical_values User entitlements.type a b');
is($status, 0, 'accepted: canonical values') or diag $text;

for my $case ([ 'User roles.value', qr/needs a resource type, an attribute/ ],
              [ 'Robot roles a', qr/there is no resource type "Robot"/ ],
              [ 'User shoes a', qr/"User" has no attribute "shoes"/ ],
              [ 'User active a', qr/cannot be given canonical values/ ]) {
    my ($arguments, $why) = @$case;
    ($status, $text) = canonical($arguments);
    isnt($status, 0, "refused: canonical values $arguments");
    like($text, $why, 'with the reason');
}


# --- scim_base_url ------------------------------------------------------------

accepted('base URL of variables', 'scim_base_url $scheme://$host/scim;');

accepted("base URL $_", "scim_base_url $_;") for (
    'https://scim.example.com', 'https://scim.example.com/scim/v2',
    'https://scim.example.com/scim/v2/', 'http://127.0.0.1:8080/v2',
    'https://[::1]:8443',
);

my $such = at_line('"scim_base_url" directive expects a URL such as '
                   . 'https://scim.example.com/scim/v2');
my $without = at_line('"scim_base_url" directive expects a URL without query, '
                      . 'fragment and quotes');

refused("base URL $_->[0]", $_->[1], "scim_base_url $_->[0];") for (
    [ '""', $such ], [ 'scim.example.com', $such ], [ 'https://', $such ],
    [ 'https:///v2', $such ], [ 'ftp://a.example', $such ], [ '/v2', $such ],
    [ 'HTTPS', $such ],
    [ 'https://a.example/v2?x=1', $without ],
    [ 'https://a.example/v2#x', $without ],
    [ '"https://a.example/a b"', $without ],
    [ q('https://a.example/a"b'), $without ],
);
refused('base URL twice', at_line('"scim_base_url" directive is duplicate'),
        'scim_base_url http://a; scim_base_url http://b;');


# --- scim_index ---------------------------------------------------------------

accepted("index $_", "scim_index $_;") for (
    'User title', 'User emails.value name.familyName', 'Group externalId',
    'User urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
    'User userName', 'User TITLE', q(User 'emails[type eq "work"].value'),
);
accepted('two of them', "scim_index User title;\nscim_index User nickName;");

refused('index: a type only', at_line('invalid number of arguments in '
        . '"scim_index" directive'), 'scim_index User;');
refused('index: another type', at_line('"scim_index": there is no resource type '
        . '"Device"'), 'scim_index Device name;');
refused('index: an unknown attribute', qr/"scim_index": .*nothing/,
        'scim_index User nothing;');
refused('index: a complex attribute', qr/"scim_index": .*name/,
        'scim_index User name;');
refused('index: a password', qr/"scim_index": .*password/,
        'scim_index User password;');
refused('index: members', qr/"scim_index": .*members/,
        'scim_index Group members;');


# --- scim_page_size, scim_scan_limit -----------------------------------------

accepted("page size $_", "scim_page_size $_;") for ('1', '50', '50 200',
                                                    '5000', '7 7');
refused("page size: $_->[0]", $_->[1], "scim_page_size $_->[0];") for (
    [ '0', at_line('invalid number "0"') ],
    [ '-1', at_line('invalid number "-1"') ],
    [ 'many', at_line('invalid number "many"') ],
    [ '10 0', at_line('invalid number "0"') ],
    [ '10 5', at_line('"scim_page_size" directive has a maximum below the '
                      . 'default') ],
    [ '', qr/invalid number of arguments/ ],
    [ '1 2 3', qr/invalid number of arguments/ ],
);
refused('page size twice', at_line('"scim_page_size" directive is duplicate'),
        'scim_page_size 1; scim_page_size 2;');

accepted("scan limit $_", "scim_scan_limit $_;") for (0, 1, 1000000);
refused("scan limit: $_->[0]", $_->[1], "scim_scan_limit $_->[0];") for (
    [ '-1', qr/"scim_scan_limit" directive invalid number/ ],
    [ 'x', qr/"scim_scan_limit" directive invalid number/ ],
    [ '', qr/invalid number of arguments/ ],
);
refused('scan limit twice', at_line('"scim_scan_limit" directive is duplicate'),
        'scim_scan_limit 1; scim_scan_limit 2;');

# --- the others ---------------------------------------------------------------

accepted($_, "$_;") for (
    'scim_put replace', 'scim_put merge', 'scim_unknown_attributes ignore',
    'scim_unknown_attributes reject', 'scim_discovery_auth on',
    'scim_discovery_auth off', 'scim_me $remote_user', 'scim_bulk off',
    'scim_bulk 10', 'scim_bulk 10 64k',
);

for my $name (qw(scim_put scim_unknown_attributes)) {
    refused("$name: another word", at_line('invalid value "some"'),
            "$name some;");
    refused("$name: twice", at_line(qq{"$name" directive is duplicate}),
            "$name " . ($name eq 'scim_put' ? 'merge' : 'reject') . '; '
            . "$name " . ($name eq 'scim_put' ? 'merge' : 'reject') . ';');
}
refused('scim_discovery_auth: another word', qr/invalid value "maybe" in .*it must be "on" or "off"/,
        'scim_discovery_auth maybe;');
refused('scim_me: an unknown variable', qr{unknown "nothing" variable},
        'scim_me $nothing;');
refused("scim_bulk: $_->[0]", $_->[1], "scim_bulk $_->[0];") for (
    [ '0', qr/"0"/ ], [ 'x', qr/"x"/ ], [ '10 x', qr/x/ ],
    [ '', qr/invalid number of arguments/ ],
);
refused('scim_bulk: twice', at_line('"scim_bulk" directive is duplicate'),
        'scim_bulk 1; scim_bulk 2;');
refused('scim_metrics: twice', at_line('"scim_metrics" directive is duplicate'),
        'location /m { scim_metrics; scim_metrics; }');
refused('scim_metrics: with scim', qr/"scim_metrics" directive needs a location of its own/,
        'location /m { scim; scim_metrics; }');
refused('scim_metrics: in http', qr/"scim_metrics" directive is not allowed here/,
        'scim_metrics;');

accepted("scim_log $_", "scim_log $_;") for (
    'on', 'off', 'on length=1', 'on values=on', 'on values=off length=50000',
    'on length=5 cycle=10m values=on',
);
refused("scim_log: $_->[0]", $_->[1], "scim_log $_->[0];") for (
    [ 'yes', at_line('"scim_log" directive expects "off", or "on" and '
                     . 'parameters') ],
    [ 'off length=5', at_line('"scim_log" directive expects "off", or "on" and '
                              . 'parameters') ],
    [ 'on length=0', at_line('invalid number "0"') ],
    [ 'on length=', at_line('invalid number ""') ],
    [ 'on cycle=0', at_line('invalid time "0"') ],
    [ 'on cycle=x', at_line('invalid time "x"') ],
    [ 'on values=some', at_line('"scim_log" has an invalid parameter '
                                . '"values=some"') ],
    [ '', qr/invalid number of arguments/ ],
);
refused('scim_log: twice', at_line('"scim_log" directive is duplicate'),
        'scim_log on; scim_log off;');
refused("$_: outside http", at_line(qq{"$_" directive is not allowed here}),
        "$_ file;") for qw(scim_schema scim_resource_type);
refused('scim_unique: outside http',
        at_line('"scim_unique" directive is not allowed here'),
        'scim_unique User title;');

done_testing();
