#!/usr/bin/env perl
#
# The gate: who is let in, by users and groups of the directory; what the application
# is told; where it holds, and which configurations are refused.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Checked;
use SCIM::Test;
use Test::More;

my $HEADERS = join "\n", map {
    my $name = "X-Scim-$_" =~ tr/_/-/r;
    "proxy_set_header $name \$scim_$_;"
} qw(user_id user_name user_display_name user_email user_external_id groups
     require_status);
my $ECHO = join '|', map { "\$http_x_scim_$_" }
    qw(user_id user_name user_display_name user_email user_external_id groups
       require_status);

my $NAME = 'scim_require user $http_x_user trusted';
my $APP = "$HEADERS proxy_pass http://app;";

# the application, which answers with what it is told; "return" of nginx itself would
# come before the gate
sub application {
    my ($dir) = @_;
    return "upstream app { server unix:$dir/app.sock; }
        server { listen unix:$dir/app.sock;
                 location / { return 200 '$ECHO'; } }";
}

my $scim = SCIM->new(
    workers => 2, no_nginx => 1,
    server => "scim_tenant demo;
        location = /user/ { $NAME; $APP }
        location = /id/ { $NAME by=id; $APP }
        location = /external/ { $NAME by=externalId; $APP }
        location = /email/ { $NAME by=emails; $APP }
        location = /staff/ { $NAME; scim_require group Staff; $APP }
        location = /either/ { $NAME; scim_require group 'No such' Staff; $APP }
        location = /both/ { $NAME; scim_require group Staff;
                            scim_require group BOARD; $APP }
        location = /oid/ { $NAME; scim_require group externalId:g-1; $APP }
        location = /hidden/ { $NAME error=404; $APP }
        location = /dry/ { $NAME; scim_require_dry_run on; $APP }
        location = /tenant/ { $NAME; scim_tenant \$http_x_tenant; $APP }
        location = /page/ { $NAME; error_page 403 /page.html; $APP }
        location = /page.html { scim_require off; $APP }
        location = /signin/ { $NAME; error_page 401 = \@signin; $APP }
        location \@signin { return 302 /login; }
        location = /any/ { $NAME; satisfy any; allow 127.0.0.1; deny all; $APP }
        location = /try/ { $NAME; try_files /none \@app; }
        location \@app { $APP }
        location = /post/ { $NAME; client_body_buffer_size 1k; $APP }
        location /nested/ { $NAME; $APP
            location /nested/open/ { scim_require off; $APP }
            location /nested/more/ { $NAME; scim_require group Staff; $APP }
            location /nested/same/ { $APP } }");

$scim->{http} = application($scim->{dir});
$scim->start_nginx;


sub user {
    my (%user) = @_;
    my $res = $scim->post('/Users', \%user);
    is($res->{status}, 201, "user $user{userName}") or diag $res->{text};
    return $res->{body}{id};
}

sub group {
    my ($name, $members, %more) = @_;
    my $res = $scim->post('/Groups', { displayName => $name, %more,
        members => [ map { { value => $_ } } @$members ] });
    is($res->{status}, 201, "group $name") or diag $res->{text};
    return $res->{body}{id};
}

sub ask {
    my ($location, $name, %more) = @_;
    utf8::encode($name) if defined $name;
    return $scim->get("/$location/", root => '', token => '',
                      headers => { 'X-User' => $name, %more });
}

# 200, or the status of the refusal
sub lets {
    my ($location, $name, $status, $what, %more) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $res = ask($location, $name, %more);
    is($res->{status}, $status, "/$location/: $what") or diag $res->{text};
    return $res;
}

sub active { $scim->patch("/Users/$_[0]",
    [ { op => 'replace', path => 'active', value => $_[1] } ]) }


my $ann = user(userName => 'Ann@Example.com', externalId => 'oid-A',
    displayName => 'Ann “A” Lee', active => $true,
    emails => [ { value => 'old@example.com' },
                { value => 'ann@example.com', primary => $true } ]);
my $ben = user(userName => 'ben', active => $false, externalId => 'oid-B');
my $zoe = user(userName => 'ZOË', emails => [ { value => 'zoe@example.com' } ]);
my $twin = user(userName => 'twin', active => $true,
    emails => [ { value => 'ZOE@example.com' } ]);


subtest 'users' => sub {
    lets('user', 'ann@example.com', 200, 'a user, by userName without case');
    lets('user', 'nobody', 403, 'nobody has this name');
    lets('user', 'ben', 403, 'inactive');
    lets('user', 'zoë', 200, '"active" is not said');
    lets('user', undef, 401, 'no name');
    lets('user', "zo\xeb" x 2000, 403, 'a name that is too long');
    lets('id', $ann, 200, 'by id');
    lets('id', uc $ann, 403, 'an id has a case');
    lets('id', 'ann@example.com', 403, 'a userName is no id');
    lets('id', "$ann:groups", 403, 'a key is no id');
    lets('external', 'oid-A', 200, 'by externalId');
    lets('external', 'oid-a', 403, 'which has a case');
    lets('email', 'old@example.com', 200, 'by any address');
    lets('email', 'zoe@example.com', 403, 'an address of two');

    my $res = $scim->get('/user/', root => '', token => '',
                         headers => { 'X-User' => "zo\xeb" });
    is($res->{status}, 403, 'a name that is not UTF-8');
};


subtest 'what the application is told' => sub {
    my $res = ask('user', 'ann@example.com');
    is($res->{text}, encode_utf8(join '|', $ann, 'Ann@Example.com',
       'Ann “A” Lee', 'ann@example.com', 'oid-A', '[]', 'PASSED'), 'all of it');
    is(ask('user', 'zoë')->{text}, encode_utf8(join '|', $zoe, 'ZOË', '',
       'zoe@example.com', '', '[]', 'PASSED'), 'what there is');
    is(ask('dry', 'ben')->{text}, '||||||INACTIVE_DRY_RUN', 'of a dry run');
    is(ask('dry', 'nobody')->{text}, '||||||UNKNOWN_DRY_RUN', 'of nobody');
    is(ask('dry')->{text}, '||||||ANONYMOUS_DRY_RUN', 'without a name');
    is(ask('dry', 'zoë')->{text} =~ s/.*\|//r, 'PASSED_DRY_RUN', 'who may');
};

sub encode_utf8 { my ($text) = @_; utf8::encode($text); return $text }


subtest 'groups' => sub {
    lets('staff', 'zoë', 403, 'there is no such group');
    my $staff = group('Staff', [ $zoe ], externalId => 'g-1');
    lets('staff', 'zoë', 200, 'a member, at once');
    lets('staff', 'ann@example.com', 403, 'no member');
    lets('oid', 'zoë', 200, 'by externalId');
    lets('oid', 'ann@example.com', 403, 'no member');
    lets('either', 'zoë', 200, 'one of several');
    lets('both', 'zoë', 403, 'one of two that are required');

    my $board = group('Board “é😀"', [ $staff ]);
    my $upper = group('board', [ $board ]);
    lets('both', 'zoë', 200, 'through two others, without case');
    is_deeply([ sort @{ JSON::PP->new->decode((split /\|/,
                ask('both', 'zoë')->{text})[5]) } ],
              [ sort 'Staff', 'Board “é😀"', 'board' ], 'their names');
    unlike(ask('both', 'zoë')->{text} =~ s/.*\|\[//r, qr/[^ -~]/, 'in ASCII');

    $scim->patch("/Groups/$staff", [ { op => 'remove',
        path => qq{members[value eq "$zoe"]} } ]);
    lets('staff', 'zoë', 403, 'no longer a member');
    $scim->patch("/Groups/$staff", [ { op => 'add', path => 'members',
        value => [ { value => $zoe }, { value => $ben } ] } ]);
    lets('staff', 'zoë', 200, 'again');
    lets('staff', 'ben', 403, 'a member who is inactive');
    $scim->patch("/Groups/$staff", [ { op => 'replace', path => 'displayName',
        value => 'Team' } ]);
    lets('staff', 'zoë', 403, 'the group has another name');
    lets('oid', 'zoë', 200, 'and the same externalId');
    $scim->patch("/Groups/$staff", [ { op => 'replace', path => 'displayName',
        value => 'staff' } ]);
    lets('staff', 'zoë', 200, 'the name is back');
    $scim->delete("/Groups/$staff");
    lets('staff', 'zoë', 403, 'the group is gone');
    lets('both', 'zoë', 403, 'and what was through it');
};


subtest 'a group of thousands' => sub {
    my $bulk = $scim->post('/Bulk', { schemas =>
        [ 'urn:ietf:params:scim:api:messages:2.0:BulkRequest' ],
        Operations => [ map { { method => 'POST', path => '/Users',
            bulkId => "u$_", data => { userName => "u$_" } } } 1 .. 700 ] });
    my @ids = map { $_->{location} =~ s{.*/}{}r } @{ $bulk->{body}{Operations} };
    my $staff = group('Staff', \@ids);
    lets('staff', 'u700', 200, 'a member');
    lets('staff', 'zoë', 403, 'no member');
    $scim->put("/Groups/$staff", { displayName => 'Staff', members =>
        [ map { { value => $_ } } $zoe, @ids[0 .. 600] ] });
    lets('staff', 'zoë', 200, 'a member of the new ones');
    lets('staff', 'u700', 403, 'and one who is not');
    $scim->delete("/Groups/$staff");
    lets('staff', 'u1', 403, 'all of them are out');
};


# each request is a keep-alive one of one worker, the change may be of another
subtest 'changes hold when they are answered' => sub {
    for my $try (1 .. 20) {
        active($ann, $false);
        lets('user', 'ann@example.com', 403, "disabled, $try");
        active($ann, $true);
        lets('user', 'ann@example.com', 200, "enabled, $try");
    }
    $scim->patch("/Users/$ann", [ { op => 'replace', path => 'userName',
                                    value => 'anna' } ]);
    lets('user', 'ann@example.com', 403, 'renamed: the old name');
    lets('user', 'anna', 200, 'the new one');
    my $other = user(userName => 'ann@example.com', active => $true);
    like(ask('user', 'ann@example.com')->{text}, qr/^$other\|/,
         'the name belongs to somebody else');
    $scim->delete("/Users/$other");
    lets('user', 'ann@example.com', 403, 'deleted');
    my $again = user(userName => 'ann@example.com');
    like(ask('user', 'ann@example.com')->{text}, qr/^$again\|/,
         'created again');
    $scim->delete("/Users/$twin");
};


subtest 'organizations' => sub {
    lets('tenant', 'zoë', 200, 'the one of the user', 'X-Tenant' => 'demo');
    lets('tenant', 'zoë', 403, 'another', 'X-Tenant' => 'other');
    lets('tenant', 'zoë', 403, 'none');
    lets('tenant', 'zoë', 403, 'one that cannot be',
         'X-Tenant' => 'demo}:user');
};


subtest 'where it holds' => sub {
    lets('hidden', 'nobody', 404, 'another status');
    lets('hidden', undef, 401, 'but for no name');
    my $res = lets('signin', undef, 302, 'no name leads to the sign-in');
    like($res->{headers}{location}, qr{/login$}, 'there');
    lets('signin', 'nobody', 403, 'a refusal does not');
    is(ask('page', 'ben')->{text}, '||||||INACTIVE',
       'a page of its own, which knows why');
    lets('any', 'nobody', 403, '"satisfy any" does not skip it');
    lets('try', 'nobody', 403, 'in front of "try_files"');
    like(lets('try', 'zoë', 200, 'which then goes on')->{text},
         qr/^$zoe\|.*PASSED$/, 'with the variables');
    lets('nested', 'nobody', 403, 'a location');
    lets('nested/same', 'nobody', 403, 'inherited');
    lets('nested/same', 'zoë', 200, 'and passed');
    lets('nested/open', 'nobody', 200, 'off');
    lets('nested/more', 'zoë', 403, 'as a whole');

    for my $name ('zoë', 'nobody') {
        my $got = $scim->request('POST', '/post/', undef, root => '', token => '',
            raw => 'x' x 100_000, headers => { 'X-User' => encode_utf8($name) });
        is($got->{status}, $name eq 'zoë' ? 200 : 403, "a body, of $name");
    }
    is($scim->get("/Users/$zoe")->{status}, 200, 'the connection is usable');
};


# the directory itself stays open to the identity provider
subtest 'at the level of http and server' => sub {
    local $scim->{server} = "$NAME; scim_tenant demo;
        location = /here/ { $APP }
        location = /oauth/ { scim_oauth_token; }
        location = /metrics/ { scim_require off; scim_metrics; }
        set \$early \$scim_require_status;";
    $scim->reload;
    lets('here', 'zoë', 200, 'inherited');
    lets('here', 'nobody', 403, 'and refused');
    is($scim->get("/Users/$zoe")->{status}, 200, 'not by "scim"');
    is($scim->post('/oauth/', undef, root => '', token => '')->{status}, 400,
       'nor by "scim_oauth_token"');
    like(ask('here', 'zoë')->{text}, qr/\|PASSED$/, 'a variable that was read before');
    my $metrics = lets('metrics', undef, 200, 'off')->{text};
    for my $status (qw(PASSED ANONYMOUS UNKNOWN AMBIGUOUS INACTIVE NOT_IN_GROUP
                       INACTIVE_DRY_RUN PASSED_DRY_RUN)) {
        like($metrics, qr/^scim_gate_decisions_total\{status="$status"\} [1-9]/m,
             "metrics: $status");
    }
    like($metrics, qr/^scim_gate_lookups_total\{found_in="$_"\} [1-9]/m,
         "metrics: $_") for qw(memory redis);
};

clean_log($scim);


# --- configurations that are refused ---------------------------------------------

sub refused {
    my ($server, $pattern, $what) = @_;
    local $scim->{server} = $server;
    $scim->write_file('bad.conf', $scim->config);
    my $text = `@{[ SCIM::_nginx() ]} -p $scim->{dir} -t -c $scim->{dir}/bad.conf 2>&1`;
    like($text, $pattern, $what);
}

refused("location /a { scim_tenant demo; $_->[0] }", $_->[1], $_->[2]) for
    [ 'scim_require user $http_x_user;', qr/any client can claim/, 'a header' ],
    [ 'scim_require user ${cookie_user};', qr/any client can claim/, 'a cookie' ],
    [ 'scim_require user "x$arg_u";', qr/any client can claim/, 'an argument' ],
    [ 'satisfy any; scim_require user $remote_user;', qr/satisfy any/,
      '"satisfy any"' ],
    [ 'scim_require group Staff;', qr/needs one with "user"/, 'no user' ],
    [ 'scim_require user x; scim_require user y;', qr/duplicate/, 'two users' ],
    [ 'scim_require user x; scim_require off;', qr/off and on/, 'on and off' ],
    [ 'scim_require off; scim_require user x;', qr/off and on/, 'off and on' ],
    [ 'scim_require user x by=title;', qr/cannot look for users by "title"/,
      'an attribute without an index' ],
    [ 'scim_require user x error=200;', qr/invalid parameter/, 'no error' ],
    [ 'scim_require user;', qr/needs "user" and a name/, 'no name' ],
    [ 'scim_require everybody x;', qr/needs "user" and a name/, 'everybody' ],
    [ 'scim_require user x; scim_require group error=404;', qr/needs a group/,
      'no group' ],
    [ 'scim_require user x; scim_require group id:;', qr/group that cannot be/,
      'a group without an id' ],
    [ 'scim_require_end soon;', qr/invalid value/, 'no time' ];
refused('location /a { scim_require user x; }', qr/and a "scim_tenant"/,
        'no organization');
refused('location /b/ { scim; scim_tenant demo; scim_require user x; }',
        qr/would lock out the identity provider/, 'the directory');

done_testing();
