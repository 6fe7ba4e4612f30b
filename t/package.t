#!/usr/bin/env perl
#
# The Debian packages: what is in them, and what an operator gets who installs,
# uses, upgrades, removes and purges them. The machine's packages of nginx and
# Redis are used as they are; ./build.sh matrix has those of other releases.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM::Root;
use SCIM::Packages;
use Test::More;

my %deb = SCIM::Packages::build();


# --- what is in them ----------------------------------------------------------

# the files of a package: { path => mode }, without folders and documentation
sub contents {
    my ($package) = @_;
    my %file;

    for my $line (split /\n/, qx(dpkg-deb -c $deb{$package})) {
        my ($mode, $owner, $path, $to) =
            $line =~ m{^(\S+) (\S+) .*? \.(/\S+)(?: -> (\S+))?$} or next;
        is($owner, 'root/root', "$path belongs to root") if $owner ne 'root/root';
        next if $mode =~ /^d/ || $path =~ m{^/usr/share/(?:doc|lintian)/};
        $path =~ s{^/usr/lib/systemd}{/lib/systemd};    # from Debian 13 on
        $file{$path} = $to // $mode;
    }

    return \%file;
}

sub field { my $said = qx(dpkg-deb -f $deb{$_[0]} $_[1]); chomp $said; $said }

my ($plain, $program) = qw(-rw-r--r-- -rwxr-xr-x);
my $module = '/usr/lib/nginx/modules/ngx_scim_module.so';
my ($abi) = SCIM::Root::text({ dir => '/usr/share/nginx/src/debian' },
                             '/libnginx-mod.abisubstvars') =~ /^nginx:abi=(\S+)/m;

is_deeply(contents('libnginx-mod-http-scim'), {
    $module => $plain,
    '/usr/share/nginx/modules-available/mod-http-scim.conf' => $plain,
}, 'the module is where those of Debian are');
like(field('libnginx-mod-http-scim', 'Depends'), qr/(?:^|, )\Q$abi\E(?:,|$)/,
     "and depends on $abi");

is_deeply(contents('scim-redis'), {
    '/etc/scim-redis/redis.conf' => $plain,
    '/etc/init.d/scim-redis' => $program,
    '/etc/logrotate.d/scim-redis' => $plain,
    '/lib/systemd/system/scim-redis.service' => $plain,
    '/usr/sbin/scim-redis-setup' => $program,
    '/usr/share/man/man8/scim-redis-setup.8.gz' => $plain,
    '/usr/share/scim-redis/redis.conf' => $plain,
    '/usr/share/scim-redis/scim.acl' => $plain,
}, 'a Redis of its own');
like(field('scim-redis', 'Depends'), qr/redis-server \| valkey-server/,
     'by Redis or Valkey');

my $tools = contents('scim-tools');
my $share = '/usr/share/scim-tools';
is_deeply([ map { $tools->{$_} } '/usr/bin/scimctl', "$share/scimctl",
            '/usr/lib/scim-tools/scim-doc', '/usr/share/man/man1/scimctl.1.gz',
            '/usr/share/bash-completion/completions/scimctl',
            '/etc/scim-tools/scimctl.conf', "$share/VERSION" ],
          [ '../share/scim-tools/scimctl', $program, $program, ($plain) x 4 ],
          'the tools');
is_deeply([ grep { m{/scimctl\.d/} } sort keys %$tools ],
          [ map { s{^\Q$SCIM::Packages::TOP\E/redis}{$share}r }
            sort glob "$SCIM::Packages::TOP/redis/scimctl.d/*" ],
          'with all parts of scimctl');


# --- installation ---------------------------------------------------------------

my $root = SCIM::Root->new;
my @accounts = qw(scim app op admin);

sub modes {
    my ($files) = @_;
    return [ split /\n/, $root->must("stat -c '%a %U:%G %n' $files") ];
}

$root->take(values %deb);
my $said = $root->must('dpkg -i *.deb');
unlike($said, qr/warning|error/i, 'the packages are installed') or diag $said;
is_deeply(modes('/etc/nginx/modules-enabled/50-mod-http-scim.conf'),
          [ '777 root:root /etc/nginx/modules-enabled/50-mod-http-scim.conf' ],
          'nginx loads the module');
$root->must('nginx -t');

is_deeply(modes('/etc/scim-redis/*-password /etc/scim-redis/scim.acl '
                . '/var/lib/scim-redis /var/log/scim-redis'), [
    (map { "600 root:root /etc/scim-redis/$_-password" } sort @accounts),
    '600 scim-redis:scim-redis /etc/scim-redis/scim.acl',
    '700 scim-redis:scim-redis /var/lib/scim-redis',
    '2750 scim-redis:adm /var/log/scim-redis',
], 'nobody else can read passwords and data');
like($root->must('id -nG www-data'), qr/\bscim-redis\b/,
     'www-data may use the socket');

sub passwords {
    return { map { $_ => $root->text("/etc/scim-redis/$_-password") } @accounts };
}

my $passwords = passwords();
my %different = map { $_ => 1 } values %$passwords;
is(scalar(grep { /^[0-9a-f]{64}\n$/ } keys %different), scalar(@accounts),
   'each account has a password of its own');

# words of all commands that are run, as others see them in /proc
$root->must('rm /etc/scim-redis/*-password');
my $trace = $root->must('sh -x /usr/sbin/scim-redis-setup');
my $again = passwords();
isnt($again->{$_}, $passwords->{$_}, "$_: one that is missing is made anew")
    for @accounts;
unlike($trace, qr/\Q$_\E/, 'no password is a word of a command')
    for map { chomp(my $word = $_); $word } values %$again;


# --- systemd --------------------------------------------------------------------

SKIP: {
    skip 'systemd-analyze is not installed', 2
        if system('command -v systemd-analyze >/dev/null') != 0;
    my ($status, $said) = $root->sh('systemd-analyze verify scim-redis.service');
    is($said =~ s/^(?!.*scim).*\n//mgr, '', 'systemd understands the unit');
    ($status, $said) = $root->sh('systemd-analyze security --offline=true '
        . '--no-pager --threshold=15 /lib/systemd/system/scim-redis.service');
    is($status, 0, 'and counts it as at most 1.5 exposed') or diag $said;
}


# --- use ------------------------------------------------------------------------

# the configuration that is shipped, but for the paths, and the accounts, but for
# the passwords
is($root->text('/usr/share/scim-redis/redis.conf'),
   SCIM::Root::text({ dir => $SCIM::Packages::TOP }, '/redis/redis.conf'),
   'redis.conf is the shipped one');
is($root->text('/etc/scim-redis/scim.acl') =~ s/ on #[0-9a-f]{64} / off /gr,
   SCIM::Root::text({ dir => $SCIM::Packages::TOP }, '/redis/scim.acl'),
   'scim.acl too');

$said = $root->must('service scim-redis start && service scim-redis status');
like($said, qr/is running/, 'it starts without systemd');
is_deeply(modes('/run/scim-redis /run/scim-redis/redis.sock'),
          [ '2750 scim-redis:scim-redis /run/scim-redis',
            '770 scim-redis:scim-redis /run/scim-redis/redis.sock' ],
          'the socket is for its group');
is($root->must('service scim-redis start') =~ /fail/, '', 'a second start is none');

my ($token) = $root->must('scimctl org create acme --token')
    =~ /^acme\t(\S+)$/;
ok($token, 'scimctl finds it');
my ($status, $refused) = $root->sh('setpriv --reuid=nobody --clear-groups '
                                   . 'scimctl org list');
like($refused, qr/you may not read .*op-password/, 'for root only');

my $examples = '/usr/share/doc/libnginx-mod-http-scim/examples';
sub site {
    my @names = @_;
    $root->must("rm -f /etc/nginx/sites-enabled/scim*; for name in @names; do "
                . "cp $examples/\$name.conf /etc/nginx/sites-enabled/scim-\$name; done");
}

$root->must('mkdir -m 700 /etc/nginx/scim; cd /etc/nginx/scim; openssl req -x509 '
    . '-newkey rsa:2048 -nodes -subj /CN=scim.example.com -addext '
    . 'subjectAltName=DNS:scim.example.com -keyout privkey.pem -out fullchain.pem');
$root->must('test -e /etc/nginx/sites-enabled/default');
for my $names ('nginx-site', 'nginx-site nginx-other-names') {
    site($names);
    my ($status, $said) = $root->sh('nginx -t');
    is($status, 0, "$names: stands beside Debian's site");
    unlike($said, qr/\[\w+\]/, 'without a warning') or diag $said;
}

$root->must('service nginx start');

# a request as curl sends it: the status, and a line with the text
sub ask {
    my ($arguments) = @_;
    return $root->sh("curl -sS --max-time 20 --cacert /etc/nginx/scim/fullchain.pem "
        . '--connect-to scim.example.com:443:127.0.0.1:443 '
        . "-H 'Authorization: Bearer $token' $arguments");
}

my $url = 'https://scim.example.com/scim/v2/Users';
(undef, $said) = ask("$url -H 'Content-Type: application/scim+json' "
                     . q(-d '{"userName":"kim"}' -w '%{http_code}'));
like($said, qr/"userName":"kim".*201$/, 'a user, over TLS');
($status, $said) = ask('https://else.example.com/ --connect-to ::127.0.0.1:443');
is($status, 35, 'no other name');

(undef, $said) = $root->sh('REDISCLI_AUTH=$(cat /etc/scim-redis/app-password) '
    . q(redis-cli -s /run/scim-redis/redis.sock --user app )
    . q(HGET 'scim:{acme}:users:by:userName' kim));
like($said, qr/^[a-z2-7]{26}$/, 'the application finds it');

# others see none of it; the user nobody may not look
(undef, $said) = $root->sh('setpriv --reuid=nobody --clear-groups ls '
                           . '/run/scim-redis /var/lib/scim-redis');
is(scalar(() = $said =~ /Permission denied/g), 2, 'others see nothing');

# nginx connects again by itself
$root->must('service scim-redis restart');
for (1 .. 50) {
    (undef, $said) = ask("$url -w ' %{http_code}'");
    last if $said !~ / 503$/;
    select undef, undef, undef, 0.1;
}
like($said, qr/"userName":"kim".* 200$/, 'the user outlives a restart of Redis');


# --- completion and manuals --------------------------------------------------------

sub completed {
    my @words = @_;
    $root->write_file('/tmp/completed', <<'END');
source /usr/share/bash-completion/completions/scimctl
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_scimctl scimctl
echo "${COMPREPLY[@]}"
END
    my $said = $root->must('bash completed ' . join ' ', map { "'$_'" } @words);
    return [ split ' ', $said ];
}

is_deeply(completed(qw(scimctl or)), ['org'], 'a command is completed');
is_deeply(completed(qw(scimctl org), ''), [qw(create delete limit list show)],
          'what stands behind it');
is_deeply(completed(qw(scimctl --redis unix:/x org create --acc)), ['--accounts'],
          'an option');
$root->must("man $_ | grep -q NAME") for qw(scimctl scim-redis-setup);


# --- the same packages again: nothing of the operator's is lost ----------------------

my $acl = $root->text('/etc/scim-redis/scim.acl');
my $own = "user monitor on #" . '0' x 64 . " +ping\n";
$root->write_file('/etc/scim-redis/scim.acl', "$acl$own");
$root->must('echo "maxmemory 1gb" >> /etc/scim-redis/redis.conf');
$root->must('service scim-redis restart');
my $pid = $root->text('/run/scim-redis/redis.pid');

$root->must('dpkg -i *.deb');
is_deeply(passwords(), $again, 'the passwords stay');
is($root->text('/etc/scim-redis/scim.acl'), "$acl$own",
   'so do accounts of the operator');
like($root->text('/etc/scim-redis/redis.conf'), qr/maxmemory 1gb\n\z/,
     'and settings');
is($root->text('/run/scim-redis/redis.pid'), $pid, 'Redis goes on');

# a new version, or a new program, takes a restart, which a machine without a
# runlevel denies to packages
$root->must('echo "maxmemory 1500mb" >> /etc/scim-redis/redis.conf');
like($root->must('dpkg -i scim-redis_*.deb'), qr/^scim-redis goes on .*: restart it$/m,
     'another configuration needs a restart');
$root->must('service scim-redis restart');
unlike($root->must('dpkg -i scim-redis_*.deb'), qr/restart it/, 'once');
like($root->must('dpkg-trigger --by-package=redis-server /usr/bin/redis-server; '
                 . 'dpkg --configure --pending'), qr/restart it$/m,
     'so does another program');


# --- removal and purge -----------------------------------------------------------

$root->must('rm /etc/nginx/sites-enabled/scim*; service nginx reload');
$root->must('dpkg -r libnginx-mod-http-scim scim-tools');
$root->must('nginx -t');
$said = $root->must('dpkg -r scim-redis');
is_deeply(passwords(), $again, 'removed: the passwords stay');
ok($root->must('ls /var/lib/scim-redis'), 'and the data');
is($root->must('ps -C server -o args= || true'), '', 'nothing runs');

$root->must('dpkg -i *.deb; service scim-redis start');
like($root->must('scimctl org list'), qr/^acme +acme +1 /m,
     'installed again: everything is there');

$said = $root->must('dpkg -P libnginx-mod-http-scim scim-tools scim-redis');
like($said, qr{^Removing the users and groups in /var/lib/scim-redis$}m,
     'a purge says what it removes');
is($root->must('ls -d /var/*/scim-redis /etc/scim-* /usr/share/scim-* '
               . '/etc/nginx/modules-enabled/*scim* 2>/dev/null || true'), '',
   'and leaves nothing');
$root->must('nginx -t');

done_testing();
