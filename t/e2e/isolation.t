#!/usr/bin/env perl
#
# Tenants do not see each other. Three tenants hold the same names; each request
# of a table is sent with ids of the sender's own tenant, with those of another
# tenant, and with ids that never existed. The second answer must be the third
# one, and so must be what Redis is asked for and what it then holds; the first
# answer must be another, or the request would show nothing (but for those that
# are marked as "any").
#
# A new endpoint is a line in cases().

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Test;
use Test::More;

my @TENANTS = qw(a b c);
my $DATA = "$SCIM::TOP/t/data";
my $SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
my $NEVER = 'abcdefghijklmnopqrstuvwxy';     # and one letter

my $VARIABLES = join '|', map { "\$scim_$_" }
    qw(tenant token_name operation resource_type id status_detail);
my $LOCATION = "scim_log on; scim_me \$http_x_user; scim_index User title;"
    . " scim_index Device displayName; add_header X-Scim '$VARIABLES' always;";

my $scim = SCIM->new(
    tokens   => { map { ("token-$_" => "$_ main rw") } @TENANTS },
    tcp      => 1,     # the test itself asks through the socket
    location => $LOCATION,
    http     => "keepalive_requests 1000000;"
        . " scim_schema $DATA/device-schema.json;"
        . " scim_resource_type $DATA/device.json;",
    server   => "location ~ ^/org/(?<org>[a-z]+)/v2/ {
                     scim; scim_tenant \$org; $LOCATION
                 }
                 location ~ ^/redis/(?<org2>[a-z]+)/v2/ {
                     scim; scim_tenant \$org2; scim_tokens redis valid=0;
                     $LOCATION
                 }
                 location = /metrics { scim_metrics; }");

my $BASE = $scim->{base};
$scim->issue("token-$_", tenant => $_) for @TENANTS;


# --- what is in Redis -------------------------------------------------------

# A dump of each key of a tenant, but for the running cycle, which a worker
# writes when it has time.
my $DUMP = <<'END';
local all = {}
for _, key in ipairs(redis.call("KEYS", ARGV[1] .. "*")) do
    if key ~= ARGV[1] .. "cycle" then
        all[#all + 1] = key
        all[#all + 1] = redis.call("DUMP", key)
    end
end
return all
END

my $RESTORE = <<'END';
for _, key in ipairs(redis.call("KEYS", ARGV[1] .. "*")) do
    redis.call("DEL", key)
end
for i = 2, #ARGV, 2 do
    redis.call("RESTORE", ARGV[i], 0, ARGV[i + 1])
end
END

# Each key as text. In streams the ids are times, and are left out.
my $STATE = <<'END';
local read = {
    string = function(key) return { redis.call("GET", key) } end,
    hash = function(key) return redis.call("HGETALL", key) end,
    set = function(key)
        local all = redis.call("SMEMBERS", key)
        table.sort(all)
        return all
    end,
    zset = function(key) return redis.call("ZRANGE", key, 0, -1, "WITHSCORES") end,
    stream = function(key)
        local all = {}
        for _, entry in ipairs(redis.call("XRANGE", key, "-", "+")) do
            all[#all + 1] = table.concat(entry[2], " ")
        end
        return all
    end,
}
local keys, all = redis.call("KEYS", ARGV[1] .. "*"), {}
table.sort(keys)
for _, key in ipairs(keys) do
    if key ~= ARGV[1] .. "cycle" or ARGV[2] == "1" then
        all[#all + 1] = key .. ": "
            .. table.concat(read[redis.call("TYPE", key).ok](key), "\n  ")
    end
end
return all
END

sub eval_for { my ($script, $tenant, @args) = @_;
               return $scim->redis('EVAL', $script, 0, "scim:{$tenant}:", @args) }


# Commands that Redis gets; and those that name keys of one tenant.
my ($monitor, $watched, @trespasses);

sub watch {
    ($watched, @trespasses) = @_;
    $monitor = $scim->redis_socket;
    print {$monitor} "MONITOR\r\n";
    $monitor->flush;
    readline($monitor) =~ /OK/ or die 'no MONITOR';
}

# all since it was last asked; but for what comes by itself: the look at what is
# pending, the identity of the data, and the time
# what a worker sends now and then for the cycle, and a script that Redis does not
# know yet
sub by_chance {
    my ($line) = @_;
    return $line =~ /:cycle|"(?:running|ended)" "\d+" "\d+" "\d+"/
        || $line =~ /\[0 lua\] "HEXISTS" "scim:\{\w+\}:meta" "deleting"/
        || $line =~ /\] "EVAL" "-- /;
}


sub commands {
    my (@lines, $line);
    $scim->redis('ECHO', 'the end of it');
    push @lines, $line =~ s/^\+[\d.]+ //r
        while defined($line = readline $monitor) && $line !~ /the end of it/;
    push @trespasses, grep { /scim:\{$watched\}/ } @lines;
    return grep { !/"scim:(?:moving|directory)"|\] "TIME"\s*$/ } @lines;
}


# One worker sends all over one connection: once it has an answer, what it had
# sent before is done.
sub settle {
    my ($tenant) = @_;
    $scim->get('/Users?count=0', token => "token-$tenant")->{status} == 200
        or die 'no answer';
}


# the number of requests that each tenant has sent with its token
my %sent;
{
    no warnings 'redefine';
    my $request = \&SCIM::request;
    *SCIM::request = sub {
        my ($self, $method, $path, $body, %opt) = @_;
        my $res = $request->(@_);
        $sent{$1}++ if $res->{status} != 401
            && ($opt{token} // '') =~ /^token-(\w)$/;
        return $res;
    };
}


# waits until a worker has written down the cycle of a tenant, which it does
# once a second while there are requests
sub written_down {
    my ($tenant) = @_;
    settle($tenant);
    SCIM::wait_for('the cycle to be written', sub {
        my %cycle = @{ $scim->redis('HGETALL', "scim:{$tenant}:cycle") };
        return ($cycle{requests} // 0) == $sent{$tenant};
    });
}


# counters of requests, changes and failures
sub counters {
    local $scim->{socket};
    my $text = $scim->get('', root => '/metrics')->{text};
    return { $text =~ /^(scim_(?:requests|changes|failures)_total\S*) (\d+)$/mg };
}


# --- the tenants ------------------------------------------------------------

sub create {
    my ($tenant, $path, $body) = @_;
    my $res = $scim->post($path, $body, token => "token-$tenant");
    $res->{status} == 201 or die "$path: $res->{text}";
    return $res->{body}{id};
}


sub fill {
    my ($tenant) = @_;
    my %id;

    $id{boss} = create($tenant, '/Users', { userName => 'boss' });
    $id{user} = create($tenant, '/Users', {
        userName => 'kim', externalId => 'ext-kim', title => 'x',
        emails => [ { value => 'kim@example.com', type => 'work' } ],
        $ENTERPRISE => { manager => { value => $id{boss} } } });
    $id{name} = "only-$tenant";
    $id{single} = create($tenant, '/Users', { userName => $id{name} });
    $id{group} = create($tenant, '/Groups', {
        displayName => 'Crew', externalId => 'ext-crew',
        members => [ { value => $id{user} } ] });
    $id{outer} = create($tenant, '/Groups', {
        displayName => 'All', members => [ { value => $id{group} } ] });
    $id{device} = create($tenant, '/Devices', {
        serialNumber => 'SN1', displayName => 'x', externalId => 'ext-device',
        owner => { value => $id{user}, '$ref' => "Users/$id{user}" } });

    $id{spare} = create($tenant, '/Devices', { serialNumber => 'SN2' });

    return { tenant => $tenant, %id, cursors($tenant) };
}


my %LISTS = (
    users   => [ 'GET', '/Users?count=1' ],
    filter  => [ 'GET', '/Users?count=1&filter=title+pr+or+userName+eq+"boss"' ],
    sorted  => [ 'GET', '/Users?count=1&sortBy=userName' ],
    groups  => [ 'GET', '/Groups?count=1' ],
    devices => [ 'GET', '/Devices?count=1' ],
    root    => [ 'GET', '/?count=1' ],
    search  => [ 'POST', '/Users/.search', { count => 1 } ],
    all     => [ 'POST', '/.search', { count => 1, sortBy => 'id' } ],
);

# the request for a page of a list
sub page {
    my ($name, $cursor) = @_;
    my ($method, $path, $body) = @{ $LISTS{$name} };
    $path =~ s/"/%22/g;
    return $body
        ? ($method, $path, { schemas => [ $SEARCH ], %$body, cursor => $cursor })
        : ($method, "$path&cursor=$cursor", undef);
}

# "cursor:NAME", the cursor of the second page of each list
sub cursors {
    my ($tenant) = @_;
    return map {
        my $res = $scim->request(page($_, ''), token => "token-$tenant");
        ("cursor:$_" => $res->{body}{nextCursor} // die "$_: $res->{text}");
    } keys %LISTS;
}


# The same with ids that were never given, and cursors that were never made.
sub nobody {
    my ($like) = @_;
    my ($letter, %none) = ('a');
    for my $key (sort keys %$like) {
        $none{$key} = $key =~ /^cursor/ ? $like->{$key} =~ s/^(.)/$1 eq 'A' ? 'B' : 'A'/er
                    : $key eq 'name' ? 'only-z'
                    : $key eq 'tenant' ? 'z' : $NEVER . $letter++;
    }
    return \%none;
}


# --- requests ---------------------------------------------------------------

# [ name, method, path, body, headers ]; "any": the answer may be that for an
# own id. $own is what the sender has, $x the ids in question.
sub cases {
    my ($own, $x) = @_;
    return (by_id($x), filters($x), in_bodies($own, $x), bulk($own, $x),
            me($own, $x), in_lists($x));
}


sub patch_op { return { Operations => [ @_ ], schemas => [
    'urn:ietf:params:scim:api:messages:2.0:PatchOp' ] } }


my %TYPES = (
    Users   => [ [qw(user boss single)], { userName => 'new' },
                 { op => 'replace', path => 'nickName', value => 'y' } ],
    Groups  => [ [qw(group outer)], { displayName => 'New' },
                 { op => 'replace', path => 'externalId', value => 'y' } ],
    Devices => [ [qw(device)], { serialNumber => 'SN1' },
                 { op => 'replace', path => 'memory', value => 5 } ],
);

sub by_id {
    my ($x) = @_;
    my @cases;

    for my $type (sort keys %TYPES) {
        my ($keys, $put, $patch) = @{ $TYPES{$type} };

        for my $key (@$keys) {
            my $at = "/$type/$x->{$key}";
            my $add = sub { push @cases, [ "$type $key: $_[0]", @_[1 .. $#_] ] };

            for my $match (undef, 'W/"1"', '*', 'W/"99"') {
                my $m = $match // 'without a match';
                my @if = $match ? ({ 'If-Match' => $match }) : ();
                my @none = $match ? ({ 'If-None-Match' => $match }) : ();
                $add->("GET, $m", 'GET', $at, undef, @none);
                $add->("HEAD, $m", 'HEAD', $at, undef, @none);
                $add->("PUT, $m", 'PUT', $at, $put, @if);
                $add->("PATCH, $m", 'PATCH', $at, patch_op($patch), @if);
                $add->("DELETE, $m", 'DELETE', $at, undef, @if);
                $add->("GET If-Match, $m", 'GET', $at, undef, @if);
                $add->("PUT If-None-Match, $m", 'PUT', $at, $put, @none);
            }

            $add->('a slash behind', 'GET', "$at/");
            $add->('attributes', 'GET', "$at?attributes=id");
            $add->('without attributes', 'GET', "$at?excludedAttributes=id");
            $add->('a PATCH that asks', 'PATCH', "$at?attributes=id",
                   patch_op($patch));
            $add->('a PUT of the id', 'PUT', $at, { %$put, id => $x->{$key} });
            $add->('any: POST', 'POST', $at, $put);
            $add->('any: below', 'GET', "$at/x");
            $add->('any: .search', 'POST', "$at/.search", {});

            for my $other (grep { $_ ne $type } sort keys %TYPES) {
                $add->("any: GET at $other", 'GET', "/$other/$x->{$key}");
                $add->("any: DELETE at $other", 'DELETE', "/$other/$x->{$key}");
            }
        }
    }

    return @cases;
}


sub filters {
    my ($x) = @_;
    my $manager = "$ENTERPRISE:manager.value";
    my %filters = (
        Users => [
            "id eq \"$x->{user}\"", "id ne \"$x->{user}\"",
            "id sw \"$x->{user}\"", "not (id eq \"$x->{user}\")",
            "id eq \"$x->{user}\" and userName eq \"kim\"",
            "id eq \"$x->{single}\" or userName eq \"kim\"",
            "groups.value eq \"$x->{group}\"", "groups.value eq \"$x->{outer}\"",
            "groups[value eq \"$x->{group}\"]",
            "groups.\$ref eq \"$BASE/Groups/$x->{group}\"",
            "$manager eq \"$x->{boss}\"", "userName eq \"$x->{name}\"",
            "meta.location ew \"$x->{user}\"",
        ],
        Groups => [
            "id eq \"$x->{group}\"", "id gt \"$x->{group}\" and id le \"$x->{group}\"",
            "members.value eq \"$x->{user}\"", "members.value eq \"$x->{group}\"",
            "members[value eq \"$x->{user}\"]", "members.value sw \"$x->{user}\"",
            "members.\$ref eq \"$BASE/Users/$x->{user}\"",
            "not (members.value eq \"$x->{user}\")",
        ],
        Devices => [
            "id eq \"$x->{device}\"", "owner.value eq \"$x->{user}\"",
            "owner.\$ref ew \"$x->{user}\"",
        ],
    );
    $filters{''} = [ map { @{ $filters{$_} }[0, 1] } sort keys %filters ];

    my @cases;
    for my $type (sort keys %filters) {
        my $at = $type eq '' ? '/' : "/$type";
        my $search = $type eq '' ? '/.search' : "/$type/.search";
        for my $filter (@{ $filters{$type} }) {
            my $name = $filter =~ s/[a-z2-7]{26}/ID/gr
                =~ s/id gt.*/id gt ID and id le ID/r;
            $name = "any: $name" if $name =~ /id gt/;
            for my $query ('', '&count=0', '&sortBy=id', '&cursor=',
                           '&startIndex=2&count=1', '&attributes=id')
            {
                push @cases, [ "$name, $at$query", 'GET',
                               "$at?filter=" . encode($filter) . $query ];
            }
            push @cases, [ "$name, $search", 'POST', $search,
                           { schemas => [ $SEARCH ], filter => $filter } ];
        }
    }
    return @cases;
}


# the ids as values, in what the sender may write
sub in_bodies {
    my ($own, $x) = @_;
    my $crew = "/Groups/$own->{group}";
    my @member = ({ value => $x->{single} });
    my @group = ({ value => $x->{outer}, type => 'Group' });
    my @ref = ({ value => $x->{single},
                 '$ref' => "$BASE/Users/$x->{single}" });
    my $manager = "$ENTERPRISE:manager";
    my @cases;

    for my $members (\@member, \@group, \@ref, [ { value => $own->{boss} }, @member ]) {
        my $n = 'members ' . @cases;
        push @cases,
            [ "$n: POST", 'POST', '/Groups',
              { displayName => 'New', members => $members } ],
            [ "$n: PUT", 'PUT', $crew,
              { displayName => 'Crew', members => $members } ],
            map { [ "$n: $_", 'PATCH', $crew,
                    patch_op({ op => $_, path => 'members', value => $members }) ]
            } qw(add replace);
        push @cases, [ "$n: add without a path", 'PATCH', $crew,
            patch_op({ op => 'add', value => { members => $members } }) ];
    }

    return (@cases,
        [ 'remove by a filter', 'PATCH', $crew, patch_op({ op => 'remove',
            path => "members[value eq \"$x->{user}\"]" }) ],
        [ 'remove by a value', 'PATCH', $crew, patch_op({ op => 'remove',
            path => 'members', value => [ { value => $x->{user} } ] }) ],
        [ 'any: the display of a member', 'PATCH', $crew, patch_op({
            op => 'replace', path => "members[value eq \"$x->{user}\"].display",
            value => 'y' }) ],
        [ 'any: another value for a member', 'PATCH', $crew, patch_op({
            op => 'replace', path => "members[value eq \"$own->{user}\"].value",
            value => $x->{single} }) ],
        [ 'any: manager, POST', 'POST', '/Users',
          { userName => 'new', $ENTERPRISE => { manager => {
              value => $x->{user}, '$ref' => "$BASE/Users/$x->{user}" } } } ],
        [ 'any: manager, PATCH', 'PATCH', "/Users/$own->{user}", patch_op({
            op => 'replace', path => "$manager.value", value => $x->{user} }) ],
        [ 'any: manager, as a value', 'PATCH', "/Users/$own->{user}", patch_op({
            op => 'replace', path => $manager, value => $x->{user} }) ],
        [ 'any: owner', 'POST', '/Devices', { serialNumber => 'SN9',
            owner => { value => $x->{user} } } ],
        [ 'any: an id that the client chose', 'POST', '/Users',
          { id => $x->{user}, userName => 'new', meta => {
              location => "$BASE/Users/$x->{user}" } } ],
        [ 'any: groups of a user', 'POST', '/Users',
          { userName => 'new', groups => [ { value => $x->{group} } ] } ],
        [ 'a userName', 'POST', '/Users', { userName => $x->{name} } ],
        [ 'a userName, PATCH', 'PATCH', "/Users/$own->{user}", patch_op({
            op => 'replace', path => 'userName', value => $x->{name} }) ]);
}


sub bulk {
    my ($own, $x) = @_;
    my @operations;

    for my $type (sort keys %TYPES) {
        my ($keys, $put, $patch) = @{ $TYPES{$type} };
        my $path = "/$type/$x->{ $keys->[0] }";
        for my $version ({}, { version => 'W/"1"' }) {
            push @operations,
                { method => 'PUT', path => $path, data => $put, %$version },
                { method => 'PATCH', path => $path, data => patch_op($patch),
                  %$version },
                { method => 'DELETE', path => $path, %$version };
        }
    }

    my @member = (members => [ { value => $x->{single} } ]);
    push @operations,
        { method => 'POST', path => '/Groups', bulkId => 'g',
          data => { displayName => 'New', @member } },
        { method => 'PUT', path => "/Groups/$own->{group}",
          data => { displayName => 'Crew', @member } },
        { method => 'PATCH', path => "/Groups/$own->{group}", data => patch_op(
            { op => 'add', path => 'members', value => $member[1] }) },
        { method => 'PATCH', path => "/Groups/$own->{group}", data => patch_op(
            { op => 'remove', path => "members[value eq \"$x->{user}\"]" }) },
        { method => 'POST', path => '/Users', bulkId => 'u',
          data => { userName => $x->{name} } };

    my @cases = map { [ "bulk: $_->{method} " . ($_->{version} // '')
        . $_->{path} =~ s/[a-z2-7]{26}/ID/r, 'POST', '/Bulk',
        { Operations => [ $_ ] } ] } @operations;

    return (@cases,
        [ 'bulk: all of it', 'POST', '/Bulk', { Operations => \@operations } ],
        [ 'bulk: until an error', 'POST', '/Bulk',
          { failOnErrors => 1, Operations => [ @operations[0 .. 2],
            { method => 'POST', path => '/Users', bulkId => 'q',
              data => { userName => 'q' } } ] } ],
        [ 'any: bulkId in a value', 'POST', '/Bulk', { Operations => [
            { method => 'POST', path => '/Groups', bulkId => $x->{user},
              data => { displayName => 'New', members => [
                  { value => "bulkId:$x->{single}" } ] } } ] } ],
        [ 'any: bulkId in a path', 'POST', '/Bulk', { Operations => [
            { method => 'DELETE', path => "/Users/bulkId:$x->{user}" } ] } ]);
}


sub me {
    my ($own, $x) = @_;
    my %user = ('X-User' => $x->{name});
    return (
        [ 'me: GET', 'GET', '/Me', undef, { %user } ],
        [ 'me: HEAD', 'HEAD', '/Me', undef, { %user } ],
        [ 'me: GET, If-None-Match', 'GET', '/Me', undef,
          { %user, 'If-None-Match' => 'W/"1"' } ],
        [ 'me: PUT', 'PUT', '/Me', { userName => 'kim2' }, { %user } ],
        [ 'me: PATCH', 'PATCH', '/Me', patch_op($TYPES{Users}[2]), { %user } ],
        [ 'me: DELETE', 'DELETE', '/Me', undef, { %user } ],
        [ 'any: me: POST', 'POST', '/Me', { userName => $x->{name} }, { %user } ],
        [ 'any: me: an id', 'GET', '/Me', undef, { 'X-User' => $x->{single} } ]);
}


sub in_lists {
    my ($x) = @_;
    return map { [ "cursor: $_", page($_, $x->{"cursor:$_"}) ] } sort keys %LISTS;
}


# --- answers ----------------------------------------------------------------

# Text without what no two requests have in common: ids in question and those
# just given, times, requests.
sub plain {
    my ($text, $own, $x) = @_;
    my %known = map { $own->{$_} => "own $_" } grep { !/^(name|tenant)$/ } keys %$own;
    my @theirs = map { $x->{$_} } grep { $_ ne 'tenant' } keys %$x;

    $known{ $x->{$_} } = "the $_" for grep { $_ ne 'tenant' } keys %$x;
    my $any = join '|', map { quotemeta } sort { length $b <=> length $a } @theirs;

    return $text
        =~ s/($any)/<$known{$1}>/gr
        =~ s/\b([a-z2-7]{26})\b/<@{[ $known{$1} \/\/ 'new' ]}>/gr
        =~ s/\b[0-9a-f]{32}\b/<request>/gr
        =~ s/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/<time>/gr
        =~ s/\bms"? "?\d+\b/ms/gr
        =~ s/(?<=") "\d{13}"(?=\s*$)/ "<deadline>"/gmr;
}


# the same, whoever's the ids are
sub unnamed {
    return join "\n", sort split /\n/,
        $_[0] =~ s/<(?:own|the) /</gr =~ s/\bonly-\w\b/<name>/gr;
}


sub answer {
    my ($res, $own, $x) = @_;
    my %headers = %{ $res->{headers} };
    delete $headers{date};
    return plain(join("\n", $res->{status},
        map({ "$_: $headers{$_}" } sort keys %headers), $res->{text}), $own, $x);
}


# The response of a request, its commands to Redis (in an order that comes from the
# ids), its changes and counters. Everything is then as it was before.
sub outcome {
    my ($case, $own, $x, $dump) = @_;
    my ($name, $method, $path, $body, $headers) = @$case;
    my $before = counters();
    commands();

    my $res = $scim->request($method, $path, $body, headers => $headers,
                             token => "token-$own->{tenant}");
    settle($own->{tenant});
    my @commands = commands();

    my $after = counters();
    my @state = @{ eval_for($STATE, $own->{tenant}) };
    eval_for($RESTORE, $own->{tenant}, @$dump);

    return join "\n", answer($res, $own, $x),
        sort(map { plain($_, $own, $x) } grep { !by_chance($_) } @commands),
        map({ "$_ +" . ($after->{$_} - ($before->{$_} // 0)) }
            grep { $after->{$_} != ($before->{$_} // 0) } sort keys %$after),
        sort map { plain(s/^scim:\{\w\}://r, $own, $x) } @state;
}


my %tenant = map { $_ => fill($_) } @TENANTS;

# Redis gets the text of a script with its first use
$scim->delete('/Users/' . create('c', '/Users', { userName => 'x' }),
              token => 'token-c')->{status} == 204 or die 'no DELETE';
$scim->get('/Groups?filter=' . SCIM::escape('members.value eq "x"'),
           token => 'token-c')->{status} == 200 or die 'no GET';

# A worker remembers the groups of an organization after it has read them.
$scim->get('/Users', token => "token-$_")->{status} == 200 or die 'no GET'
    for @TENANTS;

# Runs a function; nothing of a tenant is asked for or changed meanwhile.
sub untouched {
    my ($tenant, $what, $fn) = @_;
    written_down($tenant);
    my $state = join "\n", @{ eval_for($STATE, $tenant, 1) };
    watch($tenant);

    $fn->();
    commands();

    is_deeply(\@trespasses, [],
              "$what: no command names a key of $tenant");
    is(join("\n", @{ eval_for($STATE, $tenant, 1) }), $state,
       "$what: data, log, changes and cycle of $tenant are as they were");
}


# --- ids of others ----------------------------------------------------------

for my $pair ([qw(a b)], [qw(b c)]) {
    my ($own, $other) = @tenant{@$pair};
    my $none = nobody($other);
    my $dump = eval_for($DUMP, $own->{tenant});
    my $what = "$own->{tenant} with ids of $other->{tenant}";

    untouched($other->{tenant}, $what, sub {
        my @theirs = cases($own, $other);
        my @none = cases($own, $none);
        my @own = cases($own, $own);
        my (@differ, @nothing);

        for my $i (0 .. $#theirs) {
            my $name = $theirs[$i][0];
            my $expected = outcome($none[$i], $own, $none, $dump);
            my $outcome = outcome($theirs[$i], $own, $other, $dump);

            if ($outcome ne $expected) {
                push @differ, $name;
                is($outcome, $expected, $name);
            }
            push @nothing, $name if $pair->[0] eq 'a' && $name !~ /\bany: /
                && unnamed(outcome($own[$i], $own, $own, $dump))
                   eq unnamed($expected);
        }

        is_deeply(\@differ, [], "$what: " . @theirs . ' requests end as with'
                  . ' ids that never existed');
        is_deeply(\@nothing, [], "$what: own ids would have told");
    });
}


# --- lists ------------------------------------------------------------------

# all pages of a list, by cursors or by startIndex
sub walk {
    my ($tenant, $path) = @_;
    my @token = (token => "token-$tenant");
    my ($cursor, $start, @pages) = ('', 1);

    while (@pages < 30) {
        my $res = $scim->get($path =~ /cursor/ ? "$path=$cursor"
                                               : "$path=$start", @token);
        push @pages, $res;
        $start++;
        $cursor = $res->{body}{nextCursor};
        last if $path =~ /cursor/ ? !defined $cursor
                                  : $start > $res->{body}{totalResults};
    }
    return @pages;
}

my %mine = (
    '/Users?'   => [qw(boss user single)],
    '/Groups?'  => [qw(group outer)],
    '/Devices?' => [qw(device spare)],
    '/?'        => [qw(boss user single group outer device spare)],
    '/Users?sortBy=userName&' => [qw(boss user single)],
    '/?sortBy=meta.created&sortOrder=descending&'
        => [qw(boss user single group outer device spare)],
    '/Users?filter=userName+eq+%22KIM%22&'       => [qw(user)],
    '/Users?filter=externalId+eq+%22ext-kim%22&' => [qw(user)],
    '/Users?filter=emails.value+eq+%22kim@example.com%22&' => [qw(user)],
    '/Users?filter=title+sw+%22x%22&'            => [qw(user)],
    '/Users?filter=userName+co+%22%22&'          => [qw(boss user single)],
    '/Groups?filter=displayName+eq+%22crew%22&'  => [qw(group)],
    '/Groups?filter=externalId+eq+%22ext-crew%22&' => [qw(group)],
    '/Devices?filter=serialNumber+eq+%22SN1%22&' => [qw(device)],
    '/Devices?filter=displayName+eq+%22x%22&'    => [qw(device)],
    '/?filter=externalId+sw+%22ext%22&'          => [qw(user group device)],
);

for my $name (@TENANTS) {
    my $mine = $tenant{$name};
    my %foreign = map { $_ => 1 } map { my $t = $_; map { $t->{$_} }
        qw(boss user single group outer device spare name) }
        @tenant{ grep { $_ ne $name } @TENANTS };
    my @wrong;

    for my $path (sort keys %mine) {
        my @expected = sort map { $mine->{$_} } @{ $mine{$path} };
        for my $by ('count=1&cursor', 'count=1&startIndex') {
            my @pages = walk($name, $path . $by);
            my @found = sort map { $_->{id} }
                map { @{ $_->{body}{Resources} // [] } } @pages;
            push @wrong, "$path$by" if "@found" ne "@expected"
                || grep { ($_->{body}{totalResults} // @expected) != @expected }
                        @pages;
            push @wrong, "$path$by names others" if grep { $foreign{$_} }
                map { $_->{text} =~ /([a-z2-7]{26}|only-\w)/g } @pages;
        }
    }

    is_deeply(\@wrong, [], "$name: lists and their totals hold its own");

    my $res = $scim->get('/Me', token => "token-$name",
                         headers => { 'X-User' => 'kim' });
    is($res->{body}{id}, $mine->{user}, "$name: /Me is its own kim");
    is($res->{headers}{'x-scim'}, "$name|main|me|User|$mine->{user}|",
       "$name: so say the variables");
}


# --- the tenant in the URL --------------------------------------------------

my %use = map { $_ => $scim->redis('HGETALL', $scim->token_key("token-$_")) }
    qw(a b);

for my $root ('/org/b/v2', '/redis/b/v2') {
    my ($own, $other) = @tenant{qw(a b)};
    my @foreign = (token => 'token-a', root => $root);
    my @unknown = (token => 'never-was', root => $root);

    untouched($_, "$root, the token of a", sub {
        my @differ;

        for my $case (cases($own, $other), cases($own, $own)) {
            my ($name, $method, $path, $body, $headers) = @$case;
            my @got = map {
                answer($scim->request($method, $path, $body,
                                      headers => $headers, @$_), $own, $other)
            } \@foreign, \@unknown;
            push @differ, "$name: $got[0]\n$got[1]"
                if $got[0] ne $got[1] || $got[0] !~ /^401\n/;
        }

        is_deeply(\@differ, [], "$root: a token of another tenant is answered"
                  . ' as one that never was');
    }) for qw(a b);

    my $res = $scim->get('/Users', root => $root, token => 'token-b');
    is($res->{body}{totalResults}, 3, "$root: the right one opens it");
    is($res->{headers}{'x-scim'}, 'b|main|list|User||', "$root: and is told");
    like($scim->get('/Users', @foreign)->{headers}{'x-scim'},
         qr/^\|\|list\|User\|\|/, "$root: the foreign one has no tenant");
    is($scim->get('/Users', @foreign, root => $root =~ s/b/z/r)->{status}, 401,
       "$root: nor is there one that was never named");
}

is_deeply($scim->redis('HGETALL', $scim->token_key('token-a')), $use{a},
          'a token that did not fit was not used');
SCIM::wait_for('the use of the other to be noted', sub {
    $scim->redis('HEXISTS', $scim->token_key('token-b'), 'used') == 1
});
pass('the one that fitted was');

clean_log($scim);

done_testing();
