#!/usr/bin/env perl
#
# ./build.sh run, and with it every command of README.md and docs/application.md, as
# they stand there. A folder of links to this one has a run/ of its own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use SCIM;
use SCIM::Ctl;
use SCIM::Page;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $dir = tempdir('scim-run-XXXXXX', TMPDIR => 1, CLEANUP => 1);
symlink "$top/$_", "$dir/$_" or die "$_: $!"
    for qw(build build.d build.sh config config.make docs ngx_scim_module redis);

my $port = SCIM::free_port();
my $pid;
$SIG{$_} = sub { exit 1 } for qw(INT TERM);
END { kill 'TERM', $pid if $pid }


sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in>;
}


sub start {
    unlink "$dir/out";
    $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $ENV{SCIM_PORT} = $port;
        $SIG{INT} = 'DEFAULT';      # the shell ignores it behind an "&"
        open STDOUT, '>', "$dir/out" or die $!;
        open STDERR, '>&', \*STDOUT or die $!;
        exec "$dir/build.sh", 'run' or die $!;
    }
    SCIM::wait_for('the servers', sub {
        my $out = slurp("$dir/out");
        die "./build.sh run: $out" if waitpid($pid, 1) == $pid;
        return $out =~ /^Ctrl-C stops/m;
    }, 300);
    return slurp("$dir/out");
}


sub stop {
    my ($signal) = @_;
    kill $signal, $pid;
    waitpid $pid, 0;
    undef $pid;
    return IO::Socket::INET->new("127.0.0.1:$port") ? 'up' : 'down';
}


# status and text of an answer
sub ask {
    my ($path, $token, $body, $type) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$port") or die $!;
    $body //= '';
    $type //= 'application/scim+json';
    print {$socket} ($body eq '' ? 'GET' : 'POST') . " $path HTTP/1.0\r\n"
        . "Host: 127.0.0.1:$port\r\nContent-Type: $type\r\n"
        . ($token ? "Authorization: Bearer $token\r\n" : '')
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    local $/;
    my $text = <$socket>;
    return ($text =~ m{^HTTP/1\.1 (\d+)}, $text =~ s/.*?\r\n\r\n//sr);
}


my $out = start();
my ($url) = $out =~ /^Tenant URL: +(\S+)$/m;
my ($token) = $out =~ /^Secret token: +(\S+)$/m;
is($url, "http://127.0.0.1:$port/scim/v2", 'the Tenant URL');
is(slurp("$dir/run/token"), "$token\n", 'the token is in run/token');
is((stat "$dir/run/token")[2] & 0777, 0600, 'for its owner');

# runs the commands of a page after these changes, each of which must succeed
sub run_page {
    my ($name, %changes) = @_;
    my $text = SCIM::_slurp("$top/$name");
    $text =~ s/\Q$_\E/$changes{$_}/g for keys %changes;
    my $file = "$dir/" . $name =~ tr{/}{-}r;
    open my $page, '>', $file or die $!;
    print {$page} $text;
    close $page or die $!;
    my @steps = SCIM::Page::steps($file);
    my @results = SCIM::Page::run(\@steps, 'env', '-C', $dir);
    is(scalar @results, scalar @steps, "each command of $name was run");
    is($_->{wrong}, '', "$name, line $_->{line}") or diag $_->{output} for @results;
    return ($text, @results);
}

my ($readme, @results) = run_page('README.md', '127.0.0.1:8080' => "127.0.0.1:$port");

sub shape {     # of a user, without what differs each time
    my ($text) = @_;
    my $user = decode_json($text);
    $_ = 'other' for $user->{id}, values %{ $user->{meta} };
    return $user;
}
my ($shown) = $readme =~ /^```json\n(.*?)^```$/ms;
is_deeply(shape($results[0]{output}), shape($shown), 'the user is as it shows');
is(decode_json($results[1]{output})->{totalResults}, 1, 'a client finds it');

my ($program) = $readme =~ /^```python\n(.*?)^```$/ms;
open my $python, '>', "$dir/application.py" or die $!;
print {$python} $program;
close $python or die $!;
SKIP: {
    skip 'python3-redis is not installed', 1
        if system("/usr/bin/python3 -c 'import redis; redis.Redis' 2>/dev/null");
    my $said = `cd $dir && /usr/bin/python3 application.py 2>&1`;
    like($said, qr/^\(\{.*'userName': 'kim\@example\.com'.*\}, \[\]\)$/,
         'and an application reads it');
}

my ($status, $text);

# the accounts are the shipped ones, as README has them used
chomp(my $login = `. $dir/run/env && printf '%s\n%s' "\$SCIM_REDIS" "\$REDISCLI_AUTH"`);
my ($address, $password) = split /\n/, $login;
is($address, "unix:$dir/run/redis.sock?user=op", 'run/env has the account "op"');
is(slurp("$dir/run/nginx.conf") =~ /user=(\w+)/ ? $1 : '', 'scim',
   'and nginx another one');
my $ctl = SCIM::Ctl->new("$dir/run/redis.sock",
    env => { REDISCLI_AUTH => $password }, redis => $address);
my $text_of_all = slurp("$dir/run/scim.acl") =~ s/ on #[0-9a-f]{64}/ off/gr;
is($text_of_all, slurp("$top/redis/scim.acl"),
   'the accounts are those of redis/scim.acl with passwords put in');

my @open = split /\n/, `find $dir/run ! -type l -perm /077`;
is_deeply(\@open, [], 'nothing in run/ is for others to read');
my $stranger = IO::Socket::INET->new("127.0.0.1:$port") or die $!;
print {$stranger} "GET /status HTTP/1.1\r\nHost: evil.example.com:$port\r\n"
    . "Connection: close\r\n\r\n";
like(scalar(<$stranger>), qr{^HTTP/1\.1 403}, 'and /status has names of this machine');
is_deeply([ map { "$_->{tenant} $_->{users}" } $ctl->json('org', 'list') ],
          [ 'demo 1', 'acme 0' ], 'the organizations are those of scimctl');
my ($other) = $results[-1]{output} =~ /\t(scim_\S+)$/m;
($status, $text) = ask('/scim/v2/Users', $other);
is($status, 200, 'and another one, with its token');
is(decode_json($text)->{totalResults}, 0, 'has no users of the first');

($status, $text) = ask('/status');
is_deeply([ map { $_->{name} } @{ decode_json($text)->{organizations} } ],
          [ 'acme', 'demo' ], 'the status page has both');
($status, $text) = ask('/status?org=demo');
is(decode_json($text)->{log}[0]{name}, 'kim@example.com', 'and the log');
is(decode_json($text)->{tokens}[0]{name}, 'first', 'and the token');
($status, $text) = ask('/metrics');
like($text, qr/^scim_requests_total\{operation="create",status="201"\} 1$/m,
     'metrics');

my ($client) = $ctl->json('client', 'create', 'demo', 'okta');
($status, $text) = ask('/oauth/token', undef,
    "grant_type=client_credentials&client_id=$client->{client_id}"
    . "&client_secret=$client->{client_secret}",
    'application/x-www-form-urlencoded');
($status) = ask('/scim/v2/Users', decode_json($text)->{access_token});
is($status, 200, 'tokens of an OAuth client');

is(stop('INT'), 'down', 'Ctrl-C stops it');
$out = start();
like($out, qr/\Q$token\E/, 'the same token after a restart');
($status, $text) = ask('/scim/v2/Users', $token);
is(decode_json($text)->{totalResults}, 1, 'and the same data');

$ctl->run('token', 'revoke', 'demo', 'first', '--yes');
is(stop('TERM'), 'down', 'stopped');
start();
chomp(my $new = slurp("$dir/run/token"));
isnt($new, $token, 'a token that was revoked is replaced');
($status) = ask('/scim/v2/Users', $new);
is($status, 200, 'by one that is good');
($status) = ask('/scim/v2/Users', $token);
is($status, 401, 'and stays revoked');
# docs/application.md, with the ids of users and a group that are like its own
sub create {
    my ($type, %body) = @_;
    my ($status, $text) = ask("/scim/v2/${type}s", $new, encode_json({
        schemas => [ "urn:ietf:params:scim:schemas:core:2.0:$type" ], %body }));
    is($status, 201, "a $type for docs/application.md");
    return decode_json($text)->{id};
}

my $kim = decode_json($results[0]{output})->{id};
my $ada = create('User', userName => 'ada@example.com', active => \1);
my $group = create('Group', displayName => 'Observability Admins',
                   members => [ { value => $kim }, { value => $ada } ]);
my $redis = "redis-cli -s $dir/run/redis.sock --user op";
my ($latest) = `. $dir/run/env; $redis --raw XREVRANGE 'scim:{demo}:changes' + - COUNT 1`
    =~ /^(\d+-\d+)$/m;
($status) = ask('/scim/v2/Bulk', $new, encode_json({
    schemas => [ 'urn:ietf:params:scim:api:messages:2.0:BulkRequest' ],
    Operations => [ { method => 'PATCH', path => "/Users/$ada", data => {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
        Operations => [ { op => 'replace', path => 'active', value => \0 } ] } } ] }));
is($status, 200, 'and a change');
run_page('docs/application.md', ysjx4qbik4u352nb2w453ddina => $kim,
         f2ii5jk46moqmza33rirgy2zly => $ada, e4vswweyszmgjy3tcvqu6ga7dq => $group,
         '1795560685547-0' => $latest,
         # as on a terminal
         'redis-cli -s' => 'redis-cli --no-raw -s');

is(stop('TERM'), 'down', 'stopped again');

done_testing();
