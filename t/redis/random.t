#!/usr/bin/env perl
#
# Random changes on redis/write.lua and redis/delete.lua: every reply, and from
# time to time every key there is, is compared with a model. SCIM_SEED repeats a
# run, SCIM_STEPS makes a longer one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Scripts;
use Test::More;

my $seed = $ENV{SCIM_SEED} || int(time) ^ $$;
my $steps = $ENV{SCIM_STEPS} || 2000;

srand $seed;
diag "SCIM_SEED=$seed" if $ENV{TEST_VERBOSE};

my $redis = Scripts->new;

# id => { kind, name, emails, active, ver, seq, created, modified, doc }; of a
# group: name, members { id => 1 }
my %model;
my ($seq, $events) = (0, 0);


# --- chance -----------------------------------------------------------------

sub pick { return $_[rand @_] }

sub user_id { return 'u' . int rand 40 }
sub group_id { return 'g' . int rand 12 }
sub emails { my %e = map { (pick('a' .. 'h') . '@x', 1) } 0 .. rand 4;
             return rand() < 0.2 ? () : sort keys %e }

# mostly what can succeed
sub verb {
    my ($id) = @_;
    return pick('create', 'update') if rand() < 0.15;
    return $model{$id} ? 'update' : 'create';
}

# ids without repetition, most of them of users, some of nobody
sub ids {
    my ($most) = @_;
    my %ids = map { (rand() < 0.8 ? user_id() : group_id(), 1) }
        1 .. rand $most;
    return sort { $a cmp $b } keys %ids;
}

sub expected {
    my ($id) = @_;
    my $r = $model{$id};
    return '' if !$r || rand() < 0.5;
    return rand() < 0.2 ? $r->{ver} + 1 : $r->{ver};
}


# --- the model --------------------------------------------------------------

sub holders {
    my ($id) = @_;
    my @ids = grep { $model{$_}{members} && $model{$_}{members}{$id} }
        keys %model;
    return @ids;
}


sub reaches {
    my ($from, $to) = @_;
    my %seen;
    my @todo = ($from);
    while (defined(my $id = shift @todo)) {
        return 1 if $id eq $to;
        push @todo, grep { !$seen{$_}++ && $model{$_}{kind} eq 'group' }
            keys %{ $model{$id}{members} || {} };
    }
    return 0;
}


sub problem_of_members {
    my ($id, @add) = @_;
    my $now = $model{$id} ? $model{$id}{members} : {};
    for my $member (@add) {
        next if $now->{$member};
        return [ 'cycle', $member ] if $member eq $id;
        return [ 'nomember', $member ] if !$model{$member};
    }
    for my $member (grep { !$now->{$_} } @add) {
        return [ 'cycle', $member ]
            if $model{$member}{kind} eq 'group' && reaches($member, $id);
    }
    return undef;
}


# the members that there will be
sub members_after {
    my ($id, %w) = @_;
    my %after = %{ $model{$id} ? $model{$id}{members} : {} };
    %after = () if $w{members} eq 'set';
    delete @after{ @{ $w{remove} } };
    @after{ @{ $w{add} } } = (1) x @{ $w{add} };
    return \%after;
}


# the reply to expect; the model is changed if it is "ok"
sub model_write {
    my (%w) = @_;
    my ($id, $r) = ($w{id}, $model{ $w{id} });

    if ($w{verb} eq 'create') {
        return [ 'exists' ] if $r;
    } else {
        return [ 'missing' ] if !$r;
        return [ 'stale' ] if $w{expected} ne '' && $w{expected} ne $r->{ver};
    }

    return [ 'conflict', 'userName' ]
        if $w{type} eq 'user'
           && grep { $_ ne $id && $model{$_}{kind} eq 'user'
                     && $model{$_}{name} eq $w{name} } keys %model;

    my $members;
    if ($w{type} eq 'group') {
        my $problem = problem_of_members($id, @{ $w{add} });
        return $problem if $problem;
        $members = members_after($id, %w);
    }

    my $new = $r || { kind => $w{type}, ver => 0, created => $redis->{now},
                      seq => ++$seq, members => {} };
    my $moved = $members && join(',', sort keys %$members)
                            ne join(',', sort keys %{ $new->{members} });

    my $changed = $w{doc} ne '' || $moved;

    $new->{counted} ||= $moved;

    if ($changed) {
        $new->{ver}++;
        $new->{modified} = $redis->{now};
        $events++;
    }

    @$new{qw(doc name emails active)} = @w{qw(doc name emails active)}
        if $w{doc} ne '';
    $new->{members} = $members if $members;
    $model{$id} = $new;

    return [ $changed ? 'ok' : 'same', @$new{qw(ver created modified)}, scalar holders($id) ];
}


sub model_delete {
    my (%w) = @_;
    my $r = $model{ $w{id} };

    return [ 'missing' ] if !$r || $r->{kind} ne $w{type};
    return [ 'stale' ] if $w{expected} ne '' && $w{expected} ne $r->{ver};

    for my $id (holders($w{id})) {
        my $group = $model{$id};
        delete $group->{members}{ $w{id} };
        $group->{ver}++;
        $group->{modified} = $redis->{now};
        $events++;
    }

    delete $model{ $w{id} };
    $events++;
    return [ 'ok' ];
}


# --- every key the model stands for -----------------------------------------

sub expected_keys {
    my (%hash, %set, %sorted, %unique, %numbers);

    for my $id (keys %model) {
        my $r = $model{$id};
        my $key = "$r->{kind}:$id";
        my @holders = holders($id);
        my %h = map { $_ => $r->{$_} } qw(ver created modified seq doc);
        $h{'n:bytes'} = length $r->{doc};
        $h{'n:members'} = keys %{ $r->{members} } if $r->{counted};

        $h{groups} = @holders if @holders;
        $set{ $key . ($r->{kind} eq 'user' ? ':groups' : ':holders') }
            = [ @holders ] if @holders;
        $numbers{"$r->{kind}s"}{$id} = $r->{seq};

        if ($r->{kind} eq 'user') {
            @h{qw(uq:userName active)} = @$r{qw(name active)};
            $h{'by:emails.value'} = join "\0", @{ $r->{emails} }
                if @{ $r->{emails} };
            $unique{'users:by:userName'}{ $r->{name} } = $id;
            push @{ $sorted{'users:by:emails.value'} },
                map { "$_\0$id" } @{ $r->{emails} };
        } else {
            $h{displayName} = $r->{name};
            for my $member (keys %{ $r->{members} }) {
                my $is = $model{$member}{kind} eq 'user' ? 'members'
                                                         : 'groups';
                push @{ $set{"$key:$is"} }, $member;
            }
        }

        $hash{$key} = \%h;
    }

    return { %hash, %unique,
             (map { ($_ => join ' ', sort @{ $set{$_} }) } keys %set),
             (map { ($_ => join ' ', sort @{ $sorted{$_} }) }
              grep { @{ $sorted{$_} } } keys %sorted),
             %numbers };
}


sub total {
    my ($count) = @_;
    my $n = 0;
    $n += $count->($_) for values %model;
    return $n;
}


sub actual_keys {
    my %keys;
    for my $name (@{ $redis->call('KEYS', '*') }) {
        my ($key) = $name =~ /^scim:\{demo\}:(.*)$/ or die "key $name";
        next if $key eq 'changes' || $key eq 'meta';

        my $type = $redis->call('TYPE', $name);
        if ($type eq 'hash') {
            $keys{$key} = { @{ $redis->call('HGETALL', $name) } };
        } elsif ($type eq 'set') {
            $keys{$key} = join ' ', @{ $redis->set($key) };
        } elsif ($key =~ /:by:/) {
            $keys{$key} = join ' ', @{ $redis->call('ZRANGE', $name, 0, -1) };
        } else {
            $keys{$key} = { @{ $redis->call('ZRANGE', $name, 0, -1,
                                            'WITHSCORES') } };
        }
    }
    return \%keys;
}


# --- the changes ------------------------------------------------------------

sub write_user {
    my $id = user_id();
    my %w = (type => 'user', verb => verb($id), id => $id,
             doc => int rand 1e6,
             name => 'n' . int rand 60, emails => [ emails() ],
             active => pick('true', 'false'));
    $w{expected} = $w{verb} eq 'update' ? expected($w{id}) : '';
    $w{indexes} = [ [ 'unique', 'userName', $w{name} ],
                    [ 'lexical', 'emails.value', @{ $w{emails} } ],
                    [ 'field', 'active', $w{active} ] ];
    return ([ model_write(%w) ], [ $redis->write(%w) ], "write $w{id}");
}


sub write_group {
    my $id = group_id();
    my %w = (type => 'group', verb => verb($id), id => $id,
             doc => rand() < 0.7 ? '' : int rand 1e6,
             name => 'd' . int rand 9,
             members => pick('set', 'keep', 'keep'),
             add => [ ids(5) ], remove => [ ids(9) ]);
    my %add = map { $_ => 1 } @{ $w{add} };

    $w{remove} = [ grep { !$add{$_} } @{ $w{remove} } ];
    $w{doc} = int rand 1e6 if $w{verb} eq 'create';
    $w{expected} = $w{verb} eq 'update' ? expected($w{id}) : '';
    $w{indexes} = [ [ 'field', 'displayName', $w{name} ] ] if $w{doc} ne '';
    return ([ model_write(%w) ], [ $redis->write(%w) ],
            "write $w{id} +@{ $w{add} } -@{ $w{remove} } $w{members}");
}


sub delete_one {
    my $type = pick('user', 'user', 'group');
    my %w = (type => $type, id => $type eq 'user' ? user_id() : group_id());
    $w{expected} = expected($w{id});
    return ([ model_delete(%w) ], [ $redis->delete(%w) ], "delete $w{id}");
}


my (%seen, $wrong);

for my $step (1 .. $steps) {
    $redis->{now} = sprintf '2020-01-01T%02d:%02d:%02dZ', $step / 3600,
                            $step / 60 % 60, $step % 60;

    my $r = rand;
    my ($want, $got, $what) = $r < 0.45 ? write_user()
                            : $r < 0.88 ? write_group() : delete_one();

    $seen{ $want->[0][0] }++;

    if (!is_deeply($got, $want, "step $step: $what") && ++$wrong > 5) {
        diag "SCIM_SEED=$seed";
        last;
    }

    next if $step % 50 && $step != $steps;

    is_deeply(actual_keys(), expected_keys(), "step $step: every key")
        or diag "SCIM_SEED=$seed";
    is_deeply([ map { $_ // 0 } @{ $redis->hash('meta') }{qw(bytes memberships)} ],
              [ total(sub { length $_[0]{doc} }),
                total(sub { scalar keys %{ $_[0]{members} } }) ],
              "step $step: bytes and memberships are counted");
    is($redis->call('XLEN', $redis->key('changes')), $events,
       "step $step: an event for each change");
}

for my $answer (qw(ok exists missing stale conflict nomember cycle)) {
    cmp_ok($seen{$answer} || 0, '>', 0,
           sprintf '%s was answered %d times', $answer, $seen{$answer} || 0);
}

is($redis->hash('meta')->{seq}, $seq, 'resources are counted');

done_testing;
