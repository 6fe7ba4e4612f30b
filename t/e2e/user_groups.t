#!/usr/bin/env perl
#
# The groups of users as several workers show them, each of which remembers what
# groups are called and which groups hold them: a change is seen by the next
# request, whichever worker has it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use Test::More;

use SCIM;
use SCIM::Ctl;

my $scim = SCIM->new(workers => 3);


sub created {
    my ($path, $body) = @_;
    my $res = $scim->post($path, $body);
    is($res->{status}, 201, "$path: created") or diag($res->{text});
    return $res->{body}{id};
}


sub group {
    my ($name, @members) = @_;
    return created('/Groups', { displayName => $name,
                                members => [ map { { value => $_ } } @members ] });
}


sub changed {
    my ($group, @operations) = @_;
    my $res = $scim->patch("/Groups/$group", \@operations);
    like($res->{status}, qr/^20[04]$/, 'changed') or diag($res->{text});
}


sub shown {
    my ($user) = @_;
    return join ' ', sort map { "$_->{display}:$_->{type}" } @{ $user->{groups} || [] };
}


# Each request has a connection of its own, and with it any of the workers.
sub everywhere {
    my ($user, $groups, $what) = @_;
    my %seen;

    for (1 .. 12) {
        $seen{ shown($scim->get("/Users/$user")->{body}) }++;
        $seen{ shown($_) }++ for grep { $_->{id} eq $user }
            @{ $scim->get('/Users?count=100')->{body}{Resources} };
    }

    is(join(' | ', sort keys %seen), $groups, $what);
}


my ($kim, $ada) = map { created('/Users', { userName => $_ }) } qw(kim ada);

everywhere($kim, '', 'no groups');

my $one = group('one', $kim);
everywhere($kim, 'one:direct', 'a group');
everywhere($ada, '', 'not the other user');

my $two = group('two', $one, $ada);
everywhere($kim, 'one:direct two:indirect', 'the group got into a group');

changed($one, { op => 'replace', path => 'displayName', value => 'eins "1"' });
everywhere($kim, 'eins "1":direct two:indirect', 'it has another name');

changed($two, { op => 'replace', path => 'displayName', value => 'zwei' });
everywhere($kim, 'eins "1":direct zwei:indirect', 'the other has another name');

my $three = group('three');
changed($three, { op => 'add', path => 'members', value => [ { value => $two } ] });
everywhere($kim, 'eins "1":direct three:indirect zwei:indirect', 'a third level');

changed($two, { op => 'remove', path => qq(members[value eq "$one"]) });
everywhere($kim, 'eins "1":direct', 'the group left');
everywhere($ada, 'three:indirect zwei:direct', 'and its other member did not');

is($scim->put("/Groups/$two", { displayName => 'zwei', members => [
       map { { value => $_ } } $one, $ada ] })->{status}, 200, 'a PUT');
everywhere($kim, 'eins "1":direct three:indirect zwei:indirect', 'it is back');

is($scim->delete("/Groups/$three")->{status}, 204, 'the outermost is deleted');
everywhere($kim, 'eins "1":direct zwei:indirect', 'and not shown');

is($scim->delete("/Groups/$one")->{status}, 204, 'the innermost is deleted');
everywhere($kim, '', 'and not shown');


# more groups than are read at once, and one that many hold

my @many = map { group(sprintf('many %03d', $_), $kim) } 1 .. 260;
everywhere($kim, join(' ', map { sprintf 'many %03d:direct', $_ } 1 .. 260),
           'very many groups');

my $inner = group('inner', $ada);
group(sprintf('outer %03d', $_), $inner) for 1 .. 40;
everywhere($ada, join(' ', 'inner:direct',
                      map({ sprintf 'outer %03d:indirect', $_ } 1 .. 40),
                      'zwei:direct'), 'a group that many hold');


# A change of very many members: who is about to join is not in the group, and who
# has left is not, before all is cleaned up behind it.

my @crowd = map { created('/Users', { userName => "crowd$_" }) } 1 .. 520;
my $crowd = group('crowd', $ada);
my $before = 'crowd:direct ' . join(' ', 'inner:direct',
    map({ sprintf 'outer %03d:indirect', $_ } 1 .. 40), 'zwei:direct');
everywhere($ada, $before, 'a group before');

is($scim->put("/Groups/$crowd", { displayName => 'crowd', members => [
       map { { value => $_ } } @crowd, $inner ] })->{status}, 200,
   'very many others, and a group, in the place of a member');
everywhere($ada, $before =~ s/:direct/:indirect/r, 'it is held by the group');
everywhere($crowd[7], 'crowd:direct', 'one of many');

is($scim->put("/Groups/$crowd", { displayName => 'crowd', members => [] })
       ->{status}, 200, 'they leave');
everywhere($crowd[7], '', 'none of them is shown');
everywhere($ada, $before =~ s/^crowd:direct //r, 'nor the group in it');


is($scim->redis('HGET', 'scim:{demo}:meta', 'holding') % 2, 0,
   'the number is even when nothing is under way');


# An organization that is created again can have the same ids with other names.
# What a worker remembers of the deleted one is not shown.

{
    my $scim = SCIM->new(scim_tokens => 'redis');
    my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");
    my %time = map { $_ => '2026-01-01T00:00:00.000Z' } qw(created modified);

    for my $name (qw(first second)) {
        my $made = $ctl->run('org', 'create', 'acme', '--token', '--force');
        my ($token) = $made->{out} =~ /(\S+)\s*$/;
        my $lines = join '', map { encode_json({ %time, version => 1, %$_ }) . "\n" }
            { type => 'user', seq => 1,
              resource => { id => 'kim', userName => 'kim' } },
            { type => 'group', seq => 2, members => ['kim'],
              resource => { id => 'crew', displayName => $name } };
        my $import = $ctl->run('import', 'acme', \$lines);
        is($import->{status}, 0, "$name: imported") or diag $import->{err};
        is(shown($scim->get('/Users/kim', token => $token)->{body}), "$name:direct",
           "$name: shown") for 1 .. 2;
        is($ctl->run('org', 'delete', 'acme', '--yes')->{status}, 0,
           "$name: deleted");
    }
}

is($scim->error_log =~ /\[(?:alert|emerg|crit)\].*/ ? $& : '', '', 'no alert');

done_testing;
