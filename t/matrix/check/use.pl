#!/usr/bin/env perl
#
# Uses the installed packages as an identity provider and an operator would: a
# cycle of Entra through the site that is in nginx, by TLS, and the tools.

use strict;
use warnings;
use utf8;

use SCIM::Entra;
use SCIM::Machine;
use Test::More;

my $machine = SCIM::Machine->new;
my $version = SCIM::_slurp("$SCIM::TOP/VERSION") =~ s/\s+//gr;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

$machine->scimctl('org', 'create', 'contoso');
chomp(my $token = $machine->scimctl('token', 'issue', 'contoso', 'entra'));
my $client = $machine->client($token);

subtest 'a cycle of Entra over TLS' => sub {
    SCIM::Entra::cycle($client) for 1, 2;
};

is($machine->client('wrong')->get('/Users')->{status}, 401, 'no other token');
is($client->request('GET', '/', undef, root => '')->{status}, 404,
   'nothing at the root');

like($machine->scimctl('--version'), qr/\Q$version\E/, 'scimctl has this version');
like($machine->scimctl('check', 'contoso'), qr/\A(?:.*no damage.*\n)?\z/i,
     'no damage');
like($client->request('GET', '/metrics', undef, root => '')->{text},
     qr/^scim_build_info\{[^}]*version="\Q$version\E"/m,
     'and so does the module');

my $packages = $machine->packages;
is($machine->run('man', '-w', 'scimctl')->{status}, 0, 'a manual')
    if $packages->{'man-db'};
ok(-e "$machine->{root}/usr/share/man/man1/scimctl.1.gz", 'a manual page');

# nothing in the logs but what the pages did: they restart Redis
for my $log (qw(/var/log/nginx/error.log /var/log/nginx/scim-error.log)) {
    my @lines = grep { /\[(?:error|alert|crit|emerg)\]/
                       && !/redis "[^"]*" is not available/ }
                split /\n/, $machine->file($log);
    is_deeply(\@lines, [], "no error in $log");
}

done_testing();
