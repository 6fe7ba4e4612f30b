#!/usr/bin/env perl
#
# The OWASP API Security Top 10 of 2023, item by item, on running servers.
# SECURITY.md tells what else tests each of them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use SCIM;
use SCIM::JWT;
use SCIM::Test;
use Test::More;

my $PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
my $FORM = 'application/x-www-form-urlencoded';

my $key = SCIM::JWT->new('ES256', kid => 'one');

my $scim = SCIM->new(
    tokens   => { secret => 'demo main rw', reader => 'demo reader ro',
                  other => 'other main rw',
                  expired => 'demo old rw 2020-01-01T00:00:00Z' },
    files    => { keys => encode_json({ keys => [ $key->jwk ] }) },
    location => 'scim_log on values=on; scim_me $http_x_user; '
        . 'scim_jwks keys issuer=https://idp audience=scim tenant=demo;',
    http     => 'limit_req_zone $scim_tenant zone=tenants:1m rate=1r/m; '
        . 'limit_req_zone $binary_remote_addr zone=clients:1m rate=1r/m; '
        . 'limit_req_status 429;',
    server   => 'location /limited/v2/ { scim; limit_req zone=tenants; } '
        . 'location = /token { scim_oauth_token; limit_req zone=clients burst=2
                               nodelay; } '
        . 'location /small/v2/ { scim; scim_scan_limit 2; scim_bulk 2 1k;
                                 scim_page_size 2 2; } '
        . 'location /acme/v2/ { scim; scim_tenant acme; } '
        . 'location = /status { scim_status; deny all; } '
        . 'location = /metrics { scim_metrics; deny all; } ');


sub create {
    my ($name, %opt) = @_;
    my $res = $scim->post('/Users', { userName => $name, %{ $opt{with} || {} } },
                          %opt);
    is($res->{status}, 201, "a user: $name") or diag $res->{text};
    return $res->{body};
}

sub status_of { return $scim->request(@_)->{status} }

sub everything {
    my $all = '';
    for my $name (sort @{ $scim->redis('KEYS', '*') }) {
        my $dump = $scim->redis('DUMP', $name);
        $all .= "$name $dump\n" if $name !~ /:cycles?$|:log$/;
    }
    return $all;
}


subtest 'API1: broken object level authorization' => sub {
    my $user = create('kim');
    my $group = $scim->post('/Groups', { displayName => 'staff' })->{body};
    my $theirs = create('lee', token => 'other');
    my $before = everything();
    my %as = (token => 'other');

    for my $path ("/Users/$user->{id}", "/Groups/$group->{id}") {
        is(status_of('GET', $path, undef, %as), 404, 'GET');
        is(status_of('DELETE', $path, undef, %as), 404, 'DELETE');
        is(status_of('PUT', $path, { userName => 'x', displayName => 'x' }, %as),
           404, 'PUT');
        is($scim->patch($path, [ { op => 'replace', path => 'displayName',
                                   value => 'x' } ], %as)->{status},
           404, 'PATCH');
    }
    is(status_of('POST', '/Groups', { displayName => 'g',
            members => [ { value => $user->{id} } ] }, %as), 400, 'as a member');
    my $res = $scim->post('/Bulk', { schemas => [ $BULK ], Operations => [
        { method => 'DELETE', path => "/Users/$user->{id}" } ] }, %as);
    is($res->{body}{Operations}[0]{status}, 404, 'in a bulk');
    is(status_of('GET', '/Me', undef, %as, headers => { 'X-User' => 'kim' }), 404,
       'as /Me');
    is(status_of('GET', "/Users/$theirs->{id}", undef, %as, root => '/acme/v2'),
       401, 'in the URL of a third tenant');
    is(everything(), $before, 'nothing has changed');

    my $ids = join ' ', map { $_->{id} } $user, $theirs, $group;
    like($ids, qr/^(?:[a-z2-7]{26} ?){3}$/, 'ids are not to be guessed');
};


subtest 'API2: broken authentication' => sub {
    my %claims = (iss => 'https://idp', aud => 'scim', sub => 'x',
                  exp => time + 600);
    is(status_of('GET', '/Users', undef, token => $key->token(\%claims)), 200,
       'a signed token');
    my ($head, $body) = split /\./, $key->token(\%claims);
    my $none = encode_base64url(encode_json({ alg => 'none', typ => 'JWT' }));

    for my $token ('', 'wrong', 'expired', 'secret ', "secre", 'SECRET',
                   "$head.$body.", "$none.$body.", 'x' x 6000,
                   'scim_' . 'A' x 49)
    {
        my $res = $scim->get('/Users', token => $token);
        is($res->{status}, $token eq 'secret ' ? 200 : 401,
           'token ' . (substr($token, 0, 20) || 'none'));
        next if $res->{status} == 200;
        like($res->{headers}{'www-authenticate'}, qr/^Bearer/, 'and a challenge');
        unlike($res->{text}, qr/kim|Resources/, 'and no data');
    }
    is(status_of('GET', '/Users?access_token=secret', undef, token => ''), 400,
       'a token in the URL');
    is(status_of('GET', '/Users', undef, token => '', headers => {
        Cookie => 'token=secret' }), 401, 'or in a cookie');
    is(status_of('GET', '/Users', undef, token => '', headers => {
        Authorization => 'Basic c2VjcmV0OnNlY3JldA==' }), 401, 'or as a password');
    is(status_of('GET', '/Users', undef, headers => {
        'X-HTTP-Method-Override' => 'DELETE' }), 200, 'a header is no method');
};


subtest 'API3: broken object property level authorization' => sub {
    my $word = "sekret$$";
    my %mass = (id => 'abcdefghijklmnopqrstuvwxyz', password => $word,
        meta => { created => '2000-01-01T00:00:00Z', version => 'W/"9"',
                  resourceType => 'Group', location => 'https://evil' },
        groups => [ { value => 'admins', display => 'Admins' } ],
        tenant => 'other', seq => 1, ver => 9, doc => '{}');
    my $user = create('mass', with => \%mass);
    isnt($user->{id}, $mass{id}, 'POST: no id');
    is($user->{meta}{version}, 'W/"1"', 'POST: no version');
    unlike($user->{meta}{created}, qr/^2000/, 'POST: no time of creation');
    is($user->{meta}{resourceType}, 'User', 'POST: no type');
    ok(!exists $user->{$_}, "POST: no $_") for qw(password groups tenant ver doc);

    my $res = $scim->put("/Users/$user->{id}", { userName => 'mass', %mass,
                                                 id => $user->{id} });
    is($res->{status}, 200, 'PUT');
    is($res->{body}{meta}{created}, $user->{meta}{created}, 'PUT: the same time');
    ok(!exists $res->{body}{$_}, "PUT: no $_") for qw(password groups tenant doc);

    for my $path (qw(id meta meta.created groups)) {
        $res = $scim->patch("/Users/$user->{id}", [ { op => 'replace',
                            path => $path, value => $mass{id} } ]);
        is($res->{status}, 400, "PATCH: $path");
    }
    $res = $scim->patch("/Users/$user->{id}", [ { op => 'replace',
        value => { password => $word, title => 'Dr' } } ]);
    is($res->{status}, 200, 'PATCH: a password is accepted');

    for my $query ('', '?attributes=password', '?attributes=password,userName') {
        my $text = $scim->get("/Users/$user->{id}$query")->{text};
        unlike($text, qr/\Q$word\E/, "'$query' shows none");
    }
    is($scim->get('/Users?filter=password+sw+%22a%22')->{status}, 400,
       'nor can it be looked for');
    unlike(everything(), qr/\Q$word\E/, 'nor is it in Redis');
    my $log = join ' ', map { @{ $_->[1] } }
        @{ $scim->redis('XRANGE', 'scim:{demo}:log', '-', '+') };
    unlike($log, qr/\Q$word\E/, 'nor in its log');
    unlike($scim->error_log, qr/\Q$word\E/, 'nor in that of nginx');
};


subtest 'API4: unrestricted resource consumption' => sub {
    my %small = (root => '/small/v2');
    create("many$_") for 1 .. 3;

    is(status_of('POST', '/Users', undef, raw => '{"userName":"'
                 . 'x' x 2_000_000 . '"}'), 413, 'a body');
    is(status_of('POST', '/Users', undef, raw => '{"name":' x 100 . '1'
                 . '}' x 100), 400, 'what is nested');
    is(status_of('POST', '/Users', undef, raw => '{"userName":"v","emails":['
                 . join(',', map { qq({"value":"a$_"}) } 1 .. 2000) . ']}'), 400, 'values');
    is(status_of('GET', '/Users?filter=' . '(' x 100 . 'title+pr' . ')' x 100),
       400, 'a deep filter');
    is(status_of('GET', '/Users?filter=' . join '+or+', ('title+pr') x 200), 400,
       'a long filter');
    is(status_of('GET', '/Users?filter=' . 'x' x 20_000), 414, 'a long URL');
    is($scim->get('/Users?count=1000000')->{body}{itemsPerPage} <= 1000, 1,
       'a page');
    is($scim->get('/Users?count=1000', %small)->{body}{itemsPerPage}, 2,
       'a page that is set');
    is($scim->get('/Users?filter=title+pr', %small)->{body}{scimType}, 'tooMany',
       'a search');
    is($scim->get('/Users?sortBy=title', %small)->{body}{scimType}, 'tooMany',
       'an order');
    is(status_of('POST', '/Bulk', { schemas => [ $BULK ], Operations => [
        ({ method => 'DELETE', path => '/Users/x' }) x 3 ] }, %small), 413,
       'the operations of a bulk');
    is(status_of('POST', '/Bulk', { schemas => [ $BULK ], x => 'x' x 2000,
        Operations => [] }, %small), 413, 'its size');

    my @statuses = map { status_of('GET', '/Users', undef,
                                   root => '/limited/v2') } 1 .. 3;
    is("@statuses", '200 429 429', 'the requests of a tenant');
    is(status_of('GET', '/Users', undef, root => '/limited/v2', token => 'other'),
       200, 'and of no other one');
    is($scim->get('/Users')->{status}, 200, 'the servers are well');
};


subtest 'API5: broken function level authorization' => sub {
    my $user = create('reader-sees');
    my $path = "/Users/$user->{id}";
    my $before = everything();
    my %as = (token => 'reader');

    is(status_of('GET', $path, undef, %as), 200, 'reads');
    is(status_of('POST', '/Users/.search', { schemas => [] }, %as) == 403, '',
       'searches');
    is(status_of(@$_, %as), 403, "$_->[0] $_->[1]") for
        [ 'POST', '/Users', { userName => 'x' } ],
        [ 'POST', '/Groups', { displayName => 'x' } ],
        [ 'PUT', $path, { userName => 'x' } ], [ 'DELETE', $path, undef ],
        [ 'PATCH', $path, { schemas => [ $PATCH ], Operations => [
            { op => 'remove', path => 'title' } ] } ],
        [ 'POST', '/Bulk', { schemas => [ $BULK ], Operations => [
            { method => 'DELETE', path => $path } ] } ];
    is(status_of('DELETE', '/Me', undef, %as, headers => {
        'X-User' => 'reader-sees' }), 403, 'DELETE /Me');
    is(everything(), $before, 'nothing has changed');

    for my $page ('/status', '/status?org=demo', '/metrics') {
        my $res = $scim->get($page, root => '');
        is($res->{status}, 403, "$page is for whom it is allowed");
        unlike($res->{text}, qr/demo|scim_/, 'and tells nothing');
    }
    is(status_of('GET', $_), 404, $_) for '/status', '/metrics', '/Tokens',
        '/Clients', '/admin', '/Users/../../status';
};


subtest 'API6: unrestricted access to sensitive business flows' => sub {
    my @statuses = map { status_of('POST', '/token', undef, root => '',
        token => '', raw => "grant_type=client_credentials&client_id=a$_"
            . '&client_secret=b', headers => { 'Content-Type' => $FORM })
    } 1 .. 5;
    is("@statuses", '401 401 401 429 429', 'guessing a secret, or minting tokens');
    is(scalar @{ $scim->redis('KEYS', 'scim:token:*') }, 0, 'has left nothing');
};


subtest 'API7: server side request forgery' => sub {
    my $trap = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1')
        or die "no trap: $!";
    my $url = 'http://127.0.0.1:' . $trap->sockport . '/x';

    my $user = create('ssrf', with => { profileUrl => $url,
        photos => [ { value => $url, type => 'photo' } ],
        meta => { location => $url },
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User' => {
            manager => { value => 'x', '$ref' => $url } } });
    is(status_of('POST', '/Groups', { displayName => 'ssrf', members => [
        { value => $user->{id}, '$ref' => $url, type => 'User' } ] }), 201,
       'a member with a $ref');
    is(status_of('POST', '/Groups', { displayName => 'refs', members => [
        { '$ref' => $url } ] }), 400, 'a $ref alone');
    $scim->get("/Users/$user->{id}", headers => { Host => 'evil.example',
               'X-Forwarded-Host' => $url, Forwarded => "host=$url" });
    $scim->get("/Users?filter=photos.value+eq+%22$url%22");

    my $jwt = join '.', encode_base64url(encode_json({ alg => 'ES256', kid => 'x',
        jku => $url, x5u => $url })), encode_base64url(encode_json({
        iss => $url, aud => 'scim', exp => time + 600 })), encode_base64url('x' x 64);
    is(status_of('GET', '/Users', undef, token => $jwt), 401,
       'a token that names its keys');

    ok(!IO::Select->new($trap)->can_read(0.5), 'nothing was fetched');
};


subtest 'API8: security misconfiguration' => sub {
    for my $method (qw(TRACE OPTIONS CONNECT PROPFIND)) {
        my $res = $scim->request($method, '/Users', undef);
        like($res->{status} || 405, qr/^(?:400|405|501)$/, $method);
        my @cors = grep { /^access-control/ } keys %{ $res->{headers} || {} };
        is("@cors", '', 'and no other origin is allowed');
    }
    for my $path ('/Users?filter=x', '/Users/x', '/x', '/Users?count=x') {
        my $res = $scim->get($path);
        unlike($res->{text}, qr{nginx|redis|\.c\b|/tmp|0x[0-9a-f]{6}}i,
               "the error of $path tells nothing of the server");
        is($res->{headers}{'x-content-type-options'}, 'nosniff', 'nosniff');
    }
    is(status_of('GET', '/Users', undef, headers => { Accept => 'text/html' }),
       406, 'no page for a browser');
    is(status_of('POST', '/Users', { userName => 'form' }, headers => {
        'Content-Type' => $FORM }), 415, 'nor does a form of one write');
};


subtest 'API9: improper inventory management' => sub {
    my $config = $scim->get('/ServiceProviderConfig')->{body};
    my $types = $scim->get('/ResourceTypes')->{body}{Resources};
    is(status_of('GET', $_->{endpoint}), 200, "$_->{endpoint} is there")
        for @$types;
    ok($config->{$_}{supported}, "$_ is told") for qw(patch bulk filter sort etag);
    ok(!$config->{changePassword}{supported}, 'no passwords');
    is(status_of('GET', '/Users', undef, root => $_), 404, "nothing at $_")
        for '/scim/v1', '/scim', '/scim/v3', '/scim/v2/Users', '/SCIM/v2';
};


subtest 'API10: unsafe consumption of APIs' => sub {
    my $user = create("x\r\nSet-Cookie: a=b", with => {
        externalId => "\r\n\r\n<script>", displayName => "\e[2J\x{202e}" });
    my $res = $scim->get("/Users/$user->{id}");
    is($res->{headers}{'set-cookie'}, undef, 'values make no headers');
    is($res->{body}{externalId}, "\r\n\r\n<script>", 'and are what they were');
    unlike($res->{text}, qr/[\r\n\e]/, 'and have no control characters as sent');
    unlike($scim->error_log, qr/\e|^<script>/m, 'nor has the log');

    my $name = "scim:{demo}:user:$user->{id}";
    for my $doc ('', '{', '[]', '{"userName":1}', "\xff\xfe", '{}' x 1000) {
        $scim->redis('HSET', $name, 'doc', $doc);
        $res = $scim->get("/Users?filter=title+pr+or+externalId+pr");
        like($res->{status}, qr/^(?:200|500)$/, "foreign data: '"
             . substr($doc =~ s/[^ -~]/?/gr, 0, 20) . "'");
        unlike($res->{text}, qr{redis|/tmp}i, 'and no more is told');
        is(status_of('GET', '/Users?count=0'), 200, 'the servers are well');
    }
};

done_testing();
