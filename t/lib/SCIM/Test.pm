package SCIM::Test;

# The parts that the tests of resources share.

use strict;
use warnings;
use utf8;

use Exporter 'import';
use SCIM::Checked;
use SCIM;
use Test::More;

our @EXPORT = qw(error_ok clean_log encode found names $USER $GROUP $ENTERPRISE
                 $true $false);

our $USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
our $GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
our $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
our ($true, $false) = (JSON::PP::true, JSON::PP::false);

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);


# the answer is a SCIM error with this status, scimType and detail (a pattern)
sub error_ok {
    my ($res, $status, $type, $detail, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $body = $res->{body} || {};

    my @wrong = grep { $_ } (
        $res->{status} == $status ? '' : "status $res->{status}",
        ($body->{status} // '') eq "$status" ? '' : 'status in the body',
        ($body->{scimType} // '') eq ($type // '') ? '' : 'scimType',
        ($body->{detail} // '') =~ $detail ? '' : 'detail',
        ($body->{schemas}[0] // '')
            eq 'urn:ietf:params:scim:api:messages:2.0:Error' ? '' : 'schemas',
        ($res->{headers}{'content-type'} // '') eq 'application/scim+json'
            ? '' : 'content type',
    );

    ok(!@wrong, $name)
        or diag "wrong: @wrong\n$res->{status} " . ($res->{text} // '');
}


sub clean_log {
    my ($scim) = @_;
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
           'no error in the log');
}


# as in a form: a space becomes +
sub encode {
    my ($text) = @_;
    utf8::encode($text);
    $text =~ s/([^A-Za-z0-9_.~-])/$1 eq ' ' ? '+' : sprintf '%%%02X', ord $1/ge;
    return $text;
}


# the answer to a filter
sub found {
    my ($scim, $type, $filter, $more) = @_;
    return $scim->get("/$type?filter=" . encode($filter) . ($more // ''));
}


# the user names or display names of a list, sorted
sub names {
    my ($res) = @_;
    return "$res->{status} $res->{text}" if $res->{status} != 200;
    return join ' ', sort map { $_->{userName} // $_->{displayName} }
        @{ $res->{body}{Resources} };
}

1;
