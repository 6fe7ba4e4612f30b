#!/usr/bin/env perl
#
# Many workers, and several servers of Redis: one connection for each pair. What
# exits closes its own in time, and a Redis that lets no more in is tried until
# it does.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Handle;
use SCIM;
use SCIM::Load;
use SCIM::Test;
use Test::More;

my $WORKERS = 8;
my $DATABASES = 3;

# the servers are the databases of one
{
    no warnings 'redefine';
    my $config = \&SCIM::config;
    *SCIM::config = sub {
        my ($self) = @_;
        my $locations = join '', map {
            "location /$_/v2/ { scim; scim_redis "
            . "redis://127.0.0.1:$self->{redis_port} db=$_ timeout=5s "
            . SCIM::Accounts::login($self->{dir}) . '; } '
        } 1 .. $DATABASES - 1;
        return $config->($self) =~ s/\@databases/$locations/r;
    };
}

my $scim = SCIM->new(
    workers => $WORKERS,
    tcp     => 1,
    main    => 'worker_shutdown_timeout 1s;',
    server  => '@databases',
);

my $all = $WORKERS * $DATABASES;

ok(connected(), 'each worker has one to each server');

for my $path ('/scim/v2', map { "/$_/v2" } 1 .. $DATABASES - 1) {
    my %status;
    for (1 .. 3 * $WORKERS) {
        delete $scim->{socket};
        $status{ $scim->get('/Users', root => $path)->{status} }++;
    }
    is_deeply([ keys %status ], [ 200 ], "all serve $path");
}

# an upload that does not go on keeps the old worker, and that its connections
for my $n (1 .. 3) {
    my ($client) = connect_to($scim, 1);
    send_all("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: "
             . "Bearer secret\r\nExpect: 100-continue\r\nContent-Length: 10"
             . "\r\n\r\n", $client);
    is((answer($client))[0], 100, "reload $n: a worker waits for a body");
    $scim->reload;
    ok(connected(), 'old workers are gone, with their connections');
}

delete $scim->{socket};

# fewer than the workers want; who is to lift that is in before
my $admin = $scim->redis_socket;
admin('CONFIG SET maxclients', $all / 2);
admin('CLIENT KILL TYPE normal SKIPME', 'yes');
SCIM::wait_for('the limit to be met', sub {
    $scim->error_log =~ /max number of clients reached/ });
my %status;
for (1 .. 20 * $WORKERS) {
    delete $scim->{socket};
    $status{ $scim->get('/Users')->{status} }++;
}
is(join(' ', grep { !/^(200|503)$/ } keys %status), '',
   'maxclients: workers with a connection serve, others say 503');

admin('CONFIG SET maxclients', 1000);
ok(connected(), 'without the limit each has its own again');

my $good = 0;
for (1 .. 6 * $WORKERS) {
    delete $scim->{socket};
    $good += $scim->get('/Users')->{status} == 200;
}
is($good, 6 * $WORKERS, 'and all serve');
unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert in the log');
undef $scim;

done_testing();


sub admin {
    print {$admin} "@_\r\n";
    $admin->flush;
    return SCIM::_reply($admin);
}


# by the port, as the workers are: this test uses the socket
sub connected {
    return eval {
        SCIM::wait_for('connections', sub {
            my $n = () = $scim->redis('CLIENT', 'LIST')
                =~ /laddr=127\.0\.0\.1:$scim->{redis_port} /g;
            return $n == $all;
        });
        1;
    };
}
