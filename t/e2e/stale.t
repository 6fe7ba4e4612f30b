#!/usr/bin/env perl
#
# Somebody else changes a resource after it was read and before it is written.
# Redis holds back writes meanwhile, so that it happens each time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;
my $n = 0;


sub wait_for_held_back {
    my ($writes) = @_;
    SCIM::wait_for("$writes writes", sub {
        $scim->redis('INFO', 'clients') =~ /^blocked_clients:(\d+)/m
            && $1 >= $writes;
    });
}


# a user, and the answer to a request that writes a version that is gone
sub changed_meanwhile {
    my ($request) = @_;
    my $id = $scim->post('/Users', { userName => 'kim' . ++$n,
                                     title => 'old' })->{body}{id};

    $scim->redis('CLIENT', 'PAUSE', 60000, 'WRITE');

    my (undef, $res) = $scim->parallel(3,
        sub {
            if ($_[0] == 0) {
                return $scim->redis('HINCRBY', "scim:{demo}:user:$id", 'ver', 1);
            }
            if ($_[0] == 1) {
                wait_for_held_back(1);
                return $request->($id);
            }
            wait_for_held_back(2);
            $scim->redis('CLIENT', 'UNPAUSE');
        });

    return ($res, $id);
}


subtest 'DELETE' => sub {
    my ($res, $id) = changed_meanwhile(sub {
        $scim->delete("/Users/$_[0]", headers => { 'If-Match' => '*' });
    });
    is($res->{status}, 204, 'of any version: deleted');
    is($scim->get("/Users/$id")->{status}, 404, 'gone');

    ($res, $id) = changed_meanwhile(sub {
        $scim->delete("/Users/$_[0]", headers => { 'If-Match' => 'W/"1"' });
    });
    error_ok($res, 412, undef, qr{W/"2"}, 'of the version that was read');
    is($scim->get("/Users/$id")->{status}, 200, 'is still there');
};


subtest 'PATCH and PUT' => sub {
    my ($res) = changed_meanwhile(sub {
        $scim->patch("/Users/$_[0]", [ { op => 'replace', path => 'title',
                                         value => 'new' } ]);
    });
    is($res->{status}, 200, 'PATCH is applied to what is there now');
    is($res->{body}{title}, 'new', 'the value');
    is($res->{headers}{etag}, 'W/"3"', 'as one version more');

    ($res) = changed_meanwhile(sub {
        $scim->put("/Users/$_[0]", { userName => "kim$n", title => 'new' },
                   headers => { 'If-Match' => 'W/"1"' });
    });
    error_ok($res, 412, undef, qr{W/"2"}, 'PUT of the version that was read');
};


clean_log($scim);
undef $scim;

done_testing();
