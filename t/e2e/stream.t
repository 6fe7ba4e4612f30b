#!/usr/bin/env perl
#
# Groups with more members than one slice: the answer comes in pieces, as the
# client takes them, whoever the client is and whatever happens meanwhile.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Socket::INET;
use JSON::PP;
use SCIM;
use SCIM::Test;
use Socket;
use Test::More;

my ($narrow, $http2, $tls) = map { SCIM::free_port() } 1 .. 3;
my ($flag, $http2_on) = SCIM::http2();

# few bytes find room in the sockets of this port
my $scim = SCIM->new(
    http => 'gzip_types application/scim+json; gzip_http_version 1.0; '
        . 'send_timeout 10s; '
        . 'log_format status "$request_method $status $scim_operation"; '
        . 'map $http_x_rate $rate { "" 0; default $http_x_rate; }',
    server => "listen 127.0.0.1:$narrow sndbuf=8k; "
        . "listen 127.0.0.1:$http2$flag; listen 127.0.0.1:$tls ssl$flag; "
        . "$http2_on "
        . 'ssl_certificate cert.pem; ssl_certificate_key key.pem;',
    location => 'scim_put merge; limit_rate $rate; gzip on; '
        . 'access_log access.log status;',
    files => certificate(),
);
my $checked = SCIM::Checked::asan() || SCIM::Checked::valgrind();
my $kim = $scim->post('/Users', { userName => 'kim' })->{body}{id};
my $large = group('large', 20_000);


sub certificate {
    my $dir = File::Temp->newdir;
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
           . "-keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null") == 0
        or die "openssl\n";
    return { map { $_ => SCIM::_slurp("$dir/$_") } qw(key.pem cert.pem) };
}


sub ids {
    my ($n, $from) = @_;
    return map { sprintf 'm%025d', $_ + ($from // 0) } 1 .. $n;
}


# A group of so many users, and groups in it, which only the sets know.
sub group {
    my ($name, $users, $groups) = @_;
    my $id = $scim->post('/Groups', { displayName => $name })->{body}{id};
    my @sets = (members => [ ids($users) ],
                groups => [ ids($groups // 0, 1_000_000) ]);

    while (my ($set, $ids) = splice @sets, 0, 2) {
        while (my @some = splice @$ids, 0, 1000) {
            $scim->redis('SADD', "scim:{demo}:group:$id:$set", @some);
        }
    }

    return $id;
}


# the values of members, in order; how many, to who asks for one
sub values_of {
    my ($text) = @_;
    my @values = sort $text =~ /"value":"(m\d{25})"/g;
    return @values;
}


sub curl {
    my ($port, $id, @options) = @_;
    my ($scheme) = grep { /^https?$/ } @options;
    @options = grep { !/^https?$/ } @options;
    $scheme //= 'http';
    $scim->write_file('curl', "header = \"Authorization: Bearer secret\"\n");
    open my $out, '-|', 'curl', '-sk', '-K', "$scim->{dir}/curl", @options,
        "$scheme://127.0.0.1:$port/scim/v2/Groups/$id" or die "curl: $!";
    local $/;
    my $text = <$out>;
    close $out;
    return ($text, $? >> 8);
}


# a request of a client that has read the head of the answer, and then waits
sub begin {
    my ($path) = @_;
    socket my $client, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
    setsockopt $client, SOL_SOCKET, SO_RCVBUF, 4096;
    connect $client, pack_sockaddr_in($narrow, INADDR_LOOPBACK)
        or die "connect: $!";
    syswrite $client, "GET /scim/v2$path HTTP/1.1\r\nHost: x\r\n"
        . "Authorization: Bearer secret\r\n\r\n";
    sysread $client, my $head, 64;
    like($head, qr{^HTTP/1.1 200 OK\r\n}, 'the answer has begun');
    return $client;
}


sub rest {
    my ($client, $size) = @_;
    my $text = '';
    while (sysread $client, my $some, $size // 65536) {
        $text .= $some;
        last if $text =~ /\r\n0\r\n\r\n$/;
    }
    return $text;
}


sub worker { return ($scim->worker_pids)[0] }


sub rss {
    my ($kib) = SCIM::_slurp('/proc/' . worker() . '/status')
                =~ /^VmRSS:\s+(\d+)/m;
    return $kib;
}


sub grown_less {
    my ($before, $kib, $name) = @_;
    SKIP: {
        skip 'the checker has memory of its own', 1 if $checked;
        my $now = rss();
        cmp_ok($now - $before, '<=', $kib, $name);
    }
}


sub served {
    my ($what) = @_;
    is($scim->get("/Users/$kim")->{status}, 200, "$what: others are served");
}


# the lines of the log since the last look
my $seen = 0;
sub logged {
    my $text = substr $scim->error_log, $seen;
    $seen += length $text;
    return grep { /\[(error|alert|crit|emerg)\]/ } split /^/, $text;
}


sub broken_ok {
    my ($text, $why, $name) = @_;
    unlike($text, qr/\r\n0\r\n\r\n$/, "$name: there is no end");
    unlike($text, qr/"meta"/, "$name: nothing behind the members");
    my @said = grep { /an answer ends before/ } logged();
    is(scalar(@said), 1, "$name: logged once");
    like($said[0] // '', $why, "$name: and why");
    served($name);
}


subtest 'a slice is answered at once' => sub {
    my $id = group('some', 500, 500);
    my $res = $scim->get("/Groups/$id");
    is($res->{headers}{'content-length'}, length $res->{text}, 'a length');
    is_deeply([ values_of($res->{text}) ],
              [ ids(500), ids(500, 1_000_000) ], 'each member once');
};


subtest 'more comes in pieces' => sub {
    my $id = group('both', 3000, 2000);
    my $all = [ ids(3000), ids(2000, 1_000_000) ];
    my $res = $scim->get("/Groups/$id");

    is($res->{status}, 200, 'answered');
    is($res->{headers}{'content-length'}, undef, 'no length');
    is($res->{headers}{'transfer-encoding'}, 'chunked', 'chunked');
    is($res->{headers}{etag}, 'W/"1"', 'an entity tag');
    ok($res->{whole} && $res->{body}, 'JSON with an end');
    is_deeply([ sort map { $_->{value} } @{ $res->{body}{members} } ], $all,
              'each member once');
    is(scalar(grep { $_->{type} eq 'Group' } @{ $res->{body}{members} }), 2000,
       'with its type');
    is($res->{body}{meta}{version}, 'W/"1"', 'meta is behind them');

    is($scim->get("/Groups/$id", headers => { 'If-None-Match' => 'W/"1"' })
       ->{status}, 304, 'not modified');

    $res = $scim->request('HEAD', "/Groups/$id");
    is($res->{status}, 200, 'HEAD');
    is($res->{headers}{'content-length'}, undef, 'of no known length');
    is($scim->get("/Users/$kim")->{status}, 200, 'on the same connection');

    $res = $scim->get("/Groups/$id?attributes=members.value,displayName");
    is_deeply([ sort keys %{ $res->{body} } ],
              [ qw(displayName id members schemas) ], 'asked for by name');
    is_deeply([ map { join ',', sort keys %$_ } @{ $res->{body}{members} } ],
              [ ('value') x 5000 ], 'and of members nothing else');

    $res = $scim->get("/Groups/$id?excludedAttributes=members");
    ok($res->{headers}{'content-length'} < 1000, 'left out');

    $res = $scim->put("/Groups/$id", { displayName => 'both of them' });
    is($res->{status}, 200, 'PUT');
    is($res->{headers}{etag}, 'W/"2"', 'its entity tag');
    is_deeply([ values_of($res->{text}) ], $all, 'with all members');
    is($res->{body}{displayName}, 'both of them', 'and its change');

    $res = $scim->patch("/Groups/$id?attributes=displayName,members", [
        { op => 'replace', path => 'displayName', value => 'again' } ]);
    is($res->{status}, 200, 'PATCH');
    is_deeply([ values_of($res->{text}) ], $all, 'with all members');

    $res = $scim->patch("/Groups/$id?attributes=members", [ { op => 'add',
        path => 'members', value => [ { value => $kim } ] } ]);
    is(scalar @{ $res->{body}{members} }, 5001, 'PATCH of members');
    is($scim->delete("/Groups/$id")->{status}, 204, 'DELETE');

    # a line may be written after the client has its answer
    my $log = '';
    SCIM::wait_for('the access log', sub {
        $log = SCIM::_slurp("$scim->{dir}/access.log");
        return $log =~ /^DELETE 204 delete$/m;
    });
    is_deeply([ $log =~ /^(HEAD .*|PUT .*|PATCH .*|GET 304.*)$/mg ],
              [ 'GET 304 get', 'HEAD 200 get', 'PUT 200 replace',
                ('PATCH 200 patch') x 2 ],
              'status and operation in the access log');
};


subtest 'lists' => sub {
    my @sizes = (1500, 0, 3, 2000, 1, 40);
    my @ids = map { group("list $_", $sizes[$_]) } 0 .. $#sizes;
    my $filter = '/Groups?filter=' . encode('displayName sw "list "');
    my $res = $scim->get($filter);

    ok($res->{whole}, 'an end');
    is($res->{body}{totalResults}, 6, 'all found');
    is_deeply([ map { $_->{displayName} } @{ $res->{body}{Resources} } ],
              [ map { "list $_" } 0 .. $#sizes ], 'one after the other');
    is_deeply([ map { [ sort map { $_->{value} } @{ $_->{members} || [] } ] }
                @{ $res->{body}{Resources} } ],
              [ map { [ ids($_) ] } @sizes ], 'each with its members');
    is_deeply([ map { $_->{meta}{version} } @{ $res->{body}{Resources} } ],
              [ ('W/"1"') x 6 ], 'and meta');
    is_deeply($res->{body}{Resources}[1]{members}, [], 'or none');

    $res = $scim->get("$filter&attributes=members.type");
    is_deeply([ map { scalar @{ $_->{members} || [] } }
                @{ $res->{body}{Resources} } ], \@sizes, 'projected');

    # resources that take more than a piece, behind one with many members
    $scim->post('/Groups', { displayName => "list z$_",
                             externalId => 'x' x 30_000 }) for 1 .. 9;
    $res = $scim->get($filter);
    ok($res->{whole}, 'an end');
    is_deeply([ map { scalar @{ $_->{members} || [] } }
                @{ $res->{body}{Resources} } ], [ @sizes, (0) x 9 ],
              'with long ones behind them');
    is(length($res->{body}{Resources}[-1]{externalId}), 30_000, 'whole');
    $scim->delete("/Groups/$_") for @ids;
};


subtest 'ways to the client' => sub {
    my $id = group('ways', 5000);
    my $all = [ ids(5000) ];
    my %ways = (
        'HTTP/1.0'        => [ $scim->{port}, '-0' ],
        'gzip'            => [ $scim->{port}, '--compressed' ],
        'HTTP/2'          => [ $http2, '--http2-prior-knowledge' ],
        'HTTP/2, TLS'     => [ $tls, 'https', '--http2' ],
        'HTTP/1.1, TLS'   => [ $tls, 'https', '--http1.1' ],
        'gzip, HTTP/2, TLS' => [ $tls, 'https', '--http2', '--compressed' ],
        'limit_rate'      => [ $scim->{port}, '-H', 'X-Rate: 500k' ],
        'limit_rate, HTTP/2' => [ $http2, '--http2-prior-knowledge', '-H',
                                  'X-Rate: 500k' ],
    );

    for my $way (sort keys %ways) {
        my ($port, @options) = @{ $ways{$way} };
        my ($text, $failed) = curl($port, $id, @options);
        ok(!$failed, "$way: an end");
        is_deeply([ values_of($text) ], $all, "$way: each member once");
        like($text, qr/"version":"W\/\\"1\\""\}\}$/, "$way: and what follows");
    }

    my ($head) = curl($scim->{port}, $id, '-0', '-D', '-', '-o', '/dev/null');
    like($head, qr/^Connection: close\r$/m, 'HTTP/1.0: the connection ends');
    unlike($head, qr/^(Content-Length|Transfer-Encoding):/mi, 'and tells it');
    ($head) = curl($scim->{port}, $id, '--compressed', '-D', '-', '-o',
                   '/dev/null');
    like($head, qr/^Content-Encoding: gzip\r$/m, 'gzip: compressed');
};


subtest 'memory' => sub {
    curl($scim->{port}, $large) for 1 .. 3;
    my $before = rss();
    my $wrong = grep { values_of((curl($scim->{port}, $large))[0]) != 20_000 }
                1 .. 30;
    is($wrong, 0, 'thirty times all members');
    grown_less($before, 2048, 'and no memory for it');
};


subtest 'a client that is slow' => sub {
    my $before = rss();
    my $client = begin("/Groups/$large");
    my $text = '';
    my $most = 0;

    while (sysread $client, my $some, 2048) {
        $text .= $some;
        last if $text =~ /\r\n0\r\n\r\n$/;
        my $now = rss();
        $most = $now if $now > $most;
    }

    # ids can be cut by the size of a chunk
    $text =~ s/\r\n[0-9a-f]+\r\n//g;
    is(scalar(values_of($text)), 20_000, 'all members');
    SKIP: {
        skip 'the checker has memory of its own', 1 if $checked;
        cmp_ok($most - $before, '<=', 2048, 'in little memory');
    }
};


subtest 'clients that never read' => sub {
    my $before = rss();
    my @clients = map { begin("/Groups/$large") } 1 .. 20;
    served('twenty of them');
    grown_less($before, 20 * 512, 'they cost a slice each');
    $_ = rest($_) =~ s/\r\n[0-9a-f]+\r\n//gr for @clients;
    is_deeply([ map { scalar values_of($_) } @clients ], [ (20_000) x 20 ],
              'or do read in the end');
};


subtest 'a client that goes away' => sub {
    my $gone = qr/prematurely closed|reset by peer|Broken pipe/;
    my $before = () = $scim->error_log =~ /$gone/g;
    close begin("/Groups/$large") for 1 .. 5;
    SCIM::wait_for('nginx to notice', sub {
        my $now = () = $scim->error_log =~ /$gone/g;
        return $now >= $before + 5;
    });
    served('five gone');
};


subtest 'a client that does not read until its time is over' => sub {
    $scim->{http} =~ s/send_timeout 10s/send_timeout 1s/;
    $scim->reload;
    my $client = begin("/Groups/$large");
    SCIM::wait_for('the end', sub { $scim->error_log =~ /client timed out/ });
    unlike(rest($client), qr/\r\n0\r\n\r\n$/, 'no end');
    $scim->{http} =~ s/send_timeout 1s/send_timeout 10s/;
    $scim->reload;
    served('timed out');
};


subtest 'a reload' => sub {
    my $client = begin("/Groups/$large");
    $scim->reload;
    my $text = rest($client) =~ s/\r\n[0-9a-f]+\r\n//gr;
    is(scalar(values_of($text)), 20_000, 'the old worker sends all');
};


subtest 'what breaks an answer' => sub {
    clean_log($scim);
    logged();
    my $id = group('broken', 20_000);
    my $key = "scim:{demo}:group:$id";

    my $client = begin("/Groups/$id");
    $scim->redis('HSET', $key, 'displayName', 'another');
    $scim->redis('SREM', "$key:members", ids(10));
    like(rest($client), qr/\r\n0\r\n\r\n$/, 'a small change does not');

    $client = begin("/Groups/$id");
    $scim->redis('HINCRBY', $key, 'switched', 1);
    broken_ok(rest($client), qr/members were replaced/, 'replaced members');
    is(scalar(values_of($scim->get("/Groups/$id")->{text})), 19_990,
       'the next one is whole');

    $client = begin('/Groups?filter=' . encode('displayName eq "broken"'));
    is($scim->delete("/Groups/$id")->{status}, 204, 'deleted');
    broken_ok(rest($client), qr/group was deleted/, 'a group that is gone');

    open my $curl, '-|', 'curl', '-s', '--http2-prior-knowledge',
        '-K', "$scim->{dir}/curl", '-H', 'X-Rate: 100k', '-w', '%{http_code}', '-N', '-o',
        "$scim->{dir}/some", "http://127.0.0.1:$http2/scim/v2/Groups/$large" or die $!;
    $client = begin("/Groups/$large");
    SCIM::wait_for('curl to have some', sub { -s "$scim->{dir}/some" });
    $scim->stop_redis('KILL');
    unlike(rest($client), qr/\r\n0\r\n\r\n$/, 'Redis gone: there is no end');
    is(<$curl>, '200', 'the other has begun, too');
    close $curl;
    is($? >> 8, 92, 'and its stream is reset');
    is(scalar(grep { /an answer ends before.*redis is not available/ }
              logged()), 2, 'both are logged');

    $scim->start_redis;
    SCIM::wait_for('service', sub {
        $scim->get("/Users/$kim")->{status} != 503
    });
};

undef $scim;

done_testing();
