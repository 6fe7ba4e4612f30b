#!/usr/bin/env perl
#
# The packages of an older version, with data, are replaced by these.

use strict;
use warnings;

use SCIM::Machine;
use SCIM::Page;
use SCIM::Population;
use Test::More;

my $machine = SCIM::Machine->new;
my $version = SCIM::_slurp("$SCIM::TOP/VERSION") =~ s/\s+//gr;

# the page on installing, with the older packages
my @results = SCIM::Page::run([ SCIM::Page::steps("$SCIM::TOP/docs/install.md") ],
    $machine->words('env', '--chdir=/root/previous'));
is(scalar(grep { $_->{wrong} } @results), 0, 'the older version is installed')
    or diag join '', map { "$_->{wrong}: $_->{text}$_->{output}\n" } @results;

my $population = SCIM::Population->make($machine, qw(alpha beta));
my $before = $population->seen;
my $old = $machine->packages;
my @ours = grep { /^(?:libnginx-mod-http-scim|scim-(?:tools|redis))$/ } sort keys %$old;
is(scalar @ours, 3, 'three packages');
isnt($old->{$_} =~ s/~.*//r, $version, "$_ is the older one") for @ours;
my $nginx = $machine->file('/run/nginx.pid') =~ s/\s+//gr;

$machine->shell('apt-get install -y /root/*.deb');

my $new = $machine->packages;
is($new->{$_} =~ s/~.*//r, $version, "$_ is this one") for @ours;
$machine->wait_until_served($population->a_token);
is_deeply($population->seen, $before, 'nothing is missing');

# the module that serves is the new one
my $now = $machine->file('/run/nginx.pid') =~ s/\s+//gr;
like($machine->file("/proc/$now/maps"), qr/ngx_scim_module\.so$/m,
     'nginx has the module');
unlike($machine->file("/proc/$now/maps"), qr/ngx_scim_module\.so \(deleted\)/,
       'the new one');
is($machine->run('nginx', '-t', '-q')->{status}, 0, 'nginx finds no mistake');

# and back
$machine->shell('apt-get install -y --allow-downgrades'
                . ' /root/previous/*.deb && service nginx restart');
$machine->wait_until_served($population->a_token);
is_deeply($population->seen, $before, 'nor after going back');

done_testing();
