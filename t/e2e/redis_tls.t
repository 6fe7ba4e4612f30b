#!/usr/bin/env perl
#
# Redis over TLS: what is refused and why, certificates that are replaced while
# clients work, and scimctl.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use File::Temp qw(tempdir);
use SCIM;
use SCIM::Certificates;
use SCIM::Ctl;
use SCIM::Port qw(free_port);
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = tempdir('scim-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $certs = SCIM::Certificates->new($dir);

chmod 0755, $dir;
$certs->authority($_) for qw(ca foreign next);
$certs->issue('server', by => 'ca', names => 'IP:127.0.0.1,IP:::1');
$certs->issue('named', by => 'ca', names => 'DNS:redis.example');
$certs->issue('expired', by => 'ca', names => 'IP:127.0.0.1', days => 0);
$certs->issue('client', by => 'ca');
$certs->issue('stranger', by => 'foreign');
$certs->issue('renewed', by => 'next', names => 'IP:127.0.0.1');
$certs->issue('client2', by => 'next');

my $port = free_port();

sub file { $certs->file(@_) }

sub parameters {
    my ($ca, $client, @more) = @_;
    return join ' ', 'timeout=10s connect_timeout=10s', "tls_ca=" . file("$ca.crt"),
        $client ? ("tls_cert=" . file("$client.crt"),
                   "tls_key=" . file("$client.key")) : (), @more;
}

my $scim = SCIM->new(
    workers => 2, redis_port => $port, address => "rediss://127.0.0.1:$port",
    scim_redis => parameters('ca', 'client'), no_nginx => 1,
    redis_args => [ '--tls-port', $port, '--tls-cert-file', file('server.crt'),
                    '--tls-key-file', file('server.key'),
                    '--tls-ca-cert-file', file('ca.crt') ]);

sub certificate {
    my ($name, $ca) = @_;
    $scim->redis('CONFIG', 'SET', 'tls-cert-file', file("$name.crt"),
                 'tls-key-file', file("$name.key"),
                 $ca ? ('tls-ca-cert-file', file($ca)) : ());
}

# nginx as a server of its own, so that its log has only this; waits until each
# worker has logged something, if something is expected
sub with {
    my ($parameters, $address, $expected) = @_;
    unlink "$scim->{dir}/error.log";
    $scim->{scim_redis} = $parameters;
    local $scim->{address} = $address || $scim->{address};
    $scim->start_nginx;
    my $res = $scim->get('/Users');
    my $lines = sub { grep { /\[(?:warn|error|crit|alert|emerg)\]/ }
                      split /\n/, $scim->error_log };
    SCIM::wait_for('the log', sub { $lines->() >= $scim->{workers} }) if $expected;
    $scim->stop_nginx;
    delete $scim->{socket};
    return ($res->{status}, $lines->());
}


# --- used --------------------------------------------------------------------

for my $case (
    [ 'an address in the certificate', 'server', parameters('ca', 'client') ],
    [ 'a name in the certificate', 'named',
      parameters('ca', 'client', 'tls_name=redis.example') ],
) {
    my ($what, $server, $parameters) = @$case;
    certificate($server);
    my ($status, @lines) = with($parameters);
    is($status, 200, "$what: used");
    is(scalar(grep { !/is empty: a new directory/ } @lines), 0,
       "$what: nothing to log") or diag @lines;
}

$scim->redis('CONFIG', 'SET', 'tls-protocols', 'TLSv1.2');
certificate('server');
my ($old) = with(parameters('ca', 'client'));
is($old, 200, 'TLS 1.2: used');
$scim->redis('CONFIG', 'SET', 'tls-protocols', 'TLSv1.1');
($old, my @old) = with(parameters('ca', 'client', 'connect_timeout=2s'));
is($old, 503, 'TLS 1.1: refused');
like("@old", qr/TLS: tlsv1 alert protocol version/, 'and said why');
$scim->redis('CONFIG', 'SET', 'tls-protocols', '');


# --- refused -----------------------------------------------------------------

for my $case (
    [ 'of a foreign authority', 'server', parameters('foreign', 'client'),
      qr/TLS: certificate rejected: (?:self-signed certificate in|unable to get)/ ],
    [ 'expired', 'expired', parameters('ca', 'client'),
      qr/TLS: certificate rejected: certificate has expired/ ],
    [ 'of another address', 'named', parameters('ca', 'client'),
      qr/TLS: certificate rejected: IP address mismatch/ ],
    [ 'of another name', 'named', parameters('ca', 'client', 'tls_name=a.example'),
      qr/TLS: certificate rejected: hostname mismatch/ ],
    [ 'none of the client', 'server', parameters('ca'),
      qr/TLS: (?:tlsv13 alert certificate required|sslv3 alert handshake)/ ],
    [ 'a client of a foreign authority', 'server', parameters('ca', 'stranger'),
      qr/TLS: tlsv1 alert unknown ca/ ],
) {
    my ($what, $server, $parameters, $why) = @$case;
    certificate($server);

    # a request that waits is refused at once, with the connection
    my ($status, @lines) = with($parameters, undef, 1);
    is($status, 503, "$what: refused");
    is(scalar(@lines), 2, "$what: one line for each worker") or diag @lines;
    is(scalar(grep { /\[error\].*scim: redis "rediss:.*is not available: $why/ }
              @lines), 2, "$what: the line says why") or diag @lines;
}

# the name of the module is the first that it sends behind its password
$scim->redis('CONFIG', 'RESETSTAT');
certificate('named');
with(parameters('ca', 'client'), undef, 1);
unlike($scim->redis('INFO', 'commandstats'), qr/cmdstat_client\|setname/,
       'nothing is sent to a server of another name');
with(parameters('ca', 'client', 'tls_name=redis.example'));
like($scim->redis('INFO', 'commandstats'), qr/cmdstat_client\|setname/,
     'but to one of the right name');

certificate('server');
my $plain = free_port();
$scim->redis('CONFIG', 'SET', 'port', $plain);
my ($status, @lines) = with(parameters('ca', 'client')
    =~ s/connect_timeout=10s/connect_timeout=500ms/r, "rediss://127.0.0.1:$plain");
is($status, 503, 'a port without TLS: refused');
like("@lines", qr/no TLS handshake in time/, 'and said why');
($status, @lines) = with('connect_timeout=2s', "redis://127.0.0.1:$port");
is($status, 503, 'a port with TLS for an address without: refused');


# --- at work -----------------------------------------------------------------

unlink "$scim->{dir}/error.log";
$scim->{scim_redis} = parameters('ca', 'client');
$scim->start_nginx;

my $text = 'x' x 20_000;
is(scalar(grep { $scim->post('/Users', { userName => "large$_",
                                         displayName => $text })->{status} == 201 }
          1 .. 60), 60, 'large users');
my $list = $scim->get('/Users?count=60');
is(scalar(grep { $_->{displayName} eq $text } @{ $list->{body}{Resources} }), 60,
   'more than a megabyte of replies comes back whole');

is($scim->redis('CLIENT', 'KILL', 'USER', 'scim') > 0, 1, 'connections end');
is($scim->get('/Users?count=1')->{status}, 200, 'new ones are made at once');


# --- replaced ----------------------------------------------------------------

# Clients of their own processes ask without a pause; each failure is a line.
my @clients = map {
    my $n = $_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        my $end = time + 30;
        my ($count, @failed) = (0);
        delete $scim->{socket};
        while (time < $end && !-e "$dir/stop") {
            my $res = $count % 4 ? $scim->get('/Users?count=1')
                : $scim->post('/Users', { userName => "c$n-$count" });
            push @failed, $res->{status} if $res->{status} !~ /^20/;
            $count++;
        }
        open my $out, '>', "$dir/client$n";
        print $out "$count @failed";
        close $out;
        require POSIX;
        POSIX::_exit(0);
    }
    $pid;
} 1 .. 3;

sub both {
    my ($name, @of) = @_;
    open my $out, '>', file($name) or die "$name: $!";
    print $out SCIM::_slurp(file("$_.crt")) for @of;
    close $out or die "$name: $!";
}

# as docs/redis.md says: first both trust both authorities
both('both.crt', 'ca', 'next');
certificate('server', 'both.crt');
$scim->{scim_redis} = parameters('both', 'client2');
$scim->reload;
sleep 0.5;
certificate('renewed', 'both.crt');
$scim->reload;
sleep 0.5;
$scim->{scim_redis} = parameters('next', 'client2');
$scim->reload;
certificate('renewed', 'next.crt');
sleep 0.5;
open my $stop, '>', "$dir/stop" or die $!;
close $stop;
waitpid $_, 0 for @clients;

for my $n (1 .. 3) {
    my ($count, @failed) = split ' ', SCIM::_slurp("$dir/client$n");
    cmp_ok($count, '>', 20, "client $n has worked: $count requests");
    is("@failed", '', "client $n: no request has failed");
}

is($scim->get('/Users?count=1')->{status}, 200, 'the new certificates are used');
like($scim->redis('CLIENT', 'LIST'), qr/user=scim/, 'by the account of the module');
is(join('', grep { /\[(?:error|crit|alert|emerg)\]/ } split /^/, $scim->error_log),
   '', 'no error was logged');


# --- scimctl -----------------------------------------------------------------

my $address = "rediss://op\@127.0.0.1:$port?tls_ca=" . file('next.crt');
my $run = SCIM::Ctl->new('', redis => $address . '&tls_cert='
    . file('client2.crt') . '&tls_key=' . file('client2.key'))
    ->run('org', 'create', 'acme');
is($run->{status}, 0, 'scimctl works over TLS') or diag $run->{err};

$run = SCIM::Ctl->new('', redis => $address)->run('org', 'list');
isnt($run->{status}, 0, 'scimctl without a certificate is refused');

$run = SCIM::Ctl->new('', redis => 'redis://127.0.0.1?tls_ca=x')->run('org', 'list');
like($run->{err}, qr/need rediss/, 'settings of TLS need rediss://');

done_testing();
