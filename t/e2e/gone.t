#!/usr/bin/env perl
#
# A client that goes away while Redis has its commands: they are given up, what
# Redis has to say to them comes to nobody, and others are served.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Socket::INET;
use JSON::PP;
use SCIM;
use SCIM::Test;
use Test::More;

my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

my $scim = SCIM->new;
my $id = $scim->post('/Users', { userName => 'kim' })->{body}{id};


# sends a request, goes, and returns when nginx has noticed
sub send_and_go {
    my ($method, $path, $body) = @_;
    my $before = () = $scim->error_log =~ /prematurely closed/g;
    my $text = $body ? encode_json($body) : '';
    my $client = IO::Socket::INET->new("127.0.0.1:$scim->{port}")
        or die "connect: $!";

    print {$client} "$method /scim/v2$path HTTP/1.1\r\nHost: x\r\n"
        . "Authorization: Bearer secret\r\n"
        . "Content-Type: application/scim+json\r\n"
        . 'Content-Length: ' . length($text) . "\r\n\r\n$text";
    close $client;

    SCIM::wait_for('nginx to notice', sub {
        my $now = () = $scim->error_log =~ /prematurely closed/g;
        return $now > $before;
    });
}


sub served {
    my ($what) = @_;
    SCIM::wait_for("service after $what", sub {
        $scim->get("/Users/$id")->{status} == 200;
    });
    pass("$what: others are served");
}


my @requests = (
    [ 'a GET', 'GET', "/Users/$id" ],
    [ 'a list', 'GET', '/Users?filter=title+pr&sortBy=userName' ],
    [ 'a bulk', 'POST', '/Bulk', { schemas => [ $BULK ], Operations => [
        map { { method => 'POST', path => '/Users', bulkId => "b$_",
                data => { userName => "u$_" } } } 1 .. 20 ] } ],
);

for my $request (@requests) {
    my ($what, @parts) = @$request;
    kill 'STOP', $scim->{redis_pid};
    send_and_go(@parts);
    kill 'CONT', $scim->{redis_pid};
    served($what);
}


# the first command of a worker waits until the link is there
kill 'STOP', $scim->{redis_pid};
$scim->reload;
send_and_go('GET', "/Users/$id");
kill 'CONT', $scim->{redis_pid};
served('a command that was never sent');

clean_log($scim);
undef $scim;

done_testing();
