#!/usr/bin/env perl
#
# Pages of large resources: they come in pieces, as the client takes them, and take
# little memory while it does not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM;
use SCIM::Checked;
use SCIM::Test;
use Socket;
use Test::More;
use Time::HiRes qw(sleep);

my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
my $USERS = 150;
my $narrow = SCIM::free_port();

# few bytes find room in the sockets of this port
my $scim = SCIM->new(
    http => 'send_timeout 10s;',
    server => "listen 127.0.0.1:$narrow sndbuf=8k;",
    location => 'scim_page_size 100 1000; scim_index User title;',
);
my $checked = SCIM::Checked::asan() || SCIM::Checked::valgrind();

my $kim = $scim->post('/Users', { userName => 'kim' }, token => 'other')
    ->{body}{id};
my $group = $scim->post('/Groups', { displayName => 'All' })->{body}{id};
my @ids;

# every third is small
for my $n (1 .. $USERS) {
    my $res = $scim->post('/Users', {
        userName => sprintf('u%04d', $n), title => $n % 2 ? 'odd' : 'even',
        nickName => 'x' x ($n % 3 ? 20_000 : 10) });
    push @ids, $res->{body}{id};
}
$scim->patch("/Groups/$group", [ { op => 'add', path => 'members',
    value => [ map { { value => $_ } } @ids ] } ]);


sub user_names {
    my ($res) = @_;
    return [ map { $_->{userName} } @{ $res->{body}{Resources} } ];
}


sub range { return [ map { sprintf 'u%04d', $_ } @_ ] }


# a request of a client that reads nothing of the answer but its beginning
sub begin {
    my ($path) = @_;
    socket my $client, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
    setsockopt $client, SOL_SOCKET, SO_RCVBUF, 4096;
    connect $client, pack_sockaddr_in($narrow, INADDR_LOOPBACK)
        or die "connect: $!";
    syswrite $client, "GET /scim/v2$path HTTP/1.1\r\nHost: x\r\n"
        . "Connection: close\r\nAuthorization: Bearer secret\r\n\r\n";
    sysread $client, my $head, 64;
    like($head, qr{^HTTP/1.1 200 OK\r\n}, "the answer has begun: $path");
    return $client;
}


sub rest {
    my ($client) = @_;
    my $text = '';
    while (sysread $client, my $some, 65536) {
        $text .= $some;
    }
    $text =~ s/^.*?\r\n\r\n//s;
    my $whole = '';
    while ($text =~ s/^([0-9a-f]+)\r\n//) {
        my $size = hex $1;
        $whole .= substr $text, 0, $size, '';
        $text =~ s/^\r\n//;
        last if $size == 0;
    }
    return $whole;
}


sub rss {
    my ($kib) = SCIM::_slurp('/proc/' . ($scim->worker_pids)[0] . '/status')
                =~ /^VmRSS:\s+(\d+)/m;
    return $kib;
}


subtest 'pages of every kind are whole' => sub {
    my %pages = (
        "count=$USERS"                                 => [ 1 .. $USERS ],
        'startIndex=21&count=100'                      => [ 21 .. 120 ],
        "sortBy=userName&count=$USERS"                 => [ 1 .. $USERS ],
        'sortBy=nickName&sortOrder=descending&count=3' => undef,
        'filter=title+eq+%22odd%22&count=200'
            => [ grep { $_ % 2 } 1 .. $USERS ],
        'filter=nickName+sw+%22x%22+and+title+co+%22VE%22&count=200'
            => [ grep { $_ % 2 == 0 } 1 .. $USERS ],
        'filter=userName+gt+%22u0100%22&count=200'     => [ 101 .. $USERS ],
    );

    for my $args (sort keys %pages) {
        my $res = $scim->get("/Users?$args&attributes=userName,nickName");
        my $plain = $scim->get("/Users?$args");
        ok($plain->{whole} && $plain->{body}, "$args: JSON with an end");
        my $names = $args =~ /sort/ ? user_names($plain) : [ sort @{ user_names($plain) } ];
        is_deeply($names, range(@{ $pages{$args} }), "$args: each once")
            if $pages{$args};
        is($plain->{body}{itemsPerPage}, @{ $plain->{body}{Resources} },
           "$args: itemsPerPage");
        is_deeply(user_names($res), user_names($plain), "$args: the same, less of each");
        is(scalar(grep { length($_->{nickName} // '') == 20_000 }
                  @{ $plain->{body}{Resources} }),
           scalar(grep { substr($_, 1) % 3 } @{ user_names($plain) }),
           "$args: as long as they are");
        is(scalar(grep { $_->{groups} && $_->{groups}[0]{value} eq $group }
                  @{ $plain->{body}{Resources} }),
           scalar @{ user_names($plain) }, "$args: with their groups");
    }
};


subtest 'by cursor' => sub {
    my ($cursor, @all) = ('');
    do {
        my $res = $scim->get("/Users?count=40&cursor=$cursor");
        is($res->{body}{itemsPerPage}, @{ user_names($res) }, 'itemsPerPage');
        push @all, @{ user_names($res) };
        $cursor = $res->{body}{nextCursor};
    } while (defined $cursor && @all <= $USERS);
    is_deeply(\@all, range(1 .. $USERS), 'each once');
};


subtest 'users and groups together' => sub {
    my $res = $scim->get('/?count=1000');
    is($res->{body}{itemsPerPage}, $USERS + 1, 'all of them');
    my ($found) = grep { $_->{displayName} } @{ $res->{body}{Resources} };
    is(scalar @{ $found->{members} }, $USERS, 'the group has its members');
};


subtest 'who is deleted meanwhile is neither answered nor counted' => sub {
    my $client = begin("/Users?count=$USERS");
    is($scim->delete("/Users/$ids[-1]")->{status}, 204, 'deleted');
    my $body = eval { JSON::PP->new->decode(rest($client)) };
    ok($body, 'JSON with an end') or diag $@;
    is($body->{itemsPerPage}, $USERS - 1, 'itemsPerPage');
    is_deeply([ map { $_->{userName} } @{ $body->{Resources} } ],
              range(1 .. $USERS - 1), 'all others');
};


subtest 'clients that do not read' => sub {
    my $before = rss();
    my @clients = map { begin("/Users?count=$USERS") } 1 .. 20;
    my $during = rss();

    SKIP: {
        skip 'the checker has memory of its own', 1 if $checked;
        cmp_ok($during - $before, '<=', 64 * 1024, 'take little memory');
        diag sprintf '20 clients: %d KiB', $during - $before;
    }

    is($scim->get("/Users/$kim", token => 'other')->{status}, 200,
       'others are served');

    my $body = eval { JSON::PP->new->decode(rest(shift @clients)) };
    is($body->{itemsPerPage}, $USERS - 1, 'one reads it all, late');
    close $_ for @clients;
    for (1 .. 100) {
        last if rss() - $before <= 16 * 1024;
        sleep 0.05;
    }

    SKIP: {
        skip 'the checker has memory of its own', 1 if $checked;
        my $after = rss();
        cmp_ok($after - $before, '<=', 32 * 1024, 'and give it back');
        diag sprintf 'afterwards: %d KiB', $after - $before;
    }
};


unlike($scim->error_log, qr/\[(?:alert|crit|emerg)\]/, 'no alert');

done_testing();
