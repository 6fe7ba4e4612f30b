package Scripts;

# The scripts of redis/ on a Redis of the test's own: called as the module
# calls them, by EVALSHA, and as the user that it is.
#
#   my $redis = Scripts->new;
#   $redis->write(verb => 'create', type => 'user', id => 'a', ...);

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA qw(sha1_hex);
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/../../lib';

use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use SCIM::Accounts;
use Time::HiRes qw(sleep time);

our $TOP = abs_path(dirname(__FILE__) . '/../../..');


sub new {
    my ($class) = @_;

    my $dir = tempdir('scim-redis-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    SCIM::Accounts::write_files($dir);
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>', "$dir/log" or die "$dir/log: $!";
        open STDERR, '>&', \*STDOUT or die "stderr: $!";
        exec 'redis-server', "$TOP/redis/redis.conf", '--dir', $dir,
            '--unixsocket', "$dir/socket",
            SCIM::Accounts::redis_args($dir)
            or die "redis-server: $!";
    }

    my $self = bless { dir => $dir, pid => $pid, owner => $$,
                       tenant => 'demo', now => '2020-01-01T00:00:00Z' },
                     $class;

    for my $name (qw(late write delete groups stage sweep log cycle token used permit)) {
        open my $in, '<', "$TOP/redis/$name.lua" or die "$name.lua: $!";
        local $/;
        $self->{script}{$name} = <$in>;
        $self->{sha}{$name} = sha1_hex($self->{script}{$name});
    }

    my $until = time + 10;
    until ($self->{socket} = IO::Socket::UNIX->new("$dir/socket")) {
        die "redis-server does not start, see $dir/log\n" if time > $until;
        sleep 0.02;
    }

    $self->call(SCIM::Accounts::auth());
    $self->{module} = IO::Socket::UNIX->new("$dir/socket") or die "Redis: $!";
    $self->call_as('module', SCIM::Accounts::auth('scim'));

    return $self;
}


sub DESTROY {
    my ($self) = @_;
    return if $$ != $self->{owner};
    local $?;
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
}


# --- the protocol -----------------------------------------------------------

# Sends a command. An error reply is returned as a reference to its text.
sub call {
    my ($self, @words) = @_;
    return $self->call_as('socket', @words);
}


# the same over one of the connections: "socket", or "module" for that of the
# module's user
sub call_as {
    my ($self, $connection, @words) = @_;
    my $socket = $self->{$connection};
    print {$socket} '*' . @words . "\r\n",
        map { '$' . length($_) . "\r\n$_\r\n" } @words;
    $socket->flush;
    return _reply($socket);
}


sub _reply {
    my ($socket) = @_;
    my $line = do { local $/ = "\r\n"; <$socket> } // die "Redis is gone\n";
    my ($kind, $rest) = $line =~ /^(.)(.*)\r\n$/s or die "bad reply: $line";

    return $rest if $kind eq '+' || $kind eq ':';
    return \$rest if $kind eq '-';
    return undef if $rest < 0;
    return [ map { _reply($socket) } 1 .. $rest ] if $kind eq '*';

    read($socket, my $text, $rest + 2) == $rest + 2 or die "short reply\n";
    return substr $text, 0, $rest;
}


# the number of commands since the last call, those of scripts included
sub count_commands {
    my ($self) = @_;
    my $n = 0;
    $n += $_ for $self->call('INFO', 'commandstats') =~ /:calls=(\d+)/g;
    $self->call('CONFIG', 'RESETSTAT');
    return $n;
}


# --- scripts ----------------------------------------------------------------

sub script {
    my ($self, $name, @args) = @_;
    return $self->script_for($name, $self->key(''), @args);
}


# the same with a key that is outside of the tenant
sub script_for {
    my ($self, $name, @args) = @_;
    my @rest = (1, @args);
    my $reply = $self->call_as('module', 'EVALSHA', $self->{sha}{$name}, @rest);

    return $reply unless ref $reply eq 'SCALAR' && $$reply =~ /^NOSCRIPT/;
    return $self->call_as('module', 'EVAL', $self->{script}{$name}, @rest);
}


# Named: verb, type, id, expected, actor, changed, doc, members ("set" or
# "keep"), limits, indexes ([kind, name, values...] of each), add, remove, log (its
# length, names and values), staged (a move, in place of members).
sub write {
    my ($self, %w) = @_;
    my @indexes = @{ $w{indexes} || [] };
    my @add = @{ $w{add} || [] };
    my @remove = @{ $w{remove} || [] };
    my @log = @{ $w{log} || [] };
    my $members = $w{members} || (@add || @remove ? 'keep' : undef);
    my %prefix = (unique => 'uq:', lexical => 'by:', field => '');

    return $self->script('write',
        $w{verb} || 'update', $w{type} || 'user', $w{id}, $w{expected} // '',
        $self->{now}, $w{actor} // 'tester', $w{changed} // '', $w{doc} // '',
        100_000, join("\n", map { $_->[0] eq 'field' ? () : $_->[1] } @indexes),
        $w{limits} // '', scalar @indexes, (map { "$prefix{$_->[0]}$_->[1]" } @indexes),
        (map { my ($kind, $name, @values) = @$_; join "\0", @values } @indexes),
        scalar @log, @log,
        defined $w{staged} ? ('staged', $w{staged}) :
        $members ? ($members, scalar @add, @add, scalar @remove, @remove)
                 : ());
}


# all calls that one deletion takes
sub delete {
    my ($self, %w) = @_;
    my @log = @{ $w{log} || [] };

    while (1) {
        my $reply = $self->script('delete', $w{type} || 'user', $w{id},
            $w{expected} // '', $self->{now}, $w{actor} // 'tester', 100_000,
            scalar @log, @log);
        return $reply if $reply->[0] ne 'more';
    }
}


# --- changes of very many members -------------------------------------------

# one step of stage.lua
sub stage {
    my ($self, $step, $id, @rest) = @_;
    return $self->script('stage', $step, $id, $self->{lease} // 60_000, @rest);
}


# The steps of a large change, each a function that returns a reply; the last
# is the write. Named as for write(), and slice, how many ids a step has, and
# move, its name.
sub large_change {
    my ($self, %w) = @_;
    my $id = $w{id};
    my $mode = ($w{verb} // '') eq 'create' ? 'create' : $w{members} // 'keep';
    my $slice = $w{slice} // 10;
    my $move = $w{move} // 'move' . ++$self->{moves};

    my @steps = (sub { $self->stage('open', $id, $move, $mode) });
    push @steps, map { my $set = $_; sub {
        my $from = '0';
        do {
            my $reply = $self->stage('copy', $id, $move, $set, $from);
            return $reply if $reply->[0] ne 'ok';
            $from = $reply->[1];
        } while ($from ne '0');
        return [ 'ok' ];
    } } $mode eq 'keep' ? qw(users groups) : ();

    for my $step (qw(remove add)) {
        my @ids = @{ $w{$step} || [] };
        while (my @some = splice @ids, 0, $slice) {
            push @steps, sub { $self->stage($step, $id, $move, @some) };
        }
    }

    return @steps, sub {
        return $self->write(type => 'group', %w, staged => $move);
    };
}


# all of them, up to the first that does not succeed
sub change_large {
    my ($self, %w) = @_;
    my $reply;
    for my $step ($self->large_change(%w)) {
        $reply = $step->();
        last if $reply->[0] ne 'ok';
    }
    return $reply;
}


# one slice of sweep.lua
sub sweep {
    my ($self, $move, $slice) = @_;
    return $self->script('sweep', $move // '', $self->{lease} // 60_000,
                         $slice // 10);
}


sub moves {
    my ($self) = @_;
    my %moves = %{ $self->hash('groups:moves') };
    return grep { $moves{$_} =~ / / } sort keys %moves;
}


# sweeps all moves, and those that are staged as well
sub sweep_all {
    my ($self, $slice) = @_;
    for my $move ($self->moves) {
        1 while $self->sweep($move, $slice)->[0] eq 'more';
    }
}


# Where members and their holders do not agree; with a true argument holders
# may be more than the truth.
sub disagreements {
    my ($self, $more) = @_;
    my (%held, @wrong);

    for my $key (@{ $self->call('KEYS', $self->key('group:*')) }) {
        my ($id, $set) = $key =~ /:group:([^:]+):(members|groups)$/ or next;
        my $kind = $set eq 'members' ? 'user' : 'group';
        push @{ $held{"$kind:$_"} }, $id for @{ $self->call('SMEMBERS', $key) };
    }

    for my $key (@{ $self->call('KEYS', $self->key('*')) }) {
        my ($kind, $id) = $key =~ /:(user|group):([^:]+)$/ or next;
        my $set = $kind eq 'user' ? 'groups' : 'holders';
        my %told = map { $_ => 1 } @{ $self->set("$kind:$id:$set") };
        my $count = $self->hash("$kind:$id")->{groups} // 0;

        push @wrong, "$kind $id counts $count" if $count != keys %told;
        push @wrong, "$kind $id is held by $_"
            for grep { !delete $told{$_} } @{ delete $held{"$kind:$id"} || [] };
        push @wrong, map { "$kind $id is not held by $_" }
            $more ? () : keys %told;
    }

    return [ sort @wrong, map { "no $_" } keys %held ];
}


# the groups that hold some directly: [kind, id] of each => lists of ids
sub holders {
    my ($self, @of) = @_;
    my @found;
    my @todo = map { [ @$_, '0' ] } @of;
    while (@todo) {
        my ($lists) = @{ $self->script('groups', 'ids', map { @$_ } @todo) };
        for my $list (@$lists) {
            my ($cursor, @ids) = @$list;
            my $of = $todo[0];
            my %seen = map { $_ => 1 } @{ $found[ @of - @todo ] || [] }, @ids;
            $found[ @of - @todo ] = [ sort keys %seen ];
            $of->[2] = $cursor;
            shift @todo if $cursor eq '0';
        }
    }
    return @found;
}


# a user and a group as the module writes them

sub user_indexes {
    my ($name, @emails) = @_;
    return [ [ 'unique', 'userName', $name ], [ 'lexical', 'externalId' ],
             [ 'lexical', 'emails.value', @emails ],
             [ 'field', 'active', 'true' ] ];
}


sub group_indexes {
    my ($name) = @_;
    return [ [ 'lexical', 'externalId' ], [ 'field', 'displayName', $name ] ];
}


sub create_user {
    my ($self, $id, $name, @emails) = @_;
    return $self->write(verb => 'create', id => $id, doc => qq({"id":"$id"}),
                        changed => 'userName',
                        indexes => user_indexes($name // $id, @emails));
}


sub create_group {
    my ($self, $id, @members) = @_;
    return $self->write(verb => 'create', type => 'group', id => $id,
                        doc => qq({"id":"$id"}), changed => 'displayName',
                        indexes => group_indexes("Group $id"),
                        add => \@members);
}


# --- what is there ----------------------------------------------------------

sub key {
    my ($self, $rest) = @_;
    return "scim:{$self->{tenant}}:$rest";
}


sub hash {
    my ($self, $key) = @_;
    return { @{ $self->call('HGETALL', $self->key($key)) } };
}


sub set {
    my ($self, $key) = @_;
    return [ sort @{ $self->call('SMEMBERS', $self->key($key)) } ];
}


# an index of kind lexical; the separator is shown as a slash
sub sorted {
    my ($self, $key) = @_;
    my $list = $self->call('ZRANGE', $self->key($key), 0, -1);
    s{\0}{/} for @$list;
    return $list;
}


# the events after an id of the stream: a hash of each
sub events {
    my ($self, $after) = @_;
    return map { { @{ $_->[1] } } }
        @{ $self->call('XRANGE', $self->key('changes'),
                       $after ? "($after" : '-', '+') };
}


sub last_event {
    my ($self) = @_;
    my $list = $self->call('XREVRANGE', $self->key('changes'), '+', '-',
                           'COUNT', 1);
    return @$list ? $list->[0][0] : '';
}


my %CONTENT = (
    string => sub { ('GET', $_[0]) },
    hash   => sub { ('HGETALL', $_[0]) },
    set    => sub { ('SMEMBERS', $_[0]) },
    zset   => sub { ('ZRANGE', $_[0], 0, -1, 'WITHSCORES') },
    stream => sub { ('XRANGE', $_[0], '-', '+') },
);

# Everything Redis holds, as one text for each key. "holding" of meta also counts
# changes that were undone.
sub everything {
    my ($self) = @_;
    my %all;
    for my $key (@{ $self->call('KEYS', '*') }) {
        my $type = $self->call('TYPE', $key);
        my $content = $self->call($CONTENT{$type}->($key));
        $content = [ sort @$content ] if $type eq 'set';
        if ($type eq 'hash') {
            my %hash = @$content;
            delete $hash{holding} if $key =~ /:meta$/;
            $content = [ map { ($_, $hash{$_}) } sort keys %hash ];
        }
        $all{$key} = "$type " . _flat($content);
    }
    return \%all;
}


sub _flat {
    my ($value) = @_;
    return ref $value ? '[' . join(' ', map { _flat($_) } @$value) . ']'
                      : $value;
}

1;
