#!/usr/bin/env perl
#
# The IPSIE profile of SCIM for account lifecycles (OpenID, draft 00 of September
# 2026): what it asks of an application, level by level. It builds on the
# interoperability profile, see t/068-profile.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use HTTP::Tiny;
use JSON::PP;
use SCIM;
use SCIM::Ctl;
use SCIM::JWT;
use Test::More;
use URI::Escape qw(uri_escape);

my $AUDIENCE = 'https://scim.example.com/oauth/token';
my $CORE = 'urn:ietf:params:scim:schemas:core:2.0';
my $json = JSON::PP->new->utf8->canonical;
my $key = SCIM::JWT->new('ES256', kid => 'idp');

# limits as docs/examples/nginx-site.conf has them
my $site = SCIM::_slurp("$SCIM::TOP/docs/examples/nginx-site.conf");
my @zones = $site =~ /^(limit_req_zone .*;)$/mg;
my ($limits) = $site =~ /location \/scim\/v2\/ \{.*?((?:^ *limit_req [^\n]*\n)+)/ms;

my $METADATA = '/.well-known/oauth-authorization-server';
my $SERVER = "location = /oauth/token { scim_oauth_token audience=$AUDIENCE; }"
    . "location = $METADATA { scim_oauth_metadata https://scim.example.com "
    . "$AUDIENCE private_key_jwt federation; }";

my $scim = SCIM->new(scim_tokens => 'redis', server => $SERVER,
    location => 'scim_profile interop; scim_log on; '
    . 'scim_base_url https://scim.example.com/scim/v2;');
my $http = HTTP::Tiny->new;
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");

$scim->write_file('keys', $json->encode({ keys => [ $key->jwk ] }));
$ctl->run('org', 'create', 'acme');
my ($client) = $ctl->json('client', 'create', 'acme', 'idp', '--keys',
                          "$scim->{dir}/keys");
my $id = $client->{client_id};


sub token {
    my (%form) = @_;
    my $assertion = $key->token({ iss => $id, sub => $id, aud => $AUDIENCE,
                                  exp => time + 60, jti => "id-" . rand });
    my $res = $http->post_form("http://127.0.0.1:$scim->{port}/oauth/token", {
        grant_type => 'client_credentials', client_assertion => $assertion,
        client_assertion_type =>
            'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', %form });
    return $json->decode($res->{content});
}

my $granted = token(scope => 'scim');
my @token = (token => $granted->{access_token});

sub found { return $scim->get("$_[0]?filter=" . uri_escape($_[1]), @token)
                ->{body}{totalResults} }


subtest 'authentication and authorization' => sub {
    is($granted->{scope}, 'scim', 'a signed assertion gives the scope "scim"');
    is($granted->{token_type}, 'Bearer', 'a bearer token');
    cmp_ok($granted->{expires_in}, '<=', 3600, 'that expires');
    is($scim->get('/Users', @token)->{status}, 200, 'and is accepted');
    is($scim->get('/Users', token => '')->{status}, 401, 'nothing without one');
    is(token(scope => 'scim openid')->{error}, 'invalid_scope',
       'no scope but those of SCIM');

    my $meta = $json->decode($http->get(
        "http://127.0.0.1:$scim->{port}$METADATA")->{content});
    is($meta->{token_endpoint}, $AUDIENCE, 'metadata has the token endpoint');
    ok((grep { $_ eq 'private_key_jwt' }
        @{ $meta->{token_endpoint_auth_methods_supported} }), 'private_key_jwt');
    ok((grep { $_ eq 'scim' } @{ $meta->{scopes_supported} }), 'and the scope');
};


subtest 'performance and efficiency' => sub {
    my ($tenant) = grep { /scim_tenant/ } @zones;
    my ($rate) = $tenant =~ /rate=(\d+)r\/s/;
    cmp_ok($rate, '>=', 25, 'the shipped limit is 25 requests a second or more');

    # the shipped limits, but for their rate
    my $strict = SCIM->new(location => 'limit_req_status 429; '
            . $limits =~ s/ burst=\d+ nodelay//gr,
        http => join "\n", map { s/rate=\d+r\/s/rate=1r\/m/r } @zones);

    $strict->get('/Users', token => 'secret');
    for my $path (qw(/Users /Users/x /Groups /Bulk /.search /Schemas /Me
                     /ResourceTypes /ServiceProviderConfig)) {
        my $res = $strict->get($path, token => 'secret');
        is($res->{status}, 429, "$path: 429");
        like($res->{headers}{'retry-after'}, qr/^\d+$/, "$path: Retry-After");
    }

    my $config = $scim->get('/ServiceProviderConfig', @token)->{body};
    ok($config->{bulk}{supported}, 'bulk');
    ok($config->{interopProfileConformant}, 'the interoperability profile');

    my $user = $scim->post('/Users', { userName => 'many' }, @token)->{body}{id};
    my $res = $scim->patch("/Users/$user", [ map { { op => 'replace', path =>
        $_, value => 'x' } } qw(title nickName displayName) ], @token);
    is_deeply([ @{ $res->{body} }{qw(title nickName displayName)} ],
              [ ('x') x 3 ], 'several attributes in one PATCH');
};


subtest 'AL1: user deprovisioning' => sub {
    my $res = $scim->post('/Users', { userName => 'kim', externalId => 'E-1',
        displayName => 'Kim', active => JSON::PP::true, emails =>
        [ { value => 'kim@example.com', type => 'work' } ] }, @token);
    my $path = "/Users/$res->{body}{id}";

    for my $active (JSON::PP::false, JSON::PP::true) {
        is($scim->patch($path, [ { op => 'replace', path => 'active', value =>
            $active } ], @token)->{body}{active}, $active,
           $active ? 'reactivated' : 'deactivated');
        is($scim->get($path, @token)->{body}{active}, $active, 'by its id');
    }

    is(found('/Users', $_), 1, $_) for 'username eq "kim"',
        'externalId eq "E-1"', 'emails[value eq "kim@example.com"]',
        'emails[type eq "work" and value eq "kim@example.com"]';

    is($scim->delete($path, @token)->{status}, 204, 'deleted');
    is($scim->post('/Users', { userName => 'kim' }, @token)->{status}, 201,
       'and the name can be given again');
};


subtest 'AL2: users' => sub {
    my @names = map { $_->{name} } @{ $scim->get("/Schemas/$CORE:User", @token)
        ->{body}{attributes} };
    for my $name (qw(userName displayName active)) {
        ok((grep { $_ eq $name } @names), "$name is in the schema");
    }
    ok(!(grep { $_ eq 'password' } @names), 'password is not');
    is($scim->post('/Users', { userName => 'p', password => 'x' }, @token)
       ->{status}, 400, 'and is refused');
    is($scim->get('/Users', @token)->{body}{totalResults}, 2, 'all users');
    ok($scim->get('/Users?cursor&count=1', @token)->{body}{nextCursor},
       'by cursors, too');
    cmp_ok($scim->get('/ServiceProviderConfig', @token)
           ->{body}{pagination}{maxPageSize}, '<=', 1000,
           'no more than 1000 on a page');
};


subtest 'AL2: groups' => sub {
    my $res = $scim->post('/Groups', { displayName => 'G', externalId => 'G-1' },
                          @token);
    is($res->{status}, 201, 'a group without members');
    my $path = "/Groups/$res->{body}{id}";
    is($scim->get($path, @token)->{body}{displayName}, 'G', 'by its id');
    is($scim->post('/Groups', { displayName => 'g' }, @token)->{status}, 409,
       'a name is given once');
    is($scim->get('/Groups?excludedAttributes=members', @token)
       ->{body}{totalResults}, 1, 'all groups');

    my @users = map { $scim->post('/Users', { userName => "m$_" }, @token)
        ->{body}{id} } 1 .. 50;
    my $patch = sub { return $scim->patch($path, [ @_ ], @token)->{status} };
    is($patch->(map { { op => 'add', path => 'members', value =>
        [ { value => $_ } ] } } @users), 204, '50 operations that add members');
    is(scalar @{ $scim->get($path, @token)->{body}{members} }, 50, 'all are');
    is(found('/Groups', $_), 1, $_) for 'displayName eq "G"',
        'externalId eq "G-1"', "members[value eq \"$users[7]\"]";
    is($patch->(map { { op => 'remove', path => "members[value eq \"$_\"]" } }
                @users[0 .. 48], $users[49]), 204, '50 that remove them');
    is(found('/Groups', "members[value eq \"$users[7]\"]"), 0, 'all are gone');
};


subtest 'security considerations' => sub {
    my $res = $scim->get('/Users/none', @token);
    is_deeply($res->{body}{schemas},
              [ 'urn:ietf:params:scim:api:messages:2.0:Error' ],
              'errors are SCIM errors');
    like($scim->redis('XLEN', 'scim:{acme}:changes'), qr/^[1-9]\d*$/,
         'changes are in a stream');
    like($scim->redis('XLEN', 'scim:{acme}:log'), qr/^[1-9]\d*$/,
         'and operations in a log');
};

done_testing();
