#!/usr/bin/env perl
#
# Reloads under load. Each one changes the token file and tokens in Redis, a
# schema, indexes, limits and what is unique, while clients read and write over
# connections that they keep and that they do not. No request fails or gets the
# answer of another, and nothing is left behind: 12 reloads, or as many as
# SCIM_RELOADS says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM;
use SCIM::Checked;
use SCIM::Test;
use Test::More;

my $RELOADS = $ENV{SCIM_RELOADS} || 12;
my $SETTLED = $RELOADS >= 100 ? 20 : 4;     # memory is compared with this one
my $URN = 'urn:example:params:scim:schemas:extension:reload:2.0:User';
my $REDIS = '/redis/v2';
my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';


# --- what the reloads change ------------------------------------------------

sub limits { my ($k) = @_; return (50 + $k % 7, 500 + $k % 5, 20 + $k % 3) }

sub location {
    my ($k) = @_;
    my ($page, $scan, $bulk) = limits($k);
    return ($k % 2 ? 'scim_index User title;' : '')
        . ($k % 3 == 2 ? 'scim_index User nickName;' : '')
        . "scim_page_size $page 200; scim_scan_limit $scan; scim_bulk $bulk;"
        . 'scim_log on; add_header X-Worker $pid always;';
}

sub configure {
    my ($scim, $k) = @_;

    $scim->write_file('schema.json', encode_json({
        id => $URN, name => 'Reload', attributes => [
            map { { name => $_, type => 'string' } } 'always', "gen$k" ] }));

    $scim->{tokens} = { map { $_ >= 0 ? ("file-$_" => "a file-$_ rw") : () }
                        $k - 1, $k };
    $scim->write_tokens;
    $scim->{http} = "scim_zone reload 1m; scim_schema schema.json;"
        . ($k % 4 > 1 ? 'scim_unique User externalId;' : '');
    $scim->{location} = location($k);
    $scim->{server} = "location $REDIS/ { scim; scim_tokens redis valid=100ms;"
        . location($k) . ' }';
}



# tcp: what the test asks comes by the socket
my $scim = SCIM->new(workers => 2, tcp => 1);
configure($scim, 0);
$scim->issue('redis-0', tenant => 'b', name => 'redis-0');
$scim->redis('HSET', 'state', 'file', 0, 'redis', 0, 'file-old', -1,
             'redis-old', -1);
$scim->reload;


# --- what is left behind ----------------------------------------------------

sub master { return $scim->{nginx_pid} }

sub fds {
    my ($pid) = @_;
    opendir my $dir, "/proc/$pid/fd" or die "$pid: $!";
    my @fds = grep { /\d/ } readdir $dir;
    return scalar @fds;
}

sub size {
    no warnings 'portable';
    return hex($_[1]) - hex($_[0]);
}

sub shared {
    return join ' ', sort
        map { m{^(\w+)-(\w+) rw-s .*/dev/zero} ? size($1, $2) : () }
        split /\n/,
        SCIM::_slurp('/proc/' . master() . '/maps');
}

sub memory {
    return SCIM::_slurp('/proc/' . master() . '/status') =~ /^VmRSS:\s+(\d+)/m
        ? $1 : die 'no master';
}

sub children {
    return split ' ', SCIM::_slurp('/proc/' . master() . '/task/' . master()
                                   . '/children');
}

# the statuses that all workers answer, over connections that are not kept
sub each_worker {
    my ($root, $token) = @_;
    my %seen;

    SCIM::wait_for('an answer of each worker', sub {
        delete $scim->{socket};
        my $res = $scim->get('/Users?count=1', root => $root, token => $token);
        push @{ $seen{ $res->{headers}{'x-worker'} // '' } }, $res->{status};
        return keys %seen == $scim->{workers};
    });

    delete $scim->{socket};
    my %statuses = map { $_ => 1 } map { @$_ } values %seen;
    return join ' ', sort keys %statuses;
}

# connections of nginx to Redis
sub links {
    return scalar grep { / addr=127\.0\.0\.1:/ }
        split /\n/, $scim->redis('CLIENT', 'LIST');
}

# connections of clients that a worker has not closed yet
sub open_connections {
    my $port = sprintf ':%04X', $scim->{port};
    return grep { my ($local, $state) = (split)[1, 3];
                  $local =~ /$port$/ && $state =~ /^0[18]$/ }
        split /\n/, SCIM::_slurp('/proc/net/tcp');
}

# the numbers that can be counted when nothing is going on
sub figures {
    my ($k) = @_;
    my $answers = each_worker('/scim/v2', "file-$k") . ' '
        . each_worker($REDIS, "redis-$k");
    SCIM::wait_for('old workers to end', sub { children() == 2 });
    SCIM::wait_for('connections to be closed', sub {
        links() == 2 && !open_connections() });

    return {
        answers => $answers, workers => scalar(children()),
        'connections to Redis' => links(),
        'files of the master' => fds(master()), 'shared memory' => shared(),
        'files of workers' => join(' ', sort map { fds($_) } children()),
    };
}


# --- clients ----------------------------------------------------------------

# Sends a request with the token that is the right one now. A token that was
# taken away since is refused, and the request sent again with the next.
sub ask {
    my ($kind, $method, $path, $body) = @_;

    for (1 .. 5) {
        my $k = $scim->redis('HGET', 'state', $kind);
        my $res = $scim->request($method, $path, $body, token => "$kind-$k",
                                 $kind eq 'redis' ? (root => $REDIS) : ());
        return $res if $res->{status} != 401
            || $scim->redis('HGET', 'state', "$kind-old") < $k;
    }
    return { status => 'refused five times' };
}


# Writes, and reads what it has written.
sub write_one {
    my ($kind, $name) = @_;
    my $user = { userName => $name, externalId => "ext-$name", title => 'new',
                 schemas => [ $USER, $URN ], $URN => { always => $name } };
    my $title = "title of $name";

    my $made = ask($kind, 'POST', '/Users', $user);
    my $id = $made->{body}{id} // return ([ 'POST', $made ]);
    my $read = ask($kind, 'GET', "/Users/$id");
    my $patched = ask($kind, 'PATCH', "/Users/$id", {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
        Operations => [ { op => 'replace', path => 'title', value => $title },
                        { op => 'replace', path => 'nickName',
                          value => "nick of $name" } ] });
    my @found = map { ask($kind, 'GET', '/Users?filter=' . encode($_)) }
        "title eq \"$title\"", "nickName eq \"nick of $name\"",
        "externalId eq \"ext-$name\"";
    my $deleted = ask($kind, 'DELETE', "/Users/$id");
    my $gone = ask($kind, 'GET', "/Users/$id");

    return (
        $made->{status} == 201 ? () : [ 'POST', $made ],
        $read->{status} == 200 && $read->{body}{userName} eq $name
            && $read->{body}{$URN}{always} eq $name ? () : [ 'GET', $read ],
        $patched->{status} == 200 && $patched->{body}{title} eq $title
            && $patched->{body}{id} eq $id ? () : [ 'PATCH', $patched ],
        (map { ($found[$_]{body}{Resources}[0]{id} // '') eq $id
               && $found[$_]{body}{totalResults} == 1
               ? () : [ "filter $_", $found[$_] ] } 0 .. 2),
        $deleted->{status} == 204 ? () : [ 'DELETE', $deleted ],
        $gone->{status} == 404 ? () : [ 'GET, deleted', $gone ],
    );
}


# Users made in one request, and deleted in another.
sub bulk {
    my ($kind, $name) = @_;
    my $made = ask($kind, 'POST', '/Bulk', { schemas => [ $BULK ],
        Operations => [ map { {
            method => 'POST', path => '/Users', bulkId => "b$_",
            data => { userName => "$name-$_" } } } 1 .. 5 ] });
    my @paths = map { ($_->{location} // '') =~ m{(/Users/.*)} ? $1 : () }
        @{ $made->{body}{Operations} // [] };
    my $deleted = ask($kind, 'POST', '/Bulk', { schemas => [ $BULK ],
        Operations => [ map { { method => 'DELETE', path => $_ } } @paths ] });

    return (@paths == 5 ? () : [ 'bulk', $made ],
        5 == grep({ $_->{status} eq '204' }
                  @{ $deleted->{body}{Operations} // [] })
            ? () : [ 'bulk, deleted', $deleted ]);
}


# [ which tokens, whether connections are kept, what it does ]
my @CLIENTS = ([ 'file', 1, \&write_one ], [ 'file', 0, \&write_one ],
               [ 'redis', 1, \&write_one ], [ 'redis', 0, \&bulk ]);

sub client {
    my ($i) = @_;
    my ($kind, $keep, $work) = @{ $CLIENTS[$i] };
    my ($n, @failed) = (0);

    if (!$keep) {
        no warnings 'redefine';
        my $request = \&SCIM::request;
        *SCIM::request = sub { delete $_[0]{socket}; $request->(@_) };
    }

    until ($scim->redis('HEXISTS', 'state', 'stop')) {
        push @failed, map {
            "round $n: $_->[0]: $_->[1]{status} "
            . ($_->[1]{text} // $_->[1]{error} // '')
        } $work->($kind, "$kind-$i-$n");
        $n++;
        $scim->redis('HSET', 'rounds', $i, $n);
    }

    return { n => $n, failed => \@failed };
}


# --- reloads ----------------------------------------------------------------

# the messages of new workers about their configuration
sub wrong_configuration {
    my ($k) = @_;
    my ($page, $scan, $bulk) = limits($k);
    my @token = (token => "file-$k");

    delete $scim->{socket};
    my $config = $scim->get('/ServiceProviderConfig', @token)->{body};
    my $schema = $scim->get("/Schemas/$URN", @token)->{body};
    my $old = $scim->get('/Users', token => 'file-' . ($k - 2))->{status};
    delete $scim->{socket};

    return map { "reload $k: $_" } (
        $config->{pagination}{defaultPageSize} == $page ? () : 'page size',
        $config->{bulk}{maxOperations} == $bulk ? () : 'bulk',
        join(' ', map { $_->{name} } @{ $schema->{attributes} })
            eq "always gen$k" ? () : 'schema',
        $old == 401 ? () : 'an old token is accepted');
}


# waits until each client has done all of its work once more
sub let_them_work {
    my @before = @{ $scim->redis('HMGET', 'rounds', 0 .. $#CLIENTS) };
    SCIM::wait_for('the clients', sub {
        my $now = $scim->redis('HMGET', 'rounds', 0 .. $#CLIENTS);
        return !grep { ($now->[$_] // 0) <= ($before[$_] // 0) } 0 .. $#CLIENTS;
    });
}


# "file-old" and "redis-old" are set before tokens are taken away
sub reloads {
    my (@wrong, %memory);

    for my $k (1 .. $RELOADS) {
        $scim->redis('HSET', 'state', 'file-old', $k - 2);
        configure($scim, $k);
        $scim->reload;
        $scim->redis('HSET', 'state', 'file', $k);

        $scim->issue("redis-$k", tenant => 'b', name => "redis-$k");
        $scim->redis('HSET', 'state', 'redis', $k);
        push @wrong, wrong_configuration($k);
        let_them_work();
        $scim->redis('HSET', 'state', 'redis-old', $k - 1);
        $scim->revoke('redis-' . ($k - 1));
        $memory{$k} = memory();
    }

    $scim->redis('HSET', 'state', 'stop', 1);
    return { wrong => \@wrong, memory => \%memory };
}


my $before = figures(0);

my ($reloads, @clients) = $scim->parallel(1 + @CLIENTS, sub {
    my ($i) = @_;
    return $i == 0 ? reloads() : client($i - 1);
});
configure($scim, $RELOADS);

is_deeply($reloads->{wrong}, [],
          "$RELOADS reloads, and new workers do what is new");

for my $i (0 .. $#CLIENTS) {
    my ($kind, $keep) = @{ $CLIENTS[$i] };
    my $who = "tokens: $kind, connections are " . ($keep ? 'kept' : 'not kept');
    is(join("\n", @{ $clients[$i]{failed} }), '', "$who: no request failed");
    cmp_ok($clients[$i]{n}, '>=', $RELOADS, "$who: while there were some");
}

my $after = figures($RELOADS);
is_deeply($after, $before, 'no process, file, connection or memory is left over')
    or diag explain [ $before, $after ];

my ($m, $n) = @{ $reloads->{memory} }{$SETTLED, $RELOADS};
SKIP: {
    skip 'the checker keeps what is freed', 1
        if SCIM::Checked::asan() || SCIM::Checked::valgrind();
    cmp_ok($n - $m, '<', 1024, 'the master has not grown by a mebibyte');
}
diag "master: $m kB after $SETTLED reloads, $n after $RELOADS; rounds: ",
    join ' ', map { $_->{n} } @clients if $ENV{SCIM_RELOADS};

is(each_worker($REDIS, 'redis-0'), 401,
   'a revoked token is refused by each worker');
is(each_worker('/scim/v2', 'file-0'), 401, 'and one that left the file');

# all were deleted again, and left nothing in an index
for my $tenant (qw(a b)) {
    is_deeply([ grep { !/:(meta|log|changes|cycles?)$/ }
                @{ $scim->redis('KEYS', "scim:{$tenant}:*") } ], [],
              "$tenant: nothing is left in Redis");
}

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');


# --- configurations that are refused -----------------------------------------

# The master is used on, with what reading the configuration has left behind.
{
    my $scim = SCIM->new;
    my $id = $scim->post('/Users', { userName => 'kim' })->{body}{id};
    $scim->write_file('broken.json', '{"id":"urn:x:y","name":');
    $scim->write_file('empty.json', '{"id":"urn:x:y","name":"X"}');

    my @refused = ('scim_schema broken.json User;', 'scim_schema empty.json User;',
                   'scim_resource_type broken.json;', 'scim_unique User nobody;',
                   'scim_canonical_values User nobody x;');
    for my $n (1 .. @refused) {
        local $scim->{http} = $refused[$n - 1];
        $scim->write_file('nginx.conf', $scim->config);
        kill 'HUP', $scim->{nginx_pid};
        SCIM::wait_for('the refusal', sub {
            my @lines = $scim->error_log =~ /\[emerg\]/g;
            return @lines >= $n;
        });
        is($scim->get("/Users/$id")->{status}, 200, "$refused[$n - 1] served as before");
    }

    $scim->reload;
    is($scim->get("/Users/$id")->{body}{userName}, 'kim', 'then one that is right');
    is($scim->post('/Users', { userName => 'ada', name => { givenName => 'Ada' } })
         ->{status}, 201, 'with which users are made');
}

done_testing();
