#!/usr/bin/env perl
#
# One user that becomes as large as it may be, and requests that would let it grow
# further.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $site = SCIM::Bounds->new;
my $greedy = $site->organization('greedy');


# a request that adds addresses of mail, so many bytes together
sub add {
    my ($id, $bytes, $name) = @_;
    my $each = 16 * 1024;
    return patch($id, add => 'emails', [ map {
        { value => "$name$_\@" . 'x' x ($each - 50) . '.example' }
    } 1 .. $bytes / $each ]);
}


# Its answer is short: this client is much slower than what it asks.
sub patch {
    my ($id, $op, $path, $value) = @_;
    return $greedy->request_text('PATCH', "/Users/$id?attributes=id", {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
        Operations => [ { op => $op, path => $path, value => $value } ],
    }, token => $greedy->{token});
}


for my $times (1, 2) {
    my $id = $greedy->post('/Users', { userName => "large $times" })->{body}{id};
    for my $n (1 .. 7) {
        is($greedy->exchange(add($id, 32 * 1024, "a$n "))->{status}, 200, 'grows');
    }
    is($greedy->exchange(add($id, 64 * 1024, 'b'))->{status}, 413, 'enough');

    my $large = add($id, $times * 1024 * 1024, 'c');
    my @small = map { patch($id, replace => 'title', "word $_") } 0 .. 9;

    $site->holds("PATCHes of $times MB, and of a word, of the largest user", sub {
        return map { $greedy->exchange($_) } $large, @small;
    });
}

done_testing();
