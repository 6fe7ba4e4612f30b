#!/usr/bin/env perl
#
# An upgrade of the packages under load, from this version to the next: by the
# package, which starts a second master process, and by hand, as docs/upgrade.md
# says. No request fails. scimctl and the module of different versions fit each
# other as long as both know the format of the data.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Root;
use SCIM::Packages;

use IO::Select;
use IO::Socket::SSL;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $CLIENTS = 4;
my $this = SCIM::Packages::version();
my $next = $this =~ s/(\d+)$/$1 + 1/er;
my %old = SCIM::Packages::build();
my %new = SCIM::Packages::build($next);

my $root = SCIM::Root->new;
my $master = '/run/nginx.pid';


# --- the machine of an operator --------------------------------------------------

sub install { my %deb = @_; return $root->must("dpkg -i @{[ files(%deb) ]}") }

sub files {
    my %deb = @_;
    $root->take(values %deb);
    return map { m{([^/]+)$} } values %deb;
}

install(%old);
$root->must('service scim-redis start');
$root->must('mkdir -m 700 /etc/nginx/scim; cd /etc/nginx/scim; openssl req -x509 '
    . '-newkey rsa:2048 -nodes -subj /CN=scim.example.com -addext '
    . 'subjectAltName=DNS:scim.example.com -keyout privkey.pem -out fullchain.pem');
$root->must('cp /usr/share/doc/libnginx-mod-http-scim/examples/nginx-site.conf '
            . '/etc/nginx/sites-enabled/scim; service nginx start');
our ($token) = $root->must('scimctl org create acme --token') =~ /\t(\S+)/;
$root->must('cp -r /usr/share/scim-tools /tmp/old-tools');


# --- requests ---------------------------------------------------------------------

sub connection {
    return IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => 443,
        SSL_hostname => 'scim.example.com', SSL_verifycn_name => 'scim.example.com',
        SSL_verifycn_scheme => 'http', Timeout => 20,
        SSL_ca_file => "$root->{dir}/etc/nginx/scim/fullchain.pem");
}

# The status and the text of an answer; nothing if none came.
sub exchange {
    my ($socket, $method, $path, $body, $keep) = @_;
    local $SIG{PIPE} = 'IGNORE';
    $body //= '';
    print {$socket} "$method $path HTTP/1.1\r\nHost: scim.example.com\r\n"
        . "Authorization: Bearer $token\r\nContent-Type: application/scim+json\r\n"
        . ($keep ? '' : "Connection: close\r\n")
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body" or return;
    my ($head, $text) = ('', '');
    while ($head !~ /\r\n\r\n$/) {
        my $line = readline $socket;
        return if !defined $line;
        $head .= $line;
    }
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    return if $length && (read $socket, $text, $length) != $length;
    return ($head =~ m{^HTTP/1\.1 (\d+)}, $text, $head);
}

sub ask {
    my ($method, $path, $body) = @_;
    my $socket = connection() or return (0, "$IO::Socket::SSL::SSL_ERROR");
    my @answer = exchange($socket, $method, $path, $body);
    return @answer ? @answer : (0, 'no answer');
}

sub version_that_answers {
    my (undef, $text) = ask('GET', '/metrics');
    return $text =~ /^scim_build_info\{version="([^"]+)"/m ? $1 : $text;
}


# One client until it is told to end: it makes users and reads each of them, over
# one connection, or over a new one each. A server may close a connection between
# two requests; the request that this meets is sent again over another, which
# counts as reopened.
sub client {
    my ($n, $keep, $until) = @_;
    my %count = (sent => 0, failed => 0, reopened => 0, made => 0, first => '');
    my $socket;
    my $request = sub {
        my ($method, $path, $body, $want) = @_;
        $count{sent}++;
        for my $try (1, 2) {
            my $fresh = !$socket;
            $socket ||= connection();
            my ($status, $text, $head) = $socket
                ? exchange($socket, $method, $path, $body, $keep) : ();
            undef $socket if !$keep || !$head || $head =~ /^Connection: close/mi;
            if (!defined $status && !$fresh) { $count{reopened}++; next }
            return $text if ($status // 0) == $want;
            $count{failed}++;
            $count{first} ||= "$method: " . ($status // 'no answer');
            return;
        }
    };

    for (my $i = 0; !$until->(); $i++) {
        my $text = $request->('POST', '/scim/v2/Users',
                              qq({"userName":"user-$n-$i"}), 201);
        my ($id) = ($text // '') =~ /"id":"([a-z2-7]{26})"/;
        $count{made}++ if $id;
        $request->('GET', "/scim/v2/Users/$id", undef, 200) if $id;
        sleep $CLIENTS / 40;     # 80 requests a second, of all together
    }
    return \%count;
}


# Runs a function while clients ask; says what they counted. The rate stays below
# what the site allows one address.
my ($round, $made) = (0, 0);
sub under_load {
    my ($what, $change) = @_;
    my @readers;
    $round++;
    pipe my $end, my $tell or die "pipe: $!";

    for my $n (1 .. $CLIENTS) {
        pipe my $reader, my $writer or die "pipe: $!";
        if (!(my $pid = fork)) {
            close $tell;
            my $select = IO::Select->new($end);
            my $count = client("$round-$n", $n % 2,
                               sub { $select->can_read(0) });
            print {$writer} encode_json($count);
            close $writer;
            POSIX::_exit(0);
        }
        push @readers, $reader;
    }
    close $end;
    sleep 1;
    my $said = eval { $change->() };
    my $error = $@;
    sleep 1;
    close $tell;

    my %all;
    for my $count (map { local $/; decode_json(<$_>) } @readers) {
        $all{$_} += $count->{$_} for qw(sent failed reopened);
        $all{first} ||= $count->{first};
        $made += $count->{made};
    }
    1 while wait > 0;
    die $error if $error;

    cmp_ok($all{sent}, '>', 40, "$what: requests are sent") or diag $said;
    is($all{failed}, 0, "$what: none fails") or diag "$all{first}\n$said";
    diag "$what: $all{sent} requests sent, $all{failed} failed, $all{reopened} "
        . 'sent again over a new connection';
    return $said;
}


sub waits_for {
    my ($what, $ready) = @_;
    my $until = time + 60;
    until ($ready->()) {
        die "waited too long for $what\n" if time > $until;
        sleep 0.1;
    }
}

sub one_master { waits_for('one master', sub { !-e "$root->{dir}$master.oldbin" }) }


# --- a reload keeps the module ------------------------------------------------------

my $redis = $root->text('/run/scim-redis/redis.pid');
is(version_that_answers(), $this, "version $this answers");

# the new files are there, and nothing has been told of them yet
$root->must("dpkg --unpack @{[ files(%new) ]}");
$root->must('service nginx reload');
sleep 1;
is(version_that_answers(), $this, 'after a reload it still does');
like($root->must("cat /proc/\$(cat $master)/maps"),
     qr/ngx_scim_module\.so \(deleted\)$/m, 'by a file that is gone');


# --- two versions beside each other ---------------------------------------------------

like($root->must('scimctl --version'), qr/^scimctl \Q$next\E$/,
     'scimctl is the next one');
my ($other) = $root->must('scimctl org create beta --token') =~ /\t(\S+)/;
{
    local $token = $other;
    (my $status) = ask('POST', '/scim/v2/Users', '{"userName":"kim"}');
    is($status, 201, "scimctl $next and the module $this fit");
}
like($root->must('scimctl check beta 2>&1; echo "status $?"'), qr/^status 0$/m,
     'and find no damage');


# --- the upgrade by the package ---------------------------------------------------------

under_load('the upgrade of the packages', sub {
    my $said = $root->must('dpkg --configure -a');
    one_master();
    return $said;
});
is(version_that_answers(), $next, "then version $next answers");
is($root->text('/run/scim-redis/redis.pid'), $redis, 'Redis has not been restarted');
unlike($root->must("cat /proc/\$(cat $master)/maps"),
       qr/ngx_scim_module\.so \(deleted\)$/m, 'the old file is used no more');

my $tools = 'SCIM_DOC=/usr/lib/scim-tools/scim-doc /tmp/old-tools/scimctl';
like($root->must("$tools --version"), qr/^scimctl \Q$this\E$/, 'an older scimctl');
$root->must("$tools org create gamma");
$root->must("$tools export acme | $tools import gamma");
my ($users) = $root->must("$tools --json org show acme") =~ /"users":"?(\d+)/;
like($root->must("scimctl --json org show gamma"), qr/"users":"?$users\b/,
     "scimctl $this and the module $next fit");
like($root->must('scimctl check gamma 2>&1; echo "status $?"'), qr/^status 0$/m,
     'and find no damage');


# --- and back, by hand --------------------------------------------------------------------

# the commands of the page
my ($page) = SCIM::Root::text({ dir => $SCIM::Packages::TOP }, '/docs/upgrade.md')
    =~ /^```sh\n(nginx -t\n.*?)^```$/ms;
ok($page, 'docs/upgrade.md has commands');
$root->must("dpkg --unpack @{[ files(%old) ]}");

under_load('the upgrade by hand', sub {
    my $said = $root->must("set -e; $page");
    one_master();
    return $said;
});
is(version_that_answers(), $this, "then version $this answers again");
$root->must('dpkg --configure -a');
one_master();

my (undef, $text) = ask('GET', '/scim/v2/Users?count=0');
like($text, qr/"totalResults":$made\b/, "no user is lost of $made");


# --- a format that is not known ---------------------------------------------------------------

my $op = 'REDISCLI_AUTH=$(cat /etc/scim-redis/op-password) redis-cli -s '
    . '/run/scim-redis/redis.sock --user op';
$root->must("$op SET scim:format 2");
(undef, my $said) = $root->sh('scimctl org list');
is($said, 'scimctl: the data in Redis are of format "2", this scimctl knows format '
   . "1: use the one that came with the module\n",
   'scimctl refuses data of another format');
$root->must('service nginx restart');
my ($status) = ask('GET', '/scim/v2/Users');
is($status, 503, 'so does the module');
$root->must("$op SET scim:format 1");
($status) = $root->sh('scimctl org list');
is($status, 0, 'and the old one is known');

$root->must('service nginx stop; service scim-redis stop');

done_testing();
