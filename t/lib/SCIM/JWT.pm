package SCIM::JWT;

# Keys and JSON Web Tokens for tests, made by the openssl command.
#
#   my $key = SCIM::JWT->new('RS256', kid => 'one');
#   my $token = $key->token({ iss => 'https://issuer', ... });
#   $key->jwk                # its public part, for { keys => [ ... ] }

use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP;
use MIME::Base64 qw(encode_base64url);

my $json = JSON::PP->new->utf8->canonical;
my %CURVES = (ES256 => [ 'P-256', 'prime256v1', 32 ],
              ES384 => [ 'P-384', 'secp384r1', 48 ],
              ES512 => [ 'P-521', 'secp521r1', 66 ]);


# options: kid, bits (of an RSA key)
sub new {
    my ($class, $alg, %opt) = @_;
    my $dir = tempdir('scim-key-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $curve = $CURVES{$alg};

    _run('genpkey', '-out', "$dir/key", $curve
        ? ('-algorithm', 'EC', '-pkeyopt', "ec_paramgen_curve:$curve->[1]")
        : ('-algorithm', 'RSA', '-pkeyopt',
           'rsa_keygen_bits:' . ($opt{bits} || 2048)));

    return bless { alg => $alg, dir => $dir, kid => $opt{kid} }, $class;
}


sub jwk {
    my ($self, %more) = @_;
    my $curve = $CURVES{ $self->{alg} };
    my $public = _run('pkey', '-in', "$self->{dir}/key", '-pubout',
                      '-outform', 'DER');
    my %key;

    if ($curve) {
        my $size = $curve->[2];
        my ($x, $y) = unpack "a$size a$size", substr $public, -2 * $size;
        %key = (kty => 'EC', crv => $curve->[0], x => encode_base64url($x),
                y => encode_base64url($y));
    }
    else {
        my ($hex) = _run('rsa', '-in', "$self->{dir}/key", '-noout',
                         '-modulus') =~ /=(\w+)/;
        %key = (kty => 'RSA', e => 'AQAB',
                n => encode_base64url(pack 'H*', $hex));
    }

    return { %key, defined $self->{kid} ? (kid => $self->{kid}) : (), %more };
}


# options: header (changes to it), sign (sub that signs instead)
sub token {
    my ($self, $claims, %opt) = @_;
    my %header = (alg => $self->{alg}, typ => 'JWT',
                  defined $self->{kid} ? (kid => $self->{kid}) : (),
                  %{ $opt{header} || {} });
    delete $header{$_} for grep { !defined $header{$_} } keys %header;

    my $text = join '.', map { encode_base64url(ref $_ ? $json->encode($_) : $_) }
        \%header, $claims;

    return "$text." . encode_base64url(
        $opt{sign} ? $opt{sign}->($text) : $self->sign($text));
}


sub sign {
    my ($self, $text) = @_;
    my ($kind, $bits) = $self->{alg} =~ /(..)(\d+)/;

    open my $out, '>', "$self->{dir}/text" or die "text: $!";
    print $out $text;
    close $out;

    my $signature = _run('dgst', "-sha$bits", '-sign', "$self->{dir}/key",
        $kind eq 'PS' ? ('-sigopt', 'rsa_padding_mode:pss', '-sigopt',
                         'rsa_pss_saltlen:digest') : (),
        "$self->{dir}/text");

    return $signature if $kind ne 'ES';

    # from two integers in DER to two numbers of fixed size
    my $size = $CURVES{ $self->{alg} }[2];
    my $list = _der($signature);
    my ($r, $rest) = _integer($list);
    my ($s) = _integer($rest);
    return join '', map { substr "\0" x $size . $_, -$size } $r, $s;
}


# the contents of the first element, and what follows it
sub _der {
    my ($der) = @_;
    my $len = ord substr $der, 1, 1;
    my $skip = 2;
    if ($len & 0x80) {
        $skip += $len & 0x7f;
        $len = hex unpack 'H*', substr $der, 2, $len & 0x7f;
    }
    return wantarray ? (substr($der, $skip, $len), substr($der, $skip + $len))
                     : substr($der, $skip, $len);
}

sub _integer { my ($n, $rest) = _der($_[0]); return ($n, $rest) }


sub _run {
    my (@args) = @_;
    open my $out, '-|', 'sh', '-c', 'exec openssl "$@" 2>/dev/null', 'sh',
        @args or die "openssl: $!";
    binmode $out;
    local $/;
    my $text = <$out> // '';
    close $out or die "openssl @args fails\n";
    return $text;
}

1;
