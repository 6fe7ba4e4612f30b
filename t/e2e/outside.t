#!/usr/bin/env perl
#
# Test suites that others wrote, from PyPI, against the running module. They
# are installed into build/venv; without Python or the network this is skipped.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use Test::More;

my %VERSIONS = (
    'scim2-cli'    => '0.6.0',
    'scim2-client' => '0.13.2',
    'scim2-models' => '0.12.3',
    'scim2-tester' => '0.5.2',
    'scim-sanity'  => '0.7.4',
);

# what is answered otherwise on purpose: 204 to the PATCH of a group, which can
# be large (RFC 7644, section 3.5.2, allows it), and 400 for a member that does
# not exist, which would be lost (RFC 7644, section 3.5.2, leaves it open)
my @ON_PURPOSE = (
    'PATCH /Groups/{id}',
    'PATCH /Groups/{id} add member',
    'PATCH /Groups/{id} remove members',
);

my $venv = "$SCIM::TOP/build/venv";


sub installed {
    my $wanted = join ' ', map { "$_==$VERSIONS{$_}" } sort keys %VERSIONS;

    return 1 if SCIM::_slurp("$venv/wanted") eq $wanted;

    system("python3 -m venv $venv >/dev/null 2>&1") == 0
        or return 0;
    system("$venv/bin/pip install -q --disable-pip-version-check $wanted"
           . " >$venv/pip.log 2>&1") == 0 or return 0;

    open my $out, '>', "$venv/wanted" or die $!;
    print $out $wanted;
    return close $out;
}


plan skip_all => 'needs Python with venv, and PyPI' if !installed();

my $scim = SCIM->new(workers => 2);

subtest 'scim2-tester' => sub {
    local $ENV{SCIM_CLI_HEADERS} = 'Authorization: Bearer secret';
    my $out = `$venv/bin/scim2 --url $scim->{base} test 2>&1`;
    my @results = $out =~ /^([A-Z]+) (\w+)$/mg;
    my %count;

    while (my ($result, $check) = splice @results, 0, 2) {
        $count{$result}++;
    }

    cmp_ok($count{SUCCESS} // 0, '>=', 100, 'more than a hundred checks');
    delete @count{qw(SUCCESS SKIPPED)};
    is_deeply(\%count, {}, 'all of them succeed') or diag $out;
};

subtest 'scim-sanity' => sub {
    my $out = `$venv/bin/scim-sanity probe $scim->{base} --token secret --i-accept-side-effects 2>&1`;
    my @passed = $out =~ /^\s*\[PASS\] (.*?)\s*$/mg;
    my @failed = $out =~ /^\s*\[FAIL\] (.*?)\s*$/mg;

    cmp_ok(scalar @passed, '>=', 20, 'more than twenty probes');
    is_deeply(\@failed, \@ON_PURPOSE, 'fail only where it is on purpose')
        or diag $out;
};

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');

done_testing();
