#!/usr/bin/env perl
#
# Clients besides Entra and Okta, each with a tenant of its own: OneLogin,
# JumpCloud, Google Workspace, Ping, SailPoint, those that choose between PUT
# and PATCH by what discovery tells (Bitwarden, authentik, ServiceNow), those
# of which nothing is known but that they need all methods (Rippling), and the
# examples of New Relic's own API, whose place the module takes.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Expect;
use Test::More;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $NEWRELIC = 'urn:ietf:params:scim:schemas:extension:newrelic:2.0:User';

my ($true, $false) = (JSON::PP::true, JSON::PP::false);

my @tenants = qw(onelogin jumpcloud google ping sailpoint choosing all
                 characters);
my $scim = SCIM->new(workers => 2,
                     tokens => { map { $_ => "$_ main rw" } @tenants });
my $tenant;


sub ask {
    my ($method, $path, $body, %headers) = @_;
    return $scim->request($method, $path, $body, token => $tenant,
                          headers => \%headers);
}


sub search {
    my ($type, $filter, %headers) = @_;
    return ask('GET', "/$type?filter=" . SCIM::escape($filter), undef,
               %headers);
}


sub patch {
    my ($path, @operations) = @_;
    return ask('PATCH', $path, { schemas => [ $PATCH_OP ],
                                 Operations => \@operations });
}


sub person {
    my ($name, %more) = @_;
    return { schemas => [ $USER ], userName => "$name\@globex.example",
             name => { givenName => $name, familyName => 'Gray' },
             emails => [ { value => "$name\@globex.example", type => 'work',
                           primary => $true } ], active => $true, %more };
}


sub create {
    my ($type, $body, %headers) = @_;
    my $res = ask('POST', "/$type", $body, %headers);
    status_is($res, 201);
    return $res->{body}{id};
}


sub members {
    my ($group) = @_;
    return [ sort map { $_->{value} }
             @{ ask('GET', "/Groups/$group")->{body}{members} || [] } ];
}


# a subtest in a tenant that is empty before, and after
sub client {
    my ($name, $title, $steps) = @_;

    subtest $title => sub {
        $tenant = $name;
        $steps->();
        is_deeply([ grep { !/:(meta|changes)$/ }
                    @{ $scim->redis('KEYS', "scim:{$name}:*") } ], [],
                  'nothing is left');
    };
}


client onelogin => 'OneLogin' => sub {
    my %headers = ('User-Agent' => '', Accept => 'application/json');

    my $res = search('Users', 'userName eq "no.such.user@globex.example"',
                     %headers);
    is_list($res, 0);
    is($res->{headers}{'content-type'}, 'application/json',
       'in the type that OneLogin asks for');

    my $id = create('Users', person('lea'), %headers);
    $res = ask('GET', "/Users/$id", undef, %headers);
    is($res->{body}{userName}, 'lea@globex.example', 'by its id');
    is($res->{headers}{'content-type'}, 'application/json', 'as JSON');
    $res = ask('PUT', "/Users/$id", person('lea', title => 'Lead'),
               %headers);
    is($res->{body}{title}, 'Lead', 'update');

    my $group = create('Groups', { schemas => [ $GROUP ],
                                   displayName => 'Role' }, %headers);
    is_list(ask('GET', '/Groups', undef, %headers), 1);
    status_is(patch("/Groups/$group", { op => 'add', path => 'members',
                    value => [ { value => $id } ] }), 204);
    is_deeply(members($group), [ $id ], 'added to the group');

    status_is(ask('DELETE', "/Users/$id", undef, %headers), 204);
    is_deeply(members($group), [], 'deleted, also from the group');
    is(ask('GET', "/Users/$id", undef, %headers)->{headers}{'content-type'},
       'application/json', 'an error is JSON too');
    status_is(ask('DELETE', "/Groups/$group"), 204);
};


client jumpcloud => 'JumpCloud' => sub {
    # when it is switched on: a user and a group to try things with
    is_list(search('Users', 'userName eq "test@globex.example"'), 0);
    my $id = create('Users', person('test', externalId => 'jc-1'));
    my $res = ask('PUT', "/Users/$id", person('test', externalId => 'jc-1',
                                              active => $false));
    is($res->{body}{active}, $false, 'deactivated');

    my $group = create('Groups', { schemas => [ $GROUP ],
                                   displayName => 'test group' });
    status_is(patch("/Groups/$group", { op => 'Add', path => 'members',
                    value => [ { value => $id } ] }), 204);
    is_deeply(members($group), [ $id ], 'the user is a member');
    status_is(patch("/Groups/$group", { op => 'Remove', path => 'members',
                    value => [ { value => $id } ] }), 204);
    is_deeply(members($group), [], 'and is not any more');
    $res = ask('PUT', "/Groups/$group", { schemas => [ $GROUP ],
               displayName => 'renamed', members => [] });
    is($res->{body}{displayName}, 'renamed', 'the group has a new name');

    status_is(ask('DELETE', "/Groups/$group"), 204);
    status_is(ask('DELETE', "/Users/$id"), 204);
};


client google => 'Google Workspace' => sub {
    is_list(ask('GET', '/Users?count=1'), 0);
    my $id = create('Users', person('gus'));
    my $res = ask('GET', '/Users?count=1');
    is_list($res, 1);
    is($res->{body}{Resources}[0]{id}, $id, 'the user');

    # a user who leaves the scope is suspended, and deleted later
    $res = patch("/Users/$id", { op => 'replace', path => 'active',
                                 value => $false });
    is($res->{body}{active}, $false, 'suspended');
    is_list(ask('GET', '/Users?count=1'), 1);
    status_is(ask('DELETE', "/Users/$id"), 204);
};


client ping => 'Ping' => sub {
    my $id = create('Users', person('pia'));

    is(patch("/Users/$id", { op => 'replace', path => 'title',
             value => 'Pilot' })->{body}{title}, 'Pilot', 'with a path');
    is(patch("/Users/$id", { op => 'replace',
             value => { title => 'Purser' } })->{body}{title}, 'Purser',
       'without a path');

    status_is(ask('DELETE', "/Users/$id"), 204);
};


client sailpoint => 'SailPoint' => sub {
    my %answer = map { $_ => ask('GET', $_) } '/ServiceProviderConfig',
        '/ResourceTypes', '/Schemas', '/ResourceTypes/User',
        "/Schemas/$USER";

    status_is($answer{$_}, 200) for sort keys %answer;
    is_list($answer{$_}) for '/ResourceTypes', '/Schemas';
    is($answer{'/ResourceTypes/User'}{body}{endpoint}, '/Users',
       'where users are');
    is($answer{"/Schemas/$USER"}{body}{id}, $USER, 'what users have');
    is_deeply($answer{"/Schemas/$USER"}{body},
              (grep { $_->{id} eq $USER }
               @{ $answer{'/Schemas'}{body}{Resources} })[0],
              'is the same as in the list');

    # aggregation
    my @ids = map { create('Users', person("s$_")) } 1 .. 7;
    my @groups = map { create('Groups', { schemas => [ $GROUP ],
        displayName => "Entitlement $_",
        members => [ { value => $ids[$_] } ] }) } 0 .. 4;

    for my $all ([ Users => @ids ], [ Groups => @groups ]) {
        my ($type, @expected) = @$all;
        my @seen;

        for (my $start = 1; $start <= @expected; $start += 3) {
            my $res = ask('GET', "/$type?startIndex=$start&count=3");
            is_list($res, scalar @expected);
            push @seen, map { $_->{id} } @{ $res->{body}{Resources} };
        }

        is_deeply(\@seen, \@expected, "all of $type");
    }

    my $res = ask('GET', '/Groups?startIndex=1&count=5');
    is_deeply([ map { $_->{members}[0]{value} }
                @{ $res->{body}{Resources} } ], [ @ids[0 .. 4] ],
              'groups come with their members');
    is(ask('GET', "/Users/$ids[0]")->{body}{groups}[0]{value}, $groups[0],
       'and a user with its groups');

    status_is(ask('DELETE', "/Groups/$_"), 204) for @groups;
    status_is(ask('DELETE', "/Users/$_"), 204) for @ids;
};


client choosing => 'Bitwarden, authentik, ServiceNow' => sub {
    is(ask('GET', '/ServiceProviderConfig')->{body}{patch}{supported}, $true,
       'PATCH may be chosen');

    my @ids = sort map { create('Users', person("c$_")) } 1 .. 2;
    my $group = create('Groups', { schemas => [ $GROUP ],
        displayName => 'Vault',
        members => [ map { { value => $_ } } @ids ] });
    is_deeply(members($group), \@ids, 'members of a new group');

    # the other way, as if it were not
    my $res = ask('PUT', "/Groups/$group", { schemas => [ $GROUP ],
        displayName => 'Vault', members => [ { value => $ids[1] } ] });
    is_deeply(members($group), [ $ids[1] ], 'PUT takes one away');
    ask('PUT', "/Groups/$group", { schemas => [ $GROUP ],
        displayName => 'Vault', members => [] });
    is_deeply(members($group), [], 'PUT takes all away');

    # authentik forgets its own user when it reads 404
    is_error(ask('PUT', '/Users/gone', person('c9')), 404);
    is_error(ask('PUT', '/Groups/gone', { schemas => [ $GROUP ],
                 displayName => 'Gone', members => [] }), 404);

    status_is(ask('DELETE', "/Groups/$group"), 204);
    status_is(ask('DELETE', "/Users/$_"), 204) for @ids;
};


client all => 'Rippling and others that may use any method' => sub {
    my $types = ask('GET', '/ResourceTypes')->{body}{Resources};

    for my $type (map { $_->{endpoint} } @$types) {
        my $body = $type eq '/Groups'
            ? { schemas => [ $GROUP ], displayName => 'Any' } : person('any');
        my $res = ask('POST', $type, $body);
        status_is($res, 201);
        my $path = "$type/$res->{body}{id}";

        status_is(ask('GET', $path), 200);
        status_is(ask('HEAD', $path), 200);
        status_is(ask('PUT', $path, { %$body, externalId => 'by PUT' }),
                  200);
        like(patch($path, { op => 'replace', path => 'externalId',
                            value => 'by PATCH' })->{status}, qr/^20[04]$/,
             'PATCH');
        is(ask('GET', $path)->{body}{externalId}, 'by PATCH', 'all is kept');
        is_list(search($type =~ s{/}{}r, 'externalId eq "by PATCH"'), 1);
        status_is(ask('DELETE', $path), 204);
    }
};


# names that broke other servers, in bodies, in filters and in paths
client characters => 'names with quotes and other scripts' => sub {
    for my $family ("O'Brion", 'von "Ode"', 'back\\slash', 'Ångström', '山田',
                    'a+b & c%20d', '{curly} [square]', '😀') {
        my $id = create('Users', person('x', name =>
                                        { familyName => $family }));
        my $quoted = $family =~ s/(["\\])/\\$1/gr;

        my $res = search('Users', qq{name.familyName eq "$quoted"});
        is_list($res, 1);
        is($res->{body}{Resources}[0]{name}{familyName}, $family, $family);
        is_list(ask('GET', '/Users'), 1);

        status_is(patch("/Users/$id", { op => 'add', value => {
            addresses => [ { type => 'work', locality => $family } ] } },
            { op => 'replace', value => 'FI',
              path => qq{addresses[locality eq "$quoted"].country} }), 200);
        is_deeply(ask('GET', "/Users/$id")->{body}{addresses},
                  [ { type => 'work', locality => $family,
                      country => 'FI' } ], 'in the path of a PATCH');
        status_is(ask('DELETE', "/Users/$id"), 204);
    }
};

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');


# New Relic's PUT leaves what is not named, which is "scim_put merge" here.
subtest 'New Relic' => sub {
    my $nr = SCIM->new(location => 'scim_put merge;',
        http => "scim_schema $SCIM::TOP/docs/examples/newrelic-user.json;");

    is_error($nr->get('/Users', token => ''), 401);
    is_error($nr->get('/Users', token => 'wrong'), 401);

    # an address without a type, and a time zone
    my $res = $nr->post('/Users', { schemas => [ $USER ],
        userName => 'ren@initech.example', timezone => 'Europe/Lisbon',
        name => { familyName => 'Reis', givenName => 'Ren' },
        emails => [ { primary => $true, value => 'ren@initech.example' } ],
        active => $true });
    status_is($res, 201);
    my $id = $res->{body}{id};
    is($res->{body}{meta}{resourceType}, 'User', 'meta.resourceType');
    like($res->{body}{meta}{$_}, qr/^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/,
         "meta.$_, in milliseconds") for qw(created lastModified);
    is_deeply($res->{body}{emails}, [ { primary => $true,
              value => 'ren@initech.example' } ], 'the address as it came');

    my $other = $nr->post('/Users', { schemas => [ $USER ],
        userName => 'ana@initech.example' })->{body}{id};

    subtest 'a name that is missing or taken' => sub {
        my %user = (schemas => [ $USER ], active => $true);
        my %taken = (%user, userName => 'REN@initech.example');
        is_error($nr->post('/Users', { %user, userName => '' }), 400,
                 'invalidValue');
        is_error($nr->post('/Groups', { schemas => [ $GROUP ] }), 400,
                 'invalidValue');
        is_error($nr->post('/Users', \%taken), 409, 'uniqueness');
        is_error($nr->put("/Users/$other", \%taken), 409, 'uniqueness');
    };

    subtest 'user type' => sub {
        my %type = (schemas => [ $USER, $NEWRELIC ]);
        $res = $nr->put("/Users/$id", { %type,
            $NEWRELIC => { nrUserType => 'Core User' } });
        status_is($res, 200);
        is($res->{body}{$NEWRELIC}{nrUserType}, 'Core User', 'by PUT');
        is($res->{body}{$_->[0]}, $_->[1], "$_->[0] is kept") for
            [ userName => 'ren@initech.example' ], [ active => $true ],
            [ timezone => 'Europe/Lisbon' ];
        $res = $nr->patch("/Users/$id", [ { op => 'Replace',
            path => "$NEWRELIC:nrUserType", value => 'full user' } ]);
        is($res->{body}{$NEWRELIC}{nrUserType}, 'full user',
           'by PATCH, in the case it has');
        is_list($nr->get('/Users?filter=' . SCIM::escape(
                qq{$NEWRELIC:nrUserType eq "Full User"})), 1);
        $res = $nr->patch("/Users/$id", [ { op => 'Replace',
            path => "$NEWRELIC:nrUserType", value => 'Guest' } ]);
        is($res->{body}{$NEWRELIC}{nrUserType}, 'Guest',
           'a type that is not in canonicalValues is kept');
    };

    subtest 'update and deactivate' => sub {
        $res = $nr->put("/Users/$id", { schemas => [ $USER ],
            name => { familyName => 'Rey' } });
        status_is($res, 200);
        is($res->{body}{name}{familyName}, 'Rey', 'the part that is named');
        is($res->{body}{emails}[0]{value}, 'ren@initech.example',
           'what is not named is kept');

        $res = $nr->patch("/Users/$id", [ { op => 'Replace',
            path => 'active', value => 'false' } ]);
        is($res->{body}{active}, $false, 'inactive by a string');
        $nr->patch("/Users/$id", [ { op => 'Replace', path => 'active',
                                     value => 'true' } ]);
        is($nr->get("/Users/$id")->{body}{active}, $true, 'and active');

        for my $filter ('userName eq "ren@initech.example"',
                        "$USER:userName eq \"REN\@initech.example\"") {
            is_list($nr->get('/Users?filter=' . SCIM::escape($filter)), 1);
        }
    };

    subtest 'groups' => sub {
        my $group = $nr->post('/Groups', { schemas => [ $GROUP ],
            displayName => 'Readers' })->{body}{id};
        is_error($nr->post('/Groups', { schemas => [ $GROUP ],
                 displayName => 'Readers' }), 409, 'uniqueness');
        my $write = $nr->post('/Groups', { schemas => [ $GROUP ],
            displayName => 'Writers' })->{body}{id};

        my $members = sub {
            return [ sort map { $_->{value} }
                     @{ $nr->get("/Groups/$group")->{body}{members} || [] } ];
        };

        status_is($nr->patch("/Groups/$group", [ { op => 'Add',
            path => 'members', value => [ { value => $id },
                                          { value => $other } ] } ]), 204);
        is_deeply($members->(), [ sort $id, $other ], 'two are added');
        is($nr->get("/Groups/$group")->{body}{members}[0]{type}, 'User',
           'each with its type');
        status_is($nr->patch("/Groups/$group", [ { op => 'Replace',
            path => 'displayName', value => 'Viewers' } ]), 204);
        status_is($nr->patch("/Groups/$group", [ { op => 'Remove',
            path => 'members', value => [ { value => $other } ] } ]), 204);
        is_deeply($members->(), [ $id ], 'only one is removed');

        $res = $nr->put("/Groups/$group", { schemas => [ $GROUP ],
                                            displayName => 'Viewers' });
        status_is($res, 200);
        is_deeply($members->(), [ $id ], 'PUT without members keeps them');
        $nr->put("/Groups/$group", { schemas => [ $GROUP ],
            displayName => 'Viewers', members => [ { value => $other } ] });
        is_deeply($members->(), [ $other ], 'PUT with members sets them');
        is_error($nr->put("/Groups/$group", { schemas => [ $GROUP ],
                 displayName => 'writers' }), 409, 'uniqueness');

        # a user's groups are read-only, as RFC 7643, section 4.1.2, has it
        $nr->put("/Users/$id", { schemas => [ $USER ],
                                 groups => [ { value => $write } ] });
        is_deeply($nr->get("/Groups/$write")->{body}{members}, [],
                  'groups in a user move nobody');
    };

    is_error($nr->get('/Schemas?filter=' . SCIM::escape('id pr')), 403);
    is_error($nr->get('/Me'), 501);

    unlike($nr->error_log, qr/\[(error|alert|crit|emerg)\]/,
           'no error in the log');
};

done_testing();
