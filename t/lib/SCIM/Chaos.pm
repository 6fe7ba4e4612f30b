package SCIM::Chaos;

# A round of faults under load: clients that keep a ledger (SCIM::Ledger) work
# while SCIM::Faults happen one after the other. After each, service must come
# back by itself; now and then everything is compared: resources with the
# ledgers, the change stream with the ledgers entry by entry, and what scimctl
# check says.
#
#   my $chaos = SCIM::Chaos->new(seed => 1, seconds => 30);
#   $chaos->run;
#   $chaos->problems, $chaos->table

use strict;
use warnings;

use IO::Handle;
use IO::Select;
use JSON::PP;
use List::Util qw(max shuffle sum0);
use POSIX ();
use Time::HiRes qw(sleep time);

use SCIM;
use SCIM::Ctl;
use SCIM::Faults;
use SCIM::Ledger;

my $json = JSON::PP->new->utf8->canonical;

my $BACK = 10;          # seconds; a service that has not come back never will
my $ANSWERS = 120;      # seconds that a client may take to settle or to compare


# Options: seed (an odd one has Redis by TCP, not by its socket), seconds,
# clients, pool (users of large groups), every (faults between checkpoints),
# first (names of faults that come first, and come in any case), files (a folder
# for the ledgers), say (sub).
sub new {
    my ($class, %opt) = @_;
    my $self = bless {
        clients => 6, first => [], pool => 620, every => 8, say => sub { },
        kinds => {}, found => [], seen => {}, shared_seen => {},
        last => '0', windows => [], longest => 0, faults => 0, checks => 0,
        entries => 0, pid => $$, %opt,
    }, $class;

    local $SIG{XFSZ} = 'IGNORE';
    $self->{scim} = SCIM->new(
        workers     => 3, daemon => 1, tcp => $self->{seed} % 2,
        redis_args  => [ SCIM::Faults::redis_args() ],
        scim_redis  => 'timeout=1s connect_timeout=1s',
        scim_tokens => 'redis valid=1s',
        http        => 'keepalive_requests 1000000000; '
                       . 'keepalive_timeout 600s; client_max_body_size 4m;',
        location    => 'scim_log on; scim_index User title;',
    );
    $self->{files} //= $self->{scim}{dir};
    return $self;
}


sub problem {
    my ($self, $text) = @_;
    push @{ $self->{found} }, $text;
    $self->{say}->("PROBLEM $text");
}

sub problems { return @{ $_[0]{found} } }


sub run {
    my ($self) = @_;
    my $scim = $self->{scim};

    local $SIG{PIPE} = 'IGNORE';
    local $SIG{XFSZ} = 'IGNORE';
    srand $self->{seed};
    $self->prepare;
    $self->start_clients;

    $self->ask('go');
    my $end = time + $self->{seconds};
    my @deck = $self->deck;
    my $least = @{ $self->{first} };
    sleep 0.5;

    while ((time < $end || $self->{faults} < $least) && !$self->{found}[20]) {
        @deck = $self->deck if !@deck;
        # without service there is nothing to compare
        $self->fault(shift @deck) or return;
        $self->checkpoint('check') if $self->{faults} % $self->{every} == 0;
        sleep rand 0.4;
    }

    $self->checkpoint('whole');
    $self->check_log;
    $self->end_clients;
}


# all faults, those first that are to be first
sub deck {
    my ($self) = @_;
    my %first = map { $_ => 1 } @{ $self->{first} };
    my @all = shuffle(SCIM::Faults::all());
    return ((grep { $first{ $_->{name} } } @all),
            (grep { !$first{ $_->{name} } } @all));
}


sub prepare {
    my ($self) = @_;
    my $scim = $self->{scim};

    $self->issue('probe', 'probe', 'probe');
    $self->issue('setup', 'demo', 'setup');
    $self->issue("client$_", 'demo', "c$_") for 1 .. $self->{clients};

    $self->{probed} = $scim->post('/Users', { userName => 'probe' },
                                  token => 'probe')->{body}{id}
        or die "no user could be made\n";
    $self->{shared} = [ map {
        $scim->post('/Groups', { displayName => "shared $_" },
                    token => 'setup')->{body}{id} // die "no group\n"
    } 1 .. 3 ];
    delete $scim->{socket};
}


sub issue {
    my ($self, $secret, $tenant, $name) = @_;
    my $scim = $self->{scim};
    $scim->issue($secret, tenant => $tenant, name => $name);
    $scim->redis('HSET', "scim:{$tenant}:tokens", $name,
                 SCIM->token_key($secret) =~ s/.*://r);
}


sub start_clients {
    my ($self) = @_;

    for my $n (1 .. $self->{clients}) {
        pipe my $in, my $to or die "pipe: $!";
        pipe my $from, my $out or die "pipe: $!";
        my $pid = fork // die "fork: $!";

        if ($pid == 0) {
            close $_ for $to, $from, map { @$_{qw(to from)} }
                             @{ $self->{processes} || [] };
            srand $self->{seed} + $n;
            my $ledger = SCIM::Ledger->new(scim => $self->{scim}, n => $n,
                shared => $self->{shared}, pool => $n == 1 && $self->{pool},
                file => "$self->{files}/ledger.$n");
            eval { $ledger->serve($in, $out); 1 } or print STDERR $@;
            POSIX::_exit(0);
        }

        close $_ for $in, $out;
        $to->autoflush(1);
        push @{ $self->{processes} },
            { n => $n, pid => $pid, to => $to, from => $from };
    }
}


# says a word to all clients; returns what they answer
sub ask {
    my ($self, $word) = @_;
    print { $_->{to} } "$word\n" for @{ $self->{processes} };

    return map {
        IO::Select->new($_->{from})->can_read($ANSWERS)
            or die "client $_->{n} does not answer to \"$word\"\n";
        my $line = readline $_->{from};
        $json->decode($line // die "client $_->{n} has ended\n");
    } @{ $self->{processes} };
}


sub end_clients {
    my ($self) = @_;
    for (splice @{ $self->{processes} || [] }) {
        print { $_->{to} } "end\n";
        close $_->{to};
        waitpid $_->{pid}, 0;
    }
}


sub DESTROY {
    my ($self) = @_;
    return if $$ != $self->{pid};
    local ($?, $@);
    kill 'KILL', map { $_->{pid} } @{ $self->{processes} || [] };
    waitpid $_->{pid}, 0 for @{ $self->{processes} || [] };
}


# --- faults -----------------------------------------------------------------

# true if the servers can go on
sub fault {
    my ($self, $fault) = @_;
    my $kind = $self->{kinds}{ $fault->{name} } ||= { n => 0, longest => 0 };
    my $start = time;

    $self->{faults}++;
    my $done = eval { $fault->{run}->($self->{scim}); 1 };
    if (!$done) {
        $self->problem("$fault->{name}: $@");
        return 0;
    }

    my $lifted = time;
    my $back = $self->back($lifted);
    push @{ $self->{windows} }, [ $start, time + 1 ] if $fault->{nginx};
    if (!defined $back) {
        $self->problem("$fault->{name}: service has not come back in $BACK s");
        return 0;
    }

    $kind->{n}++;
    $kind->{longest} = max($kind->{longest}, $back);
    $self->{longest} = max($self->{longest}, $back);
    $self->{say}->(sprintf '%4d %-44s lasted %5.2f s, served again after '
                   . '%5.2f s', $self->{faults}, $fault->{name},
                   $lifted - $start, $back);

    eval { $self->wait_for_old_connections; $self->ask('settle'); 1 }
        or $self->problem("$fault->{name}: $@");
    return 1;
}


# Seconds until reads and writes succeed again, over as many fresh connections
# that each worker is likely to have had some; undef if they do not.
sub back {
    my ($self, $lifted) = @_;
    my $scim = $self->{scim};
    my ($good, $since) = (0, $lifted);

    while ($good < 6 * $scim->{workers}) {
        return if time > $lifted + $BACK;
        my $ok = $self->probe;
        $good = $ok ? $good + 1 : 0;
        $since = time if !$ok || $good == 1;
        sleep 0.01 if !$ok;
    }
    return $since - $lifted;
}


sub probe {
    my ($self) = @_;
    my $scim = $self->{scim};
    my $ok = 1;
    delete $scim->{socket};

    for my $res (
        $scim->get("/Users/$self->{probed}", token => 'probe'),
        $scim->patch("/Users/$self->{probed}", [ { op => 'replace',
            path => 'title', value => 't' . ++$self->{probes} } ],
            token => 'probe'))
    {
        $ok = 0 if $res->{status} != 200;
        $self->problem("the probe was answered $res->{status} "
                       . ($res->{text} // ''))
            if $res->{status} != 200 && $res->{status} != 503
                && $res->{status} != 0;
    }

    delete $scim->{socket};
    return $ok;
}


# Redis may carry out a change that nginx had sent before it gave the connection
# up, until Redis has read the connection to its end. Then it has no more
# connections than there are processes of nginx.
sub wait_for_old_connections {
    my ($self) = @_;
    my $scim = $self->{scim};

    SCIM::wait_for('old connections', sub {
        my $clients = () = $scim->redis('CLIENT', 'LIST') =~ /^id=/mg;
        my $workers = split ' ', SCIM::_slurp("/proc/$scim->{nginx_pid}/task/"
                                           . "$scim->{nginx_pid}/children");
        return $clients - 1 <= $workers;
    });
}


# --- checkpoints ------------------------------------------------------------

sub checkpoint {
    my ($self, $word) = @_;
    my @reports = $self->ask($word);
    $self->{checks}++;

    for my $report (@reports) {
        $self->problem($_) for @{ $report->{problems} };
        $self->check_broken($_) for @{ $report->{broken} };
    }

    $self->{reports} = \@reports;
    $self->check_events(@reports);
    $self->check_lists(@reports);
    $self->check_shared(@reports);
    $self->check_store;
    $self->ask('go') if $word ne 'whole';
}


# connections may break only while something happens to nginx
sub check_broken {
    my ($self, $broken) = @_;
    my ($start, $end, $what) = @$broken;
    $self->problem("$what: the connection broke without a fault of nginx")
        if !grep { $start <= $_->[1] && $end >= $_->[0] }
            @{ $self->{windows} };
}


# Entries of the change stream since the last time, as those of one resource
# must be: without a gap, and each of them in a ledger.
sub check_events {
    my ($self, @reports) = @_;
    my %shared = map { $_ => 1 } @{ $self->{shared} };
    my (%entries, %ledger);

    for my $entry ($self->new_entries) {
        my ($id, $ver) = @$entry{qw(id ver)};
        my $before = $self->{seen}{$id} // 0;
        $self->problem("change stream: $id has $ver behind $before")
            if $ver != $before + ($entry->{op} ne 'delete');
        $self->{seen}{$id} = $entry->{op} eq 'delete' ? -1 : $ver;

        if ($shared{$id}) {
            $self->{shared_seen}{ $entry->{actor} }{$id}++
                if $entry->{op} eq 'update';
            next;
        }
        my $text = join ' ', @$entry{qw(id ver op)},
            join(',', sort split /,/, $entry->{attrs}), $entry->{actor};
        $entries{$text}++;
    }

    for my $n (1 .. @reports) {
        $ledger{"$_->[0] $_->[1] $_->[2] $_->[3] c$n"}++
            for @{ $reports[$n - 1]{events} };
    }

    $self->problem("in the change stream and in no ledger: $_")
        for grep { !$ledger{$_} } sort keys %entries;
    $self->problem("in a ledger and not in the change stream: $_")
        for grep { ($entries{$_} // 0) != $ledger{$_} } sort keys %ledger;
}


sub new_entries {
    my ($self) = @_;
    my @entries;

    while (1) {
        my $page = $self->{scim}->redis('XRANGE', 'scim:{demo}:changes',
            "($self->{last}", '+', 'COUNT', 1000);
        last if !@$page;
        push @entries, map { +{ @{ $_->[1] } } } @$page;
        $self->{last} = $page->[-1][0];
    }

    $self->{entries} += @entries;
    return @entries;
}


# the server has what the ledgers have, by its lists and by its unique names
sub check_lists {
    my ($self, @reports) = @_;

    for my $type (qw(users groups)) {
        my %must = map { %{ $_->{$type} } } @reports;
        my @is = @{ $self->{scim}->redis('ZRANGE', "scim:{demo}:$type",
                                         0, -1) };
        @must{ @{ $self->{shared} } } = () if $type eq 'groups';

        $self->problem("$type: $_ is in no ledger")
            for grep { !exists $must{$_} } @is;
        my %is = map { $_ => 1 } @is;
        $self->problem("$type: $_ is in a ledger only")
            for grep { !$is{$_} } keys %must;

        my $by = $type eq 'users' ? 'userName' : 'displayName';
        my $names = $self->{scim}->redis('HLEN', "scim:{demo}:$type:by:$by");
        $self->problem("$type: $names names of " . @is) if $names != @is;
    }
}


# each client knows of its own users whether they are in the shared groups
sub check_shared {
    my ($self, @reports) = @_;

    for my $group (@{ $self->{shared} }) {
        my @must = sort map { my $joined = $_->{joined};
                              grep { $joined->{$_}{$group} } keys %$joined }
                   @reports;
        my @is = sort @{ $self->{scim}->redis('SMEMBERS',
                             "scim:{demo}:group:$group:members") };
        $self->problem("shared group $group: members are\n  @is\n"
                       . "and must be\n  @must") if "@is" ne "@must";

        for my $n (1 .. @reports) {
            my $must = $reports[$n - 1]{changed}{$group} // 0;
            my $is = $self->{shared_seen}{"c$n"}{$group} // 0;
            $self->problem("shared group $group: client $n has changed it "
                           . "$must times, and the change stream says $is")
                if $is != $must;
        }
    }
}


sub check_store {
    my ($self) = @_;
    my $ctl = SCIM::Ctl->new("$self->{scim}{dir}/redis.sock");
    local $SIG{PIPE} = 'DEFAULT';
    my $run = $ctl->run('check', 'demo');
    $self->problem("scimctl check: $run->{out}$run->{err}")
        if $run->{status} != 0;
}


# nothing that the module calls a defect
sub check_log {
    my ($self) = @_;
    my %lines;
    for (split /\n/, $self->{scim}->error_log) {
        next if !/\[(alert|crit|emerg)\]/ || /exited on signal 9/;
        $lines{ s/^\S+ \S+ //r =~ s/\d+#\d+: (\*\d+ )?//r }++;
    }
    $self->problem("in the error log, $lines{$_} times: $_")
        for sort keys %lines;
}


# --- results ----------------------------------------------------------------

sub total {
    my ($self, $name) = @_;
    return sum0 map { $_->{count}{$name} // 0 } @{ $self->{reports} || [] };
}


sub survived { return sum0 map { $_->{n} } values %{ $_[0]{kinds} } }


sub table {
    my ($self) = @_;
    my @lines = (sprintf '%-44s %8s %20s', 'fault', 'survived',
                 'longest until served');
    my $kinds = $self->{kinds};

    push @lines, map { sprintf '%-44s %8d %18.2f s', $_, $kinds->{$_}{n},
                       $kinds->{$_}{longest} } sort keys %$kinds;
    push @lines, sprintf('%-44s %8d %18.2f s', 'all', $self->survived,
                         $self->{longest}), '';

    push @lines, map { sprintf '%-44s %8d', $_->[0], $self->total($_->[1]) }
        [ 'changes acknowledged', 'acknowledged' ],
        [ 'answered 503', 'unavailable' ],
        [ 'connection broken', 'broken' ],
        [ 'unknown, repeated until acknowledged', 'repeated' ],
        [ 'unknown, found carried out', 'found done' ],
        [ 'unknown, found not carried out', 'found undone' ],
        [ 'refused (409 or 404 of a repetition)', 'refused' ],
        [ 'reads', 'reads' ];
    push @lines, sprintf('%-44s %8d', 'entries of the change stream compared',
                         $self->{entries}),
        sprintf('%-44s %8d', 'comparisons of everything', $self->{checks}),
        sprintf('%-44s %8.2f s', 'slowest answer',
                max(0, map { $_->{slowest} } @{ $self->{reports} || [] })), '';

    my %what;
    for my $report (@{ $self->{reports} || [] }) {
        $what{$_} += $report->{what}{$_} for keys %{ $report->{what} };
    }
    push @lines, map { sprintf '%-44s %8d', "acknowledged: $_", $what{$_} }
        sort keys %what;
    return join '', map { "$_\n" } @lines;
}

1;
