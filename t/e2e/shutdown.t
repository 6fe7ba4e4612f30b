#!/usr/bin/env perl
#
# A worker that has to stop while Redis owes it an answer: worker_shutdown_timeout
# ends the wait, and the worker leaves nothing behind.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Socket::INET;
use SCIM;
use SCIM::Test;
use Test::More;

{
    no warnings 'redefine';
    my $config = \&SCIM::config;
    *SCIM::config = sub { $config->(@_) . "worker_shutdown_timeout 100ms;\n" };
}

my $scim = SCIM->new(scim_redis => 'timeout=60s');

is($scim->get('/Users')->{status}, 200, 'the link is there');

my ($worker) = $scim->worker_pids;

kill 'STOP', $scim->{redis_pid};

my $client = IO::Socket::INET->new("127.0.0.1:$scim->{port}")
    or die "connect: $!";
print {$client} "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
    . "Authorization: Bearer secret\r\n\r\n";

# a request after it is answered, because the worker has it
is($scim->get('/ServiceProviderConfig')->{status}, 200, 'it has a request');

$scim->reload;
SCIM::wait_for('the old worker to end', sub { !kill 0, $worker });
pass('it ends');
like(scalar(readline $client), qr{^HTTP/1.1 503 }, 'the request was answered');

kill 'CONT', $scim->{redis_pid};
SCIM::wait_for('service', sub { $scim->get('/Users')->{status} == 200 });
pass('the new worker serves');

clean_log($scim);
undef $scim;

done_testing();
