#!/usr/bin/env perl
#
# The clock of Redis is set. A change says by this clock until when it may begin:
# the first one after a pause is neither refused for it nor carried out after it
# was given up; and reading keeps the clock known.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use Test::More;
use Time::HiRes qw(sleep);

my $HOUR = 3600;

# Redis with a clock that is set by a file
my $CLOCK = <<'END';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

int gettimeofday(struct timeval *tv, void *tz)
{
    long   ahead = 0;
    FILE  *f = fopen(getenv("SCIM_CLOCK"), "r");

    if (f != NULL) {
        if (fscanf(f, "%ld", &ahead) != 1) {
            ahead = 0;
        }
        fclose(f);
    }

    int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
    int rc = real(tv, tz);
    tv->tv_sec += ahead;
    return rc;
}
END


sub with_clock {
    my $scim = SCIM->new(no_redis => 1,
                         scim_redis => 'timeout=1s connect_timeout=1s');
    my $dir = $scim->{dir};
    $scim->write_file('clock.c', $CLOCK);
    system('cc', '-shared', '-fPIC', '-O', '-o', "$dir/clock.so",
           "$dir/clock.c", '-ldl') == 0 or die 'cc';

    local $ENV{LD_PRELOAD} = "$dir/clock.so";
    local $ENV{SCIM_CLOCK} = "$dir/clock";
    $scim->spawn_redis;
    delete local $ENV{LD_PRELOAD};
    SCIM::wait_for('service', sub {
        $scim->get('/Users?count=0')->{status} == 200 });
    return $scim;
}


sub set_clock {
    my ($scim, $ahead) = @_;
    my $before = $scim->redis('TIME')->[0];
    $scim->write_file('clock', $ahead);
    my $after = $scim->redis('TIME')->[0];
    cmp_ok(abs($after - $before), '>', $HOUR / 2, 'the clock is set');
}


for my $to ($HOUR, -$HOUR) {
    my $where = $to > 0 ? 'ahead' : 'back';

    subtest "the clock is set $where in a pause" => sub {
        my $scim = with_clock();
        is($scim->post('/Users', { userName => 'before' })->{status}, 201,
           'written');
        sleep 1.2;
        set_clock($scim, $to);
        is($scim->post('/Users', { userName => 'after' })->{status}, 201,
           'the first change after it is carried out');
    };

    subtest "the clock is set $where while there are only readers" => sub {
        my $scim = with_clock();
        $scim->post('/Users', { userName => 'before' });
        set_clock($scim, $to);
        for (1 .. 8) {
            $scim->get('/Users?count=0');
            sleep 0.3;
        }
        is($scim->post('/Users', { userName => 'after' })->{status}, 201,
           'the first change behind them is carried out');
    };
}


subtest 'the clock is set back, and Redis stops' => sub {
    my $scim = with_clock();
    $scim->post('/Users', { userName => 'before' });
    set_clock($scim, -$HOUR);
    for (1 .. 8) {
        $scim->get('/Users?count=0');
        sleep 0.3;
    }

    kill 'STOP', $scim->{redis_pid};
    is($scim->post('/Users', { userName => 'late' })->{status}, 503,
       'a change is given up');
    kill 'CONT', $scim->{redis_pid};
    SCIM::wait_for('service', sub {
        $scim->get('/Users?count=0')->{status} == 200 });
    is($scim->get('/Users')->{body}{totalResults}, 1,
       'and is not carried out later');
};

done_testing();
