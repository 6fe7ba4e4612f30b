#!/usr/bin/env perl
#
# Very many small requests of one organization at once: their commands wait in the
# queue of the organization, and those of others pass them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use SCIM::Load;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $USERS = 100 * ($ENV{SCIM_BOUNDS_WORKERS} || 1);

my $site = SCIM::Bounds->new;
my $greedy = $site->organization('greedy');
$site->import_lines('greedy', map { { id => "u$_", userName => "u$_" } }
                              1 .. $USERS);
$site->write_file('users', join '', map { "$_\n" }
    @{ $site->redis('ZRANGE', 'scim:{greedy}:users', 0, -1) });

my %sessions = (
    'reads' => [ "> GET /scim/v2/Users/<1> 200\n" ],
    'changes' => [ "> PATCH /scim/v2/Users/<1> 200\n",
        '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
        . '"Operations":[{"op":"replace","path":"title","value":"t<n>"}]}'
        . "\n" ]);


sub metric {
    my ($name) = @_;
    my $text = $site->{neighbour}->again(from => '127.0.0.1')
        ->request('GET', '/metrics', undef, root => '')->{text};
    return $text =~ /^$name (\d+)/m ? $1 : die "no $name in $text";
}


for my $times (1, 2) {
    my $n = 500 * $times;
    for my $what (sort keys %sessions) {
        my $session = SCIM::Load::session($site, $greedy->{token},
                                          @{ $sessions{$what} });
        $site->holds("$n clients at once, $what", sub {
            load($site, '-c', $n, '-t', SCIM::Bounds::seconds(), $session,
                 "$site->{dir}/users");
            return { status => 200 };
        }, once => 1);
    }
}

cmp_ok(metric('scim_redis_queued_commands_total'), '>', 0, 'commands waited');
is(metric('scim_redis_queue_overflows_total'), 0, 'and none was rejected');


# While Redis stands still, so many lists come that their documents are more commands
# than the queues of the workers take.
my @clients = connect_to($site, 1000);
$site->redis('CLIENT', 'PAUSE', 300, 'ALL');
send_all($greedy->request_text('GET', "/Users?count=$USERS", undef,
                               token => $greedy->{token}), @clients);
my (%statuses, %texts);
for (@clients) {
    my ($status, $text) = answer($_);
    $statuses{$status}++;
    $texts{$text}++ if $status != 200;
}

cmp_ok($statuses{200} // 0, '>', 0, 'a full queue: some lists are served');
cmp_ok($statuses{503} // 0, '>', 0, 'and some are rejected');
is_deeply([ grep { $_ != 200 && $_ != 503 } keys %statuses ], [], 'no other');
is_deeply([ grep { !/not available at the moment/ } keys %texts ], [],
          'with an error that says so');
cmp_ok(metric('scim_redis_queue_overflows_total'), '>', 0, 'which is counted');
like($site->error_log, qr/the queue of "greedy" for redis .* is full/,
     'and is in the log');
is($site->{neighbour}->get('/Users?count=1')->{status}, 200,
   'the neighbour is served');

done_testing();
