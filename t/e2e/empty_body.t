#!/usr/bin/env perl
#
# Bodies that are there and empty, in each way HTTP can say so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use Test::More;

my $scim = SCIM->new;

for my $method (qw(POST PUT PATCH)) {
    for my $path ('/Users', '/Users/x', '/Users/.search', '/Bulk') {
        for my $headers ({ 'Content-Length' => 0 },
                         { 'Content-Length' => undef },
                         { 'Content-Length' => undef,
                           'Transfer-Encoding' => 'chunked' }) {
            my $chunked = $headers->{'Transfer-Encoding'};
            my $res = $scim->request($method, $path, undef,
                headers => $headers, raw => $chunked ? "0\r\n\r\n" : '');
            like($res->{status}, qr/^4\d\d$/, "$method $path: refused");
            ok($res->{body}{detail}, "$method $path: and told why");
        }
    }
}

unlike($scim->error_log, qr/exited on signal/, 'no worker died');

done_testing();
