#!/usr/bin/env perl
#
# The images of Containerfile, built by buildah, and run as compose.yaml says: as
# users who are not root, on a root folder that cannot be written to. A Debian
# that mmdebstrap makes is the base, since no registry of images is needed for it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

BEGIN {
    require Test::More;
    Test::More->import;
    for my $program (qw(buildah mmdebstrap)) {
        plan(skip_all => "$program is not installed")
            if system("command -v $program >/dev/null") != 0;
    }
}

use SCIM::Checked;

my ($TOP, $DIR, $KEPT);

# --- building -------------------------------------------------------------------

sub run_or_die {
    my $said = `($_[0]) 2>&1 </dev/null`;
    die "$_[0]: $said" if $? != 0;
    return $said;
}

sub build {
    my $buildah = "buildah --root $DIR/store --runroot $DIR/run";
    my $base = 'localhost/scim-base';
    mkdir $_ for "$TOP/build", $DIR;

    if (system("$buildah inspect --type image $base >/dev/null 2>&1") != 0) {
        my ($release) = run_or_die('cat /etc/os-release')
            =~ /^VERSION_CODENAME=(\S+)/m;
        run_or_die("mmdebstrap --variant=minbase $release $DIR/base.tar "
                   . join ' ', map { "'$_'" }
                     grep { -s } '/etc/apt/sources.list',
                                 '/etc/apt/sources.list.d/debian.sources');
        run_or_die("c=\$($buildah from scratch) && $buildah add \$c $DIR/base.tar /"
                   . " && $buildah commit \$c $base && $buildah rm \$c");
        unlink "$DIR/base.tar";
    }

    for my $target (qw(redis nginx)) {
        run_or_die("$buildah bud --isolation chroot --layers --build-arg "
                   . "BASE=$base --target $target -t localhost/scim-$target $TOP");
        run_or_die("$buildah rm -a; mkdir -p $DIR/$target; c=\$($buildah from "
                   . "localhost/scim-$target) && p=\$($buildah mount \$c) && rm -rf "
                   . "$DIR/$target && cp -a \$p $DIR/$target && $buildah rm \$c");
    }
    return 1;
}


# Before the namespaces, in which there is no network.
BEGIN {
    $TOP = $SCIM::Checked::TOP;
    $DIR = "$TOP/build/container";
    plan(skip_all => 'this needs root') if $> != 0;
    $ENV{SCIM_CONTAINER_BUILT} //= build();
}

use POSIX ();
use SCIM::Root;
use Time::HiRes qw(sleep time);


# --- what compose.yaml says --------------------------------------------------------

sub text {
    open my $in, '<', "$TOP/$_[0]" or die "$_[0]: $!";
    local $/;
    return <$in>;
}

my %service = text('compose.yaml') =~ /^  (nginx|redis):\n((?:    .*\n)+)/mg;
is_deeply([ sort keys %service ], [qw(nginx redis)], 'compose.yaml has two services');
for my $name (sort keys %service) {
    like($service{$name}, qr/^    $_$/m, "$name: $_")
        for 'read_only: true', 'cap_drop: \[ALL\]',
            'security_opt: \["no-new-privileges:true"\]';
}

my %user = map { $_ => [ $service{$_} =~ /^    user: "(\d+):(\d+)"$/m ] } keys %service;
ok($user{$_}[0] > 0, "$_: the user is not root") for sort keys %user;

# the last stage of a name in Containerfile has its command and health check
my %stage = text('Containerfile') =~ /^FROM debian AS (\w+)\n((?:(?!^FROM).*\n)+)/mg;
my %command = map { $_ => [ ($stage{$_} =~ /^CMD \[(.*)\]$/m)[0] =~ /"([^"]*)"/g ] }
    keys %stage;


# --- running -----------------------------------------------------------------------

my $root = SCIM::Root->new;                 # namespaces, and a loopback
my $volumes = "$root->{dir}/tmp";

sub volume { my $dir = "$volumes/$_[0]"; mkdir $dir; return $dir }

# A volume that is new has what the image has in its place.
sub mount_volume {
    my ($at, $name, $to, $read_only) = @_;
    my $volume = volume($name);
    my @there = glob "$volume/*";
    SCIM::Root::command("cp -a $at$to/. $volume/ 2>/dev/null; true") if !@there;
    SCIM::Root::command('mkdir', '-p', "$at$to");
    SCIM::Root::command('mount', '--bind', $volume, "$at$to");
    SCIM::Root::command('mount', '-o', 'remount,bind,ro', "$at$to") if $read_only;
}

my %at;

sub prepare {
    my ($name) = @_;
    my $at = $at{$name} = "$DIR/$name";
    SCIM::Root::command('mount', '--bind', $at, $at);
    mount_volume($at, $1, $2, $3)
        while $service{$name} =~ /^      - (\w+):(\/[^:\n]+)(:ro)?$/mg;
    if ($service{$name} =~ m{^    tmpfs: \["([^:]+):uid=(\d+),gid=(\d+),mode=(\d+)"\]}m) {
        SCIM::Root::command('mkdir', '-p', "$at$1");
        SCIM::Root::command('mount', '-t', 'tmpfs', '-o', "uid=$2,gid=$3,mode=$4",
                            'tmpfs', "$at$1");
    }
    SCIM::Root::command('mount', '-t', 'proc', 'proc', "$at/proc");
    SCIM::Root::command('mount', '--rbind', '/dev', "$at/dev");
    SCIM::Root::command('mount', '-o', 'remount,bind,ro', $at);
}

sub words {
    my ($name, @command) = @_;
    return ('chroot', "--userspec=$user{$name}[0]:$user{$name}[1]", '--groups=',
            $at{$name}, 'env', '-i',
            'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
            'setpriv', '--no-new-privs', @command);
}

my %pid;

sub start {
    my ($name) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>>', volume('logs') . "/$name.log";
        chown @{ $user{$name} }, volume('logs') . "/$name.log";  # as runtimes do
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        exec words($name, @{ $command{$name} }) or POSIX::_exit(127);
    }
    $pid{$name} = $pid;
}

sub stop {
    my ($name, $signal) = @_;
    kill $signal, $pid{$name};
    waitpid $pid{$name}, 0;
}

# a command in a container, as its own user
sub in {
    my ($name, @command) = @_;
    open my $out, '-|', words($name, 'sh', '-c', "exec 2>&1; @command")
        or die "chroot: $!";
    my $said = do { local $/; <$out> } // '';
    close $out;
    return ($? >> 8, $said);
}

sub healthy { my ($status) = in($_[0], 'healthy'); return $status == 0 }

sub becomes_healthy {
    my ($name) = @_;
    my $until = time + 60;
    sleep 0.2 until healthy($name) || time > $until;
    return healthy($name);
}

for my $name (qw(redis nginx)) {
    my @passwords = glob "$DIR/$name/etc/scim-redis/*-password";
    is_deeply(\@passwords, [], "$name: no password is in the image");
    like($stage{$name}, qr/^HEALTHCHECK .*CMD \["healthy"\]$/m,
         "$name: the image has a health check");
}

prepare($_) for qw(redis nginx);
ok(!healthy('nginx'), 'nginx is not healthy before it runs');
start('redis');
ok(becomes_healthy('redis'), 'redis: healthy')
    or diag SCIM::Root::text({ dir => volume('logs') }, '/redis.log');
start('nginx');
ok(becomes_healthy('nginx'), 'nginx: healthy')
    or diag SCIM::Root::text({ dir => volume('logs') }, '/nginx.log');

for my $name (qw(redis nginx)) {
    my $status = SCIM::Root::text({ dir => "/proc/$pid{$name}" }, '/status');
    like($status, qr/^Uid:\s+$user{$name}[0]\s/m, "$name: its user");
    like($status, qr/^CapEff:\s+0+$/m, "$name: no capability");
    (undef, my $said) = in($name, 'touch /here /etc/here /usr/here');
    is(scalar(() = $said =~ /Read-only file system/g), 3, "$name: read-only");
}

my (undef, $said) = in('nginx', 'cat /etc/scim-redis/op-password');
like($said, qr/Permission denied/, 'nginx cannot read the password of the operator');

sub ask {
    my ($arguments) = @_;
    return `curl -sS --max-time 20 -w ' %{http_code}' $arguments 2>&1`;
}

(undef, $said) = in('redis', 'scimctl org create acme --token');
my ($token) = $said =~ /^acme\t(\S+)/m;
ok($token, 'an organization') or diag $said;
my $users = "-H 'Authorization: Bearer $token' http://127.0.0.1:8080/scim/v2/Users";
like(ask("$users -H 'Content-Type: application/scim+json' "
         . q(-d '{"userName":"kim"}')), qr/"userName":"kim".* 201$/, 'a user');

stop('redis', 'TERM');
{
    my $until = time + 20;
    sleep 0.2 until ask($users) =~ / 503$/ || time > $until;
    like(ask($users), qr/ 503$/, 'without Redis: 503');
}
ok(!healthy('redis'), 'redis is not healthy then');
start('redis');
ok(becomes_healthy('redis'), 'it is when it runs again');
stop('nginx', 'QUIT');
start('nginx');
ok(becomes_healthy('nginx'), 'so is nginx');
like(ask($users), qr/"userName":"kim".* 200$/, 'the user outlives a restart of both');
unlike(SCIM::Root::text({ dir => volume('logs') }, '/nginx.log'),
       qr/\[(?:alert|emerg|crit)\]/, 'nginx raises no alarm')
    or diag SCIM::Root::text({ dir => volume('logs') }, '/nginx.log');

stop('nginx', 'QUIT');
stop('redis', 'TERM');

done_testing();
