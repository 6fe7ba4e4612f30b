package Record;

# Writes each request that a test sends to the file RECORD_TO, in hexadecimal, a
# line each. Loaded in front of a test file by collect.pl; the tests know nothing
# of it.

use strict;
use warnings;

no warnings qw(redefine prototype once);

my $out;


sub note {
    my ($request) = @_;
    open $out, '>>', $ENV{RECORD_TO} or die "$ENV{RECORD_TO}: $!" if !$out;
    utf8::encode($request) if utf8::is_utf8($request);
    syswrite $out, unpack('H*', $request) . "\n";
}


# the modules of the test are there, and it has not begun
INIT {
    if (my $exchange = SCIM->can('_exchange')) {
        *SCIM::_exchange = sub {
            note($_[2]);
            return $exchange->(@_);
        };
    }

    if (my $send = Test::Nginx::Socket->can('send_request')) {
        *Test::Nginx::Socket::send_request = sub {
            my ($req) = @_;
            note(join '', map { ref $_ ? $_->{value} : $_ }
                          ref $req eq 'ARRAY' ? @$req : $req);
            return &$send(@_);
        };
    }
}

1;
