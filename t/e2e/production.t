#!/usr/bin/env perl
#
# The examples for production in docs/examples: nginx's site is served, with no
# more rights than its unit leaves to it; systemd understands the units; Redis is
# reached through the tunnel.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IO::Socket::SSL;
use IO::Socket::UNIX;
use SCIM;
use Test::More;

my $EXAMPLES = "$SCIM::TOP/docs/examples";
my $dir = tempdir('scim-production-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;


sub there { return system("command -v $_[0] >/dev/null") == 0 }

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
}

# an authority, and certificates of it for names
sub certificates {
    my @new = qw(req -x509 -newkey rsa:2048 -nodes -days 2);
    openssl(@new, '-subj', '/CN=authority', '-keyout', "$dir/ca.key", '-out',
            "$dir/ca.pem");
    for my $name (@_) {
        openssl(@new, '-CA', "$dir/ca.pem", '-CAkey', "$dir/ca.key", '-subj',
                "/CN=$name", '-addext', "subjectAltName=DNS:$name", '-addext',
                'basicConstraints=critical,CA:FALSE',
                '-keyout', "$dir/$name.key", '-out', "$dir/$name.pem");
    }
}

sub openssl {
    system('openssl', @_, '-batch') == 0 or die "openssl @_";
}

open my $errors, '>&', \*STDERR or die $!;
open STDERR, '>', "$dir/openssl.log" or die $!;
my @names = qw(scim.example.com redis.example.com client.example.com);
certificates(@names);
open STDERR, '>&', $errors or die $!;


# --- nginx --------------------------------------------------------------------

my $port = SCIM::free_port();
my $site = SCIM::_slurp("$EXAMPLES/nginx-site.conf")
    . SCIM::_slurp("$EXAMPLES/nginx-other-names.conf");
$site =~ s/listen( +)443 /listen$1 127.0.0.1:$port /g;
$site =~ s{/run/scim-redis/redis\.sock}{$dir/redis.sock}g;
$site =~ s{/etc/scim-redis/scim-password}{$dir/redis-password}g;
$site =~ s{/etc/nginx/scim/fullchain\.pem}{$dir/scim.example.com.pem};
$site =~ s{/etc/nginx/scim/privkey\.pem}{$dir/scim.example.com.key};
$site =~ s{/etc/nginx/scim/}{$dir/}g;
$site =~ s{/var/log/nginx/}{$dir/}g;

{
    package Production;
    our @ISA = ('SCIM');

    # no "user root" here: the workers are who Debian's are
    sub config {
        my ($self) = @_;
        my $d = $self->{dir};
        return 'load_module ' . SCIM::module() . ";\n"
            . ($> == 0 ? "user www-data;\n" : '')
            . "pid $d/nginx.pid; error_log $d/error.log notice;\n"
            . "events { worker_connections 512; }\n"
            . "http { client_body_temp_path $d/body; proxy_temp_path $d/proxy;\n"
            . "fastcgi_temp_path $d/fastcgi; uwsgi_temp_path $d/uwsgi;\n"
            . "scgi_temp_path $d/scgi;\n" . ($site =~ s/\Q$dir\E/$d/gr) . "}\n";
    }

    # one answer, over TLS: status, headers, text
    sub ask {
        my ($self, $method, $path, %opt) = @_;
        my $tls = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $port,
            SSL_hostname => $opt{name} || 'scim.example.com',
            SSL_ca_file => "$dir/ca.pem", SSL_verifycn_scheme => 'http',
            SSL_verifycn_name => 'scim.example.com', %{ $opt{tls} || {} })
            or return { status => 0, error => "$IO::Socket::SSL::SSL_ERROR" };
        my $body = $opt{body} // '';
        print {$tls} "$method $path HTTP/1.1\r\nHost: scim.example.com\r\n"
            . ($opt{token} ? "Authorization: Bearer $opt{token}\r\n" : '')
            . "Content-Type: application/scim+json\r\nConnection: close\r\n"
            . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
        local $/;
        my $text = <$tls> // '';
        my ($head, $rest) = split /\r\n\r\n/, $text, 2;
        my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
        return { status => $status // 0, head => $head, text => $rest };
    }
}


# the capabilities that the unit leaves, as setpriv wants them
my ($unit) = SCIM::_slurp("$EXAMPLES/nginx-systemd.conf")
    =~ /^CapabilityBoundingSet=(.*)$/m;
my $bounding = join ',', '-all', map { '+' . lc s/^CAP_//r } split ' ', $unit;
my @limited = $> == 0 && there('setpriv')
    ? ('setpriv', '--no-new-privs', "--bounding-set=$bounding", '--inh-caps=-all')
    : ();
diag 'not root, or no setpriv: nginx has the rights of this user' if !@limited;

my $spawn = \&SCIM::_spawn;
{
    no warnings 'redefine';
    *SCIM::_spawn = sub {
        my ($log, @command) = @_;
        return $spawn->($log, $command[0] =~ m{(?:^|/)nginx$} ? @limited : (), @command);
    };
}

my %options = (port => $port, workers => 1, redis_args => [ '--unixsocketperm', 777 ]);
my $scim = Production->new(%options, files => { map {
    ($_ => SCIM::_slurp("$dir/$_"))
} map { ("$_.pem", "$_.key") } 'scim.example.com' });
$scim->issue('secret');
my %as = (token => 'secret');

if (@limited) {
    my ($status) = SCIM::_slurp("/proc/$scim->{nginx_pid}/status")
        =~ /^CapBnd:\s+(\w+)/m;
    my ($worker) = $scim->worker_pids;
    my $of_worker = SCIM::_slurp("/proc/$worker/status");
    is(unpack('%32b*', pack 'H*', $status), scalar(split ' ', $unit),
       'nginx runs with the capabilities of its unit');
    like($of_worker, qr/^CapEff:\s+0+$/m, 'its workers with none');
    like($of_worker, qr/^NoNewPrivs:\s+1$/m, 'and none can get more');
}

my $res = $scim->ask('POST', '/scim/v2/Users', %as, body => '{"userName":"kim"}');
is($res->{status}, 201, 'a user') or diag $res->{error} // $res->{text};
like($res->{head}, qr{^Location: https://scim\.example\.com/scim/v2/Users/}m,
     'at its public address');
like($res->{head}, qr/^Strict-Transport-Security: max-age=\d{8}/mi, 'HSTS');
like($res->{head}, qr/^Server: nginx\r$/m, 'no version');
is($scim->ask('GET', '/scim/v2/Users')->{status}, 401, 'no token');
is($scim->ask('GET', $_)->{status}, 403, "$_ is denied") for '/status';
is($scim->ask('GET', '/metrics')->{status}, 200, '/metrics is for this machine');
is($scim->ask('GET', $_)->{status}, 404, "$_ is not there") for '/', '/scim/v1/Users';
is($scim->ask('POST', '/oauth/token', body => 'x' x 20_000)->{status}, 413,
   'a form that is too large');
is($scim->ask('GET', '/scim/v2/Users', %as, name => 'else.example.com')->{status},
   0, 'another name');
for my $version (qw(TLSv1 TLSv1_1)) {
    my $res = $scim->ask('GET', '/scim/v2/Users', %as, tls => {
        SSL_version => $version, SSL_cipher_list => 'ALL:@SECLEVEL=0' });
    is($res->{status}, 0, "$version is refused");
    like($res->{error}, qr/alert protocol version/, 'by nginx');
}
for my $version (qw(TLSv1_2 TLSv1_3)) {
    my $res = $scim->ask('GET', '/scim/v2/Users', %as,
                         tls => { SSL_version => $version });
    is($res->{status}, 200, "$version is not") or diag explain $res;
}

my %statuses = map { $_->{status} => $_ }
    map { $scim->ask('POST', '/oauth/token') } 1 .. 30;
ok($statuses{429}, 'who asks for tokens without an end is asked to wait');
like($statuses{429}{head}, qr/^Retry-After: \d+\r$/m, 'and told for how long');
like($statuses{429}{text}, qr/^\{"error":"temporarily_unavailable"/,
     'as by the token endpoint itself');

SCIM::wait_for('the access log', sub { -s "$scim->{dir}/scim.log" });
my $log = SCIM::_slurp("$scim->{dir}/scim.log");
unlike($log, qr/secret|kim/, 'the log has no token and no name of a user');
like($log, qr/"tenant":"demo","token":"main","operation":"create"/,
     'and who did what');
is(SCIM::_slurp("$scim->{dir}/scim-error.log") =~ /\[(crit|alert|emerg)\]/, '',
   'no error in the log');


# --- systemd ------------------------------------------------------------------

SKIP: {
    my %units = (nginx => 'nginx.service', redis => 'redis-server@.service');
    skip 'systemd-analyze is not installed', 1 if !there('systemd-analyze');

    for my $name (sort keys %units) {
        my $file = "/lib/systemd/system/$units{$name}";
        skip "$file is not installed", 1 if ! -e $file;
        my $instance = $units{$name} =~ s/@/\@scim/r;
        make_path("$dir/units/$instance.d");
        write_file("units/$instance", SCIM::_slurp($file));
        write_file("units/$instance.d/scim.conf",
                   SCIM::_slurp("$EXAMPLES/$name-systemd.conf"));
        my $said = `systemd-analyze verify $dir/units/$instance 2>&1`;
        unlike($said, qr/\Q$dir\E.*scim\.conf/, "systemd knows what $name is told")
            or diag $said;
        my $before = exposure($file, "plain-$instance");
        my $after = exposure("$dir/units/$instance");
        cmp_ok($after, '<', $before, "$name: less exposed than before");
        cmp_ok($after, '<=', 4, "$name: as systemd counts, OK")
            or diag "exposure $before, then $after";
    }
}

SKIP: {
    skip 'systemd-analyze is not installed', 1 if !there('systemd-analyze');

    make_path("$dir/units");
    for my $kind (qw(service timer)) {
        write_file("units/scim-keys\@entra.$kind",
                   SCIM::_slurp("$EXAMPLES/scim-keys\@.$kind")
                   =~ s{^ExecStart=scimctl}{ExecStart=$SCIM::TOP/redis/scimctl}mr);
    }
    my $said = `systemd-analyze verify $dir/units/scim-keys\@entra.timer 2>&1`;
    unlike($said, qr/scim-keys/, 'systemd understands the timer of the keys')
        or diag $said;
    $said = `systemd-analyze verify $dir/units/scim-keys\@entra.service 2>&1`;
    unlike($said, qr/scim-keys/, 'and what it starts') or diag $said;
    cmp_ok(exposure("$dir/units/scim-keys\@entra.service"), '<=', 4,
           'which is hardly exposed');
}

sub exposure {
    my ($file) = @_;
    my $said = `systemd-analyze security --offline=true --no-pager $file 2>&1`;
    my ($level) = $said =~ /exposure level for .*: ([\d.]+)/;
    diag $said if !defined $level;
    return $level // 99;
}


# --- the tunnel ---------------------------------------------------------------

SKIP: {
    skip 'stunnel is not installed', 1 if !there('stunnel');

    my $tls = SCIM::free_port();
    my $conf = SCIM::_slurp("$EXAMPLES/stunnel.conf");
    $conf =~ s{/run/stunnel-scim/}{$dir/}g;
    $conf =~ s{/etc/stunnel/scim/ca\.pem}{$dir/ca.pem};
    $conf =~ s{/etc/stunnel/scim/client\.pem}{$dir/client.example.com.pem};
    $conf =~ s{/etc/stunnel/scim/client-key\.pem}{$dir/client.example.com.key};
    $conf =~ s/redis\.example\.com:6380/127.0.0.1:$tls/;
    $conf =~ s/foreground = no/foreground = yes/;
    write_file('stunnel.conf', $conf);

    my $far = SCIM->new(redis_args => [ '--tls-port', $tls, '--tls-cert-file',
        "$dir/redis.example.com.pem", '--tls-key-file',
        "$dir/redis.example.com.key", '--tls-ca-cert-file', "$dir/ca.pem",
        '--tls-auth-clients', 'yes' ], location => "scim_redis unix:$dir/redis.sock "
        . "user=scim password=$SCIM::Accounts::PASSWORD{scim};");
    my $tunnel = SCIM::_spawn("$dir/stunnel.log", 'stunnel', "$dir/stunnel.conf");
    SCIM::wait_for('the tunnel', sub { IO::Socket::UNIX->new("$dir/redis.sock") });

    SCIM::wait_for('Redis behind it', sub { $far->get('/Users')->{status} == 200 });
    my $res = $far->post('/Users', { userName => 'far' });
    is($res->{status}, 201, 'a user, through the tunnel');
    is($far->get("/Users/$res->{body}{id}")->{status}, 200, 'and back');
    is($far->redis('EXISTS', "scim:{demo}:user:$res->{body}{id}"), 1,
       'in the Redis over there');

    kill 'TERM', $tunnel;
    waitpid $tunnel, 0;
    unlink "$dir/redis.sock";
    $conf =~ s/checkHost   = redis/checkHost   = other/;
    write_file('stunnel.conf', $conf);
    $tunnel = SCIM::_spawn("$dir/stunnel.log", 'stunnel', "$dir/stunnel.conf");
    SCIM::wait_for('a refusal', sub {
        $far->get('/Users');        # the link is tried again
        SCIM::_slurp("$dir/stunnel.log") =~ /Subject checks failed/
    });
    is($far->get('/Users')->{status}, 503, 'not to a Redis of another name');
    kill 'TERM', $tunnel;
    waitpid $tunnel, 0;
}

done_testing();
