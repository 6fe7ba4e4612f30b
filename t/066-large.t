#!/usr/bin/env perl
#
# A search over documents that are so large that it takes several passes of the
# event loop, and one whose client leaves in between.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;

for my $n (1 .. 8) {
    my $res = $scim->post('/Users', { userName => "large$n", emails => [
        map { { value => "$_-$n" . 'x' x 60 } } 1 .. 1000 ] });
    is($res->{status}, 201, "large$n");
}

is(names(found($scim, 'Users', 'emails.value co "1000-"')),
   join(' ', map { "large$_" } 1 .. 8), 'all are found');
is(names(found($scim, 'Users', 'emails.value co "1000-3" or title pr',
               '&sortBy=userName')), 'large3', 'one, sorted');
is(found($scim, 'Users', 'emails.value co "none"')->{body}{totalResults}, 0,
   'none');

for (1 .. 20) {
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die;
    print {$socket} "GET /scim/v2/Users?filter=emails.value+co+%22x%22 HTTP/1.1\r\n"
        . "Host: a\r\nAuthorization: Bearer secret\r\n\r\n";
    select undef, undef, undef, rand 0.02;
    close $socket;
}

is($scim->get('/Users?count=1')->{status}, 200, 'clients that left did no harm');
clean_log($scim);
undef $scim;

done_testing();
