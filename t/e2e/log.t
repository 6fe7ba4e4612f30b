#!/usr/bin/env perl
#
# The provisioning log and the data agree, whatever happens to Redis and to the
# workers in the middle of writing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use Test::More;
use Time::HiRes qw(sleep);

my $scim = SCIM->new(workers => 2,
                     location => 'scim_log on length=100000;');


# ids that were created, by the log and by the list of users
sub agree {
    my ($what) = @_;
    my (%logged, @twice);

    for my $entry (@{ $scim->redis('XRANGE', 'scim:{demo}:log', '-', '+') }) {
        my %field = @{ $entry->[1] };
        next if $field{op} ne 'create' || $field{status} != 201;
        push @twice, $field{id} if $logged{ $field{id} }++;
    }

    my @there = @{ $scim->redis('ZRANGE', 'scim:{demo}:users', 0, -1) };

    is_deeply([ sort keys %logged ], [ sort @there ],
              "$what: each user has an entry, and each entry a user");
    is_deeply(\@twice, [], "$what: none has two");
    return scalar @there;
}


# Processes that create users until told to stop by a file; each returns the
# ids that were confirmed to it.
sub writers {
    my ($name, $meanwhile) = @_;
    my $stop = "$scim->{dir}/stop-$name";

    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $meanwhile->();
        sleep 0.2;
        $scim->write_file("stop-$name", '');
        require POSIX;
        POSIX::_exit(0);
    }

    my @confirmed = map { @$_ } $scim->parallel(4, sub {
        my ($i) = @_;
        my @ids;
        for my $n (1 .. 5000) {
            my $res = $scim->post('/Users', { userName => "$name-$i-$n" });
            push @ids, $res->{body}{id} if $res->{status} == 201;
            last if -e $stop;
        }
        return \@ids;
    });

    waitpid $pid, 0;
    return @confirmed;
}


sub all_there {
    my ($what, @ids) = @_;
    my @lost = grep { !$scim->redis('EXISTS', "scim:{demo}:user:$_") } @ids;
    is_deeply(\@lost, [], "$what: what was confirmed is there");
}


# the process that starts Redis again is not this one
my @confirmed = writers('redis', sub {
    for (1 .. 3) {
        sleep 0.3;
        kill 'KILL', $scim->{redis_pid};
        waitpid $scim->{redis_pid}, 0;
        $scim->start_redis;
    }
    $scim->write_file('redis.pid', $scim->{redis_pid});
});
$scim->{redis_pid} = SCIM::_slurp("$scim->{dir}/redis.pid");

cmp_ok(scalar @confirmed, '>', 0, 'Redis is killed: some were created');
all_there('Redis is killed', @confirmed);
agree('Redis is killed');

@confirmed = writers('worker', sub {
    for (1 .. 3) {
        sleep 0.3;
        kill 'KILL', ($scim->worker_pids)[0];
    }
});

cmp_ok(scalar @confirmed, '>', 0, 'workers are killed: some were created');
all_there('workers are killed', @confirmed);

# requests of a worker may still be on their way
SCIM::wait_for('Redis to be idle', sub {
    my $n = $scim->redis('XLEN', 'scim:{demo}:log');
    sleep 0.2;
    return $n == $scim->redis('XLEN', 'scim:{demo}:log');
});
agree('workers are killed');

done_testing();
