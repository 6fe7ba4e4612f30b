#!/usr/bin/env perl
#
# scim_log: the provisioning log. What is in it, and above all what is not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;

use Test::More;

my $LOG = 'scim:{demo}:log';
my $OWN = qr/^[a-z2-7]{26}$/;
my $REQUEST = 'add_header X-Request $request_id always;';


# the entries of a tenant, oldest first
sub entries {
    my ($scim, $key) = @_;
    return map { { @{ $_->[1] } } }
        @{ $scim->redis('XRANGE', $key // $LOG, '-', '+') };
}


# the entries that a request has left; waits until there are so many
sub entries_of {
    my ($scim, $res, $n) = @_;
    my $id = $res->{headers}{'x-request'} // die 'no id';
    my @found;

    SCIM::wait_for("an entry of $res->{status} $res->{text}", sub {
        @found = grep { ($_->{request} // '') eq $id } entries($scim);
        return @found >= ($n // 1);
    });

    return @found;
}


# a request leaves one entry, with these fields and a duration
sub logged {
    my ($scim, $res, $what, %fields) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($entry, @more) = map { { %$_ } } entries_of($scim, $res);
    my $ms = delete $entry->{ms};

    delete $entry->{request};
    $fields{detail} = $entry->{detail}
        if ref $fields{detail} && ($entry->{detail} // '') =~ $fields{detail};

    is_deeply([ $entry, @more ],
              [ { status => $res->{status}, token => 'main', %fields } ],
              $what) or diag explain [ $entry, @more ];
    like($ms, qr/^\d+$/, "$what: how long it took");
}


# Requests leave no entry: a last one that does is waited for, since all go
# over one connection to Redis.
sub not_logged {
    my ($scim, $what, @requests) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %made = map { $_->{headers}{'x-request'} => 1 } @requests;

    entries_of($scim, $scim->post('/Users', {}));

    is_deeply([ grep { $made{ $_->{request} } } entries($scim) ], [], $what);
}


# --- what has an entry ------------------------------------------------------

my $scim = SCIM->new(location => "scim_log on; $REQUEST");

my $res = $scim->post('/Users', { userName => 'kim', active => $true });
my $id = $res->{body}{id};
logged($scim, $res, 'create', op => 'create', type => 'user', id => $id);

$res = $scim->put("/Users/$id", { userName => 'kim', title => 'x' });
logged($scim, $res, 'replace', op => 'replace', type => 'user', id => $id);

$res = $scim->patch("/Users/$id", [ { op => 'replace', path => 'active',
                                      value => 'False' } ]);
logged($scim, $res, 'patch', op => 'patch', type => 'user', id => $id);

$res = $scim->post('/Groups', { displayName => 'Crew',
                                members => [ { value => $id } ] });
my $group = $res->{body}{id};
logged($scim, $res, 'a group', op => 'create', type => 'group', id => $group);

my @leave = ({ op => 'remove', path => "members[value eq \"$id\"]" });
$res = $scim->patch("/Groups/$group", \@leave);
is($res->{status}, 204, 'a group is not shown after a PATCH');
logged($scim, $res, 'members', op => 'patch', type => 'group', id => $group);

$res = $scim->patch("/Groups/$group?attributes=displayName",
                    [ { op => 'add', path => 'members',
                        value => [ { value => $id } ] } ]);
is($res->{status}, 200, 'unless asked for');
logged($scim, $res, 'members', op => 'patch', type => 'group', id => $group);

not_logged($scim, 'what changes nothing has no entry',
    $scim->put("/Users/$id", $scim->get("/Users/$id")->{body}),
    $scim->patch("/Users/$id", [ { op => 'replace', path => 'title',
                                   value => 'x' } ]),
    $scim->patch("/Groups/$group", [ { op => 'add', path => 'members',
                                       value => [ { value => $id } ] } ]));

not_logged($scim, 'reading has none, and finding nothing neither',
    $scim->get('/Users'), $scim->get("/Users/$id"),
    $scim->get("/Users/$group"), $scim->get('/Nothing'),
    $scim->post('/Users/.search', { count => 1 }));

not_logged($scim, 'a request without a valid token has none',
    $scim->post('/Users', { userName => 'x' }, token => 'wrong'),
    $scim->post('/Users', { userName => 'x' }, token => ''),
    $scim->post('/Users?access_token=x', { userName => 'x' }));

$res = $scim->post('/Users', { userName => 'KIM' });
logged($scim, $res, 'a conflict', op => 'create', type => 'user',
       scimType => 'uniqueness',
       detail => '"userName": another User has the value "***"');

$res = $scim->get('/Users?filter=userName+xx+kim');
logged($scim, $res, 'a bad filter', op => 'list', type => 'user',
       scimType => 'invalidFilter', detail => qr/^invalid filter at offset 9: /);

$res = $scim->post('/Groups/.search', { sortBy => 'x' });
logged($scim, $res, 'a bad search', op => 'search', type => 'group',
       scimType => 'invalidValue', detail => qr/^"sortBy": /);

$res = $scim->post('/.search', { sortBy => 'x' });
logged($scim, $res, 'a bad search of all types', op => 'search',
       scimType => 'invalidValue', detail => qr/^"sortBy": /);

not_logged($scim, 'another method is no failure of what reads',
    $scim->get('/'), $scim->post('/.search', { count => 1 }));

$res = $scim->put("/Users/$group", { userName => 'x' });
logged($scim, $res, 'nothing to write to', op => 'replace', type => 'user',
       id => $group, detail => "User \"$group\" not found");

$res = $scim->delete("/Groups/$group", headers => { 'If-Match' => 'W/"9"' });
logged($scim, $res, 'another version', op => 'delete', type => 'group',
       id => $group, detail => qr/which is W\/"\d"$/);

$res = $scim->patch("/Groups/$group", [ { op => 'add', path => 'members',
                                          value => [ { value => $group } ] } ]);
logged($scim, $res, 'the id of a member', op => 'patch', type => 'group',
       id => $group, scimType => 'invalidValue',
       detail => qr/with "$group" the group would hold itself/);

# requests that are rejected before there is an operation
$res = $scim->post('/Users', { userName => 'x' }, token => 'reader');
logged($scim, $res, 'a token that may not write', op => 'create',
       type => 'user', token => 'reader', detail => 'The token may only read');

$res = $scim->put('/Users', { userName => 'x' });
logged($scim, $res, 'a method that is not allowed',
       detail => 'The method is not allowed here');

$res = $scim->post('/Nothing', {});
logged($scim, $res, 'no such endpoint', detail => 'There is no such endpoint');

$res = $scim->post('/Users', {}, headers => { 'Content-Type' => 'text/plain' });
logged($scim, $res, 'another type of body', op => 'create', type => 'user',
       detail => qr/^The body must be /);

$res = $scim->post('/Users', { userName => 'x' x 1_100_000 });
logged($scim, $res, 'a body that nginx refuses', op => 'create',
       type => 'user', detail => qr/^The body is larger/);

$res = $scim->delete("/Users/$id");
logged($scim, $res, 'delete', op => 'delete', type => 'user', id => $id);

is_deeply([ entries($scim, 'scim:{other}:log') ], [],
          'another tenant has a log of its own');

# bulk
$res = $scim->post('/Bulk', { Operations => [
    { method => 'POST', path => '/Users', bulkId => 'a',
      data => { userName => 'one' } },
    { method => 'POST', path => '/Users', bulkId => 'b',
      data => { userName => 'two', active => 'maybe' } },
    { method => 'POST', path => '/Groups', bulkId => 'c',
      data => { displayName => 'x', members => [ { value => 'bulkId:b' } ] } },
    { method => 'DELETE', path => "/Users/$id" } ] });
my @bulk = entries_of($scim, $res, 4);
is_deeply([ sort map { join ' ', grep { defined }
                       @$_{qw(op type status scimType)} } @bulk ],
          [ 'create group 409 invalidValue', 'create user 201',
            'create user 400 invalidValue', 'delete user 404' ],
          'bulk: an entry for each operation');

$res = $scim->post('/Bulk', {});
logged($scim, $res, 'a bulk that is none', op => 'bulk',
       scimType => 'invalidSyntax', detail => qr/^"Operations" must be/);

# an entry is where the change is
my ($last) = @{ $scim->redis('XREVRANGE', $LOG, '+', '-', 'COUNT', 1) };
$scim->redis('CONFIG', 'SET', 'maxmemory', 1);
is($scim->post('/Users', { userName => 'full' })->{status}, 503,
   'Redis is full');
$scim->redis('CONFIG', 'SET', 'maxmemory', 0);
$res = $scim->post('/Users', { userName => 'full' });
logged($scim, $res, 'the first entry after that', op => 'create',
       type => 'user', id => $res->{body}{id});

unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'nothing bad in the log');


# --- values -----------------------------------------------------------------

# Requests that are refused, with "Sekret" wherever a person's data could be.
# The second of each pair tells whether values=on shows it.
sub bad_requests {
    my ($scim, $id, $group) = @_;
    my $u = 'Sekret@example.com';
    my $filter = sub { $scim->get('/Users?filter=' . encode($_[0])) };
    my $patch = sub {
        $scim->patch("/Users/$id", [ { op => 'replace', @_ } ]);
    };
    my $members = sub {
        $scim->patch("/Groups/$group", [ { op => 'add', path => 'members', @_ } ]);
    };

    return (
        $scim->post('/Users', { userName => $u }),
        $scim->post('/Users', { userName => "x$u", active => $u }),
        $scim->post('/Users', { userName => [ $u ] }),
        $scim->post('/Users', { userName => { value => $u } }),
        $scim->post('/Users', { name => { givenName => 'Sekret' } }),
        $scim->post('/Users', { userName => "x$u", name => 'Sekret' }),
        $scim->post('/Users', { userName => "x$u", emails => [
            { value => $u, primary => $true },
            { value => "x$u", primary => $true } ] }),
        $scim->post('/Users', { userName => "x$u", schemas => [ 'Sekret' ] }),
        $scim->post('/Users', { userName => "x$u", $ENTERPRISE => 'Sekret' }),
        $scim->post('/Users', { userName => "x$u", x509Certificates =>
            [ { value => 'Sekret!' } ] }),
        $scim->post('/Users', [ $u ]),
        $scim->post('/Users', undef, raw => "{\"userName\":\"$u\""),
        $scim->post('/Users', undef, raw => "{\"userName\":\"$u}"),
        $scim->post('/Users', undef, raw => "{\"userName\":Sekret}"),
        $scim->post('/Users', undef, raw => "{\"userName\":\"Sekret\xff\"}"),
        $scim->post('/Users', undef, raw => '{"Sekret":1,"sekret":2}'),
        $scim->post('/Users', undef, raw => 'Sekret'),
        $scim->post('/Groups', { displayName => 'Sekret' }),
        $scim->post('/Groups', { displayName => 'Sekret 2',
                                 members => [ { value => 'Sekret' } ] }),
        $scim->post('/Groups', { displayName => 'Sekret 2',
                                 members => [ { value => $u } ] }),
        $members->(value => [ { value => 'Sekret' } ]),
        $members->(value => [ { value => $u } ]),
        $members->(value => 'Sekret'),
        $scim->put('/Users/Sekret', { userName => $u }),
        $scim->put("/Users/$id", { userName => $u }),
        $scim->put("/Users/$id", {}, headers => { 'If-Match' => "\"$u\"" }),
        $scim->patch('/Users/Sekret', [ { op => 'remove', path => 'title' } ]),
        $scim->delete('/Users/Sekret'),
        $scim->delete('/Users/Sekret%40example.com'),
        $scim->delete('/Users/%FFSekret'),
        $scim->delete('/Users/' . 'Sekret' x 60),
        $scim->post('/Sekret', {}),
        $scim->put('/Users', { userName => $u }),
        $patch->(path => 'userName', value => $u),
        $patch->(path => 'active', value => $u),
        $patch->(path => "title[value eq \"$u\"].value", value => 'Sekret'),
        $patch->(path => "emails[Sekret eq \"x\"].value", value => 'x'),
        $patch->(path => 'emails[type eq "Sekret', value => 'x'),
        $patch->(path => "$u", value => 'x'),
        $patch->(path => { value => $u }, value => 'x'),
        $patch->(value => 'Sekret'),
        $patch->(value => { active => $u }),
        $patch->(op => 'Sekret', path => 'title', value => 'x'),
        $patch->(op => 'remove', path => "title[value eq \"$u\"]"),
        $scim->patch("/Users/$id", { Operations => $u, schemas => [ $u ] }),
        $filter->("userName eq $u $u"),
        $filter->($u),
        $filter->('Sekret'),
        $filter->('Sekret eq "x"'),
        $filter->("\"$u\" eq userName"),
        $filter->("userName Sekret \"x\""),
        $filter->("userName eq \"$u"),
        $filter->("userName eq \"$u\" and"),
        $filter->("userName eq \"$u\" Sekret"),
        $filter->("userName eq \"Sekret\\x\""),
        $filter->("(userName eq \"$u\""),
        $filter->("active eq \"$u\""),
        $filter->("meta.created gt \"$u\""),
        $filter->("emails[Sekret eq \"x\"]"),
        $filter->("name.Sekret eq \"x\""),
        $scim->get('/Users?filter=Sekret%FF'),
        $scim->get('/Users?sortBy=Sekret'),
        $scim->get('/Users?sortBy=name&sortOrder=Sekret'),
        $scim->get('/Users?sortBy=userName&sortOrder=Sekret'),
        $scim->get('/Users?count=Sekret'),
        $scim->get('/Users?startIndex=Sekret'),
        $scim->get('/Users?cursor=Sekret'),
        $scim->get('/Users?cursor=&sortBy=Sekret'),
        $scim->get('/?filter=Sekret+eq+%22x%22'),
        $scim->get('/?filter=userName+xx+%22Sekret%22'),
        $scim->post('/.search', { cursor => 'Sekret' }),
        $scim->get('/Users?attributes=Sekret&excludedAttributes=Sekret'),
        $scim->post('/Users/.search', { filter => "userName xx $u" }),
        $scim->post('/Users/.search', { filter => [ $u ] }),
        $scim->post('/Users/.search', { count => $u }),
        $scim->post('/Users/.search', { attributes => { x => $u } }),
        $scim->post('/Bulk', { Operations => [ $u ] }),
        $scim->post('/Bulk', { Operations => [ { method => 'Sekret' } ] }),
        $scim->post('/Users', {}, headers => { 'Content-Type' => 'Sekret' }),
        $scim->post('/Users', { userName => 'Sekret' x 200_000 }),
    );
}


sub bad_bulk {
    my ($scim, $id) = @_;
    return $scim->post('/Bulk', { Operations => [
        { method => 'POST', path => '/Users', bulkId => 'a',
          data => { userName => 'Sekret@example.com' } },
        { method => 'PUT', path => "/Users/$id", data => { active => 'Sekret' } },
        { method => 'DELETE', path => '/Users/Sekret' },
        { method => 'DELETE', path => '/Sekret/1' },
        { method => 'PATCH', path => '/Users/bulkId:Sekret', data => {} },
        { method => 'PUT', path => "/Users/$id", version => 'Sekret',
          data => { userName => 'Sekret@example.com',
                    title => 'bulkId:Sekret' } } ] });
}


sub with_data {
    my ($parameters) = @_;
    my $scim = SCIM->new(location => "scim_log on $parameters; $REQUEST");

    my $id = $scim->post('/Users', { userName => 'Lee' })->{body}{id};
    $scim->post('/Users', { userName => 'Sekret@example.com',
                            name => { givenName => 'Sekret' } });
    my $group = $scim->post('/Groups', { displayName => 'Sekret' })->{body}{id};
    $scim->put("/Users/$id", { userName => 'Lee', nickName => 'Sekret' });

    my @bad = bad_requests($scim, $id, $group);
    my $bulk = bad_bulk($scim, $id);

    is_deeply([ grep { $bad[$_]{status} < 400 } 0 .. $#bad ], [],
              "$parameters: all of it is refused");

    entries_of($scim, $_) for grep { $_->{status} >= 400 } @bad;
    entries_of($scim, $bulk, 6);
    return ($scim, $id, @bad);
}


{
    my ($scim, $id, @bad) = with_data('values=off');
    my @entries = entries($scim);

    is(scalar @entries, 4 + @bad + 6, 'off: each has an entry');

    my @telling = grep { join(' ', values %$_) =~ /sekret|example|lee/i }
        @entries;
    is_deeply(\@telling, [], 'off: none holds what was sent')
        or diag explain \@telling;

    is_deeply([ grep { !$_->{status} || !$_->{token} || !$_->{request}
                       || ($_->{status} >= 400 && !$_->{detail}) } @entries ],
              [], 'off: each tells the status, who, which request, and why');
    is_deeply([ grep { exists $_->{id} && $_->{id} !~ $OWN } @entries ], [],
              'off: ids are those that this server has given');
    ok((grep { ($_->{id} // '') eq $id
               && ($_->{detail} // '') eq '"active": expected true or false, not "***"'
             } @entries), 'off: the attribute and the resource are told')
        or diag explain \@entries;
}

{
    my ($scim, $id, @bad) = with_data('values=on');
    my @entries = entries($scim);
    my $find = sub {
        my ($text, %fields) = @_;
        return grep {
            my $entry = $_;
            index($entry->{name} // '', $text) >= 0
                && !grep { ($entry->{$_} // '') ne $fields{$_} } keys %fields;
        } @entries;
    };

    ok($find->('Sekret@example.com', op => 'create', status => 201),
       'on: a change is found by userName');
    ok($find->('Sekret@example.com', op => 'create', status => 409),
       'on: a conflict');
    ok($find->('xSekret@example.com', op => 'create', status => 400),
       'on: a user with another attribute that is wrong');
    ok($find->('Lee', op => 'replace', id => $id), 'on: a replace');
    ok($find->('Lee', op => 'patch', id => $id, status => 400),
       'on: a patch, whose body does not name the user');
    ok((grep { ($_->{detail} // '') eq '"userName": another User has the value '
                   . '"Sekret@example.com"' } @entries),
       'on: the detail is the one that was answered');
    ok((grep { ($_->{id} // '') eq 'Sekret' } @entries),
       'on: an id that there is not');
    is_deeply([ grep { ($_->{id} // '') =~ /\xff/ } @entries ], [],
              'on: one that is no text is left out');

    my %detail = map { $_->{request} => $_->{detail} } @entries;
    is_deeply([ map { $detail{ $_->{headers}{'x-request'} } } @bad ],
              [ map { $_->{body}{detail} } @bad ], 'on: and so are all others');
}

# names of attributes are no values
{
    my $scim = SCIM->new(location => "scim_log on; $REQUEST"
                                     . 'scim_unknown_attributes reject;');
    my $res = $scim->post('/Users', { userName => 'kim', shoeSize => 42 });
    logged($scim, $res, 'the name of an attribute that no schema has',
           op => 'create', type => 'user', scimType => 'invalidValue',
           detail => '"shoeSize" is no attribute of "User"');

    $res = $scim->post('/Users', { userName => 'kim', 'Sekret' x 30 => 42 });
    logged($scim, $res, 'unless it is too long to be one', op => 'create',
           type => 'user', scimType => 'invalidValue',
           detail => '"***" is no attribute of "User"');
}


# a worker that is not connected yet
{
    my $scim = SCIM->new(location => "scim_log on; $REQUEST",
                         scim_redis => 'connect_timeout=10s');
    kill 'STOP', $scim->{redis_pid};
    $scim->reload;
    my $res = $scim->post('/Users', {});
    kill 'CONT', $scim->{redis_pid};
    logged($scim, $res, 'a failure before the connection stands',
           op => 'create', type => 'user', scimType => 'invalidValue',
           detail => '"userName" is required');
}


# --- off, length, limits ----------------------------------------------------

{
    my $scim = SCIM->new(location => $REQUEST);
    $scim->post('/Users', { userName => 'kim' });
    $scim->post('/Users', { userName => 'kim' });
    is($scim->redis('EXISTS', $LOG), 0, 'without the directive nothing is logged');
}

{
    my $scim = SCIM->new(
        http     => 'limit_req_zone $scim_tenant zone=z:1m rate=1r/m; scim_log on;',
        location => "$REQUEST limit_req zone=z burst=2 nodelay; "
                    . 'limit_req_status 429;');
    my @res = map { $scim->post('/Users', {}) } 1 .. 5;
    is_deeply([ map { $_->{status} } @res ], [ 400, 400, 400, 429, 429 ],
              'a limit');
    entries_of($scim, $res[2]);
    is_deeply([ map { $_->{status} } entries($scim) ], [ 400, 400, 400 ],
              'requests that are too many have no entry');
}

{
    my $scim = SCIM->new(location => "scim_log on length=100; $REQUEST");
    my $res;
    $res = $scim->post('/Users', {}) for 1 .. 600;
    entries_of($scim, $res);
    my $n = entries($scim);
    ok($n >= 100 && $n < 300, 'failures are trimmed to length=') or diag $n;

    $scim->post('/Bulk', { Operations => [ map { +{
        method => 'POST', path => '/Users', bulkId => "b$_",
        data => { userName => "u$_" } } } 1 .. 600 ] });
    $n = entries($scim);
    ok($n >= 100 && $n < 300, 'and changes') or diag $n;
    is_deeply([ map { $_->{status} } (entries($scim))[-100 .. -1] ],
              [ (201) x 100 ], 'the newest stay');
}

{
    my $scim = SCIM->new(location => "scim_log on values=on; $REQUEST");
    my $name = "\xc3\xa9" x 60_000;
    my $raw = qq({"userName":"a$name"});
    $scim->post('/Users', undef, raw => $raw);
    my $res = $scim->post('/Users', undef, raw => $raw);
    is($res->{status}, 409, 'a long name, twice');
    entries_of($scim, $res);
    is_deeply([ map { length $_->{name} } entries($scim) ], [ 511, 511 ],
              'the log has whole characters from the beginning of it');
    cmp_ok(length($_->{detail} // ''), '<=', 512, 'and of what is wrong with it')
        for entries($scim);
}

done_testing();
