#!/usr/bin/env perl
#
# A client library that others wrote, scim2-client from PyPI, works with the
# module: what it does is in client_library.py. Both its requests and our
# answers are checked by its models, which it builds from our /Schemas.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM;
use SCIM::Venv;
use Test::More;

my $venv = SCIM::Venv::path() or plan skip_all => $SCIM::Venv::NEEDS;

my $examples = "$SCIM::TOP/docs/examples";
my $data = "$SCIM::TOP/t/data";

my $scim = SCIM->new(
    workers  => 2,
    http     => "scim_schema $examples/newrelic-user.json;"
              . "scim_schema $data/device-schema.json;"
              . "scim_resource_type $data/device.json;",
    location => 'scim_me $http_x_user;',
);

my (@groups, %checks);

{
    local $ENV{SCIM_URL} = $scim->{base};
    local $ENV{SCIM_TOKEN} = 'secret';

    open my $out, '-|', "$venv/bin/python",
        "$FindBin::Bin/client_library.py" or die "python: $!";

    while (my $line = <$out>) {
        my $check = decode_json($line);
        push @groups, $check->{group} if !$checks{$check->{group}};
        push @{ $checks{$check->{group}} }, $check;
    }

    ok(close $out, 'the program ends well');
}

for my $group (@groups) {
    subtest $group => sub {
        for my $check (@{ $checks{$group} }) {
            ok($check->{ok}, $check->{name}) or diag $check->{detail};
        }
    };
}

is_deeply(\@groups, [ qw(discovery users groups extensions another_type
                         versions bulk me tokens) ], 'all parts have run');

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');

done_testing();
