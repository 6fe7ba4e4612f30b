#!/usr/bin/env perl
#
# A bulk does not keep the worker for itself: others come between its entries,
# its client may go, and a worker that is to exit ends it first.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Checked;
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
memory();
ending();

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


# each document is only there while it is being changed
sub memory {
    my $large = $scim->post('/Users', {
        userName => 'large', emails => [ map +{ value => "$_\@x.example" }, 1 .. 1000 ],
    })->{body}{id};
    my $patches = sub {
        $scim->post('/Bulk', {
            schemas    => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
            Operations => [ map +{ method => 'PATCH', path => "/Users/$large", data => {
                schemas    => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
                Operations => [ { op => 'add', path => 'title', value => "title $_" } ],
            } }, 1 .. $_[0] ],
        });
    };

    $patches->(4);
    my $before = most();
    my $done = grep { $_->{status} == 200 } @{ $patches->(400)->{body}{Operations} };
    is($done, 400, 'a bulk changes a large document 400 times');
    is($scim->get("/Users/$large?attributes=title")->{body}{title}, 'title 400',
       'one after the other');

    SKIP: {
        skip 'the checker has memory of its own', 1
            if SCIM::Checked::asan() || SCIM::Checked::valgrind();
        cmp_ok(most() - $before, '<', 16384, 'in the memory of a few');
    }
}


# KiB that the worker has ever had
sub most {
    my ($worker) = $scim->worker_pids;
    return SCIM::_slurp("/proc/$worker/status") =~ /^VmHWM:\s+(\d+)/m ? $1 : die;
}


# as after a reload, when nothing but the bulk is left to do
sub ending {
    my ($bulk) = connect_to($scim, 1);
    my ($worker) = $scim->worker_pids;
    my ($head, $body) = split /(?<=\r\n\r\n)/, $text, 2;

    send_all($head =~ s/\r\n\r\n$/\r\nExpect: 100-continue\r\n\r\n/r, $bulk);
    is((answer($bulk))[0], 100, 'a worker has the head of a bulk');

    kill 'STOP', $worker;
    send_all($body, $bulk);
    kill 'QUIT', $worker;
    kill 'CONT', $worker;

    my ($status, $answer) = answer($bulk);
    is($status, 200, 'when it is to exit it carries the bulk out');
    is(errors($answer), 1000, 'and answers the whole of it');
    close $bulk;
    SCIM::wait_for('the worker to end', sub { !kill 0, $worker });
    pass('and then it ends');
}
