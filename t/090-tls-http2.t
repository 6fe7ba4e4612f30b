#!/usr/bin/env perl
#
# TLS and HTTP/2, by curl.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp qw(tempdir);
use SCIM;
use SCIM::Test;
use Test::More;

if (`curl -V` !~ /\bHTTP2\b/) {
    plan skip_all => 'this curl has no HTTP/2';
}

my $dir = tempdir('scim-XXXXXX', TMPDIR => 1, CLEANUP => 1);
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    . " -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    . " -keyout $dir/key -out $dir/cert >/dev/null 2>&1") == 0
    or die 'openssl';

my $port = SCIM::free_port();
my ($http2, $http2_on) = SCIM::http2();
my $scim = SCIM->new(server => "listen 127.0.0.1:$port ssl$http2; $http2_on"
    . " ssl_certificate $dir/cert; ssl_certificate_key $dir/key;");


# one request; further arguments are curl's
sub curl {
    my ($path, @args) = @_;
    my $command = join ' ', map { s/'/'\\''/gr =~ s/(.*)/'$1'/sr }
        'curl', '-s', '-m', 20, '--cacert', "$dir/cert", '-D', "$dir/head",
        '-o', "$dir/body", '-w', '%{http_code} %{http_version}',
        (grep { /^Authorization/ } @args) ? ()
            : ('-H', 'Authorization: Bearer secret'), @args,
        "https://localhost:$port/scim/v2$path";
    unlink "$dir/body";
    my ($status, $version) = split ' ', `$command`;
    my %headers = map { /^([^:]+):\s*(.*?)\s*$/ ? (lc $1, $2) : () }
                  split /\n/, SCIM::_slurp("$dir/head");
    my $text = SCIM::_slurp("$dir/body");
    return { status => $status, version => $version, text => $text,
             headers => \%headers, body => scalar eval { JSON::PP::decode_json($text) } };
}


for my $http ([ '--http1.1', '1.1' ], [ '--http2', '2' ]) {
    my ($option, $version) = @$http;
    my $name = "kim$version";

    my $res = curl('/Users', $option, '-H',
                   'Content-Type: application/scim+json', '-d',
                   qq({"userName":"$name"}));
    is($res->{version}, $version, "HTTP/$version");
    is($res->{status}, 201, 'create') or diag $res->{text};
    my $id = $res->{body}{id};
    is($res->{headers}{location}, "https://localhost:$port/scim/v2/Users/$id",
       'Location has the scheme https');
    is($res->{body}{meta}{location}, $res->{headers}{location},
       'and meta.location too');

    $res = curl("/Users/$id", $option);
    is($res->{status}, 200, 'read');
    is($res->{headers}{etag}, 'W/"1"', 'ETag');
    is($res->{headers}{'content-type'}, 'application/scim+json', 'its type');
    is(curl("/Users/$id", $option, '-I')->{status}, 200, 'HEAD');
    is(curl("/Users/$id", $option, '-H', 'If-None-Match: W/"1"')->{status},
       304, 'If-None-Match');
    is(curl('/Users?filter=userName+eq+%22' . $name . '%22', $option)
           ->{body}{totalResults}, 1, 'filter');

    error_ok(curl('/Users', $option, '-H', 'Authorization: Bearer no'), 401,
             undef, qr/token/, 'another token');
    error_ok(curl('/Nothing', $option, '-d', '{}'), 404, undef, qr/endpoint/,
             'no endpoint');
    error_ok(curl('/Users', $option, '-X', 'PUT', '-d', '{}',
                  '-H', 'Content-Type: application/json'), 405, undef, qr/./,
             'another method');

    my $long = 'x' x 250000;
    open my $out, '>', "$dir/long" or die;
    print $out qq({"userName":"long$version","displayName":"$long"});
    close $out;
    $res = curl('/Users', $option, '-H', 'Content-Type: application/scim+json',
                '--data-binary', "\@$dir/long");
    is($res->{status}, 201, 'a long body');
    is($res->{body}{displayName}, $long, 'comes back');

    $res = curl("/Users/$id", $option, '-X', 'DELETE');
    is($res->{status}, 204, 'delete');
    is($res->{text}, '', 'without a body');
}

$scim->post('/Users', { userName => "u$_", title => 'x' x 1000 }) for 1 .. 200;
my $res = curl('/Users?count=200', '--http2');
is(scalar @{ $res->{body}{Resources} }, 200, 'a list of more than 200 KiB');

# many streams of one connection
my $list = join ' ', map { "-o /dev/null https://localhost:$port/scim/v2/Users"
                           . "?startIndex=$_" } 1 .. 50;
my @codes = split ' ', `curl -s -m 20 --http2 -Z --no-progress-meter --cacert $dir/cert -H 'Authorization: Bearer secret' -w '%{http_code} ' $list 2>/dev/null`;
is(scalar(grep { $_ eq '200' } @codes), 50, '50 streams at a time');

clean_log($scim);
undef $scim;

done_testing();
