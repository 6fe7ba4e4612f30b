#!/usr/bin/env perl
#
# scim_metrics: what Prometheus reads, and the examples that are built on it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);
use IPC::Open2;
use JSON::PP;
use SCIM;
use SCIM::Test;

use Test::More;

my $promtool = grep { -x "$_/promtool" } split /:/, $ENV{PATH};
my $METRICS = 'location = /metrics { scim_metrics; }';


# the page, and its values by name and labels
sub metrics {
    my ($scim) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die $!;
    my $res = SCIM::_exchange($socket, 'GET', "GET /metrics HTTP/1.1\r\n"
        . "Host: localhost\r\nConnection: close\r\n\r\n");
    return ($res, { $res->{text} =~ /^([^#\s]\S*) (\S+)$/mg });
}


# waits until the last request is counted, which is after it was answered
sub counted {
    my ($scim, $requests) = @_;
    my ($res, $m);

    SCIM::wait_for("$requests requests to be counted", sub {
        ($res, $m) = metrics($scim);
        my $n = 0;
        $n += $m->{$_} for grep { /^scim_requests_total/ } keys %$m;
        return $n == $requests;
    });

    return ($res, $m);
}


sub has {
    my ($m, $what, %values) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %found = map { $_ => $m->{$_} } keys %values;
    is_deeply(\%found, \%values, $what);
}


sub checked {
    my ($text, @command) = @_;
    my $pid = open2(my $out, my $in, "@command 2>&1");
    print {$in} $text;
    close $in;
    my $said = do { local $/; <$out> };
    waitpid $pid, 0;
    return ($? >> 8, $said);
}


# --- the page ---------------------------------------------------------------

my $scim = SCIM->new(workers => 2, server => $METRICS);
my ($res, $m) = metrics($scim);

is($res->{status}, 200, 'a page');
is($res->{headers}{'content-type'}, 'text/plain; version=0.0.4; charset=utf-8',
   'its type');
is((grep { /^scim_requests_total/ } keys %$m), 0, 'before any request');
has($m, 'what is to be counted later', scim_failures_total => 0,
    'scim_changes_total{change="create"}' => 0);

my $id = $scim->post('/Users', { userName => 'kim', active => $true })
    ->{body}{id};
$scim->get("/Users/$id");
$scim->get('/Users') for 1 .. 3;
$scim->get('/Users', token => 'wrong');
$scim->get('/Users?filter=x');
$scim->post('/Users', { userName => 'KIM' });
$scim->patch("/Users/$id", [ { op => 'add', path => 'title', value => 'x' } ]);
$scim->put("/Users/$id", { userName => 'kim', active => $false });
$scim->get('/Nothing');
$scim->post('/Bulk', { Operations => [
    { method => 'POST', path => '/Users', bulkId => 'a',
      data => { userName => 'bob' } },
    { method => 'DELETE', path => "/Users/$id" },
    { method => 'DELETE', path => "/Users/$id" } ] });

($res, $m) = counted($scim, 12);

has($m, 'requests, by operation and status, of both workers',
    'scim_requests_total{operation="create",status="201"}' => 1,
    'scim_requests_total{operation="create",status="409"}' => 1,
    'scim_requests_total{operation="get",status="200"}' => 1,
    'scim_requests_total{operation="list",status="200"}' => 3,
    'scim_requests_total{operation="list",status="401"}' => 1,
    'scim_requests_total{operation="list",status="400"}' => 1,
    'scim_requests_total{operation="patch",status="200"}' => 1,
    'scim_requests_total{operation="replace",status="200"}' => 1,
    'scim_requests_total{operation="other",status="404"}' => 1,
    'scim_requests_total{operation="bulk",status="200"}' => 1);

has($m, 'what has become of it',
    'scim_changes_total{change="create"}' => 2,
    'scim_changes_total{change="update"}' => 1,
    'scim_changes_total{change="disable"}' => 1,
    'scim_changes_total{change="delete"}' => 1,
    scim_failures_total => 3);

my $bucket = 'scim_request_duration_seconds_bucket{operation="list",le=';
has($m, 'a histogram', "$bucket\"+Inf\"}" => 5,
    'scim_request_duration_seconds_count{operation="list"}' => 5);

my @bounds = map { /^\Q$bucket\E"([\d.]+)"/ ? $1 : () } keys %$m;
my @sizes = map { $m->{"$bucket\"$_\"}"} } sort { $a <=> $b } @bounds;
is(scalar @bounds, 12, 'its bounds');
is_deeply(\@sizes, [ sort { $a <=> $b } @sizes ], 'which hold each other');

cmp_ok($m->{scim_redis_round_trips_total}, '>=', 10, 'Redis was asked');
cmp_ok($m->{scim_redis_commands_total}, '>=',
       $m->{scim_redis_round_trips_total}, 'by commands');
SCIM::wait_for('a connection of each worker', sub {
    (metrics($scim))[1]{scim_redis_connects_total} == 2
});
has($m, 'without an error', 'scim_redis_errors_total{error="refused"}' => 0,
    'scim_redis_errors_total{error="unanswered"}' => 0,
    scim_redis_disconnects_total => 0);

my @lines = split /\n/, $res->{text};
my %names = map { /^# TYPE (\S+)/ ? ($1 => 1) : () } @lines;


# --- limits ------------------------------------------------------------------

{
    my $few = SCIM->new(server => $METRICS,
                        location => 'scim_limit users=5 memberships=2;');
    my @ids = map { $few->post('/Users', { userName => "n$_" })->{body}{id} } 1 .. 6;
    $few->post('/Groups', { displayName => 'g',
                            members => [ map { { value => $_ } } @ids[0, 1] ] });
    $few->patch("/Users/$ids[0]", [ { op => 'add', path => 'title', value => 'x' } ]);
    has((counted($few, 8))[1],
        'near a limit are the fourth and the fifth user, and two members',
        'scim_limit_changes_total{limit="near"}' => 3,
        'scim_limit_changes_total{limit="reached"}' => 1);
}


# --- Redis goes away --------------------------------------------------------

$scim->redis('CONFIG', 'SET', 'maxmemory', 1);
is($scim->post('/Users', { userName => 'ada' })->{status}, 503, 'a full Redis');
$scim->redis('CONFIG', 'SET', 'maxmemory', 0);
$scim->stop_redis;
is($scim->get('/Users')->{status}, 503, 'no Redis');

(undef, $m) = counted($scim, 14);
has($m, 'both are counted',
    'scim_requests_total{operation="create",status="503"}' => 1,
    'scim_requests_total{operation="list",status="503"}' => 1);
cmp_ok($m->{'scim_redis_errors_total{error="refused"}'}, '>=', 1, 'refused');
cmp_ok($m->{'scim_redis_errors_total{error="unanswered"}'}, '>=', 1,
       'unanswered');
cmp_ok($m->{scim_redis_disconnects_total}, '>=', 2, 'connections were lost');

$scim->start_redis;
SCIM::wait_for('Redis', sub { $scim->get('/Users')->{status} == 200 });
(undef, $m) = metrics($scim);
cmp_ok($m->{scim_redis_connects_total}, '>=', 3, 'and made again');

my $before = $m->{'scim_requests_total{operation="create",status="201"}'};
$scim->reload;
is((metrics($scim))[1]{'scim_requests_total{operation="create",status="201"}'},
   $before, 'a reload keeps the numbers');


# --- tokens in Redis --------------------------------------------------------

{
    my $scim = SCIM->new(server => $METRICS, location => 'scim_tokens redis;');
    $scim->redis('HSET', 'scim:token:' . sha256_hex('t'), tenant => 'acme',
                 name => 't', scope => 'rw');
    $scim->get('/Users', token => 't') for 1 .. 3;
    (undef, $m) = counted($scim, 3);
    has($m, 'where tokens were found',
        'scim_token_lookups_total{found_in="redis"}' => 1,
        'scim_token_lookups_total{found_in="memory"}' => 2);
}


# --- Prometheus's own opinion ------------------------------------------------

SKIP: {
    skip 'promtool is missing: install prometheus', 3 if !$promtool;

    my ($status, $said) = checked($res->{text}, 'promtool', 'check', 'metrics');
    is("$status$said", '0', 'promtool check metrics');

    ($status, $said) = checked('', 'promtool', 'check', 'rules',
                               "$SCIM::TOP/docs/examples/scim-alerts.yml");
    is($status, 0, 'promtool check rules') or diag $said;

    $scim->write_file('rules.yml', rules_test());
    ($status, $said) = checked('', 'promtool', 'test', 'rules',
                               "$scim->{dir}/rules.yml");
    is($status, 0, 'each rule tells the bad server from the good one')
        or diag $said;
}


# one server is as it should be, each of the others has one thing wrong
sub rules_test {
    my %requests = (
        good => { 200 => '0+600x60', 409 => '0+60x60', 404 => '0+600x60' },
        away => { 200 => '0+600x60', 503 => '0+1x60' },
        token => { 200 => '0+600x60', 401 => '0+1x60' },
        fails => { 200 => '0+5x60', 400 => '0+3x60', 409 => '0+1x60' },
    );
    my %alerts = (away => 'ScimDirectoryUnavailable/critical',
                  token => 'ScimTokensRefused/warning',
                  fails => 'ScimRequestsFail/warning',
                  slow => 'ScimRequestsSlow/warning',
                  link => 'ScimRedisReconnects/warning');
    my $yaml = "rule_files: [ $SCIM::TOP/docs/examples/scim-alerts.yml ]\n"
        . "evaluation_interval: 1m\ntests:\n  - interval: 1m\n"
        . "    input_series:\n";
    my $series = sub {
        $yaml .= "      - { series: '$_[0]', values: '$_[1]' }\n";
    };

    for my $server (sort keys %requests) {
        my $of = $requests{$server};
        $series->("scim_requests_total{instance=\"$server\","
                  . "operation=\"get\",status=\"$_\"}", $of->{$_})
            for sort keys %$of;
    }
    for my $case ([ good => '0+600x60' ], [ slow => '0+590x60' ]) {
        my $labels = "instance=\"$case->[0]\",operation=\"get\",le=";
        my $name = 'scim_request_duration_seconds_bucket';
        $series->("$name\{${labels}\"1.000\"}", $case->[1]);
        $series->("$name\{${labels}\"5.000\"}", '0+600x60');
        $series->("$name\{${labels}\"+Inf\"}", '0+600x60');
    }
    $series->('scim_redis_disconnects_total{instance="good"}', '0+0.1x60');
    $series->('scim_redis_disconnects_total{instance="link"}', '0+2x60');

    $yaml .= "    promql_expr_test:\n"
        . "      - expr: ALERTS{alertstate=\"firing\"}\n"
        . "        eval_time: 59m\n        exp_samples:\n";
    for my $server (sort keys %alerts) {
        my ($name, $severity) = split m{/}, $alerts{$server};
        $yaml .= "          - { value: 1, labels: 'ALERTS{alertname=\"$name\","
            . "alertstate=\"firing\",instance=\"$server\","
            . "severity=\"$severity\"}' }\n";
    }
    return $yaml;
}

for my $file (qw(scim-alerts.yml scim-dashboard.json)) {
    my $text = SCIM::_slurp("$SCIM::TOP/docs/examples/$file") =~ s/^#.*//mgr;
    my %used = map { $_ => 1 } $text =~ /\b(scim_[a-z_]+)/g;
    my @unknown = grep { !$names{ s/_bucket$//r } } sort keys %used;
    is_deeply(\@unknown, [], "$file uses metrics that there are");
    cmp_ok(scalar keys %used, '>=', 3, "$file: some of them");
}

my $dashboard = decode_json(SCIM::_slurp(
    "$SCIM::TOP/docs/examples/scim-dashboard.json"));
my %used = map { $_ => 1 } join(' ', map { map { $_->{expr} }
    @{ $_->{targets} } } @{ $dashboard->{panels} }) =~ /\b(scim_[a-z_]+)/g;
is_deeply([ grep { !$used{$_} && !$used{"${_}_bucket"} } sort keys %names ],
          [], 'the dashboard shows all of them');

done_testing();
