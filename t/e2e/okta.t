#!/usr/bin/env perl
#
# Okta against the module: the steps of the test that Okta asks a server to
# pass before anything else (its "SCIM 2.0 SPEC test"), told in our own words,
# and then what Okta sends in daily use: the life of a user in both kinds of
# its integrations, pushed groups, and an import.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Expect;
use Test::More;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);

# the headers of Okta's client
my %HEADERS = (
    'User-Agent'      => 'Okta SCIM Client 1.0.0',
    'Accept'          => 'application/scim+json',
    'Accept-Charset'  => 'utf-8',
    'Accept-Encoding' => 'gzip,deflate',
    'Content-Type'    => 'application/scim+json; charset=utf-8',
);

my $scim = SCIM->new(workers => 2);


sub okta {
    my ($method, $path, $body, %opt) = @_;
    my %headers = (%HEADERS, %{ delete $opt{headers} || {} });
    return $scim->request($method, $path, $body, headers => \%headers, %opt);
}


sub patch {
    my ($path, @operations) = @_;
    return okta('PATCH', $path, {
        schemas => [ $PATCH_OP ],
        Operations => \@operations });
}


# a search as Okta sends it, with spaces as %20
sub found {
    my ($type, $attribute, $value, $rest) = @_;
    return okta('GET', "/$type?filter="
                . SCIM::escape(qq{$attribute eq "$value"}, '%20')
                . ($rest // '&startIndex=1&count=100'));
}


sub person {
    my ($name, $given, $family, %more) = @_;
    return { schemas => [ $USER ], userName => $name,
             name => { givenName => $given, familyName => $family },
             emails => [ { primary => $true, value => $name,
                           type => 'work' } ],
             displayName => "$given $family", active => $true, %more };
}


sub members {
    my ($group) = @_;
    return [ sort map { $_->{value} }
             @{ okta('GET', "/Groups/$group")->{body}{members} || [] } ];
}


# --- the test before all others ---------------------------------------------

subtest 'SPEC test' => sub {
    # one user must be there before
    my $seed = person('noa.berg@acme.example', 'Noa', 'Berg');
    is($scim->post('/Users', $seed)->{status}, 201, 'there is a user');

    my ($id, $new, $res);

    subtest 'first user of the list' => sub {
        $res = okta('GET', '/Users?count=1&startIndex=1');
        is_list($res, 1);
        my $first = $res->{body}{Resources}[0];
        is($first->{$_}, $seed->{$_}, $_) for qw(userName active);
        is($first->{name}{$_}, $seed->{name}{$_}, "name.$_")
            for qw(givenName familyName);
        is($first->{emails}[0]{value}, 'noa.berg@acme.example', 'emails');
        $id = $first->{id};
        like($id, qr/\w/, 'id');
    };

    subtest 'that user by its id' => sub {
        my $one = okta('GET', "/Users/$id");
        status_is($one, 200);
        is_deeply($one->{body}, $res->{body}{Resources}[0],
                  'the same as in the list');
    };

    subtest 'a name that nobody has' => sub {
        is_list(found('Users', 'userName', 'nobody@acme.example', ''), 0);
    };

    subtest 'an id that nobody has' => sub {
        is_error(okta('GET', '/Users/00u000000000notauser'), 404);
    };

    subtest 'the new user is not there yet' => sub {
        is_list(found('Users', 'userName', 'ida.lund@acme.example', ''), 0);
    };

    # these two requests have other headers than the rest
    my %plain = ('Content-Type' => 'application/json',
                 'Accept-Charset' => undef,
                 'Accept' => 'application/scim+json; charset=utf-8');
    my $ida = person('ida.lund@acme.example', 'Ida', 'Lund');

    subtest 'create the new user' => sub {
        my $created = okta('POST', '/Users', $ida, headers => \%plain);
        status_is($created, 201);
        $new = $created->{body}{id};
        like($new, qr/\w/, 'id');
        is_deeply($created->{body}{$_}, $ida->{$_}, $_) for sort keys %$ida;
    };

    subtest 'the new user is there' => sub {
        my $one = okta('GET', "/Users/$new");
        status_is($one, 200);
        is_deeply($one->{body}{$_}, $ida->{$_}, $_) for qw(userName name);
    };

    subtest 'the same user once more' => sub {
        my $again = okta('POST', '/Users', $ida, headers => \%plain);
        is_error($again, 409, 'uniqueness');
    };

    subtest 'its name in capitals' => sub {
        my $one = found('Users', 'userName', 'IDA.LUND@ACME.EXAMPLE', '');
        is_list($one, 1);
        is($one->{body}{Resources}[0]{id}, $new, 'is the same user');
    };

    subtest 'groups' => sub {
        my $groups = okta('GET', '/Groups');
        is_list($groups, 0);
        is(ref $groups->{body}{Resources}, 'ARRAY', 'Resources is an array');
    };

    subtest 'what is no token' => sub {
        is_error(okta('GET', '/Users?filter='
                      . SCIM::escape('userName eq "IDA"', '%20'), undef,
                      headers => { Authorization => 'non-token' }), 401);
    };

    subtest 'a number as an id' => sub {
        is_error(okta('GET', '/Users/00773355119933'), 404);
    };

    is(okta('DELETE', "/Users/$_")->{status}, 204, 'clean') for $id, $new;
};


# --- the life of a user -----------------------------------------------------

# the requests of Okta when an administrator saves the settings
subtest 'the settings are saved' => sub {
    is_list(okta('GET', '/Users?startIndex=1&count=2'), 0);
    is_list(okta('GET', '/Groups?startIndex=1&count=100'), 0);
};


sub assign {
    my ($name, $given, $family) = @_;
    my $id;

    subtest "assign $name" => sub {
        is_list(found('Users', 'userName', $name), 0);
        my $res = okta('POST', '/Users', person($name, $given, $family,
            externalId => "00u-$given", locale => 'en-US', groups => [],
            password => 'kept-by-nobody-17'));
        status_is($res, 201);
        is($res->{body}{$_->[0]}, $_->[1], $_->[0])
            for [ locale => 'en-US' ], [ externalId => "00u-$given" ],
                [ active => $true ], [ userName => $name ];
        unlike($res->{text}, qr/password|kept-by-nobody/, 'no password');
        $id = $res->{body}{id};
    };

    return $id;
}


# As the profile is changed: what GET answered goes back by PUT, with one
# change, and with all that belongs to the server.
sub put_changed {
    my ($id, %change) = @_;
    my $user = okta('GET', "/Users/$id")->{body};

    my %name = (%{ $user->{name} }, %{ delete $change{name} || {} });
    return okta('PUT', "/Users/$id", { groups => [], %$user, name => \%name,
                                       %change });
}


subtest 'an integration of the network: PATCH and PUT' => sub {
    my $name = 'per.voss@acme.example';
    my $id = assign($name, 'Per', 'Voss');
    my $group = okta('POST', '/Groups', { schemas => [ $GROUP ],
        displayName => 'Crew', members => [ { value => $id } ] })->{body}{id};
    my $res;

    subtest 'profile' => sub {
        $res = put_changed($id, title => 'Keeper',
                           name => { givenName => 'Pär', middleName => '' });
        status_is($res, 200);
        is($res->{body}{title}, 'Keeper', 'the new attribute');
        is_deeply($res->{body}{name},
                  { givenName => 'Pär', familyName => 'Voss' },
                  'the name, without the empty part of it');
        is($res->{body}{groups}[0]{value}, $group, 'still a member');

        # a list of groups from before somebody left
        is(patch("/Groups/$group", { op => 'remove',
            path => qq{members[value eq "$id"]} })->{status}, 204, 'leaves');
        $res = okta('PUT', "/Users/$id", $res->{body});
        is($res->{status}, 200, 'an old list of groups');
        is_deeply(members($group), [], 'brings nobody back');
    };

    subtest 'password' => sub {
        $res = patch("/Users/$id", { op => 'replace',
                                     value => { password => 'n3w-secret' } });
        status_is($res, 200);
        unlike($res->{text}, qr/n3w-secret/, 'is not answered');
        my $stored = join ' ', @{ $scim->redis('HGETALL',
                                               "scim:{demo}:user:$id") };
        unlike($stored, qr/password|n3w-secret|kept-by-nobody/, 'nor kept');
        unlike($scim->error_log, qr/n3w-secret|kept-by-nobody/, 'nor logged');
    };

    subtest 'unassign' => sub {
        $res = patch("/Users/$id", { op => 'replace',
                                     value => { active => $false } });
        status_is($res, 200);
        is($res->{body}{active}, $false, 'inactive');
        is(okta('GET', "/Users/$id")->{body}{active}, $false, 'for GET too');
    };

    subtest 'assign again' => sub {
        $res = found('Users', 'userName', $name);
        is_list($res, 1);
        is($res->{body}{Resources}[0]{active}, $false,
           'the inactive user is found');
        $res = patch("/Users/$id", { op => 'replace',
                                     value => { active => $true } });
        is($res->{body}{active}, $true, 'active');
        is(found('Users', 'userName', $name)->{body}{Resources}[0]{active},
           $true, 'at once, also in a search');
    };

    is(okta('DELETE', "/Groups/$group")->{status}, 204, 'clean');
    is(okta('DELETE', "/Users/$id")->{status}, 204, 'clean');
};


subtest 'an integration of a customer: PUT alone' => sub {
    my $id = assign('eva.rask@acme.example', 'Eva', 'Rask');
    my $res;

    for my $active ($false, $true) {
        $res = put_changed($id, active => $active);
        is($res->{status}, 200, 'PUT ' . ($active ? 'active' : 'inactive'));
        is($res->{body}{active}, $active, 'is what was sent');
        is($res->{body}{externalId}, '00u-Eva', 'and the rest is kept');
    }

    $res = put_changed($id, userName => 'eva.holt@acme.example',
                       name => { familyName => 'Holt' });
    is($res->{status}, 200, 'another name');
    is($res->{body}{id}, $id, 'and the same user');
    is_list(found('Users', 'userName', 'eva.rask@acme.example'), 0);
    is_list(found('Users', 'userName', 'eva.holt@acme.example'), 1);

    is_error(okta('PUT', '/Users/nobodyhasthisid', person('x', 'X', 'Y')), 404);
    is(okta('DELETE', "/Users/$id")->{status}, 204, 'clean');
};


# --- groups -----------------------------------------------------------------

subtest 'pushed groups' => sub {
    my @ids = sort map { $scim->post('/Users', person("p$_\@acme.example",
                             'P', "Q$_"))->{body}{id} } 1 .. 3;
    my ($group, $res);

    # each change of the members is followed by this one
    my $name = sub {
        my ($new) = @_;
        $res = patch("/Groups/$group", { op => 'replace',
                     value => { id => $group, displayName => $new } });
        is($res->{status}, 204, "name it $new, with its id")
            or diag $res->{text};
    };

    subtest 'create, without members' => sub {
        is_list(found('Groups', 'displayName', 'Night shift'), 0);
        $res = okta('POST', '/Groups', { schemas => [ $GROUP ],
            displayName => 'Night shift', members => [] });
        status_is($res, 201);
        $group = $res->{body}{id};
        is_list(found('Groups', 'displayName', 'Night shift'), 1);
    };

    subtest 'all members at once' => sub {
        $res = patch("/Groups/$group", { op => 'replace', path => 'members',
            value => [ map { { value => $_, display => 'somebody' } }
                       @ids[0, 1] ] });
        status_is($res, 204);
        is_deeply(members($group), [ @ids[0, 1] ], 'are the two');
        $name->('Night shift');
        is_deeply(members($group), [ @ids[0, 1] ], 'and stay with the name');
    };

    subtest 'one goes, one comes' => sub {
        $res = patch("/Groups/$group",
            { op => 'remove', path => qq{members[value eq "$ids[0]"]} },
            { op => 'add', path => 'members',
              value => [ { value => $ids[2],
                           display => 'p3@acme.example' } ] });
        status_is($res, 204);
        is_deeply(members($group), [ @ids[1, 2] ], 'the other two');
        $name->('Late shift');
        is(okta('GET', "/Groups/$group")->{body}{displayName}, 'Late shift',
           'has the new name');
    };

    subtest 'members without a path' => sub {
        $res = patch("/Groups/$group", { op => 'replace',
            value => { members => [ { value => $ids[0] } ] } });
        status_is($res, 204);
        is_deeply(members($group), [ $ids[0] ], 'are these and no others');
    };

    subtest 'an empty group' => sub {
        $res = patch("/Groups/$group", { op => 'replace', path => 'members',
                                         value => [] });
        status_is($res, 204);
        is_deeply(members($group), [], 'nobody');
        $name->('Late shift');
    };

    subtest 'by PUT' => sub {
        $res = okta('PUT', "/Groups/$group", { schemas => [ $GROUP ],
            id => $group, displayName => 'Early shift',
            members => [ map { { value => $_, display => 'x' } } @ids ] });
        status_is($res, 200);
        is($res->{body}{displayName}, 'Early shift', 'with the new name');
        is_deeply(members($group), \@ids, 'and all three');
    };

    subtest 'another id than its own' => sub {
        $res = patch("/Groups/$group", { op => 'replace',
            value => { id => 'another', displayName => 'Early shift' } });
        status_is($res, 204);
        is(okta('GET', "/Groups/$group")->{body}{id}, $group,
           'does not change it');
    };

    subtest 'a name that is taken' => sub {
        is_error(okta('POST', '/Groups', { schemas => [ $GROUP ],
                      displayName => 'EARLY SHIFT' }), 409, 'uniqueness');
    };

    subtest 'unlink' => sub {
        status_is(okta('DELETE', "/Groups/$group"), 204);
        is_error(okta('GET', "/Groups/$group"), 404);
        is(okta('GET', "/Users/$_")->{status}, 200, 'its members stay')
            for @ids;
    };

    is(okta('DELETE', "/Users/$_")->{status}, 204, 'clean') for @ids;
};


# --- import -----------------------------------------------------------------

subtest 'import' => sub {
    my $many = 205;
    my (%seen, @in_order);

    $scim->post('/Users', person("i$_\@acme.example", 'I', "J$_"))
        for 1 .. $many;

    for my $start (1, 101, 201) {
        my $res = okta('GET', "/Users?startIndex=$start&count=100");
        my $users = $res->{body}{Resources};
        is_list($res, $many);
        is($res->{body}{startIndex}, $start, "begins at $start");
        is($res->{body}{itemsPerPage}, scalar @$users, 'counts what it has');
        is(scalar(grep { ref $_->{emails} ne 'ARRAY' } @$users), 0,
           'emails are arrays');
        push @in_order, map { $_->{userName} } @$users;
        $seen{$_->{id}}++ for @$users;
    }

    is(keys %seen, $many, 'each user once');
    is_deeply(\@in_order, [ map { "i$_\@acme.example" } 1 .. $many ],
              'in the order of creation');
};


unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');

subtest 'the token typed without the word Bearer' => sub {
    my $scim = SCIM->new;
    my %status = map {
        $_ => $scim->get('/Users', token => '',
                         headers => { Authorization => $_ })->{status}
    } 'secret', 'nosuch', 'secret secret';
    is_deeply(\%status, { secret => 200, nosuch => 401,
                          'secret secret' => 401 }, 'is let in if it is right');
};


done_testing();
