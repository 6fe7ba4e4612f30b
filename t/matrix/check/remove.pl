#!/usr/bin/env perl
#
# Removal leaves nginx working and the data in place; purge leaves nothing.

use strict;
use warnings;

use SCIM::Machine;
use SCIM::Population;
use Test::More;

my $machine = SCIM::Machine->new;
my ($population, $before) = SCIM::Population->load($machine,
    "$ENV{SCIM_MACHINE_FILES}/population.json");
my @ours = qw(libnginx-mod-http-scim scim-tools scim-redis);


# the site needs the module, so that its operator takes it out first
$machine->shell('mv /etc/nginx/sites-enabled/scim /root/site');
$machine->service('nginx', 'reload');
$machine->out('apt-get', 'remove', '-y', '-qq', @ours);

is($machine->run('nginx', '-t', '-q')->{status}, 0,
   'nginx starts without the module');
is($machine->run('service', 'nginx', 'restart')->{status}, 0, 'and restarts');
is($machine->redis_pid, 0, 'the Redis of the directory has ended');
ok(-d "$machine->{root}/var/lib/scim-redis", 'its data is there');

$machine->shell('apt-get install -y -qq /root/*.deb');
$machine->shell('mv /root/site /etc/nginx/sites-enabled/scim');
$machine->service('nginx', 'restart');
$machine->service('scim-redis', 'start');
$machine->wait_until_served($population->a_token);
is_deeply($population->seen, $before, 'installed again, nothing is missing');

$machine->shell('rm /etc/nginx/sites-enabled/scim');
$machine->out('apt-get', 'purge', '-y', '-qq', @ours);
is($machine->run('service', 'nginx', 'restart')->{status}, 0,
   'nginx restarts after a purge');

# the files that the operator has made by the pages stay
my @left = grep { !m{^/etc/nginx/(?:scim|sites-available/scim)(?:/|$)}
                  && !m{^/etc/systemd/system/nginx\.service\.d/}
                  && !m{^/etc/systemd/system/scim-backup\.}
                  && !m{^/var/(?:backups/scim|lib/scim-redis\.before)(?:/|$)} }
    split /\n/, $machine->shell('find / -xdev \( -path /root -o -path /source'
        . ' -o -path /proc -o -path /sys -o -path /run -o -path /tmp'
        . ' -o -path /var/tmp'
        . ' -o -path /usr/share/doc -o -path /var/cache'
        . ' -o -path /var/log/nginx \) -prune'
        . " -o -iname '*scim*' -print");
is_deeply(\@left, [], 'nothing of ours is left');

done_testing();
