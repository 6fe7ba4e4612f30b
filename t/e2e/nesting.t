#!/usr/bin/env perl
#
# Groups in groups where there are very many of them: what a user is in is told,
# no group holds itself, and others are answered meanwhile.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;


sub group {
    my ($name, @members) = @_;
    my $res = $scim->post('/Groups?excludedAttributes=members',
        { displayName => $name, members => [ map { { value => $_ } } @members ] });
    die "$name: $res->{text}" if $res->{status} != 201;
    return $res->{body}{id};
}


sub add {
    my ($id, @members) = @_;
    return $scim->patch("/Groups/$id", [ { op => 'add', path => 'members',
        value => [ map { { value => $_ } } @members ] } ]);
}


sub groups_of {
    my ($type) = @_;
    return grep { $_->{type} eq $type } @{ $_[1]{body}{groups} || [] };
}


my $kim = $scim->post('/Users', { userName => 'kim' })->{body}{id};
my $lee = $scim->post('/Users', { userName => 'lee' })->{body}{id};
my @direct = map { group("Direct $_", $kim) } 1 .. 600;
my @outer = map { group("Outer $_", @direct[0 .. 2]) } 1 .. 400;
my $inner = group('Inner', $lee, $kim);
add($_, $inner) for @outer;
add($outer[0], @direct[3 .. 400]);


# --- what a user is in ------------------------------------------------------

{
    my $res = $scim->get("/Users/$kim");
    is($res->{status}, 200, 'a user in very many groups');
    is_deeply([ map { $_->{value} } groups_of('direct', $res) ],
              [ sort @direct, $inner ], 'all direct ones, by their ids');
    is_deeply([ sort map { $_->{value} } groups_of('indirect', $res) ],
              [ sort @outer ], 'and the others, each once');
    my ($some) = groups_of('indirect', $res);
    like($some->{display}, qr/^Outer \d+$/, 'with their names');

    $res = $scim->get('/Users?sortBy=userName');
    is_deeply([ map { scalar @{ $_->{groups} } } @{ $res->{body}{Resources} } ],
              [ 1001, 401 ], 'likewise in a list');

    is(found($scim, 'Groups', qq{members.value eq "$kim"},
             '&attributes=id&count=0')->{body}{totalResults}, 601,
       'all groups that hold it are found');
}


# --- cycles -----------------------------------------------------------------

{
    error_ok(add($inner, $outer[7]), 400, 'invalidValue',
             qr/the group would hold itself/, 'a holder');

    my $top = group('Top', $outer[7]);
    error_ok(add($direct[0], $top), 400, 'invalidValue',
             qr/the group would hold itself/, 'a holder of a holder');
    is(add($top, @outer)->{status}, 204, 'very many at once');

    my @more = map { group("More $_", $top) } 1 .. 700;
    is(add($inner, group('Small'))->{status}, 204,
       'a group that very many hold takes a small one');
    error_ok(add($inner, group('Large', @more[0 .. 300], @direct)), 400,
             'invalidValue', qr/more than 1000 groups hold this one/,
             'and not one with very many in it');
}


# --- two at once ------------------------------------------------------------

{
    my $both = 0;
    for my $n (1 .. 20) {
        my ($one, $two) = (group("One $n"), group("Two $n"));
        my @status = $scim->parallel(2, sub {
            my ($i) = @_;
            return add($i ? ($one, $two) : ($two, $one))->{status};
        });
        $both++ if "@{[ sort @status ]}" ne '204 400';
    }
    is($both, 0, 'two changes that together are a cycle: one of them is refused');
}

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error in the log');

done_testing();
