#!/usr/bin/env perl
#
# Sends bad requests, made of those of the tests (t/mutate/seeds), to nginx with
# the module, and looks at what comes back: see Answers.pm, and finish() for what
# is looked at in the end. A request that shows something is kept in
# build/mutate, and can be sent again with --send FILE.
#
#   perl t/mutate/run.pl [REQUESTS] [SEED]

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib", $FindBin::Bin;

use SCIM::Checked;
use SCIM;
use SCIM::Ctl;

use Answers;
use IO::Select;
use IO::Socket::INET;
use Mutate;
use Time::HiRes qw(sleep time);

my $PROCESSES = 2;
my $CONNECTIONS = 12;         # of a process
my $PIPELINED = 10;
my $RAW = 0.12;               # of the connections: bytes, with no known frame
my $PATIENCE = 20;            # for what has a frame, in seconds
my $TENANT = 4000;            # requests with one tenant, which fills up
my $KEPT = "$SCIM::TOP/build/mutate";

my ($requests, $seed) = @ARGV;
$requests //= 500_000;
$seed //= int rand 2 ** 31;

my $tenants = int($requests / $TENANT) + $PROCESSES + 1;
my $started = time;

# the token of raw bytes can come to stand where nginx logs it
my $secret = "mutate-secret-$$";
my %tokens = map { ("$secret-$_-" => "m$_ main rw", "raw-$_-" => "m$_ raw rw") }
             0 .. $tenants - 1;

my $log_format = (SCIM::_slurp("$SCIM::TOP/docs/variables.md")
                  =~ /^(log_format\s+scim\s.*?;)$/ms)[0];

my $scim = SCIM->new(
    workers  => 2,
    tokens   => { %tokens, 'bystander' => 'bystander main rw' },
    http     => "$log_format scim_index User title;
                 scim_schema $SCIM::TOP/t/data/device-schema.json;
                 scim_resource_type $SCIM::TOP/t/data/device.json;
                 client_header_timeout 2s; client_body_timeout 2s; send_timeout 5s;
                 gzip off;",
    location => 'add_header X-Where scim always; access_log access.log scim;
                 scim_log on values=on; scim_me $http_x_user;
                 scim_bulk 100 256k; client_max_body_size 512k;',
    server   => 'location / { add_header X-Where outside always; return 404; }
                 location = /oauth/token { add_header X-Where token always;
                     scim_oauth_token audience=http://x/token; }
                 location /status { add_header X-Where status always; scim_status; }
                 location /metrics { add_header X-Where metrics always; scim_metrics; }',
);

print "$requests requests, seed $seed\n";

mkdir $KEPT;
my $before = bystander();
my @sums = $scim->parallel($PROCESSES, \&process);

exit finish();


# --- a process --------------------------------------------------------------

sub process {
    my ($which) = @_;
    my $mutate = Mutate->new("$FindBin::Bin/seeds");
    my $left = int($requests / $PROCESSES);
    my $sum = { requests => 0, answers => 0, statuses => {}, wrong => [] };
    my ($tenant, $until, @ids) = ($which - $PROCESSES, 0);
    my (%open, $job);

    $SIG{PIPE} = 'IGNORE';

    while (($left > 0 || %open) && !@{ $sum->{wrong} }) {
        while ($left > 0 && keys %open < $CONNECTIONS) {
            if ($sum->{requests} >= $until) {
                $tenant += $PROCESSES;
                $until += $TENANT;
                @ids = populate($tenant);
            }

            # each connection is a matter of its number alone
            srand($seed * 1_000_003 + ++$job * $PROCESSES + $which);
            my $conn = connection($mutate, $tenant, \@ids);
            $left -= $conn->{requests};
            $sum->{requests} += $conn->{requests};
            $open{fileno $conn->{socket}} = $conn;
        }

        turn(\%open, $sum);
    }

    $sum->{answers} += $_ for values %{ $sum->{statuses} };
    return $sum;
}


# the values of the placeholders in the seeds
sub populate {
    my ($tenant) = @_;
    my @opt = (token => "raw-$tenant-");
    my @ids;

    for my $i (1 .. 4) {
        push @ids, $scim->post('/Users', { userName => "user$i",
            title => "t$i", emails => [ { value => "e$i\@x", type => 'work' } ],
            name => { familyName => "f$i" } }, @opt)->{body}{id};
    }

    for my $i (1 .. 3) {
        push @ids, $scim->post('/Groups', { displayName => "group$i",
            members => [ map { { value => $_ } } @ids[0 .. $i] ] },
            @opt)->{body}{id};
    }

    die "no resources could be made\n" if grep { !defined } @ids;
    return @ids, 'a' x 26;
}


sub connection {
    my ($mutate, $tenant, $ids) = @_;
    my $raw = rand() < $RAW;
    my $token = $raw ? "raw-$tenant-" : "$secret-$tenant-";
    my ($out, $methods);

    $mutate->{fill} = sub {
        return $_[0] =~ s/\{token\}/$token/gr =~ s/\{host\}/127.0.0.1:$scim->{port}/gr
            =~ s/\{(?:uu)?id\}/$ids->[rand @$ids]/gr;
    };

    if ($raw) { $out = $mutate->raw }
    else { ($out, $methods) = $mutate->framed(1 + rand $PIPELINED) }

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $scim->{port}, Timeout => 10) or die "connect: $!\n";
    $socket->blocking(0);

    return { socket => $socket, all => $out, out => $out, in => '',
             methods => $methods, requests => $methods ? scalar @$methods : 1,
             until => time + ($raw ? 0.5 : $PATIENCE) };
}


# reads and writes what can be
sub turn {
    my ($open, $sum) = @_;
    my $read = IO::Select->new(map { $_->{socket} } values %$open);
    my $write = IO::Select->new(map { $_->{socket} }
                                grep { length $_->{out} } values %$open);
    my ($readable, $writable) = IO::Select->select($read, $write, undef, 0.1);

    for my $socket (@{ $writable || [] }) {
        my $conn = $open->{fileno $socket};
        my $n = syswrite $socket, $conn->{out}, 65536;
        substr($conn->{out}, 0, $n // length $conn->{out}) = ''
            if defined $n || !$!{EAGAIN};
    }

    for my $socket (@{ $readable || [] }) {
        my $conn = $open->{fileno $socket};
        my $n = sysread $socket, $conn->{in}, 262144, length $conn->{in};
        next if !defined $n && $!{EAGAIN};

        my $wrong = Answers::take(\$conn->{in}, $conn->{methods}, $sum->{statuses});
        found($conn, $wrong, $sum) if $wrong;
        done($open, $conn, $sum)
            if $wrong || !$n || $conn->{methods} && !@{ $conn->{methods} };
    }

    for my $conn (grep { time > $_->{until} } values %$open) {
        found($conn, 'no answer', $sum) if $conn->{methods} && @{ $conn->{methods} };
        done($open, $conn, $sum);
    }
}


# nginx closes after an answer of its own to what it could not read
sub done {
    my ($open, $conn, $sum) = @_;
    $sum->{unanswered} += @{ $conn->{methods} || [] };
    delete $open->{fileno $conn->{socket}};
    close $conn->{socket};
}


sub found {
    my ($conn, $wrong, $sum) = @_;
    my $file = "$KEPT/$seed-" . @{ $sum->{wrong} } . "-$$";
    open my $out, '>', $file or die "$file: $!";
    print $out $conn->{all};
    push @{ $sum->{wrong} }, "$wrong\nsent: $file";
}


# --- the end ----------------------------------------------------------------

sub bystander {
    $scim->post('/Users', { userName => 'b' }, token => 'bystander') if !$before;
    my $keys = $scim->redis('KEYS', 'scim:{bystander}:*');
    return join "\n", map { "$_ " . unpack 'H*', $scim->redis('DUMP', $_) // '' }
                      sort grep { !/:(log|cycles?)\b/ } @$keys;
}


sub finish {
    my @wrong = map { @{ $_->{wrong} } } @sums;
    my (%statuses, $sent, $answers, $lost);

    for my $sum (@sums) {
        $sent += $sum->{requests};
        $answers += $sum->{answers};
        $lost += $sum->{unanswered} // 0;
        $statuses{$_} += $sum->{statuses}{$_} for keys %{ $sum->{statuses} };
    }

    my $log = $scim->error_log;
    push @wrong, "log: $1" if $log =~ /^(.*exited on signal.*)$/m;
    push @wrong, "log: $1" if $log =~ /^(.*\[(?:alert|emerg|crit)\].*)$/m;
    push @wrong, "secret: $1" if $log =~ /^(.*\Q$secret\E.*)$/m;

    my $lines = SCIM::_slurp("$scim->{dir}/access.log");
    push @wrong, "secret: $1" if $lines =~ /^(.*\Q$secret\E.*)$/m;
    push @wrong, 'nothing was logged' if $lines eq '';
    push @wrong, map { "log line: $_" } grep { defined } bad_line($lines);

    push @wrong, 'another tenant was changed' if bystander() ne $before;
    push @wrong, map { "key: $_" } (grep { !/^scim:(\{|tenants$|format$|directory$|token:|client)/ }
                                    @{ $scim->redis('KEYS', '*') })[0];
    pop @wrong if !defined $wrong[-1] || $wrong[-1] eq 'key: ';

    my $check = SCIM::Ctl->new("$scim->{dir}/redis.sock")->run('check',
        '--schema', "$SCIM::TOP/t/data/device-schema.json",
        '--resource-type', "$SCIM::TOP/t/data/device.json");
    push @wrong, "check: $check->{out}$check->{err}" if $check->{status} != 0;

    # the kinds of damage
    system 'cp', '-r', "$scim->{dir}/appendonlydir", "$KEPT/redis-$seed-$$"
        if $check->{status} != 0;
    push @wrong, map { "$_: " . join "\n  ", @{ $scim->redis('HGETALL', $_) } }
                 $check->{out} =~ /document: (scim:\S+):/g;

    $scim->stop_nginx;
    push @wrong, map { "sanitizer: " . SCIM::_slurp($_) }
        grep { -s } glob "$SCIM::TOP/build/t/checked_$$/log*";

    printf "%d requests, %d answers, %d behind an answer that closed, %.0f s\n",
        $sent, $answers, $lost, time - $started;
    print join(' ', map { "$_: $statuses{$_}" } sort keys %statuses), "\n";
    push @wrong, 'hardly anything was answered' if $answers < $sent / 2;

    print "FOUND with seed $seed: $_\n" for @wrong;
    return @wrong ? 1 : 0;
}


# the first line that is no JSON
sub bad_line {
    my ($lines) = @_;
    my $json = Cpanel::JSON::XS->new;
    return (grep { !eval { $json->decode($_); 1 } } split /\n/, $lines)[0];
}
