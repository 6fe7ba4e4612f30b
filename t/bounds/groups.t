#!/usr/bin/env perl
#
# Lists of users who are in very many groups, directly and through others; read by
# clients that do and by clients that do not read them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use SCIM::Load;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $USERS = 1000;

my $site = SCIM::Bounds->new;
my ($direct, $held) = map { $site->organization($_) } qw(direct held);


sub users {
    my (@names) = @_;
    return map { { id => $_, userName => $_ } } @names;
}


sub group {
    my ($name, @members) = @_;
    return { id => $name, displayName => "The group $name",
             members => [ map { { value => $_ } } @members ] };
}


my @names = map { "u$_" } 1 .. $USERS;
$site->import_lines('direct', users(@names));
$site->import_lines('held', users(@names), group('all', @names));

my $groups = 0;
for my $times (1, 2) {
    my $to = 100 * $times;
    $site->import_lines('direct', users(@names),
                        map { group("d$_", @names) } $groups + 1 .. $to);
    $site->import_lines('held', users(@names), group('all', @names),
                        map { group("h$_", 'all') } 4 * $groups + 1 .. 4 * $to);
    $groups = $to;

    $site->holds("pages of users in $to groups",
                 sub { $direct->long('/Users') }, clients => 2);
    $site->holds('pages of users in a group that ' . 4 * $to . ' hold',
                 sub { $held->long('/Users') }, clients => 2);

    my $n = 20 * $times;
    my $list = $direct->request_text('GET', "/Users?count=$USERS", undef,
                                     token => $direct->{token});
    $site->holds("lists of users in $to groups, that $n clients do not read",
                 sub {
        my @clients = connect_to($site, $n, buffer => 4096);
        send_all($list, @clients);
        sleep SCIM::Bounds::seconds();
        return map { 'not read' } @clients;
    }, once => 1);
}

done_testing();
