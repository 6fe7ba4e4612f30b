#!/usr/bin/env perl
#
# One version: the file VERSION names it, and every part shows that.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use JSON::PP;
use SCIM;

use Test::More;

my $top = "$FindBin::Bin/..";
my ($version) = SCIM::_slurp("$top/VERSION") =~ /\A(\d+\.\d+\.\d+)\n\z/;

ok($version, 'VERSION is a line with three numbers');

my ($newest) = SCIM::_slurp("$top/CHANGELOG.md") =~ /^## \[([^\]]+)\]/m;
is($newest, $version, 'CHANGELOG.md begins with it');

my ($package) = SCIM::_slurp("$top/debian/changelog")
    =~ /\Angx-scim-module \(([^)]+)\)/;
is($package, $version, 'so does debian/changelog');


# --- scimctl ----------------------------------------------------------------

my $said = `$top/redis/scimctl --version </dev/null 2>&1`;
is($said, "scimctl $version\n", 'scimctl --version');
is($?, 0, 'its status');

chdir '/';
is(`$top/redis/scimctl --redis unix:/nowhere --version 2>&1`, $said,
   'in another folder, and without Redis');


# --- the module -------------------------------------------------------------

my $scim = SCIM->new(server => 'location = /metrics { scim_metrics; }
                                location = /status { scim_status; }');

sub page {
    my ($path) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die $!;
    return SCIM::_exchange($socket, 'GET', "GET $path HTTP/1.1\r\n"
        . "Host: localhost\r\nAccept: application/json\r\n"
        . "Connection: close\r\n\r\n");
}

sub starts {
    return scalar(() = $scim->error_log
        =~ m{\[notice\] .* ngx_scim_module/\Q$version\E$}mg);
}

is(starts(), 1, 'the start is a line in the error log');

$scim->reload;
is(starts(), 2, 'so is a reload');

my ($nginx) = `nginx -v 2>&1` =~ m{nginx/([\d.]+)};
like(page('/metrics')->{text},
     qr/^scim_build_info\{version="\Q$version\E",nginx="\Q$nginx\E"\} 1$/m,
     'the metrics');

SCIM::wait_for('Redis', sub { page('/status')->{status} == 200 });
is(page('/status')->{body}{version}, $version, 'the status as JSON');

my $res = page('/status/nobody');
is($res->{body}{version}, undef, 'no error has it');

my $said_by_test = qx{nginx -t -c $scim->{dir}/nginx.conf 2>&1};
like($said_by_test, qr/test is successful/, 'nginx -t');
unlike($said_by_test, qr/ngx_scim_module/, 'which starts nothing, and says so');

done_testing();
