#!/usr/bin/env perl
#
# Bulk (RFC 7644, section 3.7).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

my $PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $scim = SCIM->new;


sub bulk {
    my ($ops, %more) = @_;
    my $server = delete $more{server} || $scim;
    return $server->post('/Bulk', {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:BulkRequest' ],
        Operations => $ops, %more });
}


sub user {
    my ($id, $name, %more) = @_;
    return { method => 'POST', path => '/Users', bulkId => $id,
             data => { userName => $name, %more } };
}


sub statuses {
    return join ' ', map { $_->{status} } @{ $_[0]{body}{Operations} };
}


subtest 'failOnErrors: in the order of the request' => sub {
    my $gone = { method => 'DELETE', path => '/Users/nobody' };
    my $res = bulk([ $gone, user('a', 'order-a'), $gone, user('b', 'order-b'),
                     $gone ], failOnErrors => 2);
    is(statuses($res), '404 201 404', 'stops at the second mistake');
    is($scim->get('/Users?filter=userName+eq+%22order-b%22')
           ->{body}{totalResults}, 0, 'what is behind it was not done');
    is($scim->get('/Users?filter=userName+eq+%22order-a%22')
           ->{body}{totalResults}, 1, 'what is before it was');

    $res = bulk([
        { method => 'POST', path => '/Groups', bulkId => 'g', data => {
          displayName => 'order', members => [ { value => 'bulkId:c' } ] } },
        $gone, user('c', 'order-c'), $gone, user('d', 'order-d') ],
        failOnErrors => 2);
    is(statuses($res), '201 404 201 404',
       'what refers forward comes behind that');
};


subtest 'each kind of operation' => sub {
    my $res = bulk([ user('a', 'ada'), user('b', 'bob') ]);
    is($res->{status}, 200, 'answered') or diag $res->{text};
    is($res->{body}{schemas}[0],
       'urn:ietf:params:scim:api:messages:2.0:BulkResponse', 'its schema');
    is(statuses($res), '201 201', 'statuses are strings, in order');
    my ($a, $b) = @{ $res->{body}{Operations} };
    is($a->{bulkId}, 'a', 'bulkId');
    is($a->{method}, 'POST', 'method');
    is($a->{version}, 'W/"1"', 'version');
    like($a->{location}, qr{^http://.*/scim/v2/Users/\w+$}, 'location');
    my ($path) = $a->{location} =~ m{(/Users/\w+)$};
    my ($other) = $b->{location} =~ m{(/Users/\w+)$};

    $res = bulk([
        { method => 'PUT', path => $path, data => { userName => 'ada',
          title => 'Countess' } },
        { method => 'patch', path => $path, data => { schemas => [ $PATCH ],
          Operations => [ { op => 'add', path => 'nickName',
                            value => 'A' } ] } },
        { method => 'DELETE', path => $other },
        { method => 'DELETE', path => $other },
        { method => 'PATCH', path => $path, version => 'W/"1"', data => {
          Operations => [ { op => 'add', path => 'title', value => 'x' } ] } },
    ]);
    is(statuses($res), '200 200 204 404 412', 'put, patch, delete, 404, 412');
    is($res->{body}{Operations}[1]{version}, 'W/"3"',
       'one resource: one after the other');
    is($res->{body}{Operations}[3]{response}{status}, '404',
       'an error is in "response"');
    my $user = $scim->get($path)->{body};
    is($user->{title}, 'Countess', 'PUT was done');
    is($user->{nickName}, 'A', 'and PATCH after it');
    $scim->delete($path);
};


subtest 'references' => sub {
    my $res = bulk([
        { method => 'POST', path => '/Groups', bulkId => 'g',
          data => { displayName => 'Team', members => [
              { type => 'User', value => 'bulkId:u' } ] } },
        { method => 'PATCH', path => '/Groups/bulkId:g', data => {
          Operations => [ { op => 'add', path => 'members',
                            value => [ { value => 'bulkId:v' } ] } ] } },
        user('u', 'uma'),
        user('v', 'vic', 'urn:ietf:params:scim:schemas:extension:enterprise:'
             . '2.0:User' => { manager => { value => 'bulkId:u' } }),
    ]);
    is(statuses($res), '201 204 201 201', 'forward and backward')
        or diag $res->{text};
    my ($group) = $res->{body}{Operations}[0]{location} =~ m{(/Groups/\w+)$};
    my ($uma) = $res->{body}{Operations}[2]{location} =~ m{/(\w+)$};
    my ($vic) = $res->{body}{Operations}[3]{location} =~ m{/(\w+)$};
    is_deeply([ sort map { $_->{value} }
                @{ $scim->get($group)->{body}{members} } ],
              [ sort $uma, $vic ], 'both are members');
    is($scim->get("/Users/$vic")->{body}{'urn:ietf:params:scim:schemas:'
       . 'extension:enterprise:2.0:User'}{manager}{value}, $uma,
       'and one the manager');

    $res = bulk([
        { method => 'POST', path => '/Groups', bulkId => 'x',
          data => { displayName => 'X', members => [ { value => 'bulkId:y' }]}},
        { method => 'POST', path => '/Groups', bulkId => 'y',
          data => { displayName => 'Y', members => [ { value => 'bulkId:x' }]}},
        { method => 'DELETE', path => '/Users/bulkId:nobody' },
        user('w', 'uma'),
        { method => 'DELETE', path => '/Users/bulkId:w' },
    ]);
    is(statuses($res), '409 409 409 409 409',
       'circular, unknown, conflict, and what refers to it');
    is($scim->get('/Groups?filter=displayName+eq+%22X%22')
           ->{body}{totalResults}, 0, 'nothing half was made');
};


subtest 'failOnErrors' => sub {
    my @ops = (user('1', 'f1'), user('2', 'f1'), user('3', 'f1'),
               user('4', 'f4'));
    my $res = bulk(\@ops, failOnErrors => 2);
    is(statuses($res), '201 409 409', 'stops after two');
    is($scim->get('/Users?filter=userName+eq+%22f1%22')
           ->{body}{totalResults}, 1, 'what came before stays');
    is(statuses(bulk(\@ops, failOnErrors => 1)), '409', 'stops after one');
    is(statuses(bulk(\@ops)), '409 409 409 201', 'never stops');
};


subtest 'mistakes' => sub {
    is($scim->post('/Bulk', {})->{body}{scimType}, 'invalidSyntax',
       'no Operations');
    for my $case (
        [ 'no bulkId', { method => 'POST', path => '/Users', data => {} },
          qr/bulkId/ ],
        [ 'no method', { path => '/Users' }, qr/method/ ],
        [ 'GET', { method => 'GET', path => '/Users' }, qr/GET/ ],
        [ 'no object', 5, qr/object/ ],
    ) {
        my ($name, $op, $detail) = @$case;
        my $res = bulk([ user('ok', "ok$name"), $op ]);
        is($res->{status}, 400, $name);
        like($res->{body}{detail}, $detail, "$name: the detail");
        like($res->{body}{detail}, qr/operation 1/, "$name: which");
    }
    is(statuses(bulk([
        { method => 'POST', path => '/Robots', bulkId => 'r', data => {} },
        { method => 'POST', path => '/Users/x', bulkId => 's', data => {} },
        { method => 'PUT', path => '/Users', data => {} },
        { method => 'PUT', path => '/Users/no:id', data => { userName => 1 } },
        { method => 'POST', path => '/Users', bulkId => 't' },
        { method => 'POST', path => '/Users', bulkId => 'u', data => [] },
    ])), '404 404 404 404 400 400', 'each fails by itself');
    is(bulk([])->{status}, 200, 'none at all');
    is($scim->get('/Bulk')->{status}, 405, 'GET');
    is($scim->post('/Bulk', { Operations => [] }, token => 'reader')
           ->{status}, 403, 'a token that may only read');
};


subtest 'limits' => sub {
    my $small = SCIM->new(location => 'scim_bulk 2 1k;');
    my $config = $small->get('/ServiceProviderConfig')->{body}{bulk};
    is_deeply($config, { supported => JSON::PP::true, maxOperations => 2,
                         maxPayloadSize => 1024 }, 'are announced');
    my $res = bulk([ map { user("b$_", "n$_") } 1 .. 3 ], server => $small);
    is($res->{status}, 413, 'too many');
    like($res->{body}{detail}, qr/maxOperations, 2/, 'says the limit');
    $res = bulk([ user('a', 'x' x 1024) ], server => $small);
    is($res->{status}, 413, 'too large');
    like($res->{body}{detail}, qr/maxPayloadSize, 1024/, 'says the limit');

    my $off = SCIM->new(location => 'scim_bulk off;');
    is($off->post('/Bulk', {})->{status}, 501, 'off');
    is($off->get('/ServiceProviderConfig')->{body}{bulk}{supported},
       JSON::PP::false, 'is announced');
};


subtest 'a thousand' => sub {
    my $res = bulk([ map { user("b$_", "t$_") } 1 .. 1000 ]);
    is(scalar(grep { $_->{status} == 201 } @{ $res->{body}{Operations} }), 1000,
       'all are made');
    $res = bulk([ map { user("b$_", "t$_") } 1 .. 1000 ]);
    is(scalar(grep { $_->{status} == 409 } @{ $res->{body}{Operations} }), 1000,
       'all conflict');
};

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');

done_testing();
