#!/usr/bin/env perl
#
# A bulk does not keep the worker for itself: others come between its entries,
# its client may go, and a worker that is to exit ends it first.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Load;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new(
    http     => 'client_body_buffer_size 256k; '
              . 'log_format order "$request_uri $status";',
    location => 'scim_bulk 1000 1m; access_log order.log order;',
);
my $kim = $scim->post('/Users', { userName => 'kim' })->{body}{id};
my $get = $scim->request_text('GET', "/Users/$kim");

# none of these needs Redis, so that they would all end where they start
my $text = $scim->request_text('POST', '/Bulk', {
    schemas    => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations => [ map +{ method => 'POST', path => '/Users',
                           bulkId => "b$_", data => { active => 'x' } },
                    1 .. 1000 ],
});

between();
gone();
reloaded();

clean_log($scim);
undef $scim;

done_testing();


sub errors {
    my ($text) = @_;
    my $n = () = $text =~ /"status":"400","response"/g;
    return $n;
}


# both are there when the worker wakes up, the bulk first
sub between {
    my ($bulk, $other) = connect_to($scim, 2);
    my ($worker) = $scim->worker_pids;

    my $short = $scim->request_text('GET', "/Users/$kim?attributes=title");

    send_all($get, $bulk, $other);
    answer($_) for $bulk, $other;

    kill 'STOP', $worker;
    send_all($text, $bulk);
    send_all($short, $other);
    kill 'CONT', $worker;

    my ($status, $answer) = answer($bulk);
    is($status, 200, 'a bulk of 1000 that are refused');
    is(errors($answer), 1000, 'and each of them is');
    is((answer($other))[0], 200, 'a GET that came behind it');

    my @order;
    SCIM::wait_for('both in the log', sub {
        @order = SCIM::_slurp("$scim->{dir}/order.log")
            =~ /(title|Bulk) 200$/mg;
        return @order == 2;
    });
    is("@order", 'title Bulk', 'which was answered before it');
}


# clients that do not wait for the answer
sub gone {
    for (1 .. 20) {
        my ($bulk) = connect_to($scim, 1);
        send_all($text, $bulk);
        close $bulk;
    }
    is($scim->get("/Users/$kim")->{status}, 200, 'a bulk whose client has gone');
    delete $scim->{socket};
}


sub reloaded {
    my ($bulk) = connect_to($scim, 1);
    my ($worker) = $scim->worker_pids;

    send_all($get, $bulk);
    answer($bulk);
    kill 'STOP', $worker;
    send_all($text, $bulk);
    kill 'HUP', $scim->{nginx_pid};
    SCIM::wait_for('a new worker', sub { grep { $_ != $worker }
                                         $scim->worker_pids });
    kill 'CONT', $worker;

    my ($status, $answer) = answer($bulk);
    is($status, 200, 'a bulk while nginx is reloaded');
    is(errors($answer), 1000, 'has its whole answer');
    SCIM::wait_for('the old worker to end', sub { !kill 0, $worker });
    pass('and then the worker ends');
}
