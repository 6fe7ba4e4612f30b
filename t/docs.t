#!/usr/bin/env perl
#
# The documentation against itself and against the source: links lead somewhere,
# every page can be reached from README.md, and every directive, variable and
# metric of the module, and every command and option of scimctl, is documented.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Spec;
use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM::Tree qw($TOP files);
use Test::More;


sub slurp { return SCIM::Tree::slurp($_[0], ':encoding(UTF-8)') }


# --- links ----------------------------------------------------------------------

my @pages = ((map { "$TOP/$_.md" } qw(README CONTRIBUTING SECURITY CHANGELOG)),
             files(qr/\.md$/, 'docs'));
my %text = map { $_ => slurp($_) =~ s/^```.*?^```$//gmsr } @pages;


sub name_of {
    my ($file) = @_;
    return File::Spec->abs2rel($file, $TOP);
}


# the anchors that GitHub makes of the headings of a page
sub anchors {
    my ($page) = @_;
    my (%seen, %anchors);
    for my $heading ($text{$page} =~ /^#+ +(.*?) *$/mg) {
        $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
        my $anchor = lc($heading) =~ s/[^\w\s-]//gr =~ s/ /-/gr;
        my $n = $seen{$anchor}++;
        $anchors{ $n ? "$anchor-$n" : $anchor } = 1;
    }
    return \%anchors;
}

my %anchors = map { $_ => anchors($_) } @pages;
my %links;

for my $page (@pages) {
    my $name = name_of($page);
    my @targets = $text{$page} =~ /\]\(\s*([^)\s]+)\s*\)/g;
    push @targets, $text{$page} =~ /^\[[^\]]+\]: +(\S+)$/mg;
    push @targets, $text{$page} =~ /<(?:img|a)\b[^>]*?(?:src|href)="([^"]+)"/gs;
    my @broken;

    for my $target (grep { !/^(?:https?|mailto):/ } @targets) {
        my ($path, $anchor) = split /#/, $target, 2;
        my $file = $path eq '' ? $page
            : abs_path(dirname($page) . "/$path") // '';
        if ($file eq '' || ! -e $file) {
            push @broken, $target;
            next;
        }
        $links{$page}{$file} = 1;
        push @broken, $target
            if defined $anchor && !($anchors{$file} && $anchors{$file}{$anchor});
    }

    is("@broken", '', "$name: every link leads to a file and a heading");
}


my @seen = "$TOP/README.md";
my %seen = map { $_ => 1 } @seen;
while (defined(my $page = shift @seen)) {
    push @seen, grep { !$seen{$_}++ } keys %{ $links{$page} || {} };
}
is_deeply([ map { name_of($_) } grep { !$seen{$_} } @pages ],
          [], 'every page can be reached from README.md');

cmp_ok(scalar(split /\n/, slurp("$TOP/README.md"), -1), '<=', 260,
       'README.md is short');


# the files that design.md and CONTRIBUTING.md name are there
my %there = map { s{.*/}{}r => 1 }
    files(qr/./, 'ngx_scim_module'), files(qr/./, 'redis');
my @absent = grep { /scim_|\.lua$/ && !$there{ s{.*/}{}r } }
    map { /`([\w\/.]+\.(?:c|h|lua|sh))`/g }
    map { slurp($_) =~ s/`(?:build\.sh|t\/[^`]*)`//gr } "$TOP/docs/design.md",
    "$TOP/CONTRIBUTING.md";
is("@absent", '', 'the source has the files that design.md names');


# --- directives -----------------------------------------------------------------

my @source = files(qr/\.c$/, 'ngx_scim_module');
my %code = map { $_ => slurp($_) } @source;
my $directives = slurp("$TOP/docs/directives.md");

# { name => { module, contexts } } of the command tables in the source
my %commands;
for my $file (@source) {
    my ($module) = $code{$file} =~ /^ngx_module_t +(\w+) = \{/m;
    while ($code{$file} =~ /\{ ngx_string\("(scim\w*)"\),\s*((?:NGX_\w+[|\s]*)+),/g) {
        my ($name, $flags) = ($1, $2);
        $commands{$name} = {
            module   => $module // name_of($file),
            contexts => join ', ', map { $_->[1] }
                        grep { $flags =~ /NGX_HTTP_$_->[0]_CONF\b/ }
                        [ MAIN => 'http' ], [ SRV => 'server' ],
                        [ LOC => 'location' ],
        };
    }
}
cmp_ok(scalar(keys %commands), '>', 20, 'the source has directives');

my %sections = $directives =~ /^### (scim\w*)\n(.*?)(?=^##|\z)/msg;
is_deeply([ sort keys %sections ], [ sort keys %commands ],
          'docs/directives.md has the directives of the source');

for my $name (sort grep { $sections{$_} } keys %commands) {
    my ($section, $command) = ($sections{$name}, $commands{$name});
    like($section, qr/^\| Syntax: \| .*`\Q$name\E\b.*;`/m, "$name has a syntax");
    like($section, qr/^\| Default: \| \S/m, "$name has a default");
    is(($section =~ /^\| Context: \| (.*?) \|$/m)[0], $command->{contexts},
       "$name is allowed where the page says");
    is(($section =~ /^\| Module: \| (.*?) \|$/m)[0], $command->{module},
       "$name belongs to the module that the page names");
    like($directives, qr/\[$name\]\(#$name\)/, "$name is in the table of subjects");
}


# --- variables and metrics ------------------------------------------------------

my @variables = map { $code{$_} =~ /\{ ngx_string\("(scim_\w+)"\), ngx_\w+_text\b/g }
    @source;
cmp_ok(scalar @variables, '>', 5, 'the source has variables');
is_deeply([ sort(slurp("$TOP/docs/variables.md") =~ /^\| `\$(scim_\w+)` \|/mg) ],
          [ sort @variables ], 'docs/variables.md has the variables of the source');

my %metrics = map { $_ => 1 } map { (
    $code{$_} =~ /# TYPE (scim_\w+) /g,
    $code{$_} =~ /"(scim_\w+_(?:total|seconds|info|bytes))["\{ ]/g,
) } @source;
cmp_ok(scalar(keys %metrics), '>', 8, 'the source has metrics');
my ($table) = $directives =~ /^\| metric \| meaning \|\n(.*?)\n\n/ms;
is_deeply([ sort(($table // '') =~ /`(scim_\w+)`/g) ], [ sort keys %metrics ],
          'docs/directives.md has the metrics of the source');


# --- limits ---------------------------------------------------------------------

# nginx applies limits in their order. A request that the one by address rejects
# costs no look at its token.
my $limited = 0;
for my $file (@pages, glob "$TOP/docs/examples/*.conf") {
    my $text = slurp($file);
    my %key;
    $key{$2} = $1 while $text =~ /limit_req_zone +(\S+) +zone=(\w+)/g;
    for my $run ($text =~ /((?:^ *limit_req .*\n)+)/mg) {
        my @keys = map { $key{$_} // () } $run =~ /zone=(\w+)/g;
        next if !grep { $_ eq '$scim_tenant' } @keys;
        $limited++;
        is($keys[0], '$binary_remote_addr',
           name_of($file) . ': the limit by address is the first');
    }
}
cmp_ok($limited, '>', 1, 'there are such limits');


# --- scimctl --------------------------------------------------------------------

my $help = slurp("$TOP/redis/scimctl.d/help.txt");
my $manual = slurp("$TOP/docs/scimctl.1") =~ s/\\-/-/gr =~ s/\\f\w|\\fR|\\&//gr;
my $operating = slurp("$TOP/docs/operating.md");

# { command => its help }
my %of = $help =~ /^== (\S[^\n]*)\n(.*?)(?=^== |\z)/msg;
my @leaves = grep { my $c = $_; !grep { /^\Q$c\E / } keys %of } sort keys %of;
cmp_ok(scalar @leaves, '>', 20, 'scimctl has commands');

for my $command (@leaves) {
    ok($manual =~ /\b\Q$command\E\b/, "docs/scimctl.1 has \"$command\"");
    my ($verb, @rest) = split / /, $command;
    my @rows = $operating =~ /^\| (`$verb\b.*?) \|/mg;
    like("@rows", qr/\Q@rest\E/, "docs/operating.md has \"$command\"");
    my %options = map { $_ => 1 } $of{$command} =~ /(--[a-z][a-z-]+)/g;
    delete $options{'--json'};
    my @missing = grep { $manual !~ /\Q$_\E(?![a-z-])/ } sort keys %options;
    is("@missing", '', "docs/scimctl.1 has the options of \"$command\"");
}

done_testing();
