#!/usr/bin/env perl
#
# Searches without an index take turns: tenants get the same share, other
# requests go on, and a search that ends early, for whatever reason, leaves its
# turn to the others. Redis is stopped while requests come in, so that all of
# them are there before the first is answered.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use SCIM;
use Test::More;

my $scim = SCIM->new(location => 'scim_bulk 1000 1m; '
                     . 'scim_max_resource_size 1m;');
my $json = JSON::PP->new->canonical;
my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
my $SEARCH = '/Users?filter=title+co+%22needle%22';
my $id;

for my $token (qw(secret other)) {
    my $res = $scim->post('/Bulk', { schemas => [ $BULK ], Operations => [
        map { { method => 'POST', path => '/Users', bulkId => "b$_",
                data => { userName => "u$_", title => $_ == 1000 ? 'a needle'
                                                                 : 'hay' } } }
        1 .. 1000 ] }, token => $token);
    is(scalar(grep { $_->{status} eq '201' } @{ $res->{body}{Operations} }),
       1000, "users of $token");
    $res->{body}{Operations}[0]{location} =~ m{/([^/]+)$} and $id //= $1;
}


sub ask {
    my ($path, $token) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die $!;
    print {$socket} "GET /scim/v2$path HTTP/1.0\r\nHost: a\r\n"
        . "Authorization: Bearer $token\r\n\r\n";
    $socket->flush;
    return $socket;
}

# names of sockets in the order in which they are answered, and the answers
sub answers {
    my (%sockets) = @_;
    my $select = IO::Select->new(values %sockets);
    my %name = map { $sockets{$_} => $_ } keys %sockets;
    my (@order, %text);

    while ($select->count) {
        for my $socket ($select->can_read(30)) {
            my $name = $name{$socket};
            next if sysread $socket, $text{$name}, 65536,
                            length($text{$name} // '');
            push @order, $name;
            $select->remove($socket);
        }
    }

    return { order => \@order, text => \%text };
}

sub while_stopped {
    my ($do) = @_;
    kill 'STOP', $scim->{redis_pid};
    my @result = $do->();
    kill 'CONT', $scim->{redis_pid};
    return @result;
}

sub found { $_[0] =~ m{^HTTP/1.1 200 .*"totalResults":1,}s }


my $got = answers(while_stopped(sub {
    (map { ("a$_" => ask($SEARCH, 'secret')) } 1 .. 12),
    b => ask($SEARCH, 'other'), get => ask("/Users/$id", 'secret')
}));
my %place = map { $got->{order}[$_] => $_ } 0 .. $#{ $got->{order} };

is(scalar(grep { found($got->{text}{$_}) } 'b', map { "a$_" } 1 .. 12), 13,
   'each search finds what there is');
is($place{get}, 0, 'a read does not wait for them');
is($place{b}, 1, 'nor does the other tenant for as many as the first has');


# --- searches that end early --------------------------------------------------

for my $round (1 .. 10) {
    my @some = while_stopped(sub { map { ask($SEARCH, 'secret') } 1 .. 6 });
    select undef, undef, undef, 0.003 * $round;
    shift(@some)->close for 1 .. 3;
    $got = answers(map { ($_ => $some[$_]) } 0 .. 2);
    is(scalar(grep { found($_) } values %{ $got->{text} }), 3,
       "the clients of three are gone, the others are answered: $round");
}

my @some = while_stopped(sub {
    my @some = map { ask($SEARCH, $_) } ('secret', 'other') x 2;
    kill 'KILL', $scim->{redis_pid};
    waitpid delete $scim->{redis_pid}, 0;
    $scim->start_redis;
    return @some;
});
$got = answers(map { ($_ => $some[$_]) } 0 .. $#some);
is(scalar(grep { m{^HTTP/1.1 (?:503|200) } } values %{ $got->{text} }), 4,
   'when Redis is gone they end');
SCIM::wait_for('Redis', sub { $scim->get("/Users/$id")->{status} == 200 });
is($scim->get($SEARCH)->{body}{totalResults}, 1, 'and others come');


# --- slices of few, if documents are large ------------------------------------

for my $n (1 .. 24) {
    my $res = $scim->post('/Users', { userName => "large$n",
        displayName => 'large', photos => [ map {
            { value => "https://x.example/$n/$_/" . 'p' x 900 } } 1 .. 60 ] });
    is($res->{status}, 201, 'a large document') or last;
}
is($scim->get('/Users?filter=displayName+eq+%22LARGE%22&attributes=userName')
   ->{body}{totalResults}, 24, 'large documents are searched, too');
is($scim->get($SEARCH)->{body}{totalResults}, 1, 'with the small ones');


# --- a page of more than is copied at once ------------------------------------

my @photos = map { { value => "https://x.example/$_/" . 'p' x 900 } } 1 .. 800;
for my $n (1 .. 12) {
    my $res = $scim->post('/Users', { userName => "heavy$n",
        photos => \@photos }, token => 'other');
    is($res->{status}, 201, 'a heavy document') or last;
}
my $others = $scim->get('/Users?count=0', token => 'other')->{body}{totalResults} - 12;
for my $query ('startIndex=' . ($others + 1), 'filter=userName+sw+%22heavy%22') {
    my $res = $scim->get("/Users?$query", token => 'other');
    is_deeply([ map { $_->{userName} } grep { @{ $_->{photos} || [] } == 800 }
                @{ $res->{body}{Resources} } ],
              [ map { "heavy$_" } 1 .. 12 ], "each is whole, in order: $query");
}

unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');

done_testing();
