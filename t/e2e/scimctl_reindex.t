#!/usr/bin/env perl
#
# scimctl reindex: an index that is added later becomes complete while the
# server goes on, and no change that comes in between is lost; nor is an index
# taken for complete that a server did not keep.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Ctl;
use Test::More;

my $SCIM_DOC = "$SCIM::TOP/build/scim-doc";
my $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

plan skip_all => './build.sh module builds scim-doc' if !-x $SCIM_DOC;


my $scim = SCIM->new(http => 'scim_scan_limit 5;');
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");

my @ids = map {
    $scim->post('/Users', { userName => "user$_", title => "Title $_",
        $ENTERPRISE => { employeeNumber => "N$_" } })->{body}{id};
} 1 .. 12;
$scim->post('/Groups', { displayName => 'All',
                         members => [ map { { value => $_ } } @ids ] });


sub with_index {
    my ($more) = @_;
    $scim->{http} = "scim_scan_limit 5; $more";
    $scim->reload;
}


# the user who is found by a title; the scan limit rejects it without an index
sub found {
    my ($attribute, $value) = @_;
    $value =~ s/ /+/g;
    my $res = $scim->get("/Users?filter=$attribute+eq+%22$value%22");
    return $res->{body}{scimType} if $res->{status} != 200;
    return join ' ', map { $_->{userName} } @{ $res->{body}{Resources} };
}


# A scim-doc that lets something happen between the reading of the documents
# and the writing of the entries.
sub meanwhile {
    my ($command) = @_;
    $scim->write_file('scim-doc', <<"END");
#!/bin/sh
[ "\$1" = index ] || exec "$SCIM_DOC" "\$@"
cat > "$scim->{dir}/lines"
if grep -q '^demo.user' "$scim->{dir}/lines" && mkdir "$scim->{dir}/once"; then
    $command
fi 2>/dev/null
exec "$SCIM_DOC" "\$@" < "$scim->{dir}/lines"
END
    chmod 0755, "$scim->{dir}/scim-doc";
    rmdir "$scim->{dir}/once";
    return { SCIM_DOC => "$scim->{dir}/scim-doc" };
}

sub curl {
    my ($method, $path, $body) = @_;
    return "curl -sf -X $method -H 'Authorization: Bearer secret'"
        . " -H 'Content-Type: application/scim+json' -d '$body'"
        . " http://127.0.0.1:$scim->{port}/scim/v2$path >/dev/null"
        . " || exit 1\n";
}

my $set_title = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
    . '"Operations":[{"op":"replace","path":"title","value":"%s"}]}';


is(found('title', 'title 3'), 'tooMany', 'no index');
with_index('scim_index User title;');
is(found('title', 'title 3'), 'tooMany', 'an index that is not complete');

# --- while the server goes on -----------------------------------------------

{
    local $ctl->{env} = meanwhile(
        curl('PATCH', "/Users/$ids[2]", sprintf $set_title, 'Changed')
        . curl('POST', '/Users', '{"userName":"late","title":"Late"}')
        . curl('DELETE', "/Users/$ids[3]", '')
        # a change that leaves the document alone
        . "REDISCLI_AUTH=$SCIM::Accounts::PASSWORD{admin} redis-cli"
        . " -s $scim->{dir}/redis.sock --user admin HINCRBY"
        . " 'scim:{demo}:user:$ids[4]' ver 1 >/dev/null\n");
    my $run = $ctl->run('reindex', 'demo', '--index', 'User:title');
    is($run->{status}, 0, 'reindex') or diag($run->{err});
    ok(-d "$scim->{dir}/once", 'changes came in between');
}

is(found('title', 'title 1'), 'user1', 'by the index');
is(found('title', 'changed'), 'user3', 'as it was changed in between');
is(found('title', 'title 3'), '', 'and no longer as it was');
is(found('title', 'late'), 'late', 'one that was created in between');
is(found('title', 'title 4'), '', 'one that was deleted in between');
is(found('title', 'title 5'), 'user5', 'one that had another version');
is($scim->redis('HGET', 'scim:{demo}:meta', 'reindex:user'), undef,
   'nothing is left pending');
is($ctl->run('check')->{status}, 0, 'sound');

my $patched = $scim->patch("/Users/$ids[0]", [ { op => 'replace',
    path => 'title', value => 'Again' } ]);
is($patched->{status}, 200, 'a change afterwards');
is(found('title', 'again'), 'user1', 'the index stays complete');

# --- a server that does not keep the index ----------------------------------

{
    local $ctl->{env} = meanwhile(
        curl('PATCH', "/Users/$ids[5]", sprintf $set_title, 'Unseen'));
    my $run = $ctl->run('reindex', 'demo', '--index',
                        "User:$ENTERPRISE:employeeNumber");
    is($run->{status}, 1, 'a server that does not keep the index has written');
    like($run->{err}, qr/^scimctl: a server that does not keep all .*user/m,
         'it is told');
}
with_index("scim_index User title $ENTERPRISE:employeeNumber;");
is(found("$ENTERPRISE:employeeNumber", 'n6'), 'tooMany',
   'it is not taken for complete');
is($ctl->run('reindex', 'demo', '--index',
             "User:$ENTERPRISE:employeeNumber")->{status}, 0, 'once more');
is(found("$ENTERPRISE:employeeNumber", 'n6'), 'user6', 'it is complete');
is(found('title', 'unseen'), 'user6', 'the other one still is');

# --- writers ----------------------------------------------------------------

my $pid = fork // die "fork: $!";
if ($pid == 0) {
    delete $scim->{socket};
    for my $n (1 .. 300) {
        $scim->patch("/Users/$ids[6 + $n % 6]", [ { op => 'replace',
            path => 'title', value => "Busy $n" } ]);
    }
    require POSIX;
    POSIX::_exit(0);
}
is($ctl->run('reindex', 'demo')->{status}, 0, 'all indexes anew, while others '
   . 'write');
waitpid $pid, 0;
is($ctl->run('check')->{status}, 0, 'sound');
for my $n (6 .. 11) {
    my $title = $scim->get("/Users/$ids[$n]")->{body}{title};
    is(found('title', lc $title), 'user' . ($n + 1), "found by \"$title\"");
}

for ([ 'has no attribute', '--index', 'User:colour' ],
     [ 'no such resource type', '--index', 'Colour:x' ],
     [ 'cannot be indexed', '--index', 'User:active' ])
{
    my ($like, @words) = @$_;
    my $run = $ctl->run('reindex', 'demo', @words);
    is($run->{status}, 1, "@words");
    like($run->{err}, qr/\Ascimctl: .*$like.*\n\z/, "@words: one line");
}

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error');

done_testing();
