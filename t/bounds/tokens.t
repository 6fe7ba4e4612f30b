#!/usr/bin/env perl
#
# One OAuth client with thousands of tokens, used in turn: it is bounded as its
# organization is, and tokens of others stay in memory.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM::Bounds;
use Test::More;
use Time::HiRes qw(time);

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my $RATE = 100;         # of docs/examples/nginx-site.conf, with the burst
my $BURST = 200;
my $TOKENS = 200;       # that a client has, each of which may be new to nginx
my $VALID = 5;          # again after so many seconds

# this endpoint does at once what takes an hour at the token endpoint of the site
my $fast = SCIM::free_port();
my $site = SCIM::Bounds->new(limits => 1, more => sub { return <<"END" });
server {
    listen 127.0.0.1:$fast;
    scim_redis unix:$_[0]{dir}/redis.sock user=scim
               password_file=$_[0]{dir}/redis-password;
    location = /oauth/token { scim_oauth_token; }
}
END
my $greedy = $site->organization('greedy');
my ($id, $secret) = $site->{ctl}->run('client', 'create', 'greedy', 'okta')->{out}
    =~ /^client_(?:id|secret) +(\S+)$/mg;


sub token {
    my $res = $greedy->again(port => $fast)->request('POST', '/oauth/token', undef,
        root => '', token => '',
        raw => "grant_type=client_credentials&client_id=$id&client_secret=$secret",
        headers => { 'Content-Type' => 'application/x-www-form-urlencoded' });
    return $res->{body}{access_token} // die "$res->{status} $res->{text}";
}


my @tokens;
for my $times (1, 2) {
    push @tokens, map { token() } 1 .. 2600;
    my $n = @tokens;
    my $seen = $site->holds("$n tokens of one client in turn", sub {
        my ($i) = @_;
        my $client = $greedy->again(from => '127.0.0.' . (10 + $i));
        return map { $client->get('/Users?count=1', token => $_) }
            @tokens[ map { int rand @tokens } 1 .. 20 ];
    }, clients => 8);

    my $rounds = 1 + $seen->{seconds} / $VALID;
    cmp_ok($seen->{200} // 0, '<=', $BURST + $RATE * $seen->{seconds}
                                    + $TOKENS * $rounds,
           "$n tokens: the limit of the organization holds for all of them");
}

done_testing();
