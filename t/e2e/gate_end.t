#!/usr/bin/env perl
#
# The gate and what is open: streams, switched protocols, waiting requests, uploads and
# downloads of whoever may no longer pass end, and those of others do not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Select;
use SCIM;
use SCIM::Application;
use SCIM::Load;
use SCIM::Port qw(free_port);
use SCIM::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $app = SCIM::Application->new;
my $port = free_port();
my ($http2, $http2_on) = SCIM::http2();

my $GATE = 'scim_require user $http_x_user trusted;
    proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $http_connection;
    proxy_set_header X-Status $scim_require_status; client_max_body_size 0; proxy_buffering off;
    ' . "proxy_pass http://127.0.0.1:$app->{port}/";

my $scim = SCIM->new(
    workers => 2, tcp => 1,
    http   => 'log_format gate "$uri $status $scim_require_status";
               proxy_read_timeout 1h;',
    server => "access_log gate.log gate; listen 127.0.0.1:$port ssl$http2; $http2_on
        ssl_certificate cert; ssl_certificate_key key; scim_tenant demo;
        location /now/ { scim_require_end 0; $GATE; }
        location /group/ { scim_require group Staff; scim_require_end 0; $GATE; }
        location /later/ { scim_require_end 2s; $GATE; }
        location /never/ { scim_require_end off; $GATE; }
        location /dry/ { scim_require_dry_run on; scim_require_end 0; $GATE; }
        location /stream/ { scim_require_end 0; proxy_request_buffering off;
                            $GATE; }
        location /old/ { scim_require_valid 300ms; scim_require_end 0; $GATE; }",
    no_nginx => 1);
system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
       . " -subj /CN=localhost -keyout $scim->{dir}/key -out $scim->{dir}/cert"
       . " 2>/dev/null") == 0 or die "openssl has failed\n";
$scim->start_nginx;


my %id = map { $_ => $scim->post('/Users', { userName => $_, active => $true })
                     ->{body}{id} } qw(ann ben);
my $staff = $scim->post('/Groups', { displayName => 'Staff',
    members => [ map { { value => $_ } } values %id ] })->{body}{id};

sub set_active {
    my ($name, $active) = @_;
    my $res = $scim->patch("/Users/$id{$name}", [ { op => 'replace',
        path => 'active', value => $active ? $true : $false } ]);
    is($res->{status}, 200, ($active ? 'enable' : 'disable') . " $name");
}

# an open request of somebody, of which the beginning of the answer has come
sub open_request {
    my ($path, $name, $more, $expected) = @_;
    my ($client) = SCIM::Load::connect_to($scim, 1);
    syswrite $client, ($path =~ /upload/ ? 'POST' : 'GET')
        . " $path HTTP/1.1\r\nHost: x\r\nX-User: $name\r\n" . ($more // '') . "\r\n";
    my $text = '';
    while (defined $expected && $text !~ $expected) {
        IO::Select->new($client)->can_read(20)
            && sysread $client, $text, 65536, length $text
            or die "$path of $name: nothing comes after \"$text\"\n";
    }
    return $client;
}

sub events { open_request("/$_[0]/events", $_[1], '', qr/data: begin/) }

# milliseconds until the connection is closed, or undef after so many
sub ends {
    my ($client, $ms) = @_;
    my $start = time;
    my $until = $start + ($ms || 10_000) / 1000;
    while ((my $rest = $until - time) > 0) {
        next if !IO::Select->new($client)->can_read($rest);
        return 1000 * (time - $start) if !sysread $client, my $bytes, 65536;
    }
    return undef;
}

sub ended { my ($client, $what) = @_;
            local $Test::Builder::Level = $Test::Builder::Level + 1;
            ok(defined ends($client), "$what: ended") }
sub open_still { my ($client, $what, $ms) = @_;
                 local $Test::Builder::Level = $Test::Builder::Level + 1;
                 ok(!defined ends($client, $ms || 300), "$what: open") }


subtest 'everything that is open' => sub {
    my $other = events('now', 'ben');
    my %open = (
        'a stream of events' => events('now', 'ann'),
        'another protocol' => open_request('/now/socket', 'ann',
            "Upgrade: test\r\nConnection: Upgrade\r\n", qr/101 Switching/),
        'a request that waits' => open_request('/now/wait', 'ann'),
        'an upload' => open_request('/stream/upload', 'ann',
            "Content-Length: 100000000\r\n"),
        'an upload that is kept first' => open_request('/now/upload', 'ann',
            "Content-Length: 100000000\r\n"),
        'a download' => open_request('/now/large', 'ann', '', qr/x{1000}/),
    );
    syswrite $open{$_}, 'x' x 10000 for grep { /upload/ } keys %open;
    syswrite $open{'another protocol'}, 'hello';
    sysread $open{'another protocol'}, my $hello, 5;
    is($hello, 'hello', 'the other protocol is spoken');
    sleep 0.2;

    set_active('ann', 0);
    ended($open{$_}, $_) for sort keys %open;
    open_still($other, 'that of another user');
    is((SCIM::Load::answer(open_request('/now/events', 'ann')))[0], 403,
       'and no new one');
    set_active('ann', 1);
    ok(events('now', 'ann'), 'let in again');
};


subtest 'groups' => sub {
    my ($in, $out) = map { events('group', $_) } qw(ann ben);
    my $without = events('now', 'ben');
    $scim->patch("/Groups/$staff", [ { op => 'remove',
        path => qq{members[value eq "$id{ben}"]} } ]);
    ended($out, 'a former member');
    open_still($in, 'a member');
    open_still($without, 'without a group');
    $scim->delete("/Groups/$staff");
    ended($in, 'a group that is gone');
};


subtest 'the grace' => sub {
    my ($now, $later, $never, $dry) = map { events($_, 'ann') }
        qw(now later never dry);
    set_active('ann', 0);
    ended($now, 'none');
    open_still($later, 'within the grace', 100);
    ended($later, 'after it');
    open_still($never, 'off');
    open_still($dry, 'a dry run');

    set_active('ann', 1);
    $later = events('later', 'ann');
    set_active('ann', 0);
    set_active('ann', 1);
    open_still($later, 'taken back within the grace', 3000);
};


subtest 'deleted by a hand' => sub {
    my $old = events('old', 'ann');
    $scim->redis('HSET', "scim:{demo}:user:$id{ann}", 'active', 'false');
    ended($old, 'seen when the answer is old');
    $scim->redis('HSET', "scim:{demo}:user:$id{ann}", 'active', 'true');
    set_active('ann', 0);
    set_active('ann', 1);
};


subtest 'Redis is away' => sub {
    my ($ann, $ben) = map { events('now', $_) } qw(ann ben);
    $scim->stop_redis;
    open_still($_, 'while it is', 700) for $ann, $ben;
    $scim->start_redis;
    SCIM::wait_for('Redis', sub { $scim->get('/Users')->{status} == 200 });
    set_active('ann', 0);
    ended($ann, 'disabled afterwards');
    open_still($ben, 'another');
    set_active('ann', 1);
};


subtest 'the worker is an old one' => sub {
    my ($ann, $ben) = map { events('now', $_) } qw(ann ben);
    $scim->reload;
    set_active('ann', 0);
    ended($ann, 'in an old worker');
    open_still($ben, 'another');
    set_active('ann', 1);
    close $ben;
};


subtest 'HTTP/2' => sub {
    my $url = "https://localhost:$port";
    my @curl = ('curl', '-sN', '--http2', '--cacert', "$scim->{dir}/cert", '-Z',
                '--no-progress-meter', '--max-time', 20);
    my $open = sub {
        pipe my $in, my $out or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            open STDOUT, '>&', $out or die "stdout: $!";
            open STDERR, '>', '/dev/null';
            close $in;
            exec @curl, '-w', '%{http_version}', map { ('-H', "X-User: $_[0]",
                "$url/now/events", '-H', "X-User: $_[0]", "$url/now/events") } 1;
        }
        close $out;
        my $text = '';
        sysread $in, $text, 65536, length $text or last
            until $text =~ /begin.*begin/s;
        return [ $pid, $in ];
    };
    my ($ann, $ben) = ($open->('ann'), $open->('ben'));
    set_active('ann', 0);
    ended($ann->[1], 'streams of one connection');
    open_still($ben->[1], 'those of another');
    set_active('ann', 1);
    for ($ann, $ben) {
        kill 'TERM', $_->[0];
        waitpid $_->[0], 0;
    }
};


# as many as one worker has to look through
subtest 'very many' => sub {
    my @ben = map { events('now', 'ben') } 1 .. 40;
    my @ann = map { events('now', 'ann') } 1 .. 40;
    my $start = time;
    set_active('ann', 0);
    is(scalar(grep { defined ends($_) } @ann), 40, 'all of one user end');
    note sprintf 'after %.0f ms', 1000 * (time - $start);
    is(scalar(grep { defined ends($_, 5) } @ben), 0, 'those of another do not');
    set_active('ann', 1);
};

my $log = SCIM::_slurp("$scim->{dir}/gate.log");
like($log, qr{^/now/events 200 ENDED$}m, 'the access log: a stream');
like($log, qr{^/now/wait 403 ENDED$}m, 'what was not answered');
like($log, qr{^/now/events 403 INACTIVE$}m, 'what was refused');
like($scim->error_log, qr/the request is ended, as user "$id{ann}" of "demo"/,
     'the error log');
unlike($scim->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert');

done_testing();
