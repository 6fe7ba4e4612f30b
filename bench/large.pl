#!/usr/bin/env perl
#
# Fills a large directory through the module and tells what it costs: first one
# organization with very many users and groups, then as many users in very many
# organizations. ./build.sh bench-large builds what this needs.
#
# From the environment, with their defaults: LARGE_USERS (1000000), LARGE_GROUPS
# (10000, each of the users joins one), LARGE_TENANTS (10000, of the second
# part), BENCH_RESULTS (bench/results).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin", "$FindBin::Bin/../t/lib";

use File::Path qw(make_path);
use JSON::PP;
use Time::HiRes qw(sleep time);

use SCIM;
use Workloads;

$| = 1;

my $top = $SCIM::TOP;
my $json = JSON::PP->new->canonical;
my $users = $ENV{LARGE_USERS} || 1_000_000;
my $groups = $ENV{LARGE_GROUPS} || 10_000;
my $tenants = $ENV{LARGE_TENANTS} || 10_000;
my %figures = (users => $users + 0, groups => $groups + 0,
               tenants => $tenants + 0);

one_organization();
many_organizations();
write_figures();


sub one_organization {
    my $scim = start(large => 'large bench rw');
    my $empty = memory($scim);

    $figures{create} = load($scim, $users, 'large', Workloads::create(
        body => Workloads::user('u<n>', 'Engineer')));
    $figures{bytes_a_user} = (memory($scim) - $empty) / $users;
    print_figure('Redis memory a user', $figures{bytes_a_user}, 'bytes');

    $figures{create_group} = load($scim, $groups, 'large', Workloads::create(
        path => '/Groups', body => qq({"displayName":"group <n>"})));
    join_groups($scim);

    settle($scim);
    $figures{one} = { operate($scim, ['large']) };
}


# each user joins a group, any of them
sub join_groups {
    my ($scim) = @_;
    my @users = @{ $scim->redis('ZRANGE', 'scim:{large}:users', 0, -1) };
    my @groups = @{ $scim->redis('ZRANGE', 'scim:{large}:groups', 0, -1) };

    $scim->write_file('data', join '', map {
        "$groups[$_ % @groups]\t$users[$_]\n"
    } 0 .. $#users);

    my $before = memory($scim);
    $figures{join} = load($scim, $users, 'large', Workloads::step(
        'PATCH /Groups/<1> 204', body => Workloads::add_member('<2>')), 'data');
    $figures{bytes_a_membership} =
        (memory($scim) - $before) / memberships($scim, \@groups);
    print_figure('Redis memory a membership', $figures{bytes_a_membership},
                 'bytes');
}


sub memberships {
    my ($scim, $ids) = @_;
    my $n = 0;
    $n += $scim->redis('SCARD', "scim:{large}:group:$_:members") for @$ids;
    return $n;
}


sub many_organizations {
    my @names = map { "org$_" } 1 .. $tenants;
    my $scim = start(map { $_ => "$_ bench rw" } @names);
    my $empty = memory($scim);

    $scim->write_file('data', join '', map { "$_\n" } @names);
    $figures{create_many} = load($scim, $users, '<1>', Workloads::create(
        body => Workloads::user('u<n>', 'Engineer')), 'data');
    $figures{bytes_a_user_many} = (memory($scim) - $empty) / $users;
    print_figure('Redis memory a user', $figures{bytes_a_user_many}, 'bytes');

    settle($scim);
    $figures{many} = { operate($scim, [ $names[0] ]) };
}


sub start {
    my %tokens = @_;
    return SCIM->new(
        tokens     => \%tokens,
        redis_args => ['--appendonly', 'no'],
        http       => 'keepalive_requests 1000000000;',
    );
}


# Returns how many a second.
sub load {
    my ($scim, $n, $token, $steps, @data) = @_;
    $scim->write_file('session', "H Authorization: Bearer $token\n$steps");

    open my $out, '-|', "$top/build/bench/load", '-p', $scim->{port},
        '-c', 32, '-n', $n, "$scim->{dir}/session",
        map { "$scim->{dir}/$_" } @data or die "load: $!";
    my @lines = <$out>;
    close $out or die "an answer was wrong\n";

    my $res = $json->decode($lines[-1]);
    my ($what) = $steps =~ /^> (\S+ \S+)/;
    print_figure($what, $res->{requests} / $res->{seconds}, 'a second');
    return $res->{requests} / $res->{seconds};
}


sub memory {
    my ($scim) = @_;
    return $scim->redis('INFO', 'memory') =~ /^used_memory:(\d+)/m ? $1 : die;
}


# from now on Redis has on the disk what it acknowledges
sub settle {
    my ($scim) = @_;
    $scim->redis('CONFIG', 'SET', 'appendonly', 'yes');
    sleep 0.1 while $scim->redis('INFO', 'persistence')
                    =~ /aof_rewrite_(?:in_progress|scheduled):1/;
    $scim->{redis_args} = [];
}


# The commands of an operator, in seconds.
sub operate {
    my ($scim, $names) = @_;
    my $token = $names->[0];
    my ($id) = @{ $scim->redis('ZRANGE', "scim:{$token}:users", 0, 0) };
    my $works = sub { $scim->get("/Users/$id", token => $token)->{status} == 200 };
    my %seconds;

    $seconds{reload} = timed('reload', sub { $scim->reload; die if !$works->() });

    $seconds{restart_nginx} = timed('restart of nginx', sub {
        $scim->stop_nginx;
        $scim->start_nginx;
        die if !$works->();
    });

    $seconds{restart_redis} = timed('restart of Redis, until served', sub {
        $scim->stop_redis;
        $scim->start_redis;
        sleep 0.05 until $works->();
    });

    $seconds{check} = timed('scimctl check', sub {
        for my $name (@$names) {
            my $said = `REDISCLI_AUTH=$SCIM::Accounts::PASSWORD{op} $top/redis/scimctl \\
                --redis 'unix:$scim->{dir}/redis.sock?user=op' check $name`;
            die "$said\n" if $?;
        }
    });

    return %seconds;
}


sub timed {
    my ($what, $sub) = @_;
    my $begin = time;
    $sub->();
    print_figure($what, time - $begin, 'seconds');
    return time - $begin;
}


sub print_figure {
    printf "%-40s %12.1f %s\n", @_;
}


sub write_figures {
    my $results = $ENV{BENCH_RESULTS} || "$top/bench/results";
    make_path($results);
    open my $out, '>>', "$results/large.jsonl" or die "$results: $!\n";
    print {$out} $json->encode(\%figures), "\n";
    close $out or die "$results: $!\n";
}
