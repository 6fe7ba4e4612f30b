#!/usr/bin/env perl
#
# Cycles: what a tenant's requests have done, until a pause ends it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;

use Test::More;

my $GUID = 'filter=userName+eq+%225a6c0a7e-9b8f-4b1a-a0f3-2c1f2b5f7d10%22';


sub cycle {
    my ($scim, $tenant) = @_;
    return { @{ $scim->redis('HGETALL', "scim:{$tenant}:cycle") } };
}


sub cycles {
    my ($scim, $tenant) = @_;
    return map { { @{ $_->[1] } } }
        @{ $scim->redis('XRANGE', "scim:{$tenant}:cycles", '-', '+') };
}


# the running cycle is written down when it has so many requests
sub counts_ok {
    my ($scim, $tenant, $what, %counts) = @_;
    my $cycle = {};

    eval {
        SCIM::wait_for('the cycle', sub {
            $cycle = cycle($scim, $tenant);
            return ($cycle->{requests} // 0) == $counts{requests};
        });
    };

    my %all = (events => 0, created => 0, updated => 0, disabled => 0,
               deleted => 0, failed => 0, quarantine => 0, %counts);
    my %found = map { $_ => $cycle->{$_} } keys %all;
    is_deeply(\%found, \%all, $what) or diag explain $cycle;
    return $cycle;
}


my $scim = SCIM->new(workers => 2, location => 'scim_log on cycle=20s;');

my $id = $scim->post('/Users', { userName => 'kim', active => $true })
    ->{body}{id};
my $ada = $scim->post('/Users', { userName => 'ada' })->{body}{id};
my $group = $scim->post('/Groups', { displayName => 'x' })->{body}{id};

my $active = sub { $scim->patch("/Users/$id", [ { op => 'replace',
                                  path => 'active', value => $_[0] } ]) };

$active->('False');
$active->('False');                                     # changes nothing
$scim->put("/Users/$ada", { userName => 'ada', active => $false });
$active->('True');
$scim->patch("/Groups/$group", [ { op => 'add', path => 'members',
                                   value => [ { value => $id } ] } ]) for 1, 2;
$scim->delete("/Users/$ada");

my $begun = counts_ok($scim, 'demo', 'what was done', requests => 10,
    events => 10, created => 3, disabled => 2, updated => 2, deleted => 1,
    state => 'running');
like($begun->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "$_ is a time")
    for qw(began last);

$scim->get('/Users');
$scim->get("/Users/$ada");                              # 404, no failure
$scim->get('/Users?filter=x');
$scim->delete("/Users/$ada");
$scim->post('/Users', { userName => 'KIM' });
$scim->post('/Users', { userName => 'x' }, token => 'reader');
$scim->post('/Users', { userName => 'x' }, token => 'wrong');
$scim->put('/Users', { userName => 'x' });
$scim->post('/Users', { userName => 'x' x 1_100_000 });
$scim->post('/Bulk', {});
$scim->post('/Bulk', { Operations => [
    { method => 'DELETE', path => "/Users/$id" },
    { method => 'DELETE', path => "/Users/$ada" },
    { method => 'POST', path => '/Users', bulkId => 'a',
      data => { userName => 'bob' } } ] });
$scim->get("/Users?$GUID");             # a test of the connection, at once

counts_ok($scim, 'demo', 'and what has failed; a bulk is many',
    requests => 21, events => 23, created => 4, disabled => 2, updated => 2,
    deleted => 2, failed => 8, began => $begun->{began});

$scim->get('/Users', token => 'other');
counts_ok($scim, 'other', 'another tenant', requests => 1, events => 1);

is_deeply([ cycles($scim, 'demo') ], [], 'no cycle has ended');

# after a pause, it does, and any other request does not
sleep 5;
$scim->get('/Users?filter=userName+eq+%22nobody%22', token => 'other');
counts_ok($scim, 'other', 'a search after a short pause', requests => 2,
          events => 2);

$scim->get("/Users?$GUID");
counts_ok($scim, 'demo', 'a test after a short pause', requests => 1,
          events => 1);
my ($ended, @more) = cycles($scim, 'demo');
is($ended->{requests}, 21, 'ends the cycle before it');
is($ended->{began}, $begun->{began}, 'which began when it did');
is($ended->{failed}, 8, 'with its numbers');
is(scalar @more, 0, 'once');

# a reload goes on with what there is
$scim->get('/Users');
counts_ok($scim, 'demo', 'one more', requests => 2, events => 2,
          state => 'running');
$scim->reload;
$scim->get('/Users');
counts_ok($scim, 'demo', 'it goes on over a reload', requests => 3,
          events => 3);

clean_log_but_413($scim);


sub clean_log_but_413 {
    my ($scim) = @_;
    my @bad = grep { /\[(error|alert|crit|emerg)\]/ && !/too large body/ }
        split /\n/, $scim->error_log;
    is_deeply(\@bad, [], 'no error in the log');
}

# a pause
{
    my $scim = SCIM->new(location => 'scim_log on cycle=1s;');
    for my $n (1, 2) {
        $scim->get('/Users');
        SCIM::wait_for('the end of the cycle', sub {
            cycles($scim, 'demo') == $n
                && cycle($scim, 'demo')->{state} eq 'ended'
        });
    }
    is_deeply([ map { $_->{requests} } cycles($scim, 'demo') ], [ 1, 1 ],
              'a pause ends a cycle');
}

# Entra's limits; numbers of this size are put there by a cycle of bulks
{
    my $scim = SCIM->new(location => 'scim_log on; scim_bulk 5000 8m; '
                                     . 'client_max_body_size 8m;');
    my $wrong = { method => 'DELETE', path => '/Users/nobody' };
    my $right = sub { { method => 'POST', path => '/Groups', bulkId => "b$_[0]",
                        data => { displayName => "g$_[0]" } } };

    $scim->post('/Bulk', { Operations => [ ($wrong) x 4999 ] });
    counts_ok($scim, 'demo', 'below 5,000 failures', requests => 1,
              events => 4999, failed => 4999);
    $scim->delete('/Users/nobody');
    counts_ok($scim, 'demo', '5,000 failures, all of the events',
              requests => 2, events => 5000, failed => 5000, quarantine => 1);
    $scim->post('/Bulk', { Operations => [ map { $right->($_) } 1 .. 4000 ] });
    counts_ok($scim, 'demo', 'still more than 40 in a hundred', requests => 3,
              events => 9000, failed => 5000, created => 4000, quarantine => 1);
    $scim->post('/Bulk', { Operations => [ map { $right->($_) } 4001 .. 7500 ] });
    counts_ok($scim, 'demo', '40 in a hundred are not too many', requests => 4,
              events => 12500, failed => 5000, created => 7500);
}

{
    my $scim = SCIM->new;
    $scim->post('/Users', { userName => 'kim' });
    is($scim->redis('EXISTS', 'scim:{demo}:cycle'), 0,
       'without scim_log there is none');
}

done_testing();
