package SCIM::Bounds;

# Measures the cost of one organization to others. The servers are those of SCIM.pm
# with the site of docs/examples; a neighbour reads and writes, a prober pings
# Redis, and a test describes the actions of the greedy organization.
#
#   my $site = SCIM::Bounds->new;
#   my $greedy = $site->organization('greedy');
#   $site->holds('a list', sub { $greedy->get('/Users') });
#
# SCIM_BOUNDS_SECONDS is how long each attack of the long form lasts, and
# SCIM_BOUNDS_WORKERS the number of workers.

use strict;
use warnings;

use IO::Handle;
use JSON::PP;
use List::Util qw(max sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use SCIM;
use SCIM::Checked;
use SCIM::Ctl;

our @ISA = ('SCIM');

my $HOLD = 0.025;           # s between two answers of Redis, more than without
my $P99 = 0.050;            # s that the neighbour may take in any case
my $GROWTH = 64 * 1024;     # KiB that all workers take at the most
my $KEPT = 32 * 1024;       # KiB of it that may stay, as pieces of its heap
my $ANSWER = 15;            # s in which each answer must be there
my $EACH = 0.005;           # s between two requests of the neighbour
my $PING = 0.002;
my $TRIES = 3;

# The file of Redis is here, so that the disk, which others use too, is not measured.
my $MEMORY = '/dev/shm';

my $LONG = $ENV{SCIM_BOUNDS_SECONDS};
my $json = JSON::PP->new->utf8->canonical;


# why these tests cannot be run here, or ''
sub missing {
    return 'bounds of time and memory mean nothing with a checker'
        if SCIM::Checked::asan() || SCIM::Checked::valgrind();
    return './build.sh module builds scim-doc' if !-x "$SCIM::TOP/build/scim-doc";
    return '';
}


# Options of SCIM.pm, and: limits (those of the site for rates are kept; without
# them an attack is as fast as it can be), log (the line of scim_log),
# location (more of it), more (sub that makes another server).
sub new {
    my ($class, %opt) = @_;
    local $ENV{TMPDIR} = $MEMORY if -d $MEMORY && -w _;
    my $self = $class->SUPER::new(workers => $ENV{SCIM_BOUNDS_WORKERS} || 1,
                                  pace => $opt{limits} ? 4 * $EACH : $EACH, %opt);
    $self->{ctl} = SCIM::Ctl->new("$self->{dir}/redis.sock");
    $self->{neighbour} = $self->organization('neighbour', from => '127.0.0.9');
    return $self;
}


# The site that is shipped, on a port of its own and without TLS.
sub config {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $site = SCIM::_slurp("$SCIM::TOP/docs/examples/nginx-site.conf");

    $site =~ s/listen( +)443 ssl/listen$1 127.0.0.1:$self->{port}/;
    $site =~ s/^ *ssl_.*\n//mg;
    $site =~ s{/run/scim-redis/redis\.sock}{$dir/redis.sock};
    $site =~ s{/etc/scim-redis/scim-password}{$dir/redis-password};
    $site =~ s{/var/log/nginx/}{$dir/}g;
    $site =~ s/^ *limit_(?:req|conn) .*\n//mg if !$self->{limits};
    $site =~ s{scim_log       on;}{$self->{log}} if $self->{log};
    $site =~ s{(location /scim/v2/ \{)}{$1 $self->{location}} if $self->{location};
    $site =~ s{allow  192\.0\.2\.0/24; .*}{allow 127.0.0.0/8;};

    return 'load_module ' . SCIM::module() . ";\n"
        . ($> == 0 ? "user root;\n" : '')
        . "worker_processes $self->{workers}; pid $dir/nginx.pid;\n"
        . "error_log $dir/error.log notice;\n"
        . "events { worker_connections 2048; }\n"
        . "http {\n$site" . ($self->{more} ? $self->{more}->($self) : '') . "}\n";
}


# A client of an organization, which is made unless it is there.
sub organization {
    my ($self, $name, %opt) = @_;
    my $made = $self->{ctl}->run('org', 'create', $name, '--token');
    die "org create $name: $made->{err}" if $made->{status} != 0;
    my ($token) = $made->{out} =~ /(\S+)\s*$/;
    return SCIM::Bounds::Client->new($self, $name, $token, %opt);
}


# Makes resources by scimctl import: what the same requests would have made. An id
# of a member is the one that it has in another line.
sub import_lines {
    my ($self, $name, @resources) = @_;
    my $lines = join '', map {
        $json->encode({ schemas => [ 'urn:ietf:params:scim:schemas:core:2.0:'
            . (exists $_->{userName} ? 'User' : 'Group') ], %$_ }) . "\n"
    } @resources;
    my $run = $self->{ctl}->run('import', $name, \$lines);
    die 'import: ', substr $run->{err}, 0, 500 if $run->{status} != 0;
}


# the id of a group or user here, by its unique name
sub id_of {
    my ($self, $org, $index, $name) = @_;
    return $self->redis('HGET', "scim:{$org}:$index", $name)
        // die "no $name in $index\n";
}


# --- neighbour and prober ---------------------------------------------------

# Runs a function in a process until it is stopped. It is given a function that
# tells whether to go on; what it returns is what stop() returns.
sub start {
    my ($what) = @_;
    pipe my $stop, my $stopper or die "pipe: $!";
    pipe my $reader, my $writer or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        close $stopper;
        $stop->blocking(0);
        my $go_on = sub { !defined sysread $stop, my $byte, 1 };
        my $result = eval { $what->($go_on) };
        print {$writer} $json->encode([ $result, $@ ]);
        close $writer;
        POSIX::_exit(0);
    }

    close $stop;
    close $writer;
    return { pid => $pid, stopper => $stopper, reader => $reader };
}


sub stop {
    my ($process) = @_;
    close $process->{stopper};
    local $/;
    my $reader = $process->{reader};
    my $text = <$reader>;
    waitpid $process->{pid}, 0;
    my ($result, $error) = @{ $json->decode($text) };
    die $error if $error;
    return $result;
}


# The time for which processes have waited for a processor, in seconds. The machine
# has kept it from them, and it is no work of theirs.
sub waited {
    return sum0(map { (split ' ', SCIM::_slurp("/proc/$_/schedstat"))[1] } @_) / 1e9;
}


sub anonymous {
    return sum0(map { SCIM::_slurp("/proc/$_/status") =~ /^RssAnon:\s+(\d+)/m } @_);
}


# Pings Redis, and looks at the memory of the workers.
sub probe {
    my ($self, $go_on) = @_;
    my @workers = $self->worker_pids;
    my $redis = $self->redis_socket;
    my $ping = SCIM::redis_text('PING');
    my ($gap, $memory, $n) = (0, 0, 0);

    setpriority 0, 0, -10;
    my @last;

    while ($go_on->()) {
        syswrite $redis, $ping;
        sysread $redis, my $answer, 16 or die "Redis has closed\n";
        my @now = (time, waited($$, $self->{redis_pid}));
        $gap = max($gap, $now[0] - $last[0] - ($now[1] - $last[1]) - $PING)
            if @last;
        @last = @now;
        $memory = max($memory, anonymous(@workers)) if $n++ % 10 == 0;
        sleep $PING;
    }

    return { gap => $gap, memory => $memory };
}


sub neighbour {
    my ($self, $client, $user, $go_on) = @_;
    my (@took, %failed);
    my @servers = ($self->{redis_pid}, $self->worker_pids);

    for (my $n = 0; $go_on->(); $n++) {
        my $start = time;
        my $kept = waited($$, @servers);
        my $res = $n % 2 ? $client->get("/Users/$user")
            : $client->patch("/Users/$user", [ { op => 'replace', path => 'title',
                                                 value => 't' . $n % 10 } ]);
        push @took, max(0, time - $start - (waited($$, @servers) - $kept));
        $failed{"$res->{status} " . ($res->{text} // $res->{error})}++
            if $res->{status} != 200;
        my $rest = $start + $self->{pace} - time;
        sleep $rest if $rest > 0;
    }

    @took = sort { $a <=> $b } @took;
    return { p50 => $took[0.5 * $#took], p99 => $took[0.99 * $#took],
             requests => scalar @took, failed => \%failed };
}


# the measurements while a function runs
sub seen {
    my ($self, $attack) = @_;
    my $client = $self->{neighbour};
    $self->{kim} ||= $client->post('/Users', { userName => 'kim' })->{body}{id};
    my $prober = start(sub { $self->probe($_[0]) });
    my $neighbour = start(sub {
        delete $client->{socket};
        $self->neighbour($client, $self->{kim}, $_[0]);
    });
    my $start = time;
    my @answers = eval { $attack->() };
    my $error = $@;
    my $seconds = time - $start;
    my %seen = (%{ stop($neighbour) }, %{ stop($prober) }, answers => \@answers,
                seconds => $seconds);
    die $error if $error;
    return \%seen;
}


# --- judgement --------------------------------------------------------------

# seconds that each part lasts
sub seconds { return $LONG || $_[0] || 1.2 }


# Runs an attack for some seconds, again and again. Options: clients (that run it
# at the same time; each is told its number), once (it is run once by each),
# seconds.
sub attack {
    my ($self, $attack, %opt) = @_;
    my $until = time + seconds($opt{seconds});
    my $one = sub {
        my ($i) = @_;
        my @answers;
        do { push @answers, map { judged($_) } $attack->($i) }
            until $opt{once} || time > $until;
        return \@answers;
    };
    return map { @$_ } $self->parallel($opt{clients} || 1, $one);
}


# An answer as it is kept: its status, and what is wrong with it. A client that
# has not read it to its end has none.
sub judged {
    my ($res) = @_;
    return [ 0, '' ] if !ref $res;
    return [ $res->{status}, 'took ' . int $res->{took} ]
        if ($res->{took} // 0) > $ANSWER;
    return [ $res->{status}, '' ] if $res->{status} =~ /^2/ || $res->{error_ok};
    my $body = ref $res->{body} eq 'HASH' ? $res->{body} : {};
    return [ $res->{status}, '' ]
        if ($body->{schemas}[0] // '') =~ /:Error$/
           && $res->{status} =~ /^(?:4..|503)$/;
    return [ $res->{status}, substr $res->{text} // $res->{error} // '', 0, 200 ];
}


# Returns the median of some measurements. A busy machine is slow now and then,
# while the cost of a request is there each time.
sub median {
    my ($name, @seen) = @_;
    my @sorted = sort { $a <=> $b } map { $_->{$name} } @seen;
    return $sorted[$#sorted / 2];
}


# An attack, whose options are those of attack(), hurts nobody. It is run again
# where a bound of time does not hold at once; the median counts. Returns how many
# answers had each status, and "seconds", which all attacks took.
sub holds {
    my ($self, $what, $attack, %opt) = @_;
    my @quiet = $self->seen(sub { sleep seconds(0.8); () });
    my $before = anonymous($self->worker_pids);
    my (@seen, $within);

    while (!$within && @seen < $TRIES) {
        push @seen, $self->seen(sub { $self->attack($attack, %opt) });
        push @quiet, $self->seen(sub { sleep seconds(0.8); () }) if @seen > 1;
        $within = within(\@quiet, \@seen);
    }

    my $bounds = bounds(\@quiet);
    my ($gap, $p99) = map { median($_, @seen) } qw(gap p99);
    cmp_ok($gap, '<=', $bounds->{gap}, "$what: Redis answers");
    cmp_ok($p99, '<=', $bounds->{p99}, "$what: the neighbour is as fast");
    is_deeply({ map { %{ $_->{failed} } } @seen, @quiet }, {},
              "$what: the neighbour is answered");
    my $statuses = answers_ok($what, map { @{ $_->{answers} } } @seen);
    my $growth = $self->memory_ok($what, $before, @seen);
    report($what, \@quiet, \@seen, $growth);
    return { %$statuses, seconds => sum0(map { $_->{seconds} } @seen) };
}


sub bounds {
    my ($quiet) = @_;
    return { gap => median('gap', @$quiet) + $HOLD,
             p99 => max(10 * median('p99', @$quiet), $P99) };
}


sub within {
    my ($quiet, $seen) = @_;
    my $bounds = bounds($quiet);
    return !grep { median($_, @$seen) > $bounds->{$_} } qw(gap p99);
}


sub answers_ok {
    my ($what, @answers) = @_;
    my (%statuses, %wrong);
    for (@answers) {
        $statuses{$_->[0]}++;
        $wrong{"$_->[0] $_->[1]"}++ if $_->[1] ne '';
    }
    ok(@answers > 0, "$what: something was done");
    is_deeply(\%wrong, {}, "$what: answers, or errors that say why")
        or diag explain \%wrong;
    note "$what: ", join ', ', map { "$statuses{$_} times $_" }
        sort keys %statuses;
    return \%statuses;
}


# returns the growth in KiB
sub memory_ok {
    my ($self, $what, $before, @seen) = @_;
    my $growth = max(map { $_->{memory} } @seen) - $before;
    cmp_ok($growth, '<=', $GROWTH, "$what: memory of the workers");

    my $kept;
    my $back = eval {
        SCIM::wait_for('memory', sub {
            $kept = anonymous($self->worker_pids) - $before;
            return $kept <= $KEPT;
        });
        1;
    };
    ok($back, "$what: is given back") or diag "$kept KiB are kept";
    return $growth;
}


# a row of the table in docs/reliability.md
sub report {
    my ($what, $quiet, $seen, $growth) = @_;
    my $line = sprintf 'bounds: | %s | %.1f, %.1f | %.1f, %.1f | %.1f, %.1f | %.1f |',
        $what, (map { 1000 * $_ } map { (median($_, @$quiet), median($_, @$seen)) }
                qw(gap p50 p99)), $growth / 1024;
    $LONG ? diag $line : note $line;
}


package SCIM::Bounds::Client;

# A client of one organization: SCIM.pm with its token, from an address of its own.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(time);

our @ISA = ('SCIM');


# options: from (an address of this host)
sub new {
    my ($class, $site, $name, $token, %opt) = @_;
    return bless { dir => $site->{dir}, port => $site->{port}, org => $name,
                   token => $token, pid => 0, %opt }, $class;
}


sub DESTROY { }


# as SCIM's, with how long it took
sub request {
    my ($self, $method, $path, $body, %opt) = @_;
    my $start = time;
    $self->{socket} ||= IO::Socket::INET->new(
        PeerAddr => "127.0.0.1:$self->{port}", Timeout => 5,
        $self->{from} ? (LocalAddr => $self->{from}) : ());
    my $res = $self->SUPER::request($method, $path, $body,
                                    token => $self->{token}, %opt);
    $res->{took} = time - $start;
    return $res;
}


# the answer to a request as text, with how long it took
sub exchange {
    my ($self, $text) = @_;
    my $start = time;
    my $socket = IO::Socket::INET->new("127.0.0.1:$self->{port}")
        or return { status => 0, error => "connect: $!" };
    my ($method) = $text =~ /^(\S+)/;
    my $res = SCIM::_exchange($socket, $method, $text)
        || { status => 0, error => 'closed without an answer' };
    return { %$res, took => time - $start };
}


# A long answer, which is not kept: its status, whether it was whole, and its text
# if that is short.
sub long {
    my ($self, $path) = @_;
    my $start = time;
    my $socket = IO::Socket::INET->new("127.0.0.1:$self->{port}")
        or return { status => 0, error => "connect: $!" };
    print {$socket} $self->request_text('GET', $path, undef,
        token => $self->{token}, headers => { Connection => 'close' });
    $socket->flush;

    my ($status, $head, $text, $size) = (0, 0, '', 0);
    my ($length, $body);
    while (my $n = sysread $socket, my $some, 262_144) {
        $size += $n;
        $text .= $some;
        if (!$head && $text =~ m{^HTTP/1\.1 (\d+).*?\r\n\r\n}s) {
            ($status, $head) = ($1, $+[0]);
            ($length) = substr($text, 0, $head) =~ /^Content-Length: (\d+)/mi;
        }
        $text = substr $text, -1024 if $head && $status == 200;
    }

    my $whole = defined $length ? $size == $head + $length
                                : $text =~ /\r\n0\r\n\r\n\z/;
    $body = eval { JSON::PP->new->utf8->decode($1) }
        if $status != 200 && $text =~ /\r\n\r\n.*?(\{.*\})/s;
    return { status => $whole ? $status : 0, text => "$size bytes: $text",
             body => $body, took => time - $start };
}


# another client of the same, with a connection of its own
sub again {
    my ($self, %opt) = @_;
    my $other = bless { %$self, %opt }, ref $self;
    delete $other->{socket};
    return $other;
}

1;
