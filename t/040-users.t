#!/usr/bin/env perl
#
# Users: create, read, replace, delete (RFC 7644, sections 3.3 to 3.6), what is
# demanded of attributes (RFC 7643, section 2), and uniqueness.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;


sub count { $scim->get('/Users?count=0')->{body}{totalResults} }


subtest 'create' => sub {
    my $res = $scim->post('/Users', { schemas => [ $USER ], userName => 'ana',
        name => { givenName => 'Ana', familyName => 'Ruiz' } });
    is($res->{status}, 201, 'created');
    my $user = $res->{body};
    my $id = $user->{id};

    like($id, qr/^[\w-]+$/, 'id');
    is($res->{headers}{location}, "$scim->{base}/Users/$id", 'Location');
    is($user->{meta}{location}, "$scim->{base}/Users/$id", 'meta.location');
    is($res->{headers}{etag}, 'W/"1"', 'ETag');
    is($user->{meta}{version}, 'W/"1"', 'meta.version');
    is($user->{meta}{resourceType}, 'User', 'meta.resourceType');
    like($user->{meta}{created},
         qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'meta.created');
    is($user->{meta}{lastModified}, $user->{meta}{created}, 'lastModified');
    is_deeply($user->{schemas}, [ $USER ], 'schemas');
    is($user->{userName}, 'ana', 'userName');
    is_deeply($user->{name}, { givenName => 'Ana', familyName => 'Ruiz' },
              'name');
    is_deeply([ sort keys %$user ], [ qw(id meta name schemas userName) ],
              'and nothing else');

    my $read = $scim->get("/Users/$id");
    is($read->{status}, 200, 'read');
    is_deeply($read->{body}, $user, 'the same');
    is($read->{headers}{etag}, 'W/"1"', 'with its ETag');
    ok(!$read->{headers}{location}, 'and no Location');
};


subtest 'what a client may leave out or add' => sub {
    my $user = $scim->post('/Users', { userName => 'bo' })->{body};
    is_deeply($user->{schemas}, [ $USER ], 'schemas is added');

    $user = $scim->post('/Users', {
        schemas => [ $USER, 'urn:example:nothing', 'no urn at all' ],
        userName => 'cy', id => 'mine', meta => { version => 'W/"9"' },
        nothing => 1, groups => [ { value => 'x' } ],
        $ENTERPRISE => { department => 'Sales' } })->{body};
    isnt($user->{id}, 'mine', 'id is not the client\'s');
    is($user->{meta}{version}, 'W/"1"', 'nor is meta');
    ok(!exists $user->{nothing}, 'an unknown attribute is dropped');
    ok(!exists $user->{groups}, 'groups is read-only');
    is_deeply($user->{schemas}, [ $USER, $ENTERPRISE ],
              'the extension is added to schemas, an unknown one dropped');

    $user = $scim->post('/Users', { USERNAME => 'dee', Active => $true,
        Emails => [ { VALUE => 'd@example.com', Primary => $true } ],
        NAME => { GIVENname => 'Dee' } })->{body};
    is_deeply([ @$user{qw(userName active emails name)} ],
              [ 'dee', $true, [ { value => 'd@example.com',
                                  primary => $true } ],
                { givenName => 'Dee' } ], 'names in any case');

    $user = $scim->post('/Users', { userName => 'eve', title => undef,
        nickName => '', emails => [], name => {}, addresses => undef,
        phoneNumbers => [ { value => '', type => 'work' } ],
        roles => [ { value => undef } ] })->{body};
    is_deeply([ sort keys %$user ], [ qw(id meta schemas userName) ],
              'null, [], {} and "" are not assigned');

    $user = $scim->post('/Users', { userName => 'fay',
        password => 'hidden' })->{body};

    ok(!exists $user->{password}, 'a password is not answered');
    unlike($scim->redis('HGET', "scim:{demo}:user:$user->{id}", 'doc'),
           qr/hidden/, 'nor kept');
    unlike($scim->error_log, qr/hidden/, 'nor logged');
};


subtest 'types' => sub {
    my $n = 0;
    for my $case (
        [ active => 'True', $true ], [ active => 'false', $false ],
        [ active => $true, $true ], [ title => "a \"b\" \\ / \t \x{1F600}",
                                      "a \"b\" \\ / \t \x{1F600}" ],
        [ timezone => 'Not/AZone', 'Not/AZone' ],
        [ emails => [ { value => 'not an address', primary => 'True' } ],
          [ { value => 'not an address', primary => $true } ] ],
        [ emails => { value => 'x@y' }, [ { value => 'x@y' } ] ],
        [ emails => [ map { { value => 'a@b', type => 'work' } } 1, 2 ],
          [ { value => 'a@b', type => 'work' } ] ],
        [ profileUrl => 'any text', 'any text' ],
    ) {
        my ($name, $in, $out) = @$case;
        my $res = $scim->post('/Users', { userName => 't' . $n++,
                                          $name => $in });
        is_deeply($res->{body}{$name}, $out, "$name " . $n)
            or diag $res->{text};
    }

    my @wrong = (
        [ { active => 'yes' }, qr/"active": expected true or false/ ],
        [ { active => 1 }, qr/"active": expected true or false/ ],
        [ { title => [ 'a', 'b' ] }, qr/"title": expected a string/ ],
        [ { title => { a => 1 } }, qr/"title"/ ],
        [ { name => 'Kim' }, qr/"name"/ ],
        [ { name => [ ({ givenName => 'Kim' }) x 2 ] }, qr/"name"/ ],
        [ { name => { givenName => { } , familyName => [ 1, 2 ] } },
          qr/name\.familyName/ ],
        [ { emails => [ { value => 'a', primary => 'x' } ] },
          qr/emails\.primary/ ],
        [ { emails => [ { value => 'a', primary => $true },
                        { value => 'b', primary => $true } ] },
          qr/"emails" has 2 values with "primary": true/ ],
        [ { x509Certificates => [ { value => 'not base64!' } ] },
          qr/x509Certificates/ ],
        [ { schemas => 'x' }, qr/schemas/ ],
        [ { schemas => [ 'urn:ietf:params:scim:schemas:core:2.0:Group' ] },
          qr/schemas/ ],
        [ { $ENTERPRISE => 'x' }, qr/enterprise/ ],
        [ { $ENTERPRISE => { department => [ 1, 2 ] } }, qr/department/ ],
    );

    for (@wrong) {
        my ($more, $detail) = @$_;
        error_ok($scim->post('/Users', { userName => 'wrong', %$more }), 400,
              'invalidValue', $detail, join ' ', 'wrong:', keys %$more);
    }
};


subtest 'required' => sub {
    my $before = count();
    for my $case ({}, { userName => undef }, { userName => '' },
                  { schemas => [ $USER ], displayName => 'x' }) {
        error_ok($scim->post('/Users', $case), 400, 'invalidValue',
              qr/"userName"/, 'no userName');
    }
    is(count(), $before, 'and nobody was made');
};


subtest 'uniqueness' => sub {
    my @pairs = (
        [ 'same', 'same' ], [ 'Case', 'cASE' ], [ 'Ünal', 'üNAL' ],
        [ 'straße', 'STRASSE' ], [ "e\x{301}lan", "\x{c9}LAN" ],
        [ 'ΣΊΣΥΦΟΣ', 'σίσυφος' ], [ 'ﬁn', 'FIN' ],
    );
    for (@pairs) {
        my ($one, $two) = @$_;
        is($scim->post('/Users', { userName => $one })->{status}, 201, $one);
        error_ok($scim->post('/Users', { userName => $two }), 409, 'uniqueness',
              qr/"userName": another User has the value/, "$two again");
    }

    my $id = $scim->post('/Users', { userName => 'free' })->{body}{id};
    error_ok($scim->put("/Users/$id", { userName => 'SAME' }), 409, 'uniqueness',
          qr/userName/, 'PUT');
    error_ok($scim->patch("/Users/$id", [ { op => 'replace', path => 'userName',
          value => 'same' } ]), 409, 'uniqueness', qr/userName/, 'PATCH');
    is($scim->get("/Users/$id")->{body}{userName}, 'free', 'unchanged');
    is($scim->put("/Users/$id", { userName => 'FREE' })->{status}, 200,
       'its own name in other case');

    is($scim->put("/Users/$id", { userName => 'moved' })->{status}, 200,
       'renamed');
    is($scim->post('/Users', { userName => 'free' })->{status}, 201,
       'the old name is free');
    is($scim->delete("/Users/$id")->{status}, 204, 'deleted');
    is($scim->post('/Users', { userName => 'moved' })->{status}, 201,
       'and so is the name of one that was deleted');

    for my $n (1, 2) {
        is($scim->post('/Users', { userName => "ext$n",
           externalId => 'twice' })->{status}, 201, 'externalId is not unique');
    }
};


subtest 'replace' => sub {
    my $user = $scim->post('/Users', { userName => 'put', title => 'T',
        nickName => 'N', emails => [ { value => 'a@b' } ],
        $ENTERPRISE => { department => 'D' } })->{body};
    my $id = $user->{id};

    my $res = $scim->put("/Users/$id", { userName => 'put', title => 'T2',
        id => 'other', meta => { created => '2001-01-01T00:00:00Z' } });
    is($res->{status}, 200, 'replaced');
    is($res->{headers}{etag}, 'W/"2"', 'the version grows');
    is($res->{body}{title}, 'T2', 'what is given is set');
    ok(!exists $res->{body}{$_}, "$_ is cleared")
        for qw(nickName emails), $ENTERPRISE;
    is($res->{body}{id}, $id, 'id stays');
    is($res->{body}{meta}{created}, $user->{meta}{created}, 'created stays');
    is_deeply($res->{body}{schemas}, [ $USER ], 'schemas follows');
    is_deeply($scim->get("/Users/$id")->{body}, $res->{body}, 'and is kept');

    my $same = $scim->put("/Users/$id", $res->{body});
    is($same->{status}, 200, 'the same again');
    is_deeply($same->{body}, $res->{body},
              'changes neither version nor lastModified');

    error_ok($scim->put("/Users/$id", { title => 'x' }), 400, 'invalidValue',
          qr/"userName"/, 'without userName');
    error_ok($scim->put('/Users/nobody', { userName => 'nobody' }), 404, undef,
          qr/User "nobody" not found/, 'PUT does not create');
};


subtest 'delete' => sub {
    my $id = $scim->post('/Users', { userName => 'gone' })->{body}{id};
    my $res = $scim->delete("/Users/$id");
    is($res->{status}, 204, 'deleted');
    is($res->{text}, '', 'without a body');
    is($res->{headers}{'content-type'}, 'application/scim+json',
       'but with the type, for clients that look for it');
    error_ok($scim->delete("/Users/$id"), 404, undef, qr/not found/, 'again');
    error_ok($scim->get("/Users/$id"), 404, undef, qr/not found/, 'GET');
    error_ok($scim->put("/Users/$id", { userName => 'gone' }), 404, undef,
          qr/not found/, 'PUT');
    error_ok($scim->patch("/Users/$id", [ { op => 'replace', path => 'title',
          value => 'x' } ]), 404, undef, qr/not found/, 'PATCH');
    is($scim->get('/Users?filter=userName+eq+%22gone%22')
           ->{body}{totalResults}, 0, 'no filter finds it');
    isnt($scim->post('/Users', { userName => 'gone' })->{body}{id}, $id,
         'the id is not given again');
};


subtest 'an inactive user stays' => sub {
    my $id = $scim->post('/Users', { userName => 'idle',
        active => $false })->{body}{id};
    is($scim->get("/Users/$id")->{body}{active}, $false, 'GET');
    is($scim->get('/Users?filter=userName+eq+%22idle%22')
           ->{body}{totalResults}, 1, 'filter');
};


subtest 'numbers keep their digits' => sub {
    my $res = $scim->post('/Users', undef, raw =>
        '{"userName":"big","title":12345678901234567890}');
    like($res->{text}, qr/12345678901234567890|"title": expected a string/,
         'is taken whole or refused');
};


clean_log($scim);
undef $scim;

done_testing();
