package SCIM::Faults;

# The faults of nginx and Redis, each done to the servers of SCIM.pm and undone
# again. A fault of nginx itself may break connections.

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use SCIM;

my @ALL = (
    # Redis
    { name => 'Redis killed', run => sub {
        my ($s) = @_;
        $s->stop_redis('KILL');
        sleep rand 1.5;
        supervise($s) } },
    { name => 'Redis restarted', run => sub {
        my ($s) = @_;
        $s->stop_redis;
        supervise($s) } },
    { name => 'Redis killed while it rewrites its file', run => sub {
        my ($s) = @_;
        $s->redis('BGREWRITEAOF');
        sleep rand 0.05;
        $s->stop_redis('KILL');
        supervise($s) } },
    { name => 'Redis stopped for a moment', run => sub {
        stopped($_[0], 0.1 + rand 0.3) } },
    { name => 'Redis stopped for seconds', run => sub {
        stopped($_[0], 0.8 + rand 2) } },
    { name => 'Redis loading', run => \&loading },
    { name => 'memory full', run => sub {
        configured($_[0], 'maxmemory', 1, 0) } },
    { name => 'a replica of nobody', run => sub {
        my ($s) = @_;
        $s->redis('REPLICAOF', '127.0.0.1', '1');
        reads_go_on($s);
        sleep 0.2 + rand 0.8;
        $s->redis('REPLICAOF', 'NO', 'ONE') } },
    { name => 'too few replicas', run => sub {
        configured($_[0], 'min-replicas-to-write', 1, 0) } },
    { name => 'disk full', run => \&disk_full },
    { name => 'disk full, fsync each second', run => \&disk_full_everysec },
    { name => 'CLIENT PAUSE', run => sub {
        my ($s) = @_;
        my $ms = 100 + int rand 1500;
        $s->redis('CLIENT', 'PAUSE', $ms, rand() < 0.5 ? 'ALL' : 'WRITE');
        sleep $ms / 1000 } },
    { name => 'DEBUG SLEEP', run => sub {
        $_[0]->redis('DEBUG', 'SLEEP', 0.1 + rand 1.5) } },
    { name => 'a script that runs for long', run => sub {
        $_[0]->redis('EVAL', 'local n = 0 for i = 1, ARGV[1] do n = n + i end',
                     0, int(2e7 + rand 1e8)) } },
    { name => 'SCRIPT FLUSH', run => sub {
        my ($s) = @_;
        for (1 .. 20) {
            $s->redis('SCRIPT', 'FLUSH');
            sleep 0.02;
        } } },
    { name => 'CLIENT KILL', run => sub {
        my ($s) = @_;
        for (1 .. 3) {
            $s->redis('CLIENT', 'KILL', 'TYPE', 'normal');
            sleep rand 0.3;
        } } },

    # nginx
    { name => 'a worker killed', nginx => 1, run => sub {
        kill_workers($_[0], 1) } },
    { name => 'all workers killed', nginx => 1, run => sub {
        kill_workers($_[0], 99) } },
    { name => 'nginx reloaded', nginx => 1, run => sub { $_[0]->reload } },
    { name => 'nginx replaced', nginx => 1, run => \&replaced },

    # both
    { name => 'a worker killed while Redis is stopped', nginx => 1,
      run => sub {
        stopped($_[0], 0.3 + rand 1.5, sub { kill_workers($_[0], 1) }) } },
    { name => 'nginx reloaded while Redis is stopped', nginx => 1,
      run => sub {
        stopped($_[0], 0.3 + rand, sub { $_[0]->reload }) } },
    { name => 'nginx reloaded while Redis is away', nginx => 1, run => sub {
        my ($s) = @_;
        $s->stop_redis('KILL');
        $s->reload;
        sleep rand 0.5;
        supervise($s) } },
    { name => 'nginx reloaded while memory is full', nginx => 1, run => sub {
        configured($_[0], 'maxmemory', 1, 0, sub { $_[0]->reload }) } },
    { name => 'nginx reloaded while replicas are missing', nginx => 1,
      run => sub {
        configured($_[0], 'min-replicas-to-write', 1, 0,
                   sub { $_[0]->reload }) } },
    { name => 'SCRIPT FLUSH, stopped, connections killed', run => sub {
        my ($s) = @_;
        $s->redis('SCRIPT', 'FLUSH');
        stopped($s, 0.6 + rand 0.5);
        $s->redis('SCRIPT', 'FLUSH');
        $s->redis('CLIENT', 'KILL', 'TYPE', 'normal') } },
);


sub all { return @ALL }

# Redis is to be started with these
sub redis_args {
    return ('--enable-debug-command', 'yes', '--busy-reply-threshold', '100',
            '--loading-process-events-interval-bytes', '1024');
}


# Starts Redis, again if it ends at once, as whoever looks after it does: the
# child of one that was killed can have its port for a moment.
sub supervise {
    my ($s, $is_ready, @arguments) = @_;
    $is_ready ||= sub { $_[0] eq 'PONG' };
    $s->spawn_redis(@arguments);

    SCIM::wait_for('Redis', sub {
        if (!SCIM::is_running($s->{redis_pid})) {
            waitpid $s->{redis_pid}, 0;
            $s->spawn_redis(@arguments);
        }
        return $is_ready->(eval { $s->redis('PING') } // $@);
    });
}


sub stopped {
    my ($s, $time, $meanwhile) = @_;
    kill 'STOP', $s->{redis_pid};
    if ($meanwhile) {
        sleep rand $time;
        $meanwhile->($s);
    }
    sleep $time;
    kill 'CONT', $s->{redis_pid};
}


sub configured {
    my ($s, $name, $bad, $good, $meanwhile) = @_;
    $s->redis('CONFIG', 'SET', $name, $bad);
    $meanwhile->($s) if $meanwhile;
    reads_go_on($s);
    sleep 0.2 + rand 0.8;
    $s->redis('CONFIG', 'SET', $name, $good);
}


# A server that rejects writes is still read from, over new connections too.
sub reads_go_on {
    my ($s) = @_;
    my $good = 0;
    $s->redis('CLIENT', 'KILL', 'TYPE', 'normal') if rand() < 0.5;

    SCIM::wait_for('reads', sub {
        delete $s->{socket};
        my $res = $s->get('/Users?count=1', token => 'probe');
        $good = $res->{status} == 200 ? $good + 1 : 0;
        return $good == 4 * $s->{workers};
    });
    delete $s->{socket};
}


# reads its file so slowly that clients notice
sub loading {
    my ($s) = @_;
    my $seen = 0;

    $s->stop_redis('KILL');
    supervise($s, sub {
        $seen ||= $_[0] =~ /LOADING/;
        return $seen || $_[0] eq 'PONG';
    }, '--key-load-delay', 500);
    die "Redis has loaded at once\n" if !$seen;

    sleep 0.3 + rand 0.7;
    $s->redis('CONFIG', 'SET', 'key-load-delay', 0);
    SCIM::wait_for('Redis', sub { eval { $s->redis('PING') eq 'PONG' } });
}


# To Redis, a file that may not become larger is a full disk. It must have been
# started with SIGXFSZ ignored.
sub limit_files {
    my ($s, $size) = @_;
    system('prlimit', '--pid', $s->{redis_pid}, "--fsize=$size:") == 0
        or die "prlimit failed\n";
}

# the size of what is written to
sub file_size {
    my ($s) = @_;
    my ($file) = sort { -M $a <=> -M $b }
        glob "$s->{dir}/appendonlydir/*.incr.*";
    return -s $file;
}


# With "appendfsync always" Redis ends when it cannot write: whoever looks after
# it starts it again.
sub disk_full {
    my ($s) = @_;
    limit_files($s, file_size($s) + int rand 5000);
    SCIM::wait_for('Redis to end', sub { !SCIM::is_running($s->{redis_pid}) });
    waitpid $s->{redis_pid}, 0;
    sleep rand 0.5;
    supervise($s);
}


# With "everysec" it goes on, and refuses writes.
sub disk_full_everysec {
    my ($s) = @_;
    $s->redis('CONFIG', 'SET', 'appendfsync', 'everysec');
    limit_files($s, file_size($s) + int rand 5000);

    my $write = sub {
        return $s->redis('INFO', 'persistence')
               =~ /^aof_last_write_status:(\w+)/m ? $1 : '' };
    SCIM::wait_for('writing to fail', sub { $write->() eq 'err' });
    reads_go_on($s);
    sleep 0.2 + rand 0.8;
    limit_files($s, 'unlimited');
    SCIM::wait_for('writing to work again', sub { $write->() eq 'ok' });
    $s->redis('CONFIG', 'SET', 'appendfsync', 'always');
}


sub kill_workers {
    my ($s, $n) = @_;
    my @workers = $s->worker_pids;
    for my $pid (@workers[ map { int rand @workers } 1 .. $n ]) {
        kill 'KILL', $pid;
    }
    all_workers($s);
}

sub all_workers {
    my ($s) = @_;
    SCIM::wait_for('the workers', sub {
        $s->worker_pids == $s->{workers} });
}


# another program in the place of the master, which takes over its sockets
sub replaced {
    my ($s) = @_;
    my $old = $s->{nginx_pid};
    my $new;

    kill 'USR2', $old;
    SCIM::wait_for('the new master', sub {
        ($new) = SCIM::_slurp("$s->{dir}/nginx.pid") =~ /^(\d+)$/m;
        return $new && $new != $old;
    });
    $s->{nginx_pid} = $new;
    all_workers($s);

    kill 'WINCH', $old;
    sleep rand 0.3;
    kill 'QUIT', $old;
    SCIM::wait_for('the old master to end',
                   sub { !SCIM::is_running($old) });
}

1;
