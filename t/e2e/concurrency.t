#!/usr/bin/env perl
#
# 64 clients at once: unique stays unique, no membership and no update is lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Load;
use Test::More;

my $CLIENTS = 64;


sub tally {
    my %count;
    $count{$_}++ for @_;
    return \%count;
}


for my $workers (1, 4) {
    my $scim = SCIM->new(workers => $workers);

    subtest "$workers workers: one userName" => sub {
        my @status = $scim->parallel($CLIENTS, sub {
            $scim->post('/Users', { userName => $_[0] % 2 ? 'Kim' : 'kIM',
                                    externalId => "x$_[0]" })->{status} });
        is_deeply(tally(@status), { 201 => 1, 409 => $CLIENTS - 1 },
                  'one is created, the others conflict');

        my @users = grep { /:user:[a-z2-7]+$/ }
                    @{ $scim->redis('KEYS', 'scim:{demo}:user:*') };
        is(scalar @users, 1, 'one user in the store');
        is($scim->redis('ZCARD', 'scim:{demo}:users'), 1, 'one in the list');
        is($scim->redis('HLEN', 'scim:{demo}:users:by:userName'), 1,
           'one userName in the index');
        is($scim->redis('ZCARD', 'scim:{demo}:users:by:externalId'), 1,
           'one externalId in the index');
        is($scim->redis('XLEN', 'scim:{demo}:changes'), 1, 'one event');
    };

    subtest "$workers workers: members of one group" => sub {
        my @ids = map { $scim->post('/Users', { userName => "m$_" })
                            ->{body}{id} } 1 .. $CLIENTS;
        my $group = $scim->post('/Groups', { displayName => 'All' })
            ->{body}{id};

        my @status = $scim->parallel($CLIENTS, sub {
            $scim->patch("/Groups/$group", [ { op => 'Add',
                path => 'members', value => [ { value => $ids[$_[0]] } ] } ])
                ->{status} });
        is_deeply(tally(@status), { 204 => $CLIENTS }, 'all are answered 204');

        my $body = $scim->get("/Groups/$group")->{body};
        is_deeply([ sort map { $_->{value} } @{ $body->{members} } ],
                  [ sort @ids ], 'and all are members');
        is($body->{meta}{version}, 'W/"' . ($CLIENTS + 1) . '"',
           'with a version for each change');
        is(scalar(grep { $scim->redis('HGET', "scim:{demo}:user:$_", 'groups')
                         == 1 } @ids),
           $CLIENTS, 'each user counts one group');
    };

    subtest "$workers workers: attributes of one user" => sub {
        my $id = $scim->post('/Users', { userName => 'busy' })->{body}{id};

        my @status = $scim->parallel($CLIENTS, sub {
            $scim->patch("/Users/$id", [ { op => 'Add',
                path => qq{entitlements[type eq "t$_[0]"].value},
                value => "v$_[0]" } ])->{status} });
        is_deeply(tally(@status), { 200 => $CLIENTS }, 'all are answered 200');

        my $body = $scim->get("/Users/$id")->{body};
        is_deeply([ sort map { "$_->{type} $_->{value}" }
                    @{ $body->{entitlements} } ],
                  [ sort map { "t$_ v$_" } 0 .. $CLIENTS - 1 ],
                  'none is lost');
        is($body->{meta}{version}, 'W/"' . ($CLIENTS + 1) . '"',
           'each made a version');
    };

    subtest "$workers workers: If-Match" => sub {
        my $id = $scim->post('/Users', { userName => 'careful' })->{body}{id};

        my @status = $scim->parallel(16, sub {
            $scim->patch("/Users/$id", [ { op => 'replace',
                path => 'title', value => "t$_[0]" } ],
                headers => { 'If-Match' => 'W/"1"' })->{status} });
        is_deeply(tally(@status), { 200 => 1, 412 => 15 },
                  'only one finds the version it names');
    };

    subtest "$workers workers: clients that go away while others wait" => sub {
        my $id = $scim->post('/Users', { userName => 'left' })->{body}{id};
        my $patch = $scim->request_text('PATCH', "/Users/$id", {
            schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
            Operations => [ { op => 'replace', path => 'title',
                              value => 'Chief' } ] });
        my @clients = connect_to($scim, 20);

        $scim->redis('CLIENT', 'PAUSE', 60000, 'WRITE');
        send_all($patch, @clients);
        close $_ for splice @clients, 0, 10;
        $scim->redis('CLIENT', 'UNPAUSE');

        is_deeply(tally(map { (answer($_))[0] } @clients), { 200 => 10 },
                  'those that stay are answered');
        is($scim->patch("/Users/$id", [ { op => 'replace', path => 'title',
               value => 'None' } ])->{status}, 200, 'and so is the next one');
    };

    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
           "$workers workers: no error in the log");
}

done_testing();
