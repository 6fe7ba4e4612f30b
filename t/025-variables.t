#!/usr/bin/env perl
#
# Variables: in log_format, map, if and limit_req_zone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use SCIM;
use SCIM::Test;

use Test::More;

# the format that docs/variables.md shows
my ($FORMAT) = SCIM::_slurp("$SCIM::TOP/docs/variables.md")
    =~ /^(log_format\s+scim\s.*?;)$/ms;

my $scim = SCIM->new(
    http     => $FORMAT . q(
        map $scim_operation $writes {
            default 0;
            ~^(create|replace|patch|delete|bulk)$ 1;
        }
        map $scim_id $early { default $scim_id; }
    ),
    location => q(
        access_log scim.log scim;
        add_header X-Writes $writes;
        scim_me $http_x_user;
        set $mine '';
        if ($scim_tenant = other) { set $mine "other's"; }
        if ($early = nobody) { set $mine 'nobody'; }
        add_header X-Mine $mine;
        add_header X-Detail $scim_status_detail always;
    ));

my $read = 0;


# the lines that were logged since the last call, when there are so many
sub logged {
    my ($n) = @_;
    my @lines;

    SCIM::wait_for("$n lines in the log", sub {
        @lines = split /\n/, SCIM::_slurp("$scim->{dir}/scim.log");
        return @lines >= $read + $n;
    });

    my @new = map { decode_json($_) } @lines[$read .. $#lines];
    $read = @lines;
    return @new;
}


sub line {
    my ($res, $name, %fields) = @_;
    my ($line) = logged(1);
    my %found = map { $_ => $line->{$_} } keys %fields;

    is_deeply(\%found, \%fields, $name) or diag explain $line;
    return $line;
}


my $res = $scim->post('/Users', { userName => 'kim' });
my $id = $res->{body}{id};

my $line = line($res, 'create',
    client => '127.0.0.1', tenant => 'demo', token => 'main',
    operation => 'create', type => 'User', id => $id, status => 201,
    detail => '');
like($line->{request}, qr/^[0-9a-f]{32}$/, 'the id of the request');
like($line->{store_time}, qr/^\d+\.\d{3}$/, 'the time of the store');
cmp_ok($line->{store_time}, '<=', $line->{request_time} + 0.002,
       'which is within the time of the request');
is($res->{headers}{'x-writes'}, 1, 'a map of the operation');

$res = $scim->get("/Users/$id", token => 'reader');
line($res, 'get', token => 'reader', operation => 'get', type => 'User',
     id => $id, status => 200);
is($res->{headers}{'x-writes'}, 0, 'which is no write');

$res = $scim->post('/Users', { userName => 'Kim' });
$line = line($res, 'an error of the operation',
    operation => 'create', id => '', status => 409,
    detail => 'uniqueness: "userName": another User has the value "Kim"');
is($line->{request}, $res->{request_id}, 'has the id in its detail');

$res = $scim->get('/Users?filter=x');
$line = line($res, 'a filter', operation => 'list', id => '', status => 400);
like($line->{detail}, qr/^invalidFilter: invalid filter at offset 0: /,
     'what was wrong with it');

for my $case (
    [ put => "/Users/$id", { userName => 'kim' }, 'replace', 'User', $id ],
    [ patch => "/Users/$id", [ { op => 'add', path => 'title', value => 'x' } ],
      'patch', 'User', $id ],
    [ get => '/Groups', undef, 'list', 'Group', '' ],
    [ post => '/Users/.search', { count => 1 }, 'search', 'User', '' ],
    [ get => '/', undef, 'list', '', '' ],
    [ post => '/.search', { count => 1 }, 'search', '', '' ],
    [ post => '/Bulk', { Operations => [] }, 'bulk', '', '' ],
    [ get => '/ServiceProviderConfig', undef, 'config', '', '' ],
    [ get => '/ResourceTypes/User', undef, 'types', '', 'User' ],
    [ get => '/Schemas', undef, 'schemas', '', '' ],
    [ delete => "/Users/$id", undef, 'delete', 'User', $id ])
{
    my ($method, $path, $body, $operation, $type, $of) = @$case;
    my $answer = defined $body ? $scim->$method($path, $body)
                               : $scim->$method($path);
    cmp_ok($answer->{status}, '<', 300, "$method $path is answered");
    line($answer, $operation, operation => $operation, type => $type,
         id => $of, tenant => 'demo', detail => '');
}

$scim->post('/Users', { userName => 'ada' });
my ($ada) = map { $_->{id} } logged(1);
$res = $scim->get('/Me', headers => { 'X-User' => 'ada' });
line($res, '/Me is who is meant', operation => 'me', type => 'User',
     id => $ada, status => 200);

# without an operation
$res = $scim->get('/Nothing');
$line = line($res, 'no such endpoint', operation => '', type => '', id => '',
     tenant => 'demo', status => 404, detail => 'There is no such endpoint');
is($line->{request}, $res->{request_id}, 'has the id in its detail');
is($line->{store_time}, '', 'nothing was asked of the store');

line($scim->get('/Users', token => 'wrong'), 'an unknown token', tenant => '',
     token => '', operation => 'list', status => 401,
     detail => 'The token is unknown, expired or revoked');

line($scim->post('/Users', {}, token => 'reader'), 'a token that may not',
     tenant => 'demo', token => 'reader', status => 403,
     detail => 'The token may only read');

$res = $scim->post('/Users', { userName => 'x' x 1_100_000 });
$line = line($res, 'what nginx refuses', tenant => 'demo',
     operation => 'create', status => 413,
     detail => 'The body is larger than the server accepts');
is($line->{request}, $res->{request_id}, 'has the id in its detail');

# values that are not text, or would end a line
$res = $scim->get('/Users/a%0d%0aX-Evil:%201%7f%ff%c3%a9');
is($res->{headers}{'x-evil'}, undef, 'a line break ends no header');
is($res->{headers}{'x-detail'}, "User \"a??X-Evil: 1?\xc3\xa9\" not found",
   'it is replaced there');
line($res, 'and in the log', status => 404, id => "a??X-Evil: 1??\xe9",
     detail => "User \"a??X-Evil: 1?\xe9\" not found");

# "if" sees the tenant before the token is checked
is($scim->get('/Users', token => 'other')->{headers}{'x-mine'}, "other's",
   'if ($scim_tenant = ...)');
is($scim->get('/Users')->{headers}{'x-mine'}, undef,
   'of another tenant');
logged(2);

# a value that was asked for early is not the one that is logged
line($scim->post('/Users', { userName => 'bob' }), 'the id, in the end',
     status => 201,
     id => $scim->redis(HGET => 'scim:{demo}:users:by:userName', 'bob'));

# an early look at the token lets nothing pass that it may not do
is($scim->delete("/Users/$ada", token => 'reader')->{status}, 403,
   'rights are checked all the same');

unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'nothing bad in the log');


# --- limit_req --------------------------------------------------------------

my $limited = SCIM->new(
    http     => q(limit_req_zone $scim_tenant zone=scim:1m rate=1r/m;),
    location => q(limit_req zone=scim; limit_req_status 429;));

is($limited->get('/Users')->{status}, 200, 'limit_req: the first request');

$res = $limited->get('/Users', token => 'reader');
error_ok($res, 429, undef, qr/^Too many requests, try again later$/,
         'another of the tenant, with another token');
like($res->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
     'when to try again, in whole seconds');
like($res->{request_id}, qr/^[0-9a-f]{32}$/, 'and the id of the request');

is($limited->get('/Users', token => 'other')->{status}, 200,
   'another tenant has a limit of its own');
is($limited->get('/Users', token => 'wrong')->{status}, 401,
   'an unknown token has none');
is($limited->get('/Users', token => 'wrong')->{status}, 401, 'however often');


# --- tokens in Redis, where a variable cannot wait ---------------------------

sub in_redis {
    my ($server, $secret, @fields) = @_;
    $server->redis('HSET', 'scim:token:' . sha256_hex($secret), @fields);
}

my $stored = SCIM->new(
    http     => $FORMAT . q(limit_req_zone $scim_tenant zone=scim:1m rate=1r/m;),
    location => q(access_log scim.log scim; scim_tokens redis valid=0;
                  limit_req zone=scim; limit_req_status 429;));

in_redis($stored, $_, tenant => 'acme', name => $_, scope => 'rw')
    for qw(one two);

is($stored->get('/Users', token => 'one')->{status}, 200,
   'a token in Redis, used for the first time');
is($stored->get('/Users', token => 'two')->{status}, 200,
   'another of the tenant: not known before it was looked up, not counted');
is($stored->get('/Users', token => 'one')->{status}, 200,
   'known by now: counted');
error_ok($stored->get('/Users', token => 'two'), 429, undef, qr/^Too many/,
         'and so is the other, though its entry is older than is trusted');

($read, $scim) = (0, $stored);
my @names = map { "$_->{tenant} $_->{token} $_->{status}" } logged(4);
is_deeply(\@names, [ 'acme one 200', 'acme two 200', 'acme one 200',
                     'acme two 429' ],
          'the log tells the tenant that was found in the end');

done_testing();
