#!/usr/bin/env perl
#
# The Accept header of a client (RFC 9110, section 12.5.1), and tokens among many.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

my $SCIM = 'application/scim+json';
my $JSON = 'application/json';

my %tokens = map { ("secret$_" => "t$_ name$_ rw") } 1 .. 100;
my $scim = SCIM->new(tokens => { secret => 'demo main rw', %tokens });

for my $case (
    [ undef, $SCIM ],
    [ '*/*', $SCIM ],
    [ 'application/*;q=0.1', $SCIM ],
    [ $JSON, $JSON ],
    [ "$JSON, $SCIM", $SCIM ],
    [ "$SCIM;q=0, $JSON", $JSON ],
    [ "$SCIM; Q=0.000, $JSON;q=0.5", $JSON ],
    [ "$SCIM;q=0.001", $SCIM ],
    [ "$SCIM;charset=utf-8;q=1", $SCIM ],
    [ "$SCIM;q=0", undef ],
    [ '*/*;q=0', undef ],
    [ 'text/html', undef ],
) {
    my ($accept, $type) = @$case;
    my $name = $accept // 'nothing';
    my $res = $scim->get('/Users', headers => { Accept => $accept });
    is($res->{status}, $type ? 200 : 406, "$name: the status");
    is($res->{headers}{'content-type'}, $type // $SCIM, "$name: the type");
}

my %many = map { ("X-Header-$_" => 'x') } 10 .. 50;
is($scim->get('/Users', headers => { %many, 'X-Z' => 'x', Accept => $JSON })
       ->{headers}{'content-type'}, $JSON, 'before many other headers');
is($scim->get('/Users', headers => { %many, 'aCCEPT' => $JSON })
       ->{headers}{'content-type'}, $JSON, 'behind many other headers');

for my $n (1 .. 100) {
    my $res = $scim->post('/Users', { userName => 'one' },
                          token => "secret$n");
    is($res->{status}, 201, "token $n of many is found, its tenant is empty");
}

is($scim->get('/Users', token => "secret$_")->{status}, 401,
   "token $_ is not") for 0, 101;

my $nobody = SCIM->new(tokens => {}, no_redis => 1);
is($nobody->get('/Users')->{status}, 401, 'an empty file lets nobody in');

done_testing();
