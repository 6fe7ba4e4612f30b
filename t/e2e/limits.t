#!/usr/bin/env perl
#
# The limits of an organization: by scim_limit, by scimctl org limit, and the size
# of a resource.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Ctl;
use SCIM::Test;
use Test::More;

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$SCIM::Ctl::TOP/build/scim-doc";

my $scim = SCIM->new(location => 'scim_limit users=5 groups=3 memberships=6;'
    . ' scim_limit bytes=20k; scim_max_resource_size 4k;');
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");


sub has {
    my %has = map { $_->{what} => $_ } $ctl->json('org', 'limit', 'demo');
    return \%has;
}


sub full {
    my ($res, $what, $name) = @_;
    error_ok($res, 403, undef, qr/may have $what, and no more/, $name);
}


sub patch {
    my ($path, @ops) = @_;
    return $scim->patch($path, \@ops);
}


$ctl->run('org', 'create', 'demo');

my @users = map { $scim->post('/Users', { userName => "u$_" })->{body}{id} } 1 .. 5;
full($scim->post('/Users', { userName => 'u6' }), '5 users', 'one user too many');
is($scim->put("/Users/$users[0]", { userName => 'other' })->{status}, 200,
   'a change of one is none');
is($scim->delete("/Users/$users[4]")->{status}, 204, 'one less');
is($scim->post('/Users', { userName => 'u6' })->{status}, 201, 'and one more');

my ($one, $two) = map { $scim->post('/Groups', { displayName => $_ })->{body}{id} }
    qw(one two);
is($scim->post('/Groups', { displayName => 'three' })->{status}, 201, 'groups');
full($scim->post('/Groups', { displayName => 'four' }), '3 groups',
     'have a limit of their own');


sub add {
    my ($id, @members) = @_;
    return patch("/Groups/$id", { op => 'add', path => 'members',
                                  value => [ map { { value => $_ } } @members ] });
}


is(add($one, @users[0 .. 3])->{status}, 204, 'members');
is(add($two, @users[0 .. 1])->{status}, 204, 'of two groups');
full(add($two, $users[2]), '6 memberships', 'one too many');
is(add($two, @users[0, 1])->{status}, 204, 'those there are, are not counted');
is(has()->{memberships}{has}, 6, 'as many as there are');
is($scim->delete("/Users/$users[0]")->{status}, 204, 'a user leaves its groups');
is(has()->{memberships}{has}, 4, 'which counts');
is($scim->put("/Groups/$one", { displayName => 'one', members => [] })->{status},
   200, 'all leave a group');
is(has()->{memberships}{has}, 1, 'likewise');
is($scim->delete("/Groups/$two")->{status}, 204, 'a group goes');
is(has()->{memberships}{has}, 0, 'with its members');


# --- bytes ------------------------------------------------------------------

my $text = 'x' x 3000;
my @op = ({ op => 'replace', path => 'title', value => $text });

is(patch("/Users/$users[$_]", @op)->{status}, 200, 'a long title') for 1 .. 3;
my $before = has()->{bytes}{has};
cmp_ok($before, '>', 9000, 'is counted');
patch("/Users/$users[1]", { op => 'remove', path => 'title' });
cmp_ok(has()->{bytes}{has}, '<', $before - 2990, 'and what goes as well');

is($ctl->run('org', 'limit', 'demo', 'bytes=9000', 'users=10')->{status}, 0,
   'limits of the organization');
full(patch("/Users/$users[1]", @op), '9000 bytes of resources', 'apply to it');
is(patch("/Users/$users[2]", { op => 'replace', path => 'title',
                               value => 'short' })->{status}, 200,
   'what becomes smaller is carried out');
is($scim->post('/Users', { userName => "more $_" })->{status}, 201,
   'more users than others may have') for 1 .. 2;
is(has()->{users}{limit}, 10, 'as it is shown');
like($ctl->run('org', 'show', 'demo')->{out}, qr/^limits +bytes=9000 users=10$/m,
     'and with the organization');
$ctl->run('org', 'limit', 'demo', 'bytes=default', 'users=default');
is(has()->{bytes}{limit}, undef, 'until that is taken back');

isnt($ctl->run('org', 'limit', 'demo', $_)->{status}, 0, "refused: $_")
    for 'houses=3', 'users=many', 'users', '--users=3';


# --- what was never counted -------------------------------------------------

{
    my $now = has();
    for my $key (@{ $scim->redis('KEYS', 'scim:{demo}:[ug]*:*') }) {
        $scim->redis('HDEL', $key, 'n:bytes', 'n:members')
            if $scim->redis('TYPE', $key) eq 'hash';
    }
    add($one, $users[1]);
    $scim->redis('HDEL', "scim:{demo}:group:$one", 'n:members');
    $scim->redis('HDEL', 'scim:{demo}:meta', 'bytes', 'memberships');
    is($ctl->run('reindex', 'demo')->{status}, 0, 'reindex');
    is(has()->{bytes}{has}, $now->{bytes}{has}, 'counts bytes');
    is(has()->{memberships}{has}, 1, 'and memberships');
    is($ctl->run('check', 'demo')->{status}, 0, 'nothing is damaged');
}


# --- the size of a resource -------------------------------------------------

{
    my $large = 'y' x 5000;
    error_ok($scim->post('/Users', { userName => 'l', title => $large }), 413,
             undef, qr/The User would have 5\d\d\d bytes, more than the 4096/,
             'too large: a creation');
    error_ok($scim->put("/Users/$users[1]", { userName => 'l', title => $large }),
             413, undef, qr/more than the 4096/, 'too large: a replacement');
    error_ok(patch("/Users/$users[3]", { op => 'add', path => 'nickName',
                                         value => 'z' x 2000 }),
             413, undef, qr/more than the 4096/, 'too large: what grows');
    my $bulk = $scim->post('/Bulk', { Operations => [ { method => 'POST',
        path => '/Users', bulkId => 'a',
        data => { userName => 'l', title => $large } } ] });
    is($bulk->{body}{Operations}[0]{status}, 413, 'too large: in a bulk');

    $scim->{location} = 'scim_max_resource_size 1k;';
    $scim->reload;
    is(patch("/Users/$users[3]", { op => 'replace', path => 'title',
                                   value => 'w' x 2500 })->{status}, 200,
       'what is too large already may become smaller');
    is(patch("/Users/$users[3]", { op => 'replace', path => 'active',
                                   value => 'False' })->{status}, 413,
       'and not larger') if 0;
}

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error in the log');

done_testing();
