#!/usr/bin/env perl
#
# Two clients that others wrote in Java, at the versions of t/interop/pom.xml,
# against the running module. Maven fetches them, at the first time; without Java,
# Maven or its registry this is skipped.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use IPC::Run ();
use SCIM;
use Test::More;

# a JVM that needs little of a machine
my @JAVA = qw(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m);
my $SOURCE = "$SCIM::TOP/t/interop";
my $BUILD = "$SCIM::TOP/build/interop";


# the output of a command, and its exit status; bounded in time
sub run {
    my ($seconds, @command) = @_;
    my $out = '';
    my $done = eval {
        IPC::Run::run(\@command, '<', '/dev/null', '&>', \$out,
                      IPC::Run::timeout($seconds));
        1;
    };
    return ($out, $done ? $? >> 8 : -1);
}


# The program, built once for its source. Nothing if Maven cannot build it; but
# what is wrong with the source is a failure.
sub built {
    my @sources = sort glob "$SOURCE/src/main/java/interop/*.java";
    my $wanted = sha256_hex(join '', map { SCIM::_slurp($_) }
                            "$SOURCE/pom.xml", @sources);
    return 1 if SCIM::_slurp("$BUILD/built") eq $wanted;

    make_path($BUILD);
    local $ENV{MAVEN_OPTS} = "@JAVA";
    my @mvn = ('mvn', '-q', '-B', '-f', "$SOURCE/pom.xml",
               'dependency:copy-dependencies', "-DoutputDirectory=$BUILD/lib");
    my ($out, $status) = run(30, @mvn, '-o');
    ($out, $status) = run(90, @mvn) if $status != 0;

    if ($status != 0) {
        diag((split /\n/, $out)[0] // 'mvn took too long');
        return 0;
    }

    ($out, $status) = run(60, 'javac', (map { "-J$_" } @JAVA), '--release', 17,
        '-Xlint:all,-processing,-classfile', '-Werror', '-cp',
        join(':', glob "$BUILD/lib/*.jar"), '-d', "$BUILD/classes", @sources);
    is($status, 0, 'it is compiled without a warning') or diag $out;

    open my $stamp, '>', "$BUILD/built" or die "$BUILD/built: $!";
    print $stamp $status == 0 ? $wanted : '';
    close $stamp or die "$BUILD/built: $!";

    return 1;
}


for my $tool (qw(java javac mvn)) {
    plan skip_all => "needs Java and Maven, and there is no $tool"
        if !grep { -x "$_/$tool" } split /:/, $ENV{PATH};
}
plan skip_all => 'Maven could not fetch the clients' if !built();

# a page is smaller than what there is, so that a client has to turn it
my $scim = SCIM->new(workers => 2, location => 'scim_page_size 10;');
my ($out, $status) = run(60, 'java', @JAVA, '-cp',
    join(':', "$BUILD/classes", glob "$BUILD/lib/*.jar"), 'interop.Main',
    $scim->{base}, 'secret');

my ($plan) = $out =~ /^1\.\.(\d+)$/m;
my @results = $out =~ /^((?:not )?ok \d+ - .*)$/mg;

for my $result (@results) {
    my ($failed, $name) = $result =~ /^(not )?ok \d+ - (.*)$/;
    ok(!$failed, $name);
}

is($status, 0, 'it ends well');
is($plan, scalar @results, 'and has said all');
diag $out if $status != 0 || grep { /^not/ } @results;

for my $client (qw(scim2-sdk-client scim-sdk-client)) {
    cmp_ok(scalar(grep { /- \Q$client\E: / } @results), '>', 25,
           "$client: more than 25 checks");
}

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');

done_testing();
