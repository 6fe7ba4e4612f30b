#!/usr/bin/env perl
#
# Measures the workloads of bench/Workloads.pm, all or those that are named, and
# prints a row for each. With --peers before the names, those that other servers
# have, and each of these right after. ./build.sh bench builds what this needs.
#
# From the environment, with their defaults: BENCH_USERS (10000), BENCH_MEMBERS
# (100000, the users of the organization with the large group), BENCH_ROUNDS
# (3), BENCH_SECONDS (2, of a round), BENCH_CONNECTIONS (32), BENCH_RESULTS
# (bench/results).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin", "$FindBin::Bin/../t/lib";

use File::Path qw(make_path);
use JSON::PP;
use List::Util qw(first min sum);
use POSIX qw(ceil strftime sysconf _SC_CLK_TCK);
use Time::HiRes qw(sleep);

use Peers;
use SCIM;
use Workloads;

$| = 1;

my $top = $SCIM::TOP;
my $json = JSON::PP->new->canonical;
my $kib = 'x' x 1024;

my $users = setting('USERS', 10_000);
my $members = setting('MEMBERS', 100_000);
my $rounds = setting('ROUNDS', 3);
my $seconds = setting('SECONDS', 2);
my $connections = setting('CONNECTIONS', 32);
my $results = $ENV{BENCH_RESULTS} || "$top/bench/results";

my $peers = @ARGV && $ARGV[0] eq '--peers' && shift @ARGV;
my @workloads = grep { !$peers || $_->{peer} } chosen(@ARGV);
my $tag = 0;

my $scim = SCIM->new(
    tokens     => { map { $_ => "$_ bench rw" }
                        qw(read large new in0 in20 in100) },
    redis_args => ['--appendonly', 'no'],
    http       => 'keepalive_requests 1000000000; client_max_body_size 4m;',
    location   => 'scim_bulk 1000 4m; scim_scan_limit 100000000;',
    server     => qq(location = /reference { return 200 "$kib"; }),
);

my ($worker) = $scim->worker_pids;
my %data = (
    users      => $users,
    count      => sub { $scim->redis('ZCARD', "scim:{$_[0]}:users") },
    members_of => sub {
        sum(map { $scim->redis('SCARD', "scim:{large}:group:$_:members") }
                ref $_[0] ? @{ $_[0] } : $_[0])
    },
);

load_data();
measure_all();


sub setting {
    my ($name, $default) = @_;
    my $value = $ENV{"BENCH_$name"} // $default;
    die "BENCH_$name is a number\n" if $value !~ /^\d*\.?\d+$/ || !$value;
    return $value;
}


sub chosen {
    my @names = @_;
    return @Workloads::ALL if !@names;
    return map {
        my $name = $_;
        first { $_->{name} eq $name } @Workloads::ALL
            or die "there is no workload \"$name\": "
                   . join(' ', map { $_->{name} } @Workloads::ALL) . "\n";
    } @names;
}


# --- data -------------------------------------------------------------------

sub load_data {
    my $large = grep { ($_->{tenant} || '') eq 'large' } @workloads;

    print STDERR "loading $users users, each in 5 groups\n";
    join_groups('read', 5, load_users('read', $users));

    for my $n (0, 20, 100) {
        if (grep { ($_->{tenant} || '') eq "in$n" } @workloads) {
            print STDERR "loading 1,000 users, each in $n groups\n";
            join_groups("in$n", $n, load_users("in$n", 1000));
        }
    }

    if ($large) {
        print STDERR "loading $members users, and groups of them\n";
        load_groups(load_users('large', $members));
    }

    load_peers() if $peers;

    $data{entra} = new_group('new', 'entra');
    @ENV{qw(BENCH_TOKEN BENCH_DATA)} = ('read', "$scim->{dir}/read.data");
}


# Users u0, u1, … of an organization. Returns their ids in that order.
sub load_users {
    my ($tenant, $n) = @_;
    my $file = session($tenant, Workloads::create(
        body => Workloads::user('u<n>', 'Engineer')));

    load('-n', $n, $file);

    my %ids = @{ $scim->redis('HGETALL', "scim:{$tenant}:users:by:userName") };
    my @ids = map { $ids{"u$_\@example.com"} // die "user $_ is missing\n" }
              0 .. $n - 1;
    write_data($tenant, @ids);
    return @ids;
}


# Puts each user into so many of twice as many groups.
sub join_groups {
    my ($tenant, $n, @ids) = @_;
    my $groups = 2 * $n;

    for my $k (0 .. $groups - 1) {
        my @members = @ids[grep { ($_ - $k) % $groups < $n } 0 .. $#ids];
        my $group = new_group($tenant, "Group $k of $groups");

        while (my @some = splice @members, 0, 500) {
            answered(204, $scim->patch("/Groups/$group",
                [{ op => 'add', path => 'members',
                   value => [ map { { value => $_ } } @some ] }],
                token => $tenant));
        }
    }

    for my $id (@ids[0, -1]) {
        my $user = answered(200, $scim->get("/Users/$id", token => $tenant));
        my $got = @{ $user->{body}{groups} || [] };
        die "a user is in $got groups, not $n\n" if $got != $n;
    }
}


# Peers log in as nobody: they know no accounts.
sub load_peers {
    $scim->redis('ACL', 'SETUSER', 'default', 'on', 'nopass');
    for my $peer (@Peers::ALL) {
        print STDERR "loading $users users into $peer->{title}\n";
        write_data($peer->{name},
                   Peers::start($peer, "$scim->{dir}/redis.sock",
                                $users));
    }
}


sub write_data {
    my ($name, @ids) = @_;
    $scim->write_file("$name.data",
                      join '', map { "$ids[$_]\t$_\n" } 0 .. $#ids);
}


sub load_groups {
    my @ids = @_;
    my %sizes = (10 => 10, 1000 => 1000, MEMBERS => $members);

    for my $size (keys %sizes) {
        my @members = @ids[0 .. min($sizes{$size}, $members) - 1];
        my $group = new_group('large', "group $size");
        $data{sizes}{$size} = @members;
        $data{groups}{$size} = $group;

        while (my @some = splice @members, 0, 1000) {
            answered(204, $scim->patch("/Groups/$group",
                [{ op => 'add', path => 'members',
                   value => [ map { { value => $_ } } @some ] }],
                token => 'large'));
        }

        my $got = $data{members_of}->($group);
        die "the group has $got members\n" if $got != $data{sizes}{$size};
    }

    load_tens(@ids[0 .. min(10_000, $members) - 1]);
}


# Groups of 10, as many as that makes: what is changed at the same time is not the
# same, and as many users take part as in the large group, or nearly.
sub load_tens {
    my @ids = @_;
    my ($lines, $n) = ('', 0);
    $data{sizes}{tens} = @ids;

    while (my @some = splice @ids, 0, 10) {
        my $group = answered(201, $scim->post('/Groups', {
            displayName => 'ten ' . $n, members => [ map { { value => $_ } } @some ],
        }, token => 'large'))->{body}{id};
        push @{ $data{groups}{tens} }, $group;
        $lines .= join('', map { "$_\t" . $n++ . "\t$group\n" } @some);
    }

    $scim->write_file('tens.data', $lines);
}


sub new_group {
    my ($tenant, $name) = @_;
    return answered(201, $scim->post('/Groups', { displayName => $name },
                                     token => $tenant))->{body}{id};
}


sub answered {
    my ($status, $res) = @_;
    die "answered $res->{status}: $res->{text}\n" if $res->{status} != $status;
    return $res;
}


# --- measuring --------------------------------------------------------------

# a file for bench/load
sub session {
    my ($tenant, $steps, $name) = @_;
    $name //= 'session';
    $scim->write_file($name, "H Authorization: Bearer $tenant\n$steps");
    return "$scim->{dir}/$name";
}


sub load {
    return load_at($scim->{port}, @_);
}


sub load_at {
    return last_line("$top/build/bench/load", '-p', @_);
}


# the same by wrk, which knows whole seconds only
sub wrk {
    my ($n, $time) = @_;
    my $res = last_line('wrk', '-t', 1, '-c', $n, '-d', ceil($time) . 's',
                        '-s', "$top/bench/wrk.lua",
                        "http://127.0.0.1:$scim->{port}");
    die "$res->{errors} answers were wrong\n" if $res->{errors};
    return $res;
}


sub last_line {
    my @command = @_;
    open my $out, '-|', @command or die "$command[0]: $!";
    my @lines = <$out>;
    close $out or die "an answer was wrong\n";
    return $json->decode($lines[-1]);
}


# seconds of processor time that a process has used
sub used {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or die "/proc/$pid/stat: $!";
    my @fields = split ' ', <$in> =~ s/.*\) //r;
    return ($fields[11] + $fields[12]) / sysconf(_SC_CLK_TCK);
}


sub timed {
    return timed_for($worker, @_);
}


# with the processor time of this process in the place of nginx's
sub timed_for {
    my ($server, $client, @arguments) = @_;
    my @pids = ($server, $scim->{redis_pid});
    my @before = map { used($_) } @pids;
    my $res = $client->(@arguments);
    my @after = map { used($_) } @pids;

    ($res->{nginx}, $res->{redis}) = map {
        1e6 * ($after[$_] - $before[$_]) / $res->{answers}
    } 0, 1;
    $res->{rate} = $res->{requests} / $res->{seconds};
    return $res;
}


# A short round on a busy machine can end before anything is answered.
sub reference {
    my ($w) = @_;

    for (1 .. 10) {
        my $res = reference_round($w);
        return $res if $res->{rate} > 0;
    }
    die "`return 200` is not answered\n";
}


sub reference_round {
    my ($w) = @_;

    if ($w->{wrk}) {
        local $ENV{BENCH_PATH} = '/reference';
        return timed(\&wrk, $connections, $seconds / 2);
    }

    return timed(\&load, '-c', $connections, '-t', $seconds / 2,
                 session('read', $Workloads::REFERENCE));
}


sub round {
    my ($w, $time) = @_;
    my $tenant = $w->{tenant} || 'read';
    my $n = $w->{connections} || $connections;

    return timed(\&wrk, $n, $time) if $w->{wrk};
    return peer_round($w->{of}, $w, $time) if $w->{of};

    my $file = session($tenant, $w->{steps}->(\%data, $tag++));
    my @users = $tenant eq 'new' ? ()
              : ("$scim->{dir}/" . ($w->{data} || $tenant) . '.data');

    local $data{before} = $data{count}->('new');
    local $data{connections} = $n;
    my $res = timed(\&load, '-c', $n, '-t', $time, $file, @users);
    $w->{after}->(\%data, $res->{sessions}, $w->{per} || 1) if $w->{after};
    return $res;
}


sub peer_round {
    my ($peer, $w, $time) = @_;
    return timed_for($peer->{pid}, \&load_at, $peer->{port},
                     '-c', $w->{peer_connections} || $connections, '-t', $time,
                     session($Peers::TOKEN, $w->{peer}->($peer, $tag++)),
                     "$scim->{dir}/$peer->{name}.data");
}


# the same while one more connection does something else
sub round_beside {
    my ($w, $time) = @_;
    my $file = session($w->{tenant}, $w->{beside}->(\%data), 'beside');
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        my $ok = eval { load('-c', 1, '-t', $time, $file); 1 };
        print STDERR $@ if !$ok;
        POSIX::_exit(!$ok);
    }

    my $res = round($w, $time);
    waitpid $pid, 0;
    die "what was beside failed\n" if $?;
    return $res;
}


sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[$#sorted / 2];
}


# The middle of the rounds, each with the reference right before it.
sub measure {
    my ($w) = @_;
    my (@all, @ratios, @references);

    durable($w->{aof});
    round($w, $w->{of} ? $seconds : $seconds / 10);

    for (1 .. $rounds) {
        my $reference = reference($w);
        my $without = $w->{beside} && round($w, $seconds);
        my $res = $w->{beside} ? round_beside($w, $seconds)
                               : round($w, $seconds);
        $res->{p99_without} = $without->{p99} if $without;
        push @all, $res;
        push @references, $reference->{rate};
        push @ratios, $res->{rate} / $reference->{rate};
    }

    durable(0);

    return {
        (map { my $name = $_; $name => median(map { $_->{$name} } @all) }
             qw(rate p50 p99 nginx redis),
             $w->{beside} ? 'p99_without' : ()),
        ratio     => median(@ratios),
        ratios    => \@ratios,
        reference => median(@references),
        answers   => sum(map { $_->{answers} } @all),
    };
}


# With 1, Redis has on the disk what it acknowledges.
sub durable {
    my ($on) = @_;
    my $state = $on ? 'yes' : 'no';
    return if $scim->redis('CONFIG', 'GET', 'appendonly')->[1] eq $state;

    $scim->redis('CONFIG', 'SET', 'appendfsync', 'always');
    $scim->redis('CONFIG', 'SET', 'appendonly', $state);

    while ($scim->redis('INFO', 'persistence')
           =~ /aof_rewrite_(?:in_progress|scheduled):1/)
    {
        sleep 0.05;
    }
}


# --- results ----------------------------------------------------------------

sub commas {
    my ($number) = @_;
    my $text = sprintf '%.0f', $number;
    1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;
    return $text;
}


sub row {
    printf "%-42s %10s %9s %9s %8s %8s %7s\n", @_;
}


sub print_row {
    my ($title, $res) = @_;
    $title .= sprintf ' (%.0fx)', $res->{times} if $res->{times};
    row($title, commas($res->{rate}), commas($res->{p50}),
        commas($res->{p99}), sprintf('%.1f', $res->{nginx}),
        sprintf('%.1f', $res->{redis}), sprintf('%.4f', $res->{ratio}));
    row('  the same without', '', '', commas($res->{p99_without}), '', '', '')
        if defined $res->{p99_without};
}


sub measure_all {
    my $run = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
    my %common = (run => $run, users => $users + 0, members => $members + 0,
                  rounds => $rounds + 0, seconds => $seconds + 0,
                  connections => $connections + 0, machine());

    make_path($results);
    open my $out, '>>', "$results/results.jsonl" or die "$results: $!\n";

    $scim->redis('CONFIG', 'SET', 'slowlog-log-slower-than', 500);
    $scim->redis('SLOWLOG', 'RESET');
    row('', 'requests/s', 'p50 us', 'p99 us', 'us nginx', 'us Redis', 'ratio');

    for my $w (@workloads) {
        my $title = $w->{title} =~ s/MEMBERS/commas($members)/er;

        if (my $why = $w->{skip} && $w->{skip}->(\%data)) {
            row($title, '-', '-', '-', '-', '-', '-');
            print STDERR "$w->{name} is left out: $why\n";
            next;
        }

        my $res = measure($w);
        print_row($title, $res);
        print {$out} $json->encode({
            %common, %$res, name => $w->{name}, title => $title,
            $w->{target} ? (target => $w->{target}) : (),
        }), "\n";

        for my $peer ($peers ? @Peers::ALL : ()) {
            my $theirs = measure({ %$w, of => $peer, aof => 0 });
            $theirs->{times} = $res->{ratio} / $theirs->{ratio};
            print_row("  $peer->{title}", $theirs);
            print {$out} $json->encode({
                %common, %$theirs, name => $w->{name}, title => $title,
                peer => $peer->{name}, stores => $peer->{stores},
            }), "\n";
        }
    }

    my ($longest, $what) = longest_command();
    printf "\nlongest command of Redis: %s us, %s\n", commas($longest), $what;
    print {$out} $json->encode({ %common, name => 'longest', us => $longest,
                                 command => $what }), "\n";
    close $out or die "$results: $!\n";
}


# of those that the module sent, as far as the log of slow ones still has them
sub longest_command {
    my @longest = (0, 'none above 500');

    for my $entry (@{ $scim->redis('SLOWLOG', 'GET', -1) }) {
        my ($us, $words) = @$entry[2, 3];
        next if $us <= $longest[0] || $words->[0] =~ /^(?:CONFIG|SLOWLOG|INFO)$/i;
        my $first = $words->[0] =~ /^EVAL/i ? "$words->[0] … $words->[4]"
                                            : "$words->[0] $words->[1]";
        @longest = ($us, $first);
    }

    return @longest;
}


sub machine {
    my ($nginx) = `nginx -v 2>&1` =~ m{nginx/(\S+)};
    my ($redis) = `redis-server --version` =~ /v=(\S+)/;
    my ($hiredis) = `dpkg-query -W -f '\${Version}' libhiredis-dev`
                    =~ /^([\d.]+)/;
    my ($cpu) = SCIM::_slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)/m;
    my ($busy) = split ' ', SCIM::_slurp('/proc/loadavg');
    chomp(my $cores = `nproc`);
    return (nginx_version => $nginx, redis_version => $redis,
            hiredis => $hiredis, cpu => $cpu, cores => $cores, load => $busy);
}
