#!/usr/bin/env perl
#
# build.sh and build.d/: every command has a file and a help text, and files read
# each other in one direction only: build.sh, a command, build.d/lib/.

use strict;
use warnings;

use File::Basename qw(basename);
use FindBin;
use Test::More;

my $top = "$FindBin::Bin/..";


sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!";
    local $/;
    return scalar(<$in>) // '';
}


my $main = slurp("$top/build.sh");
my @commands = sort split ' ', ($main =~ /^commands=\(\n(.*?)^\)/ms)[0];

is_deeply([ sort map { basename($_, ".sh") } glob "$top/build.d/*.sh" ], \@commands,
          'build.sh names the files of build.d/');

my @helped = grep { $_ ne 'help' } slurp("$top/build.d/help.txt") =~ /^  ([a-z-]+)\b/mg;
is_deeply([ sort @helped ], \@commands, 'help.txt describes each of them');

for my $command (@commands) {
    my $text = slurp("$top/build.d/$command.sh");
    my $function = 'cmd_' . $command =~ tr/-/_/r;
    like($text, qr/^\Q$function\E\(\) \{$/m, "$command.sh defines $function");
    unlike($text, qr/\bcmd_(?!\Q@{[ substr $function, 4 ]}\E\b)\w+/,
           "$command.sh calls no other command");
}

# the files that a file reads, and those that they read
my %uses;
for my $file (glob "$top/build.d/lib/*.sh") {
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

my $said = `$top/build.sh no-such-command 2>&1`;
is($? >> 8, 1, 'an unknown command fails');
like($said, qr/^build\.sh: there is no command "no-such-command"$/m, 'and is named');
is(`$top/build.sh`, slurp("$top/build.d/help.txt"), 'no command shows the help');

done_testing();
