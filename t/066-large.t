#!/usr/bin/env perl
#
# A search over documents that are so large that it takes several passes of the
# event loop, as making their answer does, and clients that leave in between.

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

my $whole = $scim->get('/Users');
my @emails = map { $_->{emails} } @{ $whole->{body}{Resources} };
is(scalar(map { @$_ } @emails), 8000, 'all of them in one answer');

for my $cut ('attributes=emails.value', 'excludedAttributes=name') {
    my $res = $scim->get("/Users?$cut");
    is($res->{body}{totalResults}, 8, "$cut: in pieces");
    is_deeply([ map { $_->{emails} } @{ $res->{body}{Resources} } ], \@emails, 'whole');
}

is_deeply([ map { join ' ', sort keys %$_ } @{ $scim->get('/Users?attributes=userName')
                                            ->{body}{Resources} } ],
          [ ('id schemas userName') x 8 ], 'and what is little of it');

for my $query ('filter=emails.value+co+%22x%22', 'attributes=emails') {
    for (1 .. 20) {
        my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die;
        print {$socket} "GET /scim/v2/Users?$query HTTP/1.1\r\n"
            . "Host: a\r\nAuthorization: Bearer secret\r\n\r\n";
        select undef, undef, undef, rand 0.02;
        close $socket;
    }
}

for my $text ("\xea\xb0\x81", "\xe1\xbe\x82") {
    my $title = $text x 40_000;
    my $n = $scim->post('/Users', undef, raw => qq({"userName":"much $text","title":"$title"}));
    is($n->{status}, 201, 'much text that is not ASCII');
    error_ok($scim->post('/Users', undef, raw => qq({"userName":"too much","title":"$title$title"})),
             400, 'invalidValue', qr/not ASCII have more than 131072 bytes/, 'too much');
    error_ok($scim->patch("/Users/$n->{body}{id}", [ { op => 'add', path => 'nickName',
                 value => $n->{body}{title} } ]), 400, 'invalidValue', qr/not ASCII/, 'by PATCH');
}

is($scim->get('/Users?count=1')->{status}, 200, 'clients that left did no harm');
clean_log($scim);
undef $scim;

done_testing();
