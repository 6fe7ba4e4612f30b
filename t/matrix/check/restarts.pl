#!/usr/bin/env perl
#
# Users, groups, tokens and clients of several organizations are all there after
# each way in which nginx and Redis start again, in any order.

use strict;
use warnings;

use SCIM::Machine;
use SCIM::Population;
use Test::More;
use Time::HiRes qw(sleep time);

my $machine = SCIM::Machine->new;
my $population = SCIM::Population->make($machine, qw(alpha beta));
my $before = $population->seen;
my $server = $machine->server;


# Compares everything after something was done.
sub nothing_missing_after {
    my ($what, $do) = @_;
    my $ok = eval {
        $do->();
        $machine->wait_until_served($population->a_token);
        1;
    };
    diag $@ if !$ok;
    is_deeply($ok ? $population->seen : undef, $before,
              "nothing is missing after $what");
}


# Ends Redis by a signal; systemd starts it again, and where there is none, we do.
sub signal_redis {
    my ($signal) = @_;
    my $pid = $machine->redis_pid or die "Redis does not run\n";
    $machine->shell("kill -$signal $pid");
    SCIM::wait_for("the end of Redis",
        sub { !-e "$machine->{root}/proc/$pid" }, 60);
    $machine->service('scim-redis', 'start');
}


# Writes the append-only file anew, and waits for the end of that.
sub rewrite {
    $machine->redis('BGREWRITEAOF');
    SCIM::wait_for('the rewrite', sub {
        my $info = $machine->redis('INFO', 'persistence');
        return $info =~ /^aof_rewrite_in_progress:0/m
            && $info =~ /^aof_rewrite_scheduled:0/m
            && $info =~ /^aof_last_bgrewrite_status:ok/m;
    }, 60);
}


nothing_missing_after('SIGTERM of Redis', sub { signal_redis('TERM') });
nothing_missing_after('SIGKILL of Redis', sub { signal_redis('KILL') });
nothing_missing_after('a rewrite of the append-only file', \&rewrite);
nothing_missing_after('SIGTERM after it', sub { signal_redis('TERM') });
nothing_missing_after('a rewrite and SIGKILL', sub {
    rewrite();
    signal_redis('KILL');
});
nothing_missing_after("the package $server was installed again", sub {
    $machine->out('apt-get', 'install', '-y', '-qq',
                  '--reinstall', $server, $server =~ s/server/tools/r);
});

for my $name (qw(scim-redis nginx)) {
    nothing_missing_after("a restart of $name",
                          sub { $machine->service($name, 'restart') });
}
nothing_missing_after('a reload of nginx',
                      sub { $machine->service('nginx', 'reload') });

for my $stop ([ qw(scim-redis nginx) ], [ qw(nginx scim-redis) ]) {
    for my $start ([ qw(scim-redis nginx) ], [ qw(nginx scim-redis) ]) {
        nothing_missing_after("stop of @$stop, start of @$start", sub {
            $machine->service($_, 'stop') for @$stop;
            $machine->service($_, 'start') for @$start;
        });
    }
}

nothing_missing_after('requests while Redis was stopped', sub {
    $machine->service('scim-redis', 'stop');
    my $res = $machine->client($population->a_token)->get('/Users');
    is($res->{status}, 503, '503 while Redis is stopped');
    $machine->service('scim-redis', 'start');
});

# for reboot.pl
$population->save("$ENV{SCIM_MACHINE_FILES}/population.json");

done_testing();
