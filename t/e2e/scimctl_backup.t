#!/usr/bin/env perl
#
# scimctl backup and restore: a server that was restored answers like the one
# that was backed up; a backup beside writers is of one moment.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../lib";

use HTTP::Tiny;
use JSON::PP;
use SCIM;
use SCIM::Ctl;
use SCIM::JWT;
use Test::More;

binmode Test::More->builder->$_, ":utf8" for qw(output failure_output todo_output);
use Time::HiRes qw(sleep time);

my $TOP = $SCIM::TOP;
my $DATA = "$TOP/t/data";
my $CORE = 'urn:ietf:params:scim:schemas:core:2.0:';
my $AUDIENCE = 'https://scim.example/token';
my $HTTP = "scim_schema $DATA/device-schema.json;"
    . " scim_resource_type $DATA/device.json; scim_log on;"
    . ' scim_unique Group none; scim_unique User userName externalId;'
    . ' scim_index User title; scim_index User name.familyName;';
my $decode = JSON::PP->new->utf8;

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$TOP/build/scim-doc";


sub server {
    my $scim = SCIM->new(http => $HTTP, scim_tokens => 'redis valid=100ms',
        workers => 2, server => 'location = /token {'
                                . " scim_oauth_token audience=$AUDIENCE; }",
        location => 'scim_base_url https://scim.example/scim/v2;', @_);
    return ($scim, SCIM::Ctl->new("$scim->{dir}/redis.sock"));
}


sub runs {
    my ($ctl, @words) = @_;
    my $run = $ctl->run(@words);
    is($run->{status}, 0, "@{[ grep { !ref } @words ]}") or diag($run->{err});
    return $run->{out} =~ s/\n\z//r;
}


# Sets have no order in Redis: members come in another one from each server.
sub answer {
    my ($scim, $token, $path) = @_;
    my $res = $scim->get($path, token => $token);
    my $sorted = sub { join ',', sort split /(?<=\}),(?=\{"(?:value|type))/,
                                            $_[0] };
    return "$res->{status} " . $res->{text} =~ s/\(request \w+\)//r
        =~ s{"(members|groups)":\[(.*?)\]}{"\"$1\":[" . $sorted->($2) . ']'}ger;
}


sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!";
    local $/;
    return scalar <$in>;
}


# the lines without what no two backups share: sums, the time, the last change,
# the order of tokens and imports
sub content {
    my ($file) = @_;
    return join '', sort map {
        s/,"sum":"[0-9a-f]{16}"\}$/}/r =~ s/"(created|changes)":"[^"]*"(?=\}|,"resources)//r
    } map { "$_\n" } split /\n/, slurp($file) =~ s/\A.*\n//r;
}


# all keys and what is in them, less the streams of changes
sub everything {
    my ($scim) = @_;
    my %all;
    for my $key (@{ $scim->redis('KEYS', '*') }) {
        next if $key =~ /:changes$|^scim:directory$/;
        my $type = $scim->redis('TYPE', $key);
        my @value = $type eq 'hash' ? @{ $scim->redis('HGETALL', $key) }
            : $type eq 'set' ? sort @{ $scim->redis('SMEMBERS', $key) }
            : $type eq 'zset' ? @{ $scim->redis('ZRANGE', $key, 0, -1,
                                                'WITHSCORES') }
            : $type eq 'stream' ? @{ $scim->redis('XRANGE', $key, '-', '+') }
            : $scim->redis('GET', $key);
        if ($type eq 'hash') {
            my %hash = @value;
            delete @hash{qw(used holding)};
            @value = %hash{ sort keys %hash };
        }
        $all{$key} = [ $type, $scim->redis('PEXPIRETIME', $key), @value ];
    }
    return \%all;
}


# --- a server with everything -------------------------------------------------

my ($old, $old_ctl) = server();
my (%token, %id);

for my $org (qw(acme beta)) {
    $token{$org} = (split /\t/, runs($old_ctl, 'org', 'create', $org, '--name',
        qq(Ä "$org" \\), '--accounts', 'a1, a2', '--token'))[1];
}
runs($old_ctl, 'org', 'create', 'empty');
$token{ro} = runs($old_ctl, 'token', 'issue', 'acme', 'reader', '--scope', 'ro');
$token{soon} = runs($old_ctl, 'token', 'issue', 'acme', 'soon', '--expires', '1s');
$old->issue('by-hand', tenant => 'hand', name => 'nobody-lists-me');
$token{hand} = 'by-hand';

my ($client) = $old_ctl->json('client', 'create', 'acme', 'entra');
my $key = SCIM::JWT->new('RS256', kid => 'k');
my ($signer) = $old_ctl->json('client', 'create', 'acme', 'signs', '--keys', '-',
    \JSON::PP->new->encode({ keys => [ $key->jwk ] }));


sub ask_token {
    my ($scim, %form) = @_;
    my $res = HTTP::Tiny->new->post_form("http://127.0.0.1:$scim->{port}/token",
        { grant_type => 'client_credentials', %form });
    return ($decode->decode($res->{content}))->{access_token} // $res->{content};
}

my %secret = (client_id => $client->{client_id},
              client_secret => $client->{client_secret});
$token{asked} = ask_token($old, %secret);

my $odd = qq(Od"d \\ ünïcode \x{1F600} \x07 ' \$x %);
for my $org (qw(acme beta hand)) {
    for my $n (1 .. 60) {
        my $res = $old->post('/Users', {
            userName => "Käthe.$n\@straße.example", externalId => "e$n",
            title => $n % 2 ? $odd : "Title $n",
            name => { familyName => "Fam $n", givenName => 'x' x $n },
            $n % 3 ? (active => $n % 5 ? JSON::PP::true : JSON::PP::false) : (),
            emails => [ { value => "k$n\@x.example", type => 'work' },
                        { value => "K$n\@HOME.example", type => 'home' } ],
        }, token => $token{$org});
        push @{ $id{$org} }, $res->{body}{id};
    }
}
is(scalar(grep { defined } map { @$_ } values %id), 180, 'users');


sub group {
    my ($org, $name, @members) = @_;
    my $res = $old->post('/Groups', { displayName => $name, externalId => $name,
        @members ? (members => [ map { { value => $_ } } @members ]) : () },
        token => $token{$org});
    is($res->{status}, 201, "group $name of $org") or diag($res->{text});
    return $res->{body}{id};
}

my @acme = @{ $id{acme} };
my @many = map { $old->post('/Users', { userName => "many$_" },
                            token => $token{acme})->{body}{id} } 1 .. 900;
my $inner = group('acme', 'Inner', @acme[0 .. 9]);
my $middle = group('acme', 'Middle', $inner, $acme[3]);
my $outer = group('acme', $odd, $middle, @acme[20 .. 29]);
my $all = group('acme', 'All', @many, $inner, @acme);
group('acme', 'All');
group('beta', "B $_", @{ $id{beta} }[$_ .. $_ + 5]) for 1 .. 5;
group('hand', 'Empty');
is($old->post('/Devices', { displayName => "Device $_", serialNumber => "S$_",
    pin => '1234' }, token => $token{acme})->{status}, 201, 'a device')
    for 1 .. 3;

$old->patch("/Users/$acme[$_]", [ { op => 'replace', path => 'title',
    value => "Changed $_" } ], token => $token{acme}) for 0 .. 4, 0 .. 2;
$old->delete("/Users/$acme[50]", token => $token{acme});
$old->patch("/Groups/$all", [ { op => 'remove',
    path => qq(members[value eq "$many[5]"]) } ], token => $token{acme});
$old->get('/Users?filter=nothing', token => $token{acme});

my @paths = ('/Users?count=1000', '/Groups', '/Devices', '/ResourceTypes',
    map({ "/Users?count=200&sortBy=$_" } qw(userName title name.familyName
        externalId emails.value meta.lastModified)),
    '/Users?sortBy=title&sortOrder=descending&startIndex=3&count=7',
    map({ '/Users?filter=' . SCIM::escape($_) } 'title eq "changed 3"',
        'userName eq "käthe.3@strasse.example"', 'title sw "Title"',
        'emails.value eq "k4@home.example"', 'externalId eq "e9"',
        'name.familyName gt "fam 5"', 'active eq false', qq(title eq "$acme[1]"),
        'meta.lastModified gt "2020-01-01T00:00:00Z" and title pr'),
    map({ '/Groups?filter=' . SCIM::escape($_) } 'displayName eq "INNER"',
        'displayName eq "all"', qq(members.value eq "$acme[3]"),
        qq(members.value eq "$inner")),
    map({ "/Groups/$_" } $inner, $middle, $outer, $all),
    map { "/Users/$_" } @acme, @many[0 .. 9]);

SCIM::wait_for('the cycle', sub {
    $old->redis('EXISTS', 'scim:{acme}:cycle') });
sleep 1.1;   # the cycle is written down, and a token has expired

my $file = "$old->{dir}/all.backup";
umask 022;
my $run = $old_ctl->run('backup', $file);
is($run->{status}, 0, 'backup') or diag($run->{err});
is($run->{err} . $run->{out}, '', 'it says nothing');
is(sprintf('%o', (stat $file)[2] & 07777), '600', 'nobody else reads it');
is_deeply([ glob "$file?*" ], [], 'there is nothing beside it');
unlike(slurp($file), qr/$token{acme}|$client->{client_secret}/,
       'it has no token and no secret');

# a GET since then changes no data
my $before = everything($old);
my %answers = map { $_ => answer($old, $token{acme}, $_) } @paths;


# --- restored -----------------------------------------------------------------

my ($new, $ctl) = server();
$new->stop_nginx;
$new->redis('FLUSHALL');
$run = $ctl->run('restore', $file);
is($run->{status}, 0, 'restore') or diag($run->{err});
like($run->{err}, qr/is whole: 4 organizations, \d+ resources\n.*4 organizations\n\z/,
     'and what it did');

my $after = everything($new);
delete $_->{'scim:format'} for $before, $after;
is_deeply([ sort keys %$after ], [ sort keys %$before ], 'the same keys');
is_deeply($after, $before, 'the same in them');
is($ctl->run('check', $_, '--schema', "$DATA/device-schema.json",
    '--resource-type', "$DATA/device.json", '--unique', 'Group:none',
    '--unique', 'User:userName,externalId')->{out}, "no damage was found\n",
   "$_ is sound") for qw(acme beta empty);
is($new->redis('GET', 'scim:format'), 1, 'the server is open');
is_deeply($new->redis('SMEMBERS', 'scim:directory'),
          $old->redis('SMEMBERS', 'scim:directory'), 'nginx knows it again');

my $copy = "$new->{dir}/copy.backup";
runs($ctl, 'backup', $copy);
ok(content($copy) eq content($file), 'the backup of it is the same');

$new->start_nginx;
is(answer($new, $token{acme}, $_), $answers{$_}, "the same: $_") for @paths;
is($new->get('/Users', token => $token{$_})->{status}, 200, "token $_")
    for qw(acme beta ro hand asked);
is($new->get('/Users', token => $token{soon})->{status}, 401, 'an expired token');
is($new->post('/Users', { userName => 'x' }, token => $token{ro})->{status}, 403,
   'a token that may only read');
like(ask_token($new, %secret), qr/\Ascim_/, 'a secret of a client');
like(ask_token($new, client_assertion_type =>
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion => $key->token({ iss => $signer->{client_id},
        sub => $signer->{client_id}, aud => $AUDIENCE, jti => 'one',
        exp => int time + 60 })), qr/\Ascim_/, 'keys of a client');

my $changes = $new->redis('XRANGE', 'scim:{acme}:changes', '-', '+');
is_deeply($changes->[0][1], [ op => 'restore', type => '', id => '', ver => '',
    actor => 'scimctl', attrs => '' ], 'followers are told to begin again');
my $last = $old->redis('XREVRANGE', 'scim:{acme}:changes', '+', '-', 'COUNT', 1);
cmp_ok((split /-/, $changes->[0][0])[0], '>', (split /-/, $last->[0][0])[0],
       'behind all that they can have seen');
$run = $new->post('/Users', { userName => 'fresh' }, token => $token{acme});
is($run->{status}, 201, 'it goes on');
is($new->redis('HGET', "scim:{acme}:user:$run->{body}{id}", 'seq'),
   1 + { @{ $old->redis('HGETALL', 'scim:{acme}:meta') } }->{seq},
   'with the numbers behind those that were given');
is($new->post('/Users', { userName => 'KÄTHE.7@STRASSE.example' },
   token => $token{acme})->{status}, 409, 'what was unique is');

unlike($_->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error')
    for $old, $new;


# --- of damaged data ----------------------------------------------------------

# Damage is kept as it is, for scimctl check; what cannot be kept is told.
my @hand = map { "scim:{hand}:user:$_" } @{ $id{hand} };
$old->redis('HSET', $hand[0], 'doc', "no\nJSON\0\x01");
$old->redis('HSET', $hand[5], 'doc', "no text \xff");
$old->redis('HSET', $hand[1], 'doc', '{"userName":');
$old->redis('HDEL', $hand[2], 'doc', 'created');
$old->redis('UNLINK', $hand[3]);
$old->redis('SET', $hand[3], 'x');
$old->redis('SADD', "scim:{hand}:group:nobody:members", 'x');
$run = $old_ctl->run('backup', $file, '--org', 'hand');
is($run->{status}, 2, 'damage that a backup cannot keep');
like($run->{err}, qr/"$id{hand}[5]" is damaged and left out.*58 users were found and 60 are listed/s,
     'is told');
$new->stop_nginx;
$new->redis('FLUSHALL');
runs($ctl, 'restore', $file);
is_deeply($new->redis('HGETALL', $_) && { @{ $new->redis('HGETALL', $_) } },
          { @{ $old->redis('HGETALL', $_) } }, 'other damage is kept')
    for @hand[0, 1, 2, 4];
is($ctl->run('check', 'hand', '--unique', 'Group:none', '--unique',
   'User:userName,externalId')->{status}, 2, 'and found');
runs($old_ctl, 'org', 'delete', 'hand', '--yes');


# --- while others write -------------------------------------------------------

# Each writer keeps something true at any moment, which a backup must show.
my ($N, $BIG) = (40, 1500);
my @pool = map { $old->post('/Users', { userName => "pool$_" },
                            token => $token{beta})->{body}{id} } 1 .. $BIG;
my @big = map { group('beta', "Big $_", @pool[$N .. $BIG - 1], $pool[0]) } 0, 1;
my $guests = group('beta', 'Guests', @pool[0 .. 599]);
my $swap = group('beta', 'Swap', @pool[0 .. 699]);
my @pair = @{ $id{beta} }[0, 1];
my $end = "$old->{dir}/end";

my @writers = (
    # exactly one of the first so many is a member, by the version
    map({ my $group = $_; sub {
        my ($n) = @_;
        [ PATCH => "/Groups/$group", [
            { op => 'remove',
              path => qq(members[value eq "$pool[($n - 1) % $N]"]) },
            { op => 'add', path => 'members',
              value => [ { value => $pool[$n % $N] } ] } ] ];
    } } @big),
    # the members are these or those, by the version
    sub {
        my ($n) = @_;
        my $from = $n % 2 ? 700 : 0;
        [ PUT => "/Groups/$swap", { displayName => 'Swap', externalId => 'Swap',
            members => [ map { { value => $_ } } @pool[$from .. $from + 699] ] } ];
    },
    # one user is never behind the other
    sub {
        my ($n) = @_;
        [ PATCH => "/Users/$pair[$n % 2 ? 0 : 1]", [ { op => 'replace',
            path => 'title', value => 'Step ' . int(($n + 1) / 2) } ] ];
    },
    # users that come and go, with the same name, in a large group
    sub {
        my ($n, $res) = @_;
        our $guest;
        $guest = $res->{body}{id} if $n % 3 == 2;
        $n % 3 == 1 ? [ POST => '/Users', { userName => 'guest' } ]
        : $n % 3 == 2 ? [ PATCH => "/Groups/$guests", [
            { op => 'add', path => 'members',
              value => [ { value => $guest } ] } ] ]
        : [ DELETE => "/Users/$guest" ];
    },
);


sub write_on {
    my ($make) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    delete $old->{socket};
    my ($n, $res) = (0, undef);
    until (-e $end) {
        my ($method, $path, $body) = @{ $make->(++$n, $res) };
        $res = $method eq 'PATCH'
            ? $old->patch($path, $body, token => $token{beta})
            : $old->request($method, $path, $body, token => $token{beta});
        # a move of so many members can be refused; then it is tried again
        $n-- if $res->{status} == 503;
    }
    require POSIX;
    POSIX::_exit(0);
}


sub read_backup {
    my ($text) = @_;
    my (%res, %members, %end, $org);
    for (map { $decode->decode($_) } split /\n/, $text) {
        $org = $_->{org} if $_->{org};
        $res{$org}{"$_->{type} $_->{id}"} = $_ if $_->{type};
        push @{ $members{ $_->{group} } }, @{ $_->{users} || [] } if $_->{group};
        $end{ $_->{end} } = $_ if $_->{end};
    }
    return { res => \%res, members => \%members, end => \%end };
}

my %first = map { $_ => $old->redis('HGET', "scim:{beta}:group:$_", 'ver') }
            @big, $swap;
my @pids = map { write_on($_) } @writers;
sleep 0.5;
my @backups = map { sleep 0.3; runs($old_ctl, 'backup', '-') } 1 .. 6;
open my $out, '>', $end;
close $out;
waitpid $_, 0 for @pids;

my $stream = $old->redis('XRANGE', 'scim:{beta}:changes', '-', '+');
my $moved = 0;

for my $text (@backups) {
    my $backup = read_backup("$text\n");
    my $res = $backup->{res}{beta};
    my $moment = $backup->{end}{beta}{changes};

    for my $group (@big) {
        my $steps = $res->{"group $group"}{fields}{ver} - $first{$group};
        my %is = map { $_ => 1 } @{ $backup->{members}{$group} };
        is_deeply([ grep { $is{ $pool[$_] } } 0 .. $N - 1 ], [ $steps % $N ],
                  "a large group as it was in its version, $steps steps on");
        is(scalar keys %is, 1 + $BIG - $N, 'with all others');
        $moved += $steps;
    }

    my $odd = ($res->{"group $swap"}{fields}{ver} - $first{$swap}) % 2;
    is_deeply([ sort @{ $backup->{members}{$swap} } ],
              [ sort @pool[ $odd ? (700 .. 1399) : (0 .. 699) ] ],
              'members that are replaced are these or those');

    my @step = map { ($res->{"user $_"}{doc}{title} // '') =~ /Step (\d+)/ }
               @pair;
    ok($step[0] - $step[1] == 0 || $step[0] - $step[1] == 1,
       "two users of one moment: @step");

    # the stream up to the moment agrees with the data
    my %told;
    for my $entry (@$stream) {
        my ($ms, $n) = split /-/, $entry->[0];
        my ($last_ms, $last_n) = split /-/, $moment;
        next if $ms > $last_ms || $ms == $last_ms && $n > $last_n;
        my %change = @{ $entry->[1] };
        $told{"$change{type} $change{id}"} = $change{op} eq 'delete' ? undef
                                                              : $change{ver};
    }
    my %there = map { $_ => $told{$_} } grep { defined $told{$_} } keys %told;
    is_deeply({ map { $_ => $res->{$_}{fields}{ver} } keys %$res }, \%there,
              'each version is the one of the moment');
}
cmp_ok($moved, '>', 50, 'there were writers');
is($old->redis('EXISTS', 'scim:{beta}:journal'), 0, 'no journal is left');

$new->redis('FLUSHALL');
for my $text (@backups[0, -1]) {
    $run = $ctl->run('restore', '-', \"$text\n");
    is($run->{status}, 0, 'a backup beside writers is restored')
        or diag($run->{err});
    is($ctl->run('check', 'beta', '--unique', 'Group:none', '--unique',
        'User:userName,externalId')->{out}, "no damage was found\n", 'and sound');
    $new->redis('FLUSHALL');
}

done_testing();
