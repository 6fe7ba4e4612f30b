#!/usr/bin/env perl
#
# scimctl export and import: a copy answers like the original; interrupted
# imports; lines that are refused; resources of other servers.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Ctl;
use Test::More;
use Time::HiRes qw(sleep);

my $TOP = $SCIM::TOP;
my $EXAMPLES = "$TOP/docs/examples";
my $DATA = "$TOP/t/data";
my $CORE = 'urn:ietf:params:scim:schemas:core:2.0:';
my $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $NEWRELIC = 'urn:ietf:params:scim:schemas:extension:newrelic:2.0:User';
my $HTTP = "scim_schema $EXAMPLES/newrelic-user.json;"
    . " scim_schema $DATA/device-schema.json;"
    . " scim_resource_type $DATA/device.json;"
    . ' scim_unique Group none; scim_unique User externalId;'
    . ' scim_index User title;';
my @SCHEMAS = ('--schema', "$EXAMPLES/newrelic-user.json",
               '--schema', "$DATA/device-schema.json",
               '--resource-type', "$DATA/device.json",
               '--unique', 'Group:none', '--unique', 'User:externalId');

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$TOP/build/scim-doc";


sub server {
    my $scim = SCIM->new(http => $HTTP,
        location => 'scim_base_url https://scim.example/scim/v2;', @_);
    return ($scim, SCIM::Ctl->new("$scim->{dir}/redis.sock"));
}


sub runs {
    my ($ctl, @words) = @_;
    my $run = $ctl->run(@words);
    is($run->{status}, 0, "@{[ grep { !ref } @words ]}") or diag($run->{err});
    return $run->{out};
}


# Sets have no order in Redis: members come in another one from each server.
sub answer {
    my ($scim, $path) = @_;
    my $text = $scim->get($path)->{text};
    $text =~ s{"members":\[(.*?)\]}
              {'"members":[' . join(',', sort split /(?<=\}),/, $1) . ']'}ge;
    return $text;
}


sub lines { return join '', map { JSON::PP->new->utf8->canonical->encode($_)
                                  . "\n" } @_ }


# --- an original ------------------------------------------------------------

my ($old, $old_ctl) = server();
my (@ids, %group);

for my $n (1 .. 40) {
    my $res = $old->post('/Users', {
        schemas => [ "${CORE}User", $ENTERPRISE, $NEWRELIC ],
        userName => "Käthe.$n\@straße.example", externalId => "e$n",
        title => $n % 2 ? 'Odd "one"' : "Even\\\x{1F600}",
        $n % 3 ? (active => $n % 5 ? JSON::PP::true : 'False') : (),
        emails => [ { value => "k$n\@x.example", type => 'work',
                      primary => JSON::PP::true },
                    { value => "K$n\@HOME.example", type => 'home' } ],
        $ENTERPRISE => { department => "Dep $n" },
        $NEWRELIC => { nrUserType => 'Core User' },
    });
    is($res->{status}, 201, "user $n") or diag($res->{text});
    push @ids, $res->{body}{id};
}
for my $n (1 .. 5) {
    $old->patch("/Users/$ids[0]", [ { op => 'replace', path => 'title',
                                      value => "Title $n" } ]);
}
$old->delete("/Users/$ids[7]");
splice @ids, 7, 1;

# the outer groups are older than the inner ones
is($old->post('/Groups', { displayName => 'EMPTY' })->{status}, 201,
   'a name that comes again');
for my $name (qw(Outer Middle Inner Empty)) {
    $group{$name} = $old->post('/Groups', { displayName => $name })
        ->{body}{id};
}
sub join_group {
    my ($name, @members) = @_;
    $old->patch("/Groups/$group{$name}", [ { op => 'add', path => 'members',
        value => [ map { { value => $_ } } @members ] } ]);
}
join_group('Outer', $group{Middle}, @ids[1 .. 3]);
join_group('Middle', $group{Inner});
join_group('Inner', @ids);
is($old->post('/Devices', { displayName => "Device $_", serialNumber => "S$_", pin => "1234" })
   ->{status}, 201, "device $_") for 1 .. 3;

my @paths = ('/Users', '/Groups', '/Devices', '/Users?sortBy=userName',
    '/Users?filter=title+eq+%22title+5%22',
    '/Users?filter=userName+eq+%22k%C3%A4the.3%40strasse.example%22',
    '/Users?filter=emails.value+eq+%22k4%40home.example%22',
    '/Users?filter=externalId+eq+%22e9%22',
    "/Groups?sortBy=displayName&filter=members.value+eq+%22$ids[2]%22",
    '/Groups?filter=displayName+eq+%22INNER%22',
    map({ "/Users/$_" } @ids), map { "/Groups/$_" } values %group);

my $copy = runs($old_ctl, 'export', 'demo');
is(scalar(split /\n/, $copy), 39 + 5 + 3, 'a line for each resource');
my %place;
$place{$1} = $. + keys %place while $copy =~ /"id":"([^"]+)"/g;
ok($place{ $group{Inner} } < $place{ $group{Middle} }
   && $place{ $group{Middle} } < $place{ $group{Outer} },
   'a group comes behind those that it holds');


# --- a copy -----------------------------------------------------------------

my ($new, $ctl) = server();

my $run = $ctl->run('import', 'demo', \$copy);
is($run->{status}, 1, 'no organization');
like($run->{err}, qr/no organization "demo"/, 'no organization: told');

runs($ctl, 'org', 'create', 'demo');
my $users = join '', map { "$_\n" } grep { /"type":"user"/ } split /\n/, $copy;
$run = $ctl->run('import', 'demo', \$users);
is($run->{status}, 1, 'without the schemas');
like($run->{err}, qr/line 1: no schema has the attribute "\Q$NEWRELIC\E"/,
     'an attribute would be lost: refused');
is($new->get('/Users')->{body}{totalResults}, 0, 'nothing is written');

my ($counts) = $ctl->json('import', 'demo', '-', @SCHEMAS, '--index',
                          'User:title', \$copy);
is_deeply($counts, { imported => 47, unchanged => 0, refused => 0,
                     complete => JSON::PP::true }, 'import');

for my $path (@paths) {
    is(answer($new, $path), answer($old, $path), "the same: $path");
}
is($new->redis('HGET', 'scim:{demo}:meta', 'indexes:user'),
   $old->redis('HGET', 'scim:{demo}:meta', 'indexes:user'),
   'the same indexes are complete');
is($new->redis('HGET', 'scim:{demo}:meta', 'seq'),
   $old->redis('HGET', 'scim:{demo}:meta', 'seq'), 'numbers go on');
is_deeply([ $new->redis('HGET', "scim:{demo}:user:$ids[0]", 'ver'),
            $new->redis('XREVRANGE', 'scim:{demo}:changes', '+', '-', 'COUNT',
                        1)->[0][1][1] ], [ 6, 'create' ],
          'its version, and events');
is(runs($ctl, 'export', 'demo'), $copy, 'the copy of the copy is the same');

# a file that others may read is there already, and a link that they have made
{
    my $folder = "$new->{dir}/export";
    mkdir $folder or die "$folder: $!";
    my ($file, $other) = ("$folder/demo.jsonl", "$folder/other");
    for ($file, $other) {
        $new->write_file(substr($_, 1 + length $new->{dir}), 'old');
        chmod 0644, $_;
    }
    symlink $other, "$file.new" or die "symlink: $!";

    is($ctl->run('export', 'nobody', $file)->{status}, 1, 'nothing to export');
    is(SCIM::_slurp($file), 'old', 'the file stays');
    runs($ctl, 'export', 'demo', $file);
    is(SCIM::_slurp($file), $copy, 'export into a file');
    is((stat $file)[2] & 07777, 0600, 'that nobody else can read');
    is(SCIM::_slurp($other), 'old', 'no other file is written');
    is_deeply([ map { s{.*/}{}r } sort glob "$folder/*" ],
              [ 'demo.jsonl', 'demo.jsonl.new', 'other' ], 'or left');
    like($ctl->run('export', 'demo', $folder)->{err}, qr/is a folder/, 'a folder');
}


($counts) = $ctl->json('import', 'demo', '-', @SCHEMAS, \$copy);
is_deeply([ @$counts{qw(imported unchanged refused)} ], [ 0, 47, 0 ],
          'once more: all is there already');
is($new->patch("/Users/$ids[0]", [ { op => 'replace', path => 'title',
                                     value => 'Seven' } ])->{headers}{etag},
   'W/"7"', 'the copy can be changed');
$run = $ctl->run('import', 'demo', '-', @SCHEMAS, \$copy);
is($run->{status}, 1, 'one has changed since');
like($run->{err}, qr/\Ascimctl: line 1: there is another resource with this id
imported 0, there already 46, refused 1\n\z/, 'it is not overwritten');


$run = $ctl->run('import', 'demo', '-', @SCHEMAS[0 .. 5], \'');
is($run->{status}, 1, 'without what scim_unique says');
like($run->{err}, qr/\Ascimctl: .* must be named by --unique\n\z/,
     'it is asked for');
is($ctl->run('check', 'demo', @SCHEMAS)->{status}, 0, 'the copy is sound');


# --- lines that are refused -------------------------------------------------

sub line {
    my (%more) = @_;
    return lines({ type => 'user', version => 1, seq => 900,
                   created => '2026-01-01T00:00:00.000Z',
                   modified => '2026-01-01T00:00:00.000Z',
                   resource => { id => 'fresh', userName => 'fresh' }, %more });
}

for ([ '{', 'invalid JSON' ], [ '[1]', 'not a JSON object' ],
     [ '{"a":1}', 'names a resource type' ],
     [ '{"userName":"' . ('x' x 10) . "\xff\"}", 'invalid UTF-8' ],
     [ line(version => 0), '"version" must be' ],
     [ line(seq => 'x'), '"seq" must be' ],
     [ line(created => 'yesterday'), '"created" must be a time' ],
     [ line(type => 'thing'), '"type" names no' ],
     [ line(resource => { userName => 'x' }), 'the "id"' ],
     [ line(resource => { id => "a{b", userName => 'x' }), 'the "id"' ],
     [ line(resource => { id => 'fresh' }), '"userName"' ],
     [ line(resource => { id => 'fresh', userName => {} }), '"userName"' ],
     [ line(resource => { id => 'fresh', userName => 'x', colour => 'red' }),
       'no schema has the attribute "colour"' ],
     [ line(members => [ 'a' ]), '"members" must be an array, of a group' ],
     [ line(type => 'group', members => [ 'nobody' ],
            resource => { id => 'fresh', displayName => 'F' }),
       'no user or group with the id "nobody"' ],
     [ line(type => 'group', members => [ 'fresh' ],
            resource => { id => 'fresh', displayName => 'F' }),
       'would hold itself' ],
     [ line(resource => { id => 'fresh', userName => 'x', externalId => 'e9' }),
       'another resource has the same "externalId"' ],
     [ line(resource => { id => 'fresh', userName => "KÄTHE.3\@STRASSE.example" }),
       'another resource has the same "userName"' ])
{
    my ($text, $like) = @$_;
    chomp $text;
    my $keys = $new->redis('DBSIZE');
    my $run = $ctl->run('import', 'demo', '-', @SCHEMAS, \"\n$text\n");
    is($run->{status}, 1, "refused: $like");
    like($run->{err}, qr/\Ascimctl: line 2: .*\Q$like\E/, 'with its line');
    is($new->redis('DBSIZE'), $keys, 'nothing is written');
}

$run = $ctl->run('import', 'demo', '-', @SCHEMAS, \(line() . line()));
like($run->{err}, qr/line 2: the id of line 1 again/, 'an id twice in a file');
is($new->get('/Users/fresh')->{status}, 200, 'the first of both is there');
$run = $ctl->run('import', 'demo', '-', @SCHEMAS, '--ignore-unknown',
    \lines({ schemas => [ "${CORE}User" ], userName => 'red', colour => 1 }));
is($run->{status}, 0, '--ignore-unknown');

for ([ 'cannot read', 'import', 'demo', '/nonexistent' ],
     [ 'is a folder', 'import', 'demo', '/' ],
     [ '/nonexistent: ', 'import', 'demo', '--schema', '/nonexistent' ],
     [ 'has no attribute', 'import', 'demo', '-', @SCHEMAS, '--index',
       'User:colour' ],
     [ 'a colon', 'import', 'demo', '-', @SCHEMAS, '--index', 'title' ])
{
    my ($like, @words) = @$_;
    my $run = $ctl->run(@words, \'');
    is($run->{status}, 1, "@words");
    like($run->{err}, qr/\Ascimctl: .*\Q$like\E.*\n\z/, "@words: one line");
}


# --- from another server ----------------------------------------------------

runs($ctl, 'org', 'create', 'moved');
my @others = (
    map({ { schemas => [ "${CORE}User" ], id => "u-$_!",
            userName => "moved$_", meta => { resourceType => 'User',
            created => '2001-01-01T00:00:00Z' } } } 1 .. 3),
    { schemas => [ "${CORE}Group" ], id => 'g 1', displayName => 'Moved',
      members => [ map { { value => "u-$_!" } } 1 .. 3 ] },
    { schemas => [ "${CORE}Group" ], id => 'g 2', displayName => 'Around',
      members => [ { value => 'g 1' } ] });
runs($ctl, 'import', 'moved', \lines(@others[0 .. 1]));
($counts) = $ctl->json('import', 'moved', \lines(@others));
is_deeply([ @$counts{qw(imported unchanged refused)} ], [ 3, 2, 0 ],
          'in two parts, the second with the first in it');
my @lines = map { JSON::PP->new->utf8->decode($_) }
    split /\n/, runs($ctl, 'export', 'moved');
like($lines[0]{resource}{id}, qr/\A[a-z2-7]{26}\z/, 'a new id');
is_deeply([ sort @{ $lines[3]{members} } ],
          [ sort map { $_->{resource}{id} } @lines[0 .. 2] ],
          'members by the ids of the other server');
is_deeply($lines[4]{members}, [ $lines[3]{resource}{id} ], 'groups too');


# --- a large group, and interruptions ---------------------------------------

my $large = lines(map({ { schemas => [ "${CORE}User" ], id => "x$_",
                          userName => "large$_" } } 1 .. 4000),
                  { schemas => [ "${CORE}Group" ], id => 'all',
                    displayName => 'All',
                    members => [ map { { value => "x$_" } } 1 .. 4000 ] });
my $wrong = $large =~ s/"displayName":"All"/"displayName":"Wrong"/r
    =~ s/"x77"\}/"x77777"}/r;

runs($ctl, 'org', 'create', 'large');
$run = $ctl->run('import', 'large', \$wrong);
like($run->{err}, qr/line 4001: there is no user or group with the id "x77777"/,
     'a large group with an unknown member');
is($new->redis('EXISTS', 'scim:{large}:groups'), 0, 'is not there at all');

for my $try (1 .. 3) {
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        setpgrp;
        $new->write_file('large', $large);
        open STDERR, '>', '/dev/null';
        $ENV{SCIM_REDIS} = $ctl->{redis};
        exec "$TOP/redis/scimctl", 'import', 'large', "$new->{dir}/large";
    }
    SCIM::wait_for('the group', sub {
        waitpid($pid, 1) || $new->redis('EXISTS', 'scim:{large}:groups');
    });
    kill 'KILL', -$pid;
    waitpid $pid, 0;
}
($counts) = $ctl->json('import', 'large', \$large);
is($counts->{refused}, 0, 'killed again and again: it comes to its end');
my $text = runs($ctl, 'export', 'large');
my ($line) = grep { /"All"/ } split /\n/, $text;
my $all = JSON::PP->new->utf8->decode($line);
is(scalar @{ $all->{members} }, 4000, 'the group is whole');
is($all->{version}, 1, 'with its version');
is($new->redis('HEXISTS', "scim:{large}:group:$all->{resource}{id}",
               'importing'), 0, 'and no mark of an import');
($counts) = $ctl->json('import', 'large', \$large);
is_deeply([ @$counts{qw(imported unchanged)} ], [ 0, 4001 ], 'once more');

runs($ctl, 'org', 'create', 'large2');
($counts) = $ctl->json('import', 'large2', \$text);
is($counts->{imported}, 4001, 'a copy of it');
my @parts = map { [ sort split /[\n,\[\]]/ ] } $text,
                                                 runs($ctl, 'export', 'large2');
is_deeply($parts[1], $parts[0], 'is the same');


# --- very many groups in groups, which are read in slices --------------------

{
    my $group = sub { { schemas => [ "${CORE}Group" ], id => $_[0],
                        displayName => $_[0], members => [ map { { value => $_ } }
                                                           @_[1 .. $#_] ] } };
    my @inner = map { "inner$_" } 1 .. 2500;
    runs($ctl, 'org', 'create', $_) for 'nested', 'nested2';
    ($counts) = $ctl->json('import', 'nested', \lines(map({ $group->($_) } @inner),
        $group->('most', @inner), map { $group->("some$_", @inner[0 .. 3 * $_]) }
            1 .. 201));
    is($counts->{imported}, 2500 + 202, 'groups in groups');

    my $slices = sub {
        return $new->redis('INFO', 'commandstats') =~ /cmdstat_sscan:calls=(\d+)/ && $1;
    };
    my $before = $slices->();
    my $copy = runs($ctl, 'export', 'nested');
    cmp_ok($slices->() - $before, '>=', 2500 + 202, 'are read slice by slice');
    ($counts) = $ctl->json('import', 'nested2', \$copy);
    is($counts->{imported}, 2500 + 202, 'a copy of them');
    my @members = map { my $org = $_; join ' ', sort { $a <=> $b } map {
        $new->redis('SCARD', "scim:{$org}:group:$_:groups") }
        @{ $new->redis('ZRANGE', "scim:{$org}:groups", 0, -1) } } 'nested', 'nested2';
    is($members[1], $members[0], 'is the same');
    like($members[0], qr/ 2500$/, 'with all of its members');
}


unlike($_->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error')
    for $old, $new;

done_testing();
