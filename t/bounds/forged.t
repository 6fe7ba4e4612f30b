#!/usr/bin/env perl
#
# Signed tokens that nobody has signed, where very many issuers are trusted.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM::Bounds;
use SCIM::JWT;
use Test::More;

plan skip_all => SCIM::Bounds::missing() if SCIM::Bounds::missing();

my %keys = map { $_ => SCIM::JWT->new($_, kid => $_) } qw(RS256 ES512);
my $keys = JSON::PP->new->encode({ keys => [ map { $_->jwk } values %keys ] });


sub issuer { return "https://sts.example.com/$_[0]/" }


# a token of an issuer whose signature is that of another
sub forged {
    my ($alg, $n) = @_;
    my %claims = (aud => 'scim', exp => time + 600, appid => 'entra');
    my ($one, $other) = map { [ split /\./, $keys{$alg}->token({ %claims,
        iss => issuer($_) }) ] } $n, 'other';
    return join '.', @$one[0, 1], $other->[2];
}


for my $times (1, 2) {
    my $n = 500 * $times;
    my $site = SCIM::Bounds->new(files => { keys => $keys },
        location => join '', map { 'scim_jwks keys issuer=' . issuer($_)
            . " audience=scim tenant=t$_ name=entra; " } 1 .. $n);
    my $greedy = $site->{neighbour}->again(from => undef);

    for my $alg ($times == 1 ? qw(RS256 ES512) : 'ES512') {
        my $token = forged($alg, $n);
        $site->holds("forged tokens of $alg, $n issuers", sub {
            my $res = $greedy->get('/Users', token => $token);
            $res->{status} = "$res->{status}, not 401" if $res->{status} != 401;
            return $res;
        }, clients => 8, seconds => 1);
    }
}

done_testing();
