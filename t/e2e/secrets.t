#!/usr/bin/env perl
#
# Secrets are nowhere but where they belong: after requests, failures and
# mistakes of all kinds, no token, client secret or password is in a log, an
# answer, the list of processes, the provisioning log, the change stream, the
# metrics, what scimctl shows, or Redis.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Digest::SHA qw(sha256_hex);
use File::Find;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use SCIM;
use SCIM::Ctl;
use SCIM::Test;
use Test::More;
use Time::HiRes qw(sleep);

my $WORD = "sekret$$";                      # in each secret of this test
my @GIVEN;                                  # those that were made at random
my @ANSWERS;

my ($FORMAT) = SCIM::_slurp("$SCIM::TOP/docs/variables.md")
    =~ /^(log_format\s+scim\s.*?;)$/ms;

my $QUIET = SCIM::free_port();       # the log of this port is at "notice"
my $LOGS = 'access_log access.log combined; access_log scim.log scim;';

my $scim = SCIM->new(
    workers    => 2,
    redis_args => [ '--slowlog-log-slower-than', 0, '--slowlog-max-len', 100000 ],
    tokens     => { "file-$WORD" => 'a main rw', "reader-$WORD" => 'a reader ro',
                    "late-$WORD" => 'a late rw 2020-01-01T00:00:00Z' },
    http       => "$FORMAT limit_req_zone \$scim_tenant zone=l:1m rate=1r/m;"
        . ' limit_req_status 429; client_header_timeout 300ms;'
        . " server { listen 127.0.0.1:$QUIET; error_log quiet.log notice;"
        . ' location /scim/v2/ { scim; } }',
    location   => "scim_log on; $LOGS",
    server     => "location /redis/v2/ { scim; scim_tokens redis valid=50ms;
                       scim_log on values=on; $LOGS }
                   location /limited/v2/ { scim; limit_req zone=l; $LOGS }
                   location = /token { scim_oauth_token; $LOGS }
                   location = /metrics { scim_metrics; }");

my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");


# --- who looks for them -----------------------------------------------------

# the lines of a text that hold a secret
sub secrets {
    my ($text) = @_;
    my $any = join '|', map { quotemeta } $WORD, map { ($_, encode_base64($_, '')) }
        @GIVEN, map { "$_-$WORD" } qw(client wrong other);
    return $text =~ /^(.*(?:$any).*)$/mgi;
}

sub none_in {
    my ($what, $text) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(length $text, "$what: there is something");
    is_deeply([ secrets($text) ], [], "$what: no secret");
}


# A process that reads the argument lists of all others until it is ended, and
# leaves those with the word in a file.
sub watch_processes {
    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    my $run = 1;
    local $SIG{TERM} = sub { $run = 0 };
    my ($n, %found) = (0);
    while ($run) {
        for my $file (glob '/proc/[0-9]*/cmdline') {
            my $line = SCIM::_slurp($file) =~ tr/\0/ /r;
            $found{$line} = 1 if $line =~ /\Q$WORD\E/i;
            $n++ if $line =~ /nginx: worker/;
        }
        sleep 0.01;
    }
    $scim->write_file('processes', join "\n", "workers seen: $n", keys %found);
    require POSIX;
    POSIX::_exit(0);
}


# --- requests ---------------------------------------------------------------

sub send_raw {
    my ($port, $text, $wait) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$port") or return;
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $text;
    $socket->flush;
    return if !$wait;
    local $/;
    push @ANSWERS, scalar(<$socket>) // '';
}

sub ask {
    my ($root, $token, $method, $path, $body, %opt) = @_;
    my $res = $scim->request($method, $path, $body, root => $root,
                             token => $token, %opt);
    push @ANSWERS, join "\n", $res->{text} // '', %{ $res->{headers} || {} };
    return $res;
}

my %status;

# the requests that are possible with a token, good or bad
sub requests {
    my ($root, $token) = @_;
    my $ask = sub { my $res = ask($root, $token, @_);
                    $status{ $res->{status} } = 1;
                    return $res };
    my $patch = sub { { Operations => [ { @_ } ], schemas => [
        'urn:ietf:params:scim:api:messages:2.0:PatchOp' ] } };
    my %password = (password => "Pw-$WORD");

    my $made = $ask->('POST', '/Users', { userName => "kim$$", %password });
    my $id = $made->{body}{id} // 'aaaaaaaaaaaaaaaaaaaaaaaaaa';

    $ask->('POST', '/Users', { userName => "kim$$", %password });
    $ask->('POST', '/Users', { userName => { %password } });
    $ask->('POST', '/Users', { userName => "b$$", password => { %password } });
    $ask->('POST', '/Users', { userName => "c$$", password => [ "Pw-$WORD" ] });
    $ask->('PUT', "/Users/$id", { userName => "kim$$", %password });
    $ask->('PATCH', "/Users/$id", $patch->(op => 'replace', path => 'password',
                                           value => "Pw-$WORD"));
    $ask->('PATCH', "/Users/$id", $patch->(op => 'replace', path => 'password',
                                           value => { a => "Pw-$WORD" }));
    $ask->('PATCH', "/Users/$id", $patch->(op => 'add', value => { %password }));
    $ask->('POST', '/Bulk', { Operations => [
        { method => 'POST', path => '/Users', bulkId => 'x',
          data => { userName => "d$$", %password } },
        { method => 'PATCH', path => "/Users/$id", data => $patch->(
            op => 'replace', path => 'password', value => [ "Pw-$WORD" ]) } ] });
    $ask->('GET', '/Nothing');
    $ask->('PUT', '/Users', {});
    $ask->('GET', '/Users?count=x');
    $ask->('GET', "/Users/$id", undef, headers => { Accept => 'text/html' });
    $ask->('GET', "/Users/$id", undef,
           headers => { 'If-None-Match' => 'W/"99"' });
    $ask->('PUT', "/Users/$id", { userName => 'x' },
           headers => { 'If-Match' => 'W/"99"' });
    $ask->('POST', '/Users', {}, headers => { 'Content-Type' => 'text/plain' });
    $ask->('POST', '/Users', undef, raw => '{"userName":');
    $ask->('POST', '/Users', { userName => 'x' x 1_100_000 });
    $ask->('GET', '/' . 'x' x 10_000);
    $ask->('TRACE', '/Users');
    $ask->('GET', '/Users/%');
    $ask->('DELETE', "/Users/$id");
}


# by hand: what is not quite HTTP, and clients that go away
sub odd_requests {
    my ($root, $token) = @_;
    my $head = "Host: a\r\nAuthorization: Bearer $token\r\n";

    send_raw($scim->{port}, $_, 1) for
        "GET $root/Users HTTP/1.1\r\nAuthorization: Bearer $token\r\n\r\n",
        "GET $root/Users HTTP/9.1\r\n$head\r\n",
        "POST $root/Users HTTP/1.1\r\n${head}Content-Length: x\r\n\r\n",
        "GET $root/Users HTTP/1.0\r\nAuthorization: $token\r\n\r\n",
        "GET $root/Users HTTP/1.0\r\nAuthorization: Bearer $token $token\r\n\r\n",
        "GET $root/Users HTTP/1.0\r\nAuthorization: Basic $token\r\n\r\n",
        "GET $root/Users HTTP/1.1\r\n$head";      # the rest never comes
    send_raw($scim->{port}, "POST $root/Users HTTP/1.1\r\n$head"
             . "Content-Length: 99\r\n\r\n{");
}


# Header lines that nginx itself quotes at level info, which docs/variables.md mentions.
sub broken_headers {
    my ($token) = @_;
    my $line = "Authorization: Bearer $token";

    send_raw($QUIET, "GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\n$_\r\n\r\n", 1)
        for "$line\r\n$line", "$line\0", "Authorization : Bearer $token",
            $line . 'x' x 40_000, "Authorization\x01: Bearer $token";
}


sub form {
    my (%form) = @_;
    return join '&', map { "$_=" . encode($form{$_}) } sort keys %form;
}

# an answer of the token endpoint, and the token in it
sub oauth {
    my ($form, @headers) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die;
    print {$socket} join "\r\n", 'POST /token HTTP/1.0', @headers,
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: ' . length $form, '', $form;
    $socket->flush;
    my $text = do { local $/; <$socket> } // '';
    return $1 if $text =~ /"access_token":"([^"]+)"/;
    push @ANSWERS, $text;
    return;
}

sub clients_of_oauth {
    my ($id) = @_;
    my %grant = (grant_type => 'client_credentials', client_id => $id);
    my $basic = sub { 'Authorization: Basic ' . encode_base64("$id:$_[0]", '') };

    push @GIVEN, grep { defined }
        oauth(form(%grant, client_secret => "client-$WORD")),
        oauth('grant_type=client_credentials', $basic->("client-$WORD"));

    oauth(form(%grant, client_secret => "wrong-$WORD"));
    oauth(form(%grant, client_secret => "client-$WORD", grant_type => 'password'));
    oauth(form(%grant, client_secret => "client-$WORD") . "&client_secret=$WORD");
    oauth(form(%grant, client_secret => "client-$WORD"), $basic->("other-$WORD"));
    oauth('grant_type=client_credentials', $basic->("wrong-$WORD"));
    oauth('grant_type=client_credentials', "Authorization: Basic client-$WORD");
    oauth("client_secret=%client-$WORD&grant_type=x");
    oauth(form(%grant, client_secret => $WORD x 20_000));
}


# --- a run ------------------------------------------------------------------

my $watcher = watch_processes();

# tokens and clients in Redis: some of scimctl, some written by hand
is($ctl->run('org', 'create', $_)->{status}, 0, "organization $_") for qw(a b);
push @GIVEN, map { chomp; $_ } $ctl->run('token', 'issue', 'b', 'made')->{out};
$scim->issue("redis-$WORD", tenant => 'b');
my ($client) = $ctl->json('client', 'create', 'b', 'okta');
push @GIVEN, $client->{client_secret};
$scim->redis('HSET', "scim:client:$client->{client_id}",
             'secret:' . sha256_hex("client-$WORD") => '{}');

sub everything {
    clients_of_oauth($client->{client_id});

    for my $token ("file-$WORD", "reader-$WORD", "late-$WORD", "wrong-$WORD") {
        requests('/scim/v2', $token);
        odd_requests('/scim/v2', $token);
        broken_headers($token);
    }
    for my $token ("redis-$WORD", "wrong-$WORD", @GIVEN) {
        requests('/redis/v2', $token);
        odd_requests('/redis/v2', $token);
    }
    for (1 .. 3) {
        $status{ ask('/limited/v2', "file-$WORD", 'GET', '/Users')->{status} } = 1;
    }
}

everything();
is(scalar @GIVEN, 4, 'two secrets of scimctl, two tokens of clients');

# Redis asks for a password; then for another one; then it goes away
$scim->redis('ACL', 'SETUSER', 'scim', 'on', ">redis-$WORD", '~*', '&*', '+@all');
$scim->write_file('password', "redis-$WORD\n");
for my $login ('user=scim password_file=password', "user=scim password=redis-$WORD",
               "user=scim password=wrong-$WORD", "user=$WORD password=redis-$WORD",
               "password=redis-$WORD")
{
    $scim->{scim_redis} = "$login timeout=1s";
    $scim->reload;
    my $right = $login =~ /user=scim.*(=redis|file)/;
    is(ask('/scim/v2', "file-$WORD", 'GET', '/Users')->{status},
       $right ? 200 : 503, $login =~ s/$WORD/.../gr);
    if (!$right) {
        requests('/redis/v2', "redis-$WORD");
        oauth(form(grant_type => 'client_credentials', client_secret => "a-$WORD",
                   client_id => $client->{client_id}));
    }
}

$scim->{scim_redis} = 'user=scim password_file=password timeout=300ms';
$scim->reload;

kill 'STOP', $scim->{redis_pid};
requests('/redis/v2', "late-$WORD");
kill 'CONT', $scim->{redis_pid};

my ($worker) = $scim->worker_pids;
send_raw($scim->{port}, "POST /scim/v2/Users HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
         . "Authorization: Bearer file-$WORD\r\n\r\n{");
kill 'ABRT', $worker;
SCIM::wait_for('another worker', sub { 2 == grep { $_ != $worker }
                                       $scim->worker_pids });

is_deeply([ grep { !$status{$_} } 200, 201, 400, 401, 403, 404, 405, 406, 409,
                                  412, 413, 414, 415, 429, 503 ], [],
          'errors of all kinds')
    or diag join ' ', sort keys %status;


# --- mistakes in the configuration ------------------------------------------

sub mistake {
    my ($conf) = @_;
    $scim->write_file('mistake.conf', $conf);
    my $dir = $scim->{dir};
    return scalar `nginx -t -p $dir -e $dir/error.log -c $dir/mistake.conf 2>&1`;
}

my $conf = $scim->config;
my @messages;
for my $address ("unix:/x pasword=$WORD", "unix:/x $WORD", "unix:/x password",
                 "redis://:$WORD\@localhost", "rediss://scim:$WORD\@localhost",
                 "scim:$WORD\@localhost", "unix:/x password=$WORD timeout=x",
                 "unix:/x password=$WORD password_file=none",
                 "unix:/x user=x user=$WORD password=$WORD db=x")
{
    push @messages, mistake($conf =~ s/scim_redis [^;]+;/scim_redis $address;/r);
}
for my $line ("file-$WORD a main rw", "file-$WORD", ("0" x 64) . " file-$WORD",
              sha256_hex('x') . " a b rw file-$WORD",
              sha256_hex('x') . " a b file-$WORD", "# $WORD\n$WORD")
{
    $scim->write_file('mistaken-tokens', "$line\n");
    push @messages, mistake($conf
        =~ s/scim_tokens [^;]+tokens;/scim_tokens mistaken-tokens;/r);
}
is(scalar(grep { !/test failed/ } @messages), 0, 'mistakes in the configuration');
none_in('what nginx says of mistakes', join "\n", @messages);


ok(secrets(SCIM::_slurp("$scim->{dir}/password")), 'a secret would be seen');


# --- nowhere ----------------------------------------------------------------

none_in('answers', join "\n", @ANSWERS);
none_in('metrics', ask('', '', 'GET', '/metrics')->{text});
none_in("scimctl @$_", $ctl->run(@$_)->{out})
    for [ 'org', 'list' ], [ 'org', 'show', 'b' ], [ 'token', 'list', 'b' ],
        [ 'client', 'list', 'b' ], [ 'log', 'a' ], [ 'log', 'b' ],
        [ 'changes', 'b' ], [ 'stats' ], [ 'export', 'b' ];

sub flat { return join ' ', map { ref ? flat(@$_) : $_ // '' } @_ }

for my $tenant (qw(a b)) {
    none_in("$tenant: $_", flat($scim->redis('XRANGE', "scim:{$tenant}:$_",
                                             '-', '+'))) for qw(changes log);
}
none_in('commands that Redis remembers',
        flat($scim->redis('SLOWLOG', 'GET', 100000)));

kill 'TERM', $watcher;
waitpid $watcher, 0;
my $processes = SCIM::_slurp("$scim->{dir}/processes");
none_in('argument lists', $processes);
like($processes, qr/^workers seen: [1-9]/, 'among them those of workers');

$scim->redis('BGREWRITEAOF');
$scim->stop_nginx;
$scim->stop_redis;

# files that the operator has written are left out
my %files;
find({ no_chdir => 1, wanted => sub {
    $files{s{^\Q$scim->{dir}/}{}r} = SCIM::_slurp($_)
        if -f $_ && !m{/(nginx\.conf|mistake\.conf|password|mistaken-tokens)$};
} }, $scim->{dir});
like($files{'error.log'}, qr/exited on signal/, 'a worker was killed');
none_in($_, $files{$_}) for grep { length $files{$_} } sort keys %files;
is_deeply([ grep { !exists $files{$_} } qw(access.log error.log scim.log
                                           redis.log quiet.log) ],
          [], 'all logs were there');
is_deeply([ grep { /\Q$WORD\E/ } keys %files ], [], 'names of files');

done_testing();
