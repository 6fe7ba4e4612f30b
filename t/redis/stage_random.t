#!/usr/bin/env perl
#
# Large changes step by step, with small ones, deletions and sweeps in between,
# in random orders: each is compared with a model in which a large change is
# carried out when it comes to its end. SCIM_SEED repeats a run, SCIM_STEPS makes
# a longer one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use List::Util qw(shuffle);
use Scripts;
use Test::More;

my $seed = $ENV{SCIM_SEED} || int(time) ^ $$;
my $steps = $ENV{SCIM_STEPS} || 4000;

srand $seed;
diag "SCIM_SEED=$seed" if $ENV{TEST_VERBOSE};

my $redis = Scripts->new;

my %users;      # id => 1
my %groups;     # id => { member => 1 }
my %large;      # group => { steps, change, named }
my $next = 0;

my %did;


sub pick { return $_[rand @_] }
sub some { my ($n, @of) = @_; return (shuffle @of)[0 .. ($n > @of ? @of : $n) - 1] }


sub new_user {
    my $id = 'u' . $next++;
    $redis->create_user($id);
    $users{$id} = 1;
}


sub new_group {
    my $id = 'g' . $next++;
    my @members = some(rand 12, sort keys %users);
    $redis->create_group($id, @members);
    $groups{$id} = { map { $_ => 1 } @members };
}


# groups that are no cycle are those that were made later
sub candidates {
    my ($id) = @_;
    return sort keys %users, grep { substr($_, 1) > substr($id, 1) }
        keys %groups;
}


sub random_change {
    my ($id) = @_;
    my @add = some(rand 15, candidates($id));
    return (id => $id, members => 'set', add => \@add) if rand() < 0.3;
    return (id => $id, add => \@add,
            remove => [ some(rand 15, sort keys %{ $groups{$id} }) ]);
}


sub apply {
    my ($members, %change) = @_;
    %$members = () if ($change{members} // '') eq 'set';
    delete @$members{ @{ $change{remove} || [] } };
    $members->{$_} = 1 for grep { $users{$_} || $groups{$_} }
        @{ $change{add} };
}


sub small {
    my $id = pick(sort keys %groups) // return;
    my %change = random_change($id);
    my $reply = $redis->write(type => 'group', %change);
    return "small: $reply->[0]" if $reply->[0] !~ /^(ok|same)$/;
    apply($groups{$id}, %change);
    $did{'small beside a large one'}++ if $large{$id};
    return;
}


sub large {
    my $id = pick(grep { !$large{$_} } sort keys %groups) // return;
    my %change = random_change($id);
    my $move = 'm' . $next++;
    $large{$id} = { steps => [ $redis->large_change(%change, slice => 3,
                                                    move => $move) ],
                    change => \%change, move => $move };
    return;
}


# begins the sweep, whatever the result was
sub end_of {
    my ($id) = @_;
    $redis->sweep((delete $large{$id})->{move}, 3);
}


# a named resource that is gone makes it fail, if the step is still to come
sub go_on {
    my $id = pick(sort keys %large) // return;
    my $large = $large{$id};
    my $reply = (shift @{ $large->{steps} })->();

    if ($reply->[0] eq 'nomember') {
        end_of($id);
        $did{refused}++;
        return $users{ $reply->[1] } ? 'a member is not found' : undef;
    }
    return "large: $reply->[0]" if $reply->[0] !~ /^(ok|same)$/;

    if (!@{ $large->{steps} }) {
        apply($groups{$id}, %{ $large->{change} });
        end_of($id);
        $did{large}++;
    }
    return;
}


sub give_up {
    my $id = pick(sort keys %large) // return;
    return if rand() < 0.7;
    end_of($id);
    $did{'given up'}++;
    return;
}


sub delete_user {
    my $id = pick(sort keys %users) // return;
    $redis->delete(id => $id);
    delete $users{$id};
    delete $_->{$id} for values %groups;
    new_user();
    return;
}


sub delete_group {
    my $id = pick(sort keys %groups) // return;
    $redis->delete(type => 'group', id => $id);
    delete $groups{$id};
    delete $large{$id};
    delete $_->{$id} for values %groups;
    new_group();
    return;
}


sub sweep {
    my %staged = map { $_->{move} => 1 } values %large;
    my $move = pick(grep { !$staged{$_} } $redis->moves) // return;
    $redis->sweep($move, 3);
    return;
}


sub compare {
    my ($what) = @_;
    my %is = map { my $id = $_;
                   $id => { map { $_ => 1 } @{ $redis->set("group:$id:members") },
                                            @{ $redis->set("group:$id:groups") } }
                 } keys %groups;
    my $same = is_deeply(\%is, \%groups, "$what: the members");

    my %held;
    for my $id (keys %groups) {
        push @{ $held{$_} }, $id for keys %{ $groups{$id} };
    }
    my %told = map { my $id = $_;
                     my @holders = map { @$_ }
                         $redis->holders([ user => $id ], [ group => $id ]);
                     @holders ? ($id => [ sort @holders ]) : () }
        keys %users, keys %groups;
    $_ = [ sort @$_ ] for values %held;

    return $same & is_deeply(\%told, \%held, "$what: their holders")
        & is_deeply($redis->disagreements(1), [], "$what: nobody is lost");
}


new_user() for 1 .. 30;
new_group() for 1 .. 6;

my @actions = ((\&small) x 6, (\&large) x 3, (\&go_on) x 16, \&give_up,
               \&delete_user, (\&sweep) x 6);

for my $step (1 .. $steps) {
    my $wrong = rand() < 0.005 ? delete_group() : pick(@actions)->();
    if ($wrong) {
        fail("step $step: $wrong");
        last;
    }
    last if $step % 50 == 0 && !compare("step $step");
}

$redis->sweep_all(5);
compare('in the end');
is_deeply($redis->disagreements, [], 'and all agree');
is_deeply([ grep { /groups:moves|scim:moving/ } keys %{ $redis->everything } ],
          [], 'nothing is left');
cmp_ok($did{$_} // 0, '>', $steps / 400, "enough of: $_")
    for 'large', 'small beside a large one', 'given up';

diag "SCIM_SEED=$seed" if !Test::More->builder->is_passing;

done_testing;
