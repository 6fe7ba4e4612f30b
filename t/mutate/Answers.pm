package Answers;

# Judges the responses that come back over a connection. A response is wrong if it
# is
#
# - a 5xx, but 501 and 503;
# - from a SCIM location (the header X-Where tells) and not JSON of the right
#   type, or an error that is not as RFC 7644, section 3.12, has it;
# - from another of the module's locations and neither its own nor, where it is
#   an error, nginx's;
# - from no location, although nginx had no reason to refuse it before it chose
#   one: a request line, headers or a method that it does not take.

use strict;
use warnings;

use Cpanel::JSON::XS;

my $json = Cpanel::JSON::XS->new->utf8->allow_nonref;

my $ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

# of nginx, before it has chosen a location: a malformed request, a method that
# it does not know, headers that are too large, an unknown encoding or version
my %BEFORE = map { $_ => 1 } 400, 405, 414, 494, 501, 505;


# Takes the answers off the front of a buffer; $methods is an array of those of the
# requests, or nothing. Returns what is wrong, or nothing; counts statuses.
sub take {
    my ($buffer, $methods, $counts) = @_;

    while ($$buffer ne '') {
        if ($$buffer !~ m{^HTTP/1\.1 (\d\d\d)[ \r]}) {
            return if length $$buffer < 13;
            # HTTP/0.9 has neither status nor headers
            return $methods ? 'no status line' : do { $$buffer = ''; undef };
        }

        my $status = $1;
        my $end = index $$buffer, "\r\n\r\n";
        return if $end < 0;

        my $head = substr $$buffer, 0, $end;

        if ($status == 100) {
            substr($$buffer, 0, $end + 4) = '';
            next;
        }

        my $method = $methods ? $methods->[0] // 'more than were sent' : '?';
        my ($size, $body) = _body($buffer, $end + 4, $head, $status, $method);
        return if !defined $size;

        shift @$methods if $methods;
        substr($$buffer, 0, $size) = '';
        $counts->{$status}++;

        my $wrong = _wrong($status, $head, $body, $method);
        return "$wrong\n$head\n" . substr $body, 0, 2000 if $wrong;
    }

    return;
}


# size of the whole answer, and its body; nothing if there is more to come
sub _body {
    my ($buffer, $start, $head, $status, $method) = @_;

    return ($start, '') if $method eq 'HEAD' || $status == 204 || $status == 304;

    # no method is known: what follows may tell that it was HEAD
    return ($start, '') if $method eq '?'
        && (length $$buffer == $start || substr($$buffer, $start, 7) eq 'HTTP/1.');

    if ($head =~ /^Content-Length: (\d+)/mi) {
        return if length $$buffer < $start + $1;
        return ($start + $1, substr $$buffer, $start, $1);
    }

    if ($head =~ /^Transfer-Encoding: chunked/mi) {
        my ($at, $body) = ($start, '');

        pos($$buffer) = $at;
        while ($$buffer =~ /\G([0-9a-f]+)\r\n/gc) {
            my $size = hex $1;
            $at = pos($$buffer) + $size + 2;
            return if length $$buffer < $at;
            return ($at, $body) if $size == 0;
            $body .= substr $$buffer, pos($$buffer), $size;
            pos($$buffer) = $at;
        }
        return;
    }

    return (length $$buffer, substr $$buffer, $start);
}


sub _wrong {
    my ($status, $head, $body, $method) = @_;
    my ($where) = $head =~ /^X-Where: (\w+)/mi;
    my ($type) = $head =~ /^Content-Type: ([^\r;]*)/mi;
    $type //= '';

    return "status $status" if $status >= 500 && $status != 501 && $status != 503
                               && $status != 505;
    return "control characters in a header" if $head =~ /[\0-\x09\x0b\x0c\x0e-\x1f\x7f]/;

    if (!defined $where) {
        return $BEFORE{$status} ? undef : "$status of no location";
    }

    return if $where eq 'outside';
    return "gzip" if $head =~ /^Content-Encoding/mi;

    if ($where ne 'scim') {
        return if $type =~ m{^text/(html|plain)$}
                  && ($where ne 'token' || $status >= 400);
        return if $body eq '';
        return eval { $json->decode($body); 1 } ? undef : "no JSON: $type";
    }

    return if $method eq 'HEAD' || $status == 204 || $status == 304
              || $method eq '?' && $body eq '';
    return "content type $type"
        if $type ne 'application/scim+json' && $type ne 'application/json';

    my $tree = eval { $json->decode($body) };
    return 'no JSON' if ref $tree ne 'HASH';
    return _wrong_error($status, $tree) if $status >= 400;
    return _wrong_bulk($tree) if $body =~ /BulkResponse/;
    return;
}


sub _wrong_error {
    my ($status, $tree) = @_;

    return if ref $tree->{schemas} eq 'ARRAY' && $tree->{schemas}[0] eq $ERROR
        && $tree->{status} eq $status && ($tree->{detail} // '') ne ''
        && !grep { !/^(schemas|status|detail|scimType)$/ } keys %$tree;

    return 'not a SCIM error';
}


sub _wrong_bulk {
    my ($tree) = @_;

    for my $op (@{ ref $tree->{Operations} eq 'ARRAY' ? $tree->{Operations} : [] }) {
        my $status = $op->{status} // '';
        return "bulk entry with $status"
            if $status !~ /^[2345]\d\d$/ || $status =~ /^5/ && $status !~ /^50[13]$/;
        next if $status < 400;
        my $wrong = _wrong_error($status, $op->{response});
        return "bulk entry: $wrong" if $wrong;
    }

    return;
}

1;
