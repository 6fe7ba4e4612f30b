#!/usr/bin/env perl
#
# Very many groups in groups, and one request that puts them into another: whether
# a group would hold itself is found without a long look.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $site = SCIM::Bounds->new;
my $greedy = $site->organization('greedy');
my $n = 0;


# Some thousand groups in one, which hundreds hold; the ids of these.
sub nested {
    my ($name, $inside, $outside) = @_;
    my $group = sub { { id => $_[0], displayName => $_[0],
                        members => [ map { { value => $_ } } @_[1 .. $#_] ] } };
    $site->import_lines('greedy',
        (map { $group->("$name in $_") } 1 .. $inside),
        $group->("$name middle", map { "$name in $_" } 1 .. $inside),
        (map { $group->("$name out $_", "$name middle") } 1 .. $outside));
    return map { $site->id_of('greedy', 'groups:by:displayName', "$name out $_") }
        1 .. $outside;
}


for my $times (1, 2) {
    my $groups = 500 * $times;
    my @members = map { { value => $_ } }
        nested("n$times", 12_000 * $times, $groups);

    $site->holds("$groups groups that hold one, put into a group", sub {
        my $name = "$$ " . $n++;
        my $empty = $greedy->post('/Groups', { displayName => "empty $name" });
        my $full = $greedy->post('/Groups', { displayName => "full $name",
                                              members => \@members });
        return ($empty, $full) if $empty->{status} != 201;
        return ($empty, $full, $greedy->patch("/Groups/$empty->{body}{id}",
            [ { op => 'add', path => 'members', value => \@members } ]));
    });
}

done_testing();
