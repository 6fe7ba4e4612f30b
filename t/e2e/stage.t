#!/usr/bin/env perl
#
# Changes of very many members: readers see all of one or nothing, small changes
# meanwhile are kept, and what a worker leaves that is killed is undone or
# brought to its end by the next one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Socket::INET;
use JSON::PP;
use SCIM;
use SCIM::Ctl;
use SCIM::Test;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$SCIM::Ctl::TOP/build/scim-doc";

my $KILLS = $ENV{SCIM_KILLS} || 12;

my $scim = SCIM->new;
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");
my $json = JSON::PP->new->utf8;

my @users = map { sprintf 'user%04d', $_ } 1 .. 4000;


sub key { return "scim:{demo}:$_[0]" }
sub members { return [ sort @{ $scim->redis('SMEMBERS',
                                            key("group:$_[0]:members")) } ] }
sub values_of { return [ map { { value => $_ } } @_ ] }


sub replace {
    my ($id, @members) = @_;
    return $scim->put("/Groups/$id?excludedAttributes=members",
        { displayName => "Group $id", members => values_of(@members) });
}


sub swept {
    SCIM::wait_for('the sweep',
                   sub { !@{ $scim->redis('SMEMBERS', 'scim:moving') } });
}


sub sound {
    my ($what) = @_;
    swept();
    is($scim->redis('EXISTS', key('groups:moves')), 0, "$what: nothing is left");
    my $run = $ctl->run('check', 'demo');
    is($run->{status}, 0, "$what: scimctl check finds no damage")
        or diag $run->{out};
}


$ctl->run('org', 'create', 'demo');
my $seq = 0;
my $import = $ctl->run('import', 'demo', '-', \join '', map {
    $json->encode({ type => 'user', version => 1, seq => ++$seq,
        created => '2026-01-01T00:00:00.000Z',
        modified => '2026-01-01T00:00:00.000Z',
        resource => { id => $_, userName => $_ } }) . "\n"
} @users);
is($import->{status}, 0, 'users') or diag $import->{err};

my $id = $scim->post('/Groups', { displayName => 'All' })->{body}{id};


# --- readers ----------------------------------------------------------------

{
    # as many as are read at once
    my @one = @users[0 .. 509];
    my @other = @users[400 .. 909];
    my %right = (join(' ', sort @one) => 1, join(' ', sort @other) => 1);

    is(replace($id, @one)->{status}, 200, 'many members');

    my ($writer, $reader, $user) = $scim->parallel(3, sub {
        my ($i) = @_;
        my ($n, %wrong) = (0);

        if ($i == 0) {
            for (1 .. 20) {
                my $res = replace($id, $_ % 2 ? @other : @one);
                $wrong{$res->{status}}++ if $res->{status} != 200;
            }
            $scim->redis('SET', 'done', 1);
            return { wrong => \%wrong };
        }

        my ($before, $after) = @users[0, 909];
        until ($scim->redis('GET', 'done')) {
            $n++;
            if ($i == 1) {
                my $res = $scim->get("/Groups/$id");
                my $list = join ' ', sort map { $_->{value} }
                    @{ $res->{body}{members} };
                $wrong{"$res->{status} " . substr $list, 0, 300}++
                    if !$right{$list};
                next;
            }
            # in one moment, or in the moment after
            my @seen = map { scalar @{ $_->{body}{groups} || [] } }
                $scim->get("/Users/$before"), $scim->get("/Users/$before");
            my @held = map { $_->{body}{totalResults} }
                found($scim, 'Groups', qq{members.value eq "$after"},
                      '&excludedAttributes=members');
            $wrong{"@seen @held"}++ if grep { !/^[01]$/ } @seen, @held;
        }
        return { n => $n, wrong => \%wrong };
    });
    $scim->redis('DEL', 'done');

    is_deeply($writer->{wrong}, {}, 'each replacement succeeds');
    cmp_ok($reader->{n}, '>', 10, 'while somebody reads the group');
    is_deeply($reader->{wrong}, {}, 'who sees one list or the other');
    is_deeply($user->{wrong}, {}, 'as does who reads the users');
    sound('readers');
}


# --- groups of a user -------------------------------------------------------

# A stage and a sweep that stop on their way show nothing.
{
    my @one = @users[0 .. 599];
    replace($id, @one);
    swept();
    my $other = $scim->post('/Groups', { displayName => 'Other' })->{body}{id};

    # as a worker does that is gone
    my $lease = 600_000;
    my $text = do { local (@ARGV, $/) = "$SCIM::TOP/redis/stage.lua"; <> };
    my @stage = ('EVAL', $text, 1, key(''));
    $scim->redis(@stage, 'open', $other, $lease, 'm', 'set');
    $scim->redis(@stage, 'add', $other, $lease, 'm', @one[0 .. 99]);

    is($scim->redis('HGET', key("user:$one[0]"), 'groups'), 2,
       'a user who is about to join knows the group');
    is_deeply([ map { $_->{value} } @{ $scim->get("/Users/$one[0]")
                                         ->{body}{groups} } ], [ $id ],
              'and is not shown it');
    is(found($scim, 'Groups', qq{members.value eq "$one[0]"})
         ->{body}{totalResults}, 1, 'nor found in it');

    my $busy = $scim->patch("/Groups/$other", [ { op => 'add',
        path => 'members', value => values_of(@one) } ]);
    error_ok($busy, 503, undef, qr/at the same time/,
             'another large change has to wait');
    ok($busy->{headers}{'retry-after'}, 'and is told for how long');
    is($scim->patch("/Groups/$other", [ { op => 'add', path => 'members',
           value => values_of($one[5]) } ])->{status}, 204,
       'a small one has not');
    is($ctl->run('check', 'demo')->{status}, 0,
       'scimctl check takes none of it for damage');

    is($scim->delete("/Groups/$other")->{status}, 204, 'the group is deleted');
    is_deeply([ map { $_->{value} } @{ $scim->get("/Users/$one[5]")
                                         ->{body}{groups} } ], [ $id ],
              'and no user is in it');
    sound('a deletion meanwhile');
}


# --- small changes meanwhile ------------------------------------------------

{
    my @base = @users[0 .. 599];
    replace($id, @base);

    my @status = $scim->parallel(5, sub {
        my ($i) = @_;
        my @wrong;
        if ($i == 0) {
            for my $from (600, 1600, 2600) {
                my $res = $scim->patch("/Groups/$id", [ { op => 'add',
                    path => 'members',
                    value => values_of(@users[$from .. $from + 899]) } ]);
                push @wrong, $res->{status} if $res->{status} != 204;
            }
            return \@wrong;
        }
        for my $n (0 .. 19) {
            for my $change ([ 'remove', $users[ 100 * $i + $n ] ],
                            [ 'add', $users[ 3500 + 100 * $i + $n ] ])
            {
                my $res = $scim->patch("/Groups/$id", [ { op => $change->[0],
                    path => 'members', value => values_of($change->[1]) } ]);
                push @wrong, $res->{status} if $res->{status} != 204;
            }
        }
        return \@wrong;
    });
    is_deeply([ map { @$_ } @status ], [], 'large and small changes at once');

    my %is = map { $_ => 1 } @base, @users[600 .. 1499, 1600 .. 2499,
                                           2600 .. 3499];
    for my $i (1 .. 4) {
        delete $is{$_} for @users[100 * $i .. 100 * $i + 19];
        $is{$_} = 1 for @users[3500 + 100 * $i .. 3500 + 100 * $i + 19];
    }
    is_deeply(members($id), [ sort keys %is ], 'none is lost');
    sound('small changes meanwhile');
}


# --- workers that are killed ------------------------------------------------

# sends a request and does not wait
sub send_replace {
    my (@members) = @_;
    my $body = $json->encode({ displayName => "Group $id",
                               members => values_of(@members) });
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}")
        or die "connect: $!";
    print {$socket} "PUT /scim/v2/Groups/$id?excludedAttributes=members"
        . " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
        . "Content-Type: application/scim+json\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
    $socket->flush;
    return $socket;
}


sub kill_worker {
    my ($worker) = $scim->worker_pids;
    kill 'KILL', $worker;
    delete $scim->{socket};
    SCIM::wait_for('another worker', sub {
        my @pids = $scim->worker_pids;
        return @pids == 1 && $pids[0] != $worker
            && $scim->get('/Users?count=0')->{status} == 200;
    });
}


{
    my @lists = ([ @users[0 .. 1999] ], [ @users[1000 .. 3999] ]);
    my ($staged, $unswept) = (0, 0);
    replace($id, @{ $lists[1] });

    for my $n (1 .. $KILLS) {
        my $before = members($id);
        my $list = $lists[ $n % 2 ];

        # the sweep of a change that was carried out, or its stage
        my $socket = send_replace(@$list);
        sleep rand 0.06;
        kill_worker();

        my $now = members($id);
        my $whole = grep { "@$now" eq "@$_" } $before, [ sort @$list ];
        ok($whole, "killed $n: the members are whole");

        my %moves = @{ $scim->redis('HGETALL', key('groups:moves')) };
        $staged++ if grep { /^stage/ } values %moves;
        $unswept++ if grep { /^gone/ } values %moves;
        is($ctl->run('check', 'demo')->{status}, 0, "killed $n: no damage")
            if $n % 4 == 0;
    }

    diag "killed with a stage: $staged, with a sweep: $unswept"
        if $ENV{TEST_VERBOSE};
    cmp_ok($staged + $unswept, '>', 0, 'some were killed on their way');
    sound('killed');

    is(replace($id, @{ $lists[0] })->{status}, 200, 'a change behind it');
    is_deeply(members($id), $lists[0], 'is carried out');

    $scim->reload;
    sound('a reload');

    is($scim->delete("/Groups/$id")->{status}, 204, 'the group is deleted');
    is($scim->get("/Groups/$id")->{status}, 404, 'and gone');
    is($scim->get("/Users/$users[0]")->{body}{groups}, undef, 'for its users');
    kill_worker();
    sound('killed behind a deletion');
}

unlike($scim->error_log =~ s/.*exited on signal 9.*\n//gr,
       qr/\[(error|alert|crit|emerg)\]/, 'no error in the log');

done_testing();
