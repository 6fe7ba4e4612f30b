#!/usr/bin/env perl
#
# build.sh and build.d/: every command has a file and a help text, and files read
# each other in one direction only: build.sh, a command, build.d/lib/.

use strict;
use warnings;

use File::Basename qw(basename);
use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM::Tree qw($TOP slurp);
use Test::More;


my $main = slurp("$TOP/build.sh");
my @commands = sort split ' ', ($main =~ /^commands=\(\n(.*?)^\)/ms)[0];

is_deeply([ sort map { basename($_, ".sh") } glob "$TOP/build.d/*.sh" ], \@commands,
          'build.sh names the files of build.d/');

my @helped = grep { $_ ne 'help' } slurp("$TOP/build.d/help.txt") =~ /^  ([a-z-]+)\b/mg;
is_deeply([ sort @helped ], \@commands, 'help.txt describes each of them');

for my $command (@commands) {
    my $text = slurp("$TOP/build.d/$command.sh");
    my $function = 'cmd_' . $command =~ tr/-/_/r;
    like($text, qr/^\Q$function\E\(\) \{$/m, "$command.sh defines $function");
    unlike($text, qr/\bcmd_(?!\Q@{[ substr $function, 4 ]}\E\b)\w+/,
           "$command.sh calls no other command");
}

# the files that a file reads, and those that they read
my %uses;
for my $file (glob "$TOP/build.d/lib/*.sh") {
    my $text = slurp($file);
    $uses{ basename($file, '.sh') } = [ map { split ' ' } $text =~ /^use (.+)$/mg ];
    unlike($text, qr/\bcmd_/, basename($file) . ' calls no command');
}

sub reaches {
    my ($from, $to, $seen) = @_;
    return grep { $_ eq $to || !$seen->{$_}++ && reaches($_, $to, $seen) }
        @{ $uses{$from} || [] };
}

is_deeply([ grep { reaches($_, $_, {}) } sort keys %uses ], [],
          'no file of build.d/lib/ reads itself, directly or not');

my $said = `$TOP/build.sh no-such-command 2>&1`;
is($? >> 8, 1, 'an unknown command fails');
like($said, qr/^build\.sh: there is no command "no-such-command"$/m, 'and is named');
is(`$TOP/build.sh`, slurp("$TOP/build.d/help.txt"), 'no command shows the help');

done_testing();
