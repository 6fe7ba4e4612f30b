package SCIM::Root;

# A root folder of its own for a test that installs packages: an overlay on that
# of this machine, in memory, with its own processes and its own network, of
# which nothing is left when the test ends.
#
#   use SCIM::Root;                     # before any test: starts the file anew
#   my $root = SCIM::Root->new;
#   my ($status, $said) = $root->sh('nginx -t');

use strict;
use warnings;

use File::Temp qw(tempdir);
use POSIX ();
use Test::More ();

my $MARK = 'SCIM_IN_A_ROOT_OF_ITS_OWN';


# Runs the file again in namespaces of its own, or skips it where this user may
# not make them.
sub import {
    my $stage = delete $ENV{$MARK} // '';
    return if $stage eq 'test';
    return reap() if $stage eq 'init';
    Test::More::plan(skip_all => 'this needs root') if $> != 0;
    my @own = qw(unshare --mount --pid --net --fork --kill-child --mount-proc);
    Test::More::plan(skip_all => 'this needs namespaces')
        if system("@own mount -t tmpfs tmpfs /mnt 2>/dev/null") != 0;
    again('init', @own);
}


# starts the file anew, behind a command
sub again {
    my ($stage, @command) = @_;
    local $ENV{$MARK} = $stage;
    exec @command, $^X, (map { "-I$_" } @INC), $0, @ARGV or die "exec: $!";
}


# The first process in the namespaces is the parent of those whose own has ended:
# it waits for all of them, and the test is a child.
sub reap {
    my $test = fork // die "fork: $!";
    again('test') if $test == 0;

    while ((my $pid = wait) > 0) {
        POSIX::_exit($? >> 8 || $? & 127) if $pid == $test;
    }
}


sub new {
    my ($class) = @_;
    my $dir = tempdir('scim-root-XXXXXX', TMPDIR => 1);
    my $self = bless { dir => "$dir/root" }, $class;

    command('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', $dir);
    mkdir "$dir/$_" for qw(upper work root);
    command('mount', '-t', 'overlay', 'overlay', '-o',
            "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work", "$dir/root");
    command('mount', '-t', 'proc', 'proc', "$dir/root/proc");
    command('mount', '--rbind', '/dev', "$dir/root/dev");
    command('mount', '-t', 'tmpfs', 'tmpfs', "$dir/root/$_") for qw(run tmp);
    chmod 01777, "$dir/root/tmp";
    mkdir "$dir/root/run/lock";
    unlink "$dir/root/usr/sbin/policy-rc.d";
    unlink "$dir/root/var/lib/man-db/auto-update";  # an index takes half a minute
    command('ip', 'link', 'set', 'lo', 'up');

    return $self;
}


sub command {
    system(@_) == 0 or die "@_ failed\n";
}


# Copies files into /tmp of the root.
sub take {
    my ($self, @files) = @_;
    command('cp', @files, "$self->{dir}/tmp");
}


# Runs a script in the root; returns its status and what it said, on both
# streams.
sub sh {
    my ($self, $script) = @_;
    local %ENV = (PATH => '/usr/sbin:/usr/bin:/sbin:/bin', HOME => '/root',
                  LC_ALL => 'C.UTF-8', DEBIAN_FRONTEND => 'noninteractive');
    open my $out, '-|', 'chroot', $self->{dir}, 'sh', '-c',
        "exec 2>&1; cd /tmp; $script" or die "chroot: $!";
    my $said = do { local $/; <$out> } // '';
    close $out;
    return ($? >> 8, $said);
}


# the output of a script; the test ends if it fails
sub must {
    my ($self, $script) = @_;
    my ($status, $said) = $self->sh($script);
    die "$script: $said" if $status != 0;
    return $said;
}


# the text of a file, '' without it
sub text {
    my ($self, $file) = @_;
    open my $in, '<', "$self->{dir}$file" or return '';
    local $/;
    return <$in> // '';
}


sub write_file {
    my ($self, $file, $text) = @_;
    open my $out, '>', "$self->{dir}$file" or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
}

1;
