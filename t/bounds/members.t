#!/usr/bin/env perl
#
# Searches among groups of very many members, by what their members are.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Bounds;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $USERS = 9000;

my $site = SCIM::Bounds->new;
my $greedy = $site->organization('greedy');
my $client = $site->organization('user');
my @names = map { "u$_" } 1 .. $USERS;
my @members = map { { value => $_ } } @names;
$site->import_lines('greedy', map { { id => $_, userName => $_ } } @names);
my $user = $site->id_of('greedy', 'users:by:userName', 'u1');


sub search {
    my ($filter) = @_;
    return $greedy->again->long('/Groups?attributes=displayName&filter='
                                . SCIM::escape($filter));
}


my @few = @names[0 .. 7];
my $groups = 0;
for my $times (1, 2) {
    my $to = 10 * $times;
    $site->import_lines('greedy', (map { { id => $_, userName => $_ } } @names),
        map { { id => "g$_", displayName => "g$_", members => \@members } }
            $groups + 1 .. $to);
    $groups = $to;

    $site->holds("searches by the type of members, $to groups of $USERS",
                 sub { search('members.type eq "Group"') }, clients => 2);
    $site->holds("searches by ids of members, $to groups of $USERS",
                 sub { search(qq{not (members.value eq "$user")}) }, clients => 2);

    my $many = 4000 * $times;
    $site->import_lines('user', (map { { id => $_, userName => $_ } } @few),
        map { { id => "h$_", displayName => "h$_",
                members => [ map { { value => $_ } } @few ] } }
            $many / 2 * ($times - 1) + 1 .. $many);
    $site->holds('searches by the groups of ' . @few . " users, each in $many", sub {
        $client->again->long('/Users?filter='
                             . SCIM::escape('groups.display co "zz"'));
    }, clients => 2);
}

done_testing();
