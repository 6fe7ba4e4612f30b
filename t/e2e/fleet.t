#!/usr/bin/env perl
#
# A service with many organizations: scimctl makes them, clients fill them by
# bulk, and then each is served its own. 100 with 20 users each; SCIM_FLEET=1000
# makes them 1,000 with 100.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Ctl;
use SCIM::Test;
use Test::More;
use Time::HiRes qw(time);

my $ORGS = $ENV{SCIM_FLEET} || 100;
my $USERS = $ORGS >= 1000 ? 100 : 20;
my $CLIENTS = 4;

my $scim = SCIM->new(workers => 2, scim_tokens => 'redis valid=5s',
                     http => 'scim_zone fleet 4m; keepalive_requests 1000000;',
                     location => 'scim_log on;');
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");


my $began = time;

sub took {
    my ($what) = @_;
    diag sprintf '%s: %.1f s', $what, time - $began if $ENV{SCIM_FLEET};
    $began = time;
}

# memory in kB: of Redis as it counts it, of processes what is resident
sub of_redis { $scim->redis('INFO', 'memory') =~ /^used_memory:(\d+)/m;
               return int($1 / 1024) }

sub resident {
    return SCIM::_slurp("/proc/$_[0]/status") =~ /^VmRSS:\s+(\d+)/m
        ? $1 : die "there is no process $_[0]";
}

# the organizations of one of the clients
sub share { my ($i) = @_; return grep { $_ % $CLIENTS == $i } 1 .. $ORGS }


# --- they are made ----------------------------------------------------------

my $empty = of_redis();
my $run = $ctl->run('org', 'create', '-', '--token',
                    \join '', map { "org-$_\n" } 1 .. $ORGS);
is($run->{status}, 0, 'organizations are made') or diag $run->{err};
my %token = map { split /\t/ } split /\n/, $run->{out};
is(scalar keys %token, $ORGS, "all $ORGS");
took("$ORGS organizations");


sub users {
    my ($org) = @_;
    return map { {
        method => 'POST', path => '/Users', bulkId => "u$_",
        data => { userName => "user$_\@example.com", externalId => "ext-$_",
                  title => "of $org", active => $_ % 10 ? $true : $false,
                  name => { givenName => 'Kim', familyName => "Ode $_" },
                  emails => [ { value => "user$_\@example.com",
                                type => 'work' } ] },
    } } 1 .. $USERS;
}

# one bulk: users, and a group of them all
sub fill {
    my ($org) = @_;
    my $res = $scim->post('/Bulk', {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:BulkRequest' ],
        Operations => [ users($org),
            { method => 'POST', path => '/Groups', bulkId => 'g',
              data => { displayName => 'Everybody', members => [
                  map { { value => "bulkId:u$_" } } 1 .. $USERS ] } } ] },
        token => $token{"org-$org"});

    return { org => $org, ids => [ map { $_->{location} =~ m{([^/]+)$} }
        grep { $_->{status} eq '201' } @{ $res->{body}{Operations} || [] } ] };
}

my %ids = map { $_->{org} => $_->{ids} } map { @$_ }
    $scim->parallel($CLIENTS, sub { [ map { fill($_) } share($_[0]) ] });

is_deeply([ grep { @{ $ids{$_} || [] } != $USERS + 1 } 1 .. $ORGS ], [],
          "each has $USERS users and a group");
took($ORGS * $USERS . ' users');


# --- they are served --------------------------------------------------------

my $lists = '/Users?count=1000&attributes=id,title';

# the faults of an organization
sub look_at {
    my ($org) = @_;
    my $other = $org % $ORGS + 1;
    my @ids = @{ $ids{$org} };
    my $group = $ids[-1];
    my ($theirs, $their_group) = @{ $ids{$other} }[0, -1];
    my @token = (token => $token{"org-$org"});
    my $get = sub { $scim->get($_[0], @token) };
    my $total = sub { $get->($_[0])->{body}{totalResults} // 'none' };

    my $all = $get->($lists)->{body};
    my $found = $get->('/Users?filter=userName+eq+%22USER7@example.com%22')
        ->{body};
    my $walk = $get->('/Users?cursor=&count=7')->{body};
    my $next = $get->("/Users?cursor=$walk->{nextCursor}&count=7")->{body};

    my %right = (
        total => $all->{totalResults} == $USERS,
        users => join(' ', sort map { $_->{id} } @{ $all->{Resources} })
                 eq join(' ', sort @ids[0 .. $USERS - 1]),
        own => !grep({ $_->{title} ne "of $org" } @{ $all->{Resources} }),
        filter => $found->{totalResults} == 1
                  && $found->{Resources}[0]{id} eq $ids[6],
        active => $total->('/Users?filter=active+eq+false') == $USERS / 10,
        email => $total->('/Users?filter=emails.value+sw+%22user%22') == $USERS,
        cursor => $next->{Resources}[0]{id} eq $all->{Resources}[7]{id},
        id => $get->("/Users/$ids[3]")->{body}{userName}
              eq 'user4@example.com',
        members => @{ $get->("/Groups/$group")->{body}{members} } == $USERS,
        groups => $total->("/Users?filter=groups.value+eq+%22$group%22")
                  == $USERS,
        'foreign id' => $get->("/Users/$theirs")->{status} == 404,
        'foreign group' => $get->("/Groups/$their_group")->{status} == 404,
        'foreign filter' => $total->("/Users?filter=id+eq+%22$theirs%22") eq '0',
        'foreign member' => $scim->patch("/Groups/$group", [
            { op => 'add', path => 'members', value => [ { value => $theirs } ] }
            ], @token)->{status} == 400,
    );
    return map { "org-$org: $_" } grep { !$right{$_} } sort keys %right;
}

is_deeply([ map { @$_ } $scim->parallel($CLIENTS, sub {
    [ map { look_at($_) } share($_[0]) ] }) ], [],
    'each has what is its own, and nothing else');
took("$ORGS organizations looked at, 13 requests each");

is_deeply([ map { @$_ } $scim->parallel($CLIENTS, sub {
    my @wrong;
    for (1 .. 500) {
        my $org = 1 + int rand $ORGS;
        my $res = $scim->get('/Users?count=1', token => $token{"org-$org"});
        push @wrong, "org-$org: $res->{text}" if $res->{status} != 200
            || $res->{body}{Resources}[0]{title} ne "of $org";
    }
    return \@wrong;
}) ], [], 'whatever order they come in');
took('2,000 requests in any order');


# --- what they take ---------------------------------------------------------

my ($stats) = $ctl->json('stats');
is($stats->{organizations}, $ORGS, 'scimctl counts them')
    or diag explain $stats;
is($stats->{users}, $ORGS * $USERS, 'and their users');
took('scimctl stats');

# Keys by the pattern of a name; cycles are written when there is time.
sub keys_of {
    my ($pattern) = @_;
    return $scim->redis('EVAL', '
        local n = 0
        for _, key in ipairs(redis.call("KEYS", ARGV[1])) do
            if not string.find(key, ":cycles?$") then
                n = n + 1
            end
        end
        return n', 0, $pattern);
}

my $each = keys_of('scim:{org-1}:*');
cmp_ok($each, '<=', 2 * $USERS + 16, 'two keys for a user, some for the rest');
is(keys_of('*'), $ORGS * ($each + 1) + 3,
   'all have as many, and a token; what is shared are three');

diag "$each keys each, memory of Redis ", of_redis() - $empty,
    ' kB, of workers ', join(' and ', map { resident($_) } $scim->worker_pids),
    ' kB' if $ENV{SCIM_FLEET};

my $check = $ctl->run('check');
is($check->{status}, 0, 'all are sound') or diag $check->{out};
took('scimctl check, of all');

clean_log($scim);

done_testing();
