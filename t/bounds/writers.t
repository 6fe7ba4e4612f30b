#!/usr/bin/env perl
#
# Very many changes of one user at once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM::Bounds;
use SCIM::Load;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $site = SCIM::Bounds->new;
my $greedy = $site->organization('greedy');
my $id = $greedy->post('/Users', { userName => 'raced', emails => [
    map { { value => "$_\@" . 'x' x 990 . '.example' } } 1 .. 47 ] })->{body}{id};


# so many at once, each over a connection of its own
sub at_once {
    my ($n) = @_;
    my @clients = connect_to($site, $n);
    for my $i (0 .. $#clients) {
        send_all($greedy->request_text('PATCH', "/Users/$id", {
            schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
            Operations => [ { op => 'replace', path => 'title',
                              value => "t$i" } ] }, token => $greedy->{token}),
            $clients[$i]);
    }
    return map {
        my ($status, $text) = answer($_);
        { status => $status, text => $text,
          body => eval { JSON::PP->new->utf8->decode($text) } };
    } @clients;
}


for my $times (1, 2) {
    my $n = 200 * $times;
    $site->holds("$n PATCHes of one user of 47 KB at once", sub { at_once($n) });
}

done_testing();
