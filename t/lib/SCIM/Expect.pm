package SCIM::Expect;

# The checks of each response by tests that play a client, and the names of the
# standard that they send.

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

our @EXPORT = qw($USER $GROUP $ENTERPRISE $PATCH_OP status_is is_list is_error);

our $USER  = 'urn:ietf:params:scim:schemas:core:2.0:User';
our $GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
our $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
our $PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

my $LIST  = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
my $ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';


sub status_is {
    my ($res, $status) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($res->{status}, $status, "answered $status")
        || diag $res->{text} // $res->{error};
}


# a ListResponse, of so many resources if that is given
sub is_list {
    my ($res, $total) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    status_is($res, 200);
    is_deeply($res->{body}{schemas}, [ $LIST ], 'a list');
    is(ref $res->{body}{Resources}, 'ARRAY', 'Resources is an array');
    like($res->{text}, qr/"$_":\d/, "$_ is a number, not a string")
        for qw(totalResults startIndex itemsPerPage);
    is($res->{body}{totalResults}, $total, "of $total") if defined $total;
}


# an Error, of a scimType if that is given
sub is_error {
    my ($res, $status, $type) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    status_is($res, $status);
    is_deeply($res->{body}{schemas}, [ $ERROR ], 'an error of SCIM');
    like($res->{text}, qr/"status":"$status"/, 'with the status as a string');
    like($res->{body}{detail}, qr/\w/, 'with a detail');
    is($res->{headers}{'content-type'}, 'application/scim+json',
       'in the type of SCIM');
    is($res->{body}{scimType}, $type, $type) if defined $type;
}

1;
