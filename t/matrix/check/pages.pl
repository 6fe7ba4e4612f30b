#!/usr/bin/env perl
#
# The pages on installing, production and backup, on a machine that has our packages in
# /root and nothing else: each command is run as it stands. At the end of the first
# page a user is provisioned over TLS.

use strict;
use warnings;

use SCIM::Machine;
use SCIM::Page;
use Test::More;

my $machine = SCIM::Machine->new;


# the results of a page, each step a test
sub page {
    my ($name) = @_;
    my $file = "$SCIM::TOP/docs/$name.md";
    my @steps = SCIM::Page::steps($file,
        $machine->{init} eq 'systemd' ? 'systemd' : 'init');
    my @results = SCIM::Page::run(\@steps, $machine->words);

    for my $step (@results) {
        ok(!$step->{wrong}, "docs/$name.md:$step->{line}")
            or diag "$step->{wrong}:\n$step->{text}$step->{output}";
    }
    is(scalar @results, scalar @steps, "docs/$name.md to its end");
    return @results;
}


my @install = page('install');
my $seconds = 0;
$seconds += $_->{seconds} for @install;
my $commands = SCIM::Page::commands(@install);
printf "# first user: %d commands, %.0f seconds\n", $commands, $seconds;
cmp_ok($commands, '<=', 10, 'a user in ten commands at most');

chomp(my $token = $machine->scimctl('token', 'issue', 'acme', 'matrix'));
my $res = $machine->client($token)->get('/Users');
is($res->{status}, 200, 'the directory answers over TLS')
    or diag $res->{text};
is($res->{body}{Resources}[0]{userName}, 'kim@example.com',
   'and has the user of the page');

for my $page (grep { -e "$SCIM::TOP/docs/$_.md" } qw(production backup)) {
    page($page);
    is($machine->client($token)->get('/Users')->{body}{totalResults}, 1,
       "the user is there after docs/$page.md");
}
is($machine->run('nginx', '-t', '-q')->{status}, 0, 'nginx finds no mistake');
is($machine->run('nginx', '-t', '-q')->{err}, '', 'and has no warning');

done_testing();
