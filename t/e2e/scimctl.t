#!/usr/bin/env perl
#
# scimctl: organizations, tokens, OAuth clients, the two streams, numbers; what
# it does with mistakes; and that no secret is ever in an argument list.

use strict;
use warnings;

use Compress::Zlib qw(crc32);
use Cwd qw(getcwd);
use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../redis/lib";

use Scripts;
use SCIM::Ctl;
use SCIM::Port qw(free_port);
use Test::More;

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$SCIM::Ctl::TOP/build/scim-doc";

my $USER = '{"type":"user","version":1,"seq":1,'
    . '"created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z",'
    . '"resource":{"id":"u","userName":"u","title":"T"}}';

my $redis = Scripts->new;
my $ctl = SCIM::Ctl->new("$redis->{dir}/socket");


sub runs {
    my (@words) = @_;
    my $run = $ctl->run(@words);
    is($run->{status}, 0, "@{[ grep { !ref } @words ]}") or diag($run->{err});
    return $run->{out};
}


# a mistake: one clear line, nothing printed, nothing changed
sub refused {
    my ($like, @words) = @_;
    my $before = $redis->everything;
    my $run = $ctl->run(@words);
    my $name = "refused: @{[ grep { !ref } @words ]}";
    cmp_ok($run->{status}, '!=', 0, $name);
    like($run->{err}, qr/\Ascimctl: .*$like.*\n\z/, "$name: one line")
        or diag($run->{err});
    is($run->{out}, '', "$name: no output");
    is_deeply($redis->everything, $before, "$name: nothing changed");
}


# the checksum of a secret, worked out in another way
sub checksum {
    my ($n, @digits) = (crc32($_[0]), 0 .. 9, 'A' .. 'Z', 'a' .. 'z');
    my $text = '';
    for (1 .. 6) {
        $text = $digits[$n % 62] . $text;
        $n = int($n / 62);
    }
    return $text;
}


sub is_secret {
    my ($secret, $name) = @_;
    like($secret, qr/\Ascim_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}\z/, "$name: form");
    is(substr($secret, 48), checksum(substr $secret, 0, 48),
       "$name: checksum");
}


sub hash { return { @{ $redis->call('HGETALL', $_[0]) } } }


# --- organizations ----------------------------------------------------------

is(runs('org', 'create', 'acme', '--name', "Acme \"&\" \xc3\xa9", '--accounts',
        '1,2'), "acme\n", 'the name is printed');
my $meta = hash('scim:{acme}:meta');
like(delete $meta->{created}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
     'created');
is_deeply($meta, { name => "Acme \"&\" \xc3\xa9", accounts => '1,2' }, 'meta');
like($redis->call('ZSCORE', 'scim:tenants', 'acme'), qr/^\d{13}$/,
     'listed by ms');

my ($tenant, $token) = split /[\t\n]/, runs('org', 'create', 'b.corp',
                                            '--token=boot');
is($tenant, 'b.corp', 'the name and');
is_secret($token, 'the first token');
is_deeply($redis->call('HGETALL', 'scim:{b.corp}:tokens'),
          [ boot => sha256_hex($token) ], 'its name leads to its digest');
my $stored = hash('scim:token:' . sha256_hex($token));
like(delete $stored->{created}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
     'the token: created');
is_deeply($stored, { tenant => 'b.corp', name => 'boot', scope => 'rw' },
          'the token, which never expires');
unlike(join("\n", %{ $redis->everything }), qr/\Q$token\E/,
       'the token itself is nowhere');

refused('"acme" exists', 'org', 'create', 'acme');
refused('1 to 64 letters', 'org', 'create', $_)
    for 'a b', 'a{b', "a\nb", 'x' x 65, "\xc3\xa9", '*';
refused('is missing', 'org', 'create');
refused('one operand too many', 'org', 'create', 'x', 'y');
refused('no option --foo', 'org', 'create', 'x', '--foo');
refused('--name needs a value', 'org', 'create', 'x', '--name');
refused('control characters', 'org', 'create', 'x', '--name', "a\tb");
refused('no organization "nobody"', 'org', 'show', 'nobody');
refused('there is no command "foo"', 'foo');
refused('there is no command "org foo"', 'org', 'foo');
refused('needs a word', 'org');

is_deeply([ map { $_->{tenant} } $ctl->json('org', 'list') ],
          [ 'acme', 'b.corp' ], 'org list');
like(runs('org', 'list'), qr/\ATENANT .*\nacme .*\nb\.corp .*\n\z/,
     'org list, for people');
my ($shown) = $ctl->json('org', 'show', 'acme');
is_deeply([ @$shown{qw(tenant accounts users tokens)} ], [ 'acme', '1,2', 0, 0 ],
          'org show');
like(runs('org', 'show', 'acme'), qr/^accounts +1,2$/m,
     'org show, for people');


subtest 'many organizations at once' => sub {
    my $names = join '', map { "many-$_\tMany $_\t$_\n" } 1 .. 250;
    my @made = split /\n/, runs('org', 'create', '-', '--token', \$names);
    is(scalar @made, 250, 'a line for each');
    my %secrets = map { reverse split /\t/ } @made;
    is(scalar keys %secrets, 250, 'each has another token');
    is(scalar(grep {
           hash('scim:token:' . sha256_hex($_))->{tenant} eq $secrets{$_}
       } keys %secrets), 250, 'each token is that of its organization');
    is(hash('scim:{many-77}:meta')->{name}, 'Many 77', 'the displayed name');

    my $run = $ctl->run('--json', 'org', 'create', '-', '--token',
                        \"many-1\nmore\n");
    is($run->{status}, 1, 'one of two exists: the status tells');
    is($run->{err}, "scimctl: organization \"many-1\" exists\n",
       'and the message');
    like($run->{out}, qr/\A\{"tenant":"more","token":"scim_[^"]+"\}\n\z/,
         'the other was made');

    refused('line 2: the name must be', 'org', 'create', '-',
            \"new1\nnew 2\nnew3\n");
    refused('line 3: "new1" stands in line 1', 'org', 'create', '-',
            \"new1\n\nnew1\n");
};


# --- tokens -----------------------------------------------------------------

chomp(my $issued = runs('token', 'issue', 'acme', 'entra', '--scope', 'ro',
                        '--expires', '2099-12-31'));
is_secret($issued, 'token issue');
$stored = hash('scim:token:' . sha256_hex($issued));
delete $stored->{created};
is_deeply($stored, { tenant => 'acme', name => 'entra', scope => 'ro',
                     expires => '2099-12-31T00:00:00Z' }, 'token issue');
my ($as_json) = $ctl->json('token', 'issue', 'acme', 'second', '--expires',
                           '36h');
is_secret($as_json->{token}, 'token issue --json');
like($as_json->{expires}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
     'a duration becomes a time');

refused('a token "entra" already', 'token', 'issue', 'acme', 'entra');
refused('no organization', 'token', 'issue', 'nobody', 'x');
refused('scope must be', 'token', 'issue', 'acme', 'x', '--scope', 'w');
refused('not in the future', 'token', 'issue', 'acme', 'x', '--expires',
        '2020-02-29');
refused('neither a time', 'token', 'issue', 'acme', 'x', '--expires', $_)
    for '2099-02-29', '2099-13-01', '2099-01-01T24:00:00Z', 'soon', '5y', '1';

my @list = $ctl->json('token', 'list', 'acme');
is_deeply([ map { [ @$_{qw(name scope state)} ] } @list ],
          [ [ 'entra', 'ro', 'valid' ], [ 'second', 'rw', 'valid' ] ],
          'token list');
is($list[0]{sha256}, sha256_hex($issued), 'with its digest');
$redis->call('HSET', 'scim:token:' . sha256_hex($issued), 'expires',
             '2020-01-01T00:00:00Z');
like(runs('token', 'list', 'acme'), qr/^entra +ro +expired /m,
     'one that has expired');

refused('not without --yes', 'token', 'revoke', 'acme', 'entra');
refused('no token "third"', 'token', 'revoke', 'acme', 'third', '--yes');
runs('token', 'revoke', 'acme', 'entra', '--yes');
is($redis->call('EXISTS', 'scim:token:' . sha256_hex($issued)), 0,
   'a revoked token is gone');
is_deeply([ map { $_->{name} } $ctl->json('token', 'list', 'acme') ],
          [ 'second' ], 'and its name is');


# --- OAuth clients ----------------------------------------------------------

my ($id, $secret) = runs('client', 'create', 'acme', 'okta')
    =~ /\Aclient_id +([0-9a-f]{32})\nclient_secret +(\S+)\n\z/;
is_secret($secret, 'client create');
my $client = hash("scim:client:$id");
is_deeply([ @$client{qw(tenant name scope)} ], [ 'acme', 'okta', 'rw' ],
          'client create');
like($client->{'secret:' . sha256_hex($secret)},
     qr/\A\{"created":"[^"]+Z"\}\z/, 'the secret by its digest');
is($redis->call('HGET', 'scim:{acme}:clients', 'okta'), $id, 'by its name');

my ($added) = $ctl->json('client', 'secret', 'add', 'acme', 'okta',
                         '--expires', '90d');
is($added->{client_id}, $id, 'client secret add');
is(scalar(@list = $ctl->json('client', 'list', 'acme')), 2,
   'both secrets are listed');
is_deeply([ sort map { $_->{sha256} } @list ],
          [ sort map { sha256_hex($_) } $secret, $added->{client_secret} ],
          'by their digests');
refused('a client "okta" already', 'client', 'create', 'acme', 'okta');
refused('no client "x"', 'client', 'secret', 'add', 'acme', 'x');
refused('no secret whose digest', 'client', 'secret', 'revoke', 'acme', 'okta',
        '0' x 64, '--yes');
refused('hexadecimal', 'client', 'secret', 'revoke', 'acme', 'okta', 'x.*',
        '--yes');
my $start = substr sha256_hex($secret), 0, 12;
refused('not without --yes', 'client', 'secret', 'revoke', 'acme', 'okta',
        $start);
runs('client', 'secret', 'revoke', 'acme', 'okta', $start, '--yes');
is_deeply([ map { $_->{sha256} } $ctl->json('client', 'list', 'acme') ],
          [ sha256_hex($added->{client_secret}) ], 'one secret is left');
refused('not without --yes', 'client', 'delete', 'acme', 'okta');
runs('client', 'delete', 'acme', 'okta', '--yes');
is($redis->call('EXISTS', "scim:client:$id", 'scim:{acme}:clients'), 0,
   'client delete');


# --- clients that sign ------------------------------------------------------

my $rsa = qq("kty":"RSA","e":"AQAB","n":"@{[ 'A' x 342 ]}");
my $set = qq({"keys":[{$rsa,"kid":"one"}]});
my ($signs) = $ctl->json('client', 'create', 'acme', 'signs', '--keys', '-',
    \qq({ "keys": [ {$rsa, "kid": "one"}, {"kty": "OKP", "x": "A"} ]\n}));
is_deeply([ sort keys %$signs ], [ qw(client_id name tenant) ],
          'a client with keys has no secret');
$client = hash("scim:client:$signs->{client_id}");
is_deeply([ sort keys %$client ], [ qw(created jwks name scope tenant) ],
          'in Redis');
is($client->{jwks}, $set, 'the keys that are of use');
is_deeply([ map { "$_->{name} $_->{state}" } $ctl->json('client', 'list',
          'acme') ], [ 'signs signs' ], 'client list');

my $file = "$redis->{dir}/keys";
for my $case ([ 'no JSON', 'x', 'no JSON object with "keys"' ],
              [ 'nothing', '', 'no JSON object with "keys"' ],
              [ 'an array', '[]', 'no JSON object with "keys"' ],
              [ 'no keys', '{"keys":[]}', 'no RSA or EC key' ],
              [ 'a private key', qq({"keys":[{$rsa},{$rsa,"d":"A"}]}),
                'key 2 is a private one' ],
              [ 'a private key of another kind',
                qq({"keys":[{$rsa},{"kty":"oct","k":"A"}]}),
                'key 2 is a private one' ]) {
    my ($name, $text, $why) = @$case;
    refused($why, 'client', 'keys', 'set', 'acme', 'signs', \$text);
    refused($why, 'client', 'create', 'acme', 'other', '--keys', '-', \$text);
}
is(hash("scim:client:$signs->{client_id}")->{jwks}, $set, 'nothing has changed');
is($redis->call('HEXISTS', 'scim:{acme}:clients', 'other'), 0, 'or was made');
refused('cannot read', 'client', 'keys', 'set', 'acme', 'signs', "$file.not");
refused('is a folder', 'client', 'keys', 'set', 'acme', 'signs', '/');
refused('no client "x"', 'client', 'keys', 'set', 'acme', 'x', \$set);
refused('--expires is for a secret', 'client', 'create', 'acme', 'x', '--keys',
        '-', '--expires', '1d', \$set);

open my $out, '>', $file or die "$file: $!";
print $out $set =~ s/one/two/r;
close $out;
runs('client', 'keys', 'set', 'acme', 'signs', $file);
like(hash("scim:client:$signs->{client_id}")->{jwks}, qr/"two"/,
     'client keys set');
runs('client', 'secret', 'add', 'acme', 'signs');
is_deeply([ map { $_->{state} } $ctl->json('client', 'list', 'acme') ],
          [ 'valid', 'signs' ], 'a secret as well');
refused('not without --yes', 'client', 'keys', 'remove', 'acme', 'signs');
runs('client', 'keys', 'remove', 'acme', 'signs', '--yes');
is_deeply([ map { $_->{state} } $ctl->json('client', 'list', 'acme') ],
          [ 'valid' ], 'client keys remove');
refused('has no keys', 'client', 'keys', 'remove', 'acme', 'signs', '--yes');
runs('client', 'delete', 'acme', 'signs', '--yes');


# --- streams and numbers ----------------------------------------------------

$redis->{tenant} = 'acme';
$redis->create_user("user$_") for 1 .. 30;
my @changes = $ctl->json('changes', 'acme');
is(scalar @changes, 20, 'changes: the last twenty');
is($changes[-1]{id}, 'user30', 'up to the newest');
is($changes[0]{id}, 'user11', 'in their order');
is_deeply([ @{ $changes[0] }{qw(op type ver actor attrs)} ],
          [ 'create', 'user', '1', 'tester', 'userName' ], 'an entry');
is(scalar(@{[ $ctl->json('changes', 'acme', '-n', 5) ]}), 5, 'changes -n');
is(scalar(@{[ $ctl->json('changes', 'acme', '--since', '1h') ]}), 30,
   'changes --since a duration');
is(scalar(@{[ $ctl->json('changes', 'acme', '--since', '2099-01-01') ]}), 0,
   'changes --since a date to come');
is_deeply([ map { $_->{id} } $ctl->json('changes', 'acme', '--since',
                                        $changes[18]{entry}) ],
          [ 'user30' ], 'changes --since an entry');

for my $n (1 .. 1200) {
    $redis->call('XADD', 'scim:{acme}:log', '*', op => 'create',
        type => 'user', id => "u$n", status => $n % 400 ? 201 : 409,
        scimType => $n % 400 ? '' : 'uniqueness', detail => "detail\n$n",
        token => 'entra', ms => 3, request => "r$n");
}
is(scalar(@{[ $ctl->json('log', 'acme', '--since', '1d') ]}), 1200,
   'log: more than one slice');
is_deeply([ map { "$_->{id} $_->{scimType}" }
            $ctl->json('log', 'acme', '--failed', '-n', 2) ],
          [ 'u800 uniqueness', 'u1200 uniqueness' ], 'log --failed -n 2');
is(scalar(@{[ $ctl->json('log', 'acme', '--failed') ]}), 3, 'log --failed');
my $line = runs('log', 'acme', '-n', '1');
like($line, qr/\A\S+Z  create  user  u1200  409  uniqueness  entra  3  r1200  -  /,
     'log, for people');
like($line, qr/detail\?1200\n\z/, 'a line break in a value makes no line');
$redis->call('XADD', 'scim:{acme}:log', '*', op => 'create', status => 201,
             name => 'Kim', request => 'r');
like(runs('log', 'acme', '-n', '1'), qr/Z  create  -  -  201  -  -  -  r  Kim  -$/,
     'log: what is absent');
$redis->call('XADD', 'scim:{acme}:log', '*', op => 'create', status => 201,
             name => "\e[31ma\xc2\x9b2Jb\xc2\xa0\xc3\x9b");
like(runs('log', 'acme', '-n', '1'), qr/  \?\[31ma\?2Jb\xc2\xa0\xc3\x9b  -$/,
     'log: what would move a terminal');
$redis->call('HSET', 'scim:{acme}:cycle', state => 'running',
             last => '2026-11-25T00:12:09Z');
like(runs('org', 'show', 'acme'),
     qr/^cycle +running, last request 2026-11-25T00:12:09Z$/m,
     'org show: the cycle');
$redis->call('HSET', 'scim:{acme}:cycle', events => 12404,
             began => '2026-11-25T00:02:09Z');
like(runs('org', 'show', 'acme'), qr/^cycle +running, 1240 a minute, last /m,
     'with operations a minute');
refused('neither a duration', 'log', 'acme', '--since', 'x y');
refused('exclude each other', 'log', 'acme', '--since', '1h', '-n', '2');
refused('no organization', 'log', 'nobody');

my ($stats) = $ctl->json('stats', 'acme');
is_deeply([ @$stats{qw(tenant users log)} ], [ 'acme', 30, 1202 ], 'stats');
($stats) = $ctl->json('stats');
is_deeply([ @$stats{qw(organizations users tokens redis)} ],
          [ 253, 30, 253, $stats->{redis} ], 'stats of all');
cmp_ok($stats->{memory}, '>', 0, 'with the memory');


subtest 'following' => sub {
    my ($out, $err, $seen) = ('', '', 0);
    local $ENV{SCIM_REDIS} = $ctl->{redis};
    local $ENV{REDISCLI_AUTH} = $SCIM::Accounts::PASSWORD{op};
    my $follow = IPC::Run::start(
        [ "$SCIM::Ctl::TOP/redis/scimctl", 'changes', 'acme', '-f', '--json',
          '--since', $changes[-1]{entry} ], \undef, \$out, \$err,
        IPC::Run::timer(20));
    for my $n (1 .. 3) {
        $redis->create_user("later$n");
        $follow->pump until $out =~ /"later$n"/;
    }
    $follow->kill_kill;
    is(scalar(split /\n/, $out), 3, 'each entry once, as it comes');
};


# --- deleting ---------------------------------------------------------------

$redis->create_group('g', map { "user$_" } 1 .. 30);
$redis->call('HSET', 'scim:{acme}:unknown', 'a', 1);
refused('not without --yes', 'org', 'delete', 'acme');
refused('no organization', 'org', 'delete', 'nobody', '--yes');

$redis->call('HSET', 'scim:{acme}:meta', 'deleting', 1);
refused('is being deleted', @$_)
    for [ 'token', 'issue', 'acme', 'x' ], [ 'client', 'create', 'acme', 'x' ],
        [ 'import', 'acme', \'' ], [ 'reindex', 'acme' ],
        [ 'org', 'create', 'acme' ];
runs('org', 'delete', 'acme', '--yes');
is_deeply([ grep { /\{acme\}/ } keys %{ $redis->everything } ],
          [ 'scim:{acme}:meta' ], 'one whose deletion had begun: nothing is left');
is_deeply([ sort keys %{ hash('scim:{acme}:meta') } ], [ 'deleted', 'deleting' ],
          'but that it was deleted');
is($redis->call('EXISTS', 'scim:token:' . sha256_hex($as_json->{token})), 0,
   'nor its tokens');
is($redis->call('ZSCORE', 'scim:tenants', 'acme'), undef, 'nor its place');
is($redis->call('EXISTS', 'scim:token:' . sha256_hex($token)), 1,
   'tokens of others stay');


# --- help, connection, secrets ----------------------------------------------

for my $command ('', 'org', map({ "org $_" } qw(create list show delete)),
    'token', map({ "token $_" } qw(issue list revoke)), 'client',
    map({ "client $_" } 'create', 'list', 'secret add', 'secret revoke',
                        'keys set', 'keys remove', 'delete'), qw(log changes stats export import
    backup restore reindex check))
{
    like(runs(split(' ', $command), '--help'),
         qr/\Ausage: scimctl \Q$command\E/, "help of \"$command\"");
}

{
    local $ctl->{redis} = 'unix:/nonexistent/socket';
    my $run = $ctl->run('org', 'list');
    is($run->{status}, 1, 'no Redis');
    like($run->{err}, qr/\Ascimctl: Redis: .*\n\z/, 'no Redis: one line');
}
refused('must be unix:', '--redis', 'http://x', 'org', 'list');
refused('password on the command line', '--redis', 'redis://:pw@127.0.0.1',
        'org', 'list');
$redis->call('SET', 'scim:format', '2');
refused('format "2"', 'org', 'list');
$redis->call('SET', 'scim:format', '1');

subtest 'whatever lies in the folder' => sub {
    my $folder = tempdir(CLEANUP => 1);
    for my $name ('tokens', 'token&', 'userName') {
        open my $out, '>', "$folder/$name" or die "$name: $!";
    }
    my $back = getcwd();
    chdir $folder or die "$folder: $!";
    runs('org', 'create', 'elsewhere');
    runs('org', 'delete', 'elsewhere', '--yes');
    chdir $back or die "$back: $!";
};


subtest 'with a password' => sub {
    $redis->call('ACL', 'SETUSER', 'boss', 'on', '>p@ss%/:word', '~*', '&*',
                 '+@all');
    local $ctl->{redis} = "unix:$redis->{dir}/socket";
    local $ctl->{env} = { REDISCLI_AUTH => '' };     # none
    my $run = $ctl->run('org', 'list');
    like($run->{err}, qr/\Ascimctl: Redis: NOAUTH .*\n\z/, 'without it');
    local $ctl->{env} = { REDISCLI_AUTH => 'p@ss%/:word' };
    $run = $ctl->run('--redis', "unix:$redis->{dir}/socket", 'org', 'list');
    isnt($run->{status}, 0, 'of another user');
    for my $query ('user=boss', 'db=0&user=boss', 'user=b%6fss&db=0') {
        $run = $ctl->run('--redis', "unix:$redis->{dir}/socket?$query", 'org',
                         'list');
        is($run->{err}, '', "on a socket: $query");
    }
    refused('not user=, db=, tls_ca=', '--redis',
            "unix:$redis->{dir}/socket?password=x", 'org', 'list');
    refused('database that is no number', '--redis',
            "unix:$redis->{dir}/socket?user=boss&db=x", 'org', 'list');
    my $port = free_port();
    $redis->call('CONFIG', 'SET', 'port', $port);
    local $ctl->{redis} = "redis://boss\@127.0.0.1:$port";
    is($ctl->run('org', 'list')->{err}, '', 'in REDISCLI_AUTH');
    local $ctl->{env} = { REDISCLI_AUTH => '' };
    local $ctl->{redis} = "redis://boss:p%40ss%25%2f:word\@127.0.0.1:$port/0";
    is($ctl->run('org', 'list')->{err}, '', 'in the URL of SCIM_REDIS');
    $redis->call('CONFIG', 'SET', 'port', 0);
};


subtest 'no secret in an argument list' => sub {
    my $bin = tempdir(CLEANUP => 1);
    my $log = "$bin/arguments";
    for my $name (qw(redis-cli awk sed tr cut od fold dd sha256sum head tail
                     cat))
    {
        my ($real) = grep { -x } map { "$_/$name" } split /:/, $ENV{PATH};
        open my $out, '>', "$bin/$name" or die "$bin/$name: $!";
        print $out "#!/bin/sh\nprintf '%s\\n' \"\$0 \$*\" >> '$log'\n"
            . "exec $real \"\$@\"\n";
        close $out;
        chmod 0755, "$bin/$name";
    }
    local $ctl->{path} = $bin;
    my ($one) = $ctl->json('org', 'create', 'hidden', '--token');
    my ($two) = $ctl->json('token', 'issue', 'hidden', 'x');
    my ($three) = $ctl->json('client', 'create', 'hidden', 'x');

    open my $in, '<', $log or die "$log: $!";
    my $arguments = do { local $/; <$in> };
    like($arguments, qr/redis-cli/, 'the arguments have been seen');
    for my $secret ($one->{token}, $two->{token}, $three->{client_secret}) {
        unlike($arguments, qr/\Q$secret\E/, 'the secret is in none');
        my $digest = sha256_hex($secret);
        unlike($arguments, qr/$digest/, 'nor is its digest');
    }
};


# --- shells -----------------------------------------------------------------

for my $shell ('dash', 'busybox') {
    subtest "under $shell" => sub {
        my $bin = tempdir(CLEANUP => 1);
        my @words = $shell eq 'dash' ? 'dash'
                  : (SCIM::Ctl::busybox($bin) // '', 'sh');
        plan skip_all => "$shell is not installed"
            if $words[0] eq '' || system("command -v $words[0] >/dev/null");
        local $ctl->{shell} = \@words;
        local $ctl->{path} = $bin;

        my ($made) = $ctl->json('org', 'create', "in-$shell", '--name', 'A b',
                                '--token');
        is_secret($made->{token}, 'org create');
        is(hash('scim:token:' . sha256_hex($made->{token}))->{tenant},
           "in-$shell", 'its token');
        is(scalar(split /\n/, runs('org', 'create', '-', '--token',
                                   \join '', map { "$shell-$_\n" } 1 .. 120)),
           120, 'many');
        like(runs('org', 'show', "in-$shell"), qr/^name +A b$/m, 'org show');
        like(runs('token', 'list', "in-$shell"), qr/^first +rw +valid/m,
             'token list');
        like(runs('client', 'create', "in-$shell", 'c'), qr/client_secret/,
             'client create');
        refused('1 to 64', 'org', 'create', 'a b');
        runs('import', "in-$shell", \$USER);
        like(runs('export', "in-$shell"), qr/"resource":\{.*"userName":"u"/,
             'export');
        my $backup = "$bin/backup";
        runs('backup', $backup);
        runs('restore', $backup, '--org', "in-$shell", '--as', "as-$shell");
        like(runs('export', "as-$shell"), qr/"userName":"u"/, 'backup, restore');
        runs('reindex', "in-$shell", '--index', 'User:title');
        is(runs('check', "in-$shell"), "no damage was found\n", 'check');
        $redis->call('HDEL', "scim:{in-$shell}:users:by:userName", 'u');
        like(runs('check', "in-$shell", '--repair'), qr/^mended: missing/,
             'check --repair');
        like(runs('changes', "in-$shell"), qr/  create  user  u  1  scimctl /,
             'changes');
        runs('org', 'delete', "in-$shell", '--yes');
    };
}

done_testing();
