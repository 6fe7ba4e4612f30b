#!/usr/bin/env perl
#
# The checks of Microsoft's suites, in our own words and with our own data: each
# check of the SCIM Validator (scimvalidator.microsoft.com) by its name, the checks
# of the template for the Entra gallery that reach the server directly, and
# requests of the Postman collection that neither has.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Expect;
use Test::More;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);

my %HEADERS = ('Content-Type' => 'application/scim+json; charset=utf-8');

my $scim = SCIM->new(workers => 2);
my $made = 0;


sub ask {
    my ($method, $path, $body) = @_;
    return $scim->request($method, $path, $body, headers => \%HEADERS);
}


sub patch {
    my ($path, @operations) = @_;
    return ask('PATCH', $path, { schemas => [ $PATCH_OP ],
                                 Operations => \@operations });
}


# 200 or 204; then what GET answers counts
sub patched {
    my ($path, @operations) = @_;
    my $res = patch($path, @operations);
    like($res->{status}, qr/^(200|204)$/, 'PATCH is done')
        or diag $res->{text};
    $res = ask('GET', $path);
    status_is($res, 200);
    return $res->{body};
}


sub search {
    my ($type, $filter, $rest) = @_;
    return ask('GET', "/$type?" . ($rest // '') . 'filter='
               . SCIM::escape($filter));
}


# text that looks like nothing: no address, no time zone, no language
sub word {
    my ($what) = @_;
    return uc($what) . 'QX' . ++$made;
}


# A user with everything there is, as the validator makes it: values of any
# text, and "True" for the primary role.
sub full_user {
    my $name = lc word('u') . '@fabrikam.example';

    return {
        userName => $name, active => $true, externalId => word('ext'),
        (map { $_ => word($_) } qw(displayName nickName title userType
            preferredLanguage locale timezone profileUrl)),
        name => { map { $_ => word($_) } qw(givenName familyName formatted
            middleName honorificPrefix honorificSuffix) },
        emails => [ { type => 'work', value => "w-$name",
                      primary => $true } ],
        addresses => [ { type => 'work', primary => $true,
            map { $_ => word($_) } qw(formatted streetAddress locality region
                                      postalCode country) } ],
        phoneNumbers => [ { type => 'work', value => '09-442-1200',
                            primary => $true },
                          { type => 'mobile', value => '09-442-1201' },
                          { type => 'fax', value => '09-442-1202' } ],
        roles => [ { primary => 'True', display => word('display'),
                     value => word('value'), type => word('type') } ],
        $ENTERPRISE => { manager => { value => word('manager') },
            map { $_ => word($_) } qw(employeeNumber costCenter organization
                                      division department) },
        schemas => [ $USER, $ENTERPRISE ],
    };
}


sub is_user {
    my ($got, $sent) = @_;
    my %expected = (%$sent, roles => [ { %{ $sent->{roles}[0] },
                                         primary => $true } ]);
    delete $expected{schemas};

    is_deeply($got->{$_}, $expected{$_}, "$_ is what was sent")
        for sort keys %expected;
    is_deeply([ sort @{ $got->{schemas} } ], [ sort $USER, $ENTERPRISE ],
              'schemas');
}


# a user for one check; (id, what was sent)
sub user {
    my $sent = full_user();
    my $res = ask('POST', '/Users', $sent);
    status_is($res, 201);
    return ($res->{body}{id}, $sent);
}


sub group {
    my $sent = { externalId => word('ext'), displayName => word('group'),
                 schemas => [ $GROUP ] };
    my $res = ask('POST', '/Groups', $sent);
    status_is($res, 201);
    return ($res->{body}{id}, $sent);
}


sub members {
    my ($body) = @_;
    return [ sort map { $_->{value} } @{ $body->{members} || [] } ];
}


# --- the validator: users ---------------------------------------------------

subtest 'Create a new User' => sub {
    my ($id, $sent) = user();
    like($id, qr/./, 'has an id');
    is_user(ask('GET', "/Users/$id")->{body}, $sent);
};

subtest 'Create a duplicate User' => sub {
    my ($id, $sent) = user();
    is_error(ask('POST', '/Users', $sent), 409, 'uniqueness');
};

subtest 'Filter for an existing user' => sub {
    my ($id, $sent) = user();
    my $res = search('Users', qq{userName eq "$sent->{userName}"});
    is_list($res, 1);
    is_user($res->{body}{Resources}[0], $sent);
};

subtest 'Filter for a non-existing user' => sub {
    is_list(search('Users', 'userName eq "' . word('nobody') . '"'), 0);
};

subtest 'Filter for an existing user with a different case' => sub {
    my ($id, $sent) = user();
    my $res = search('Users', 'userName eq "' . uc($sent->{userName}) . '"');
    is_list($res, 1);
    is($res->{body}{Resources}[0]{id}, $id, 'the same user');
};

# users can be joined by another attribute than userName
subtest 'Filter by another joining property' => sub {
    my ($id, $sent) = user();

    for my $filter (qq{externalId eq "$sent->{externalId}"},
                    qq{emails[type eq "work"].value eq }
                    . qq{"$sent->{emails}[0]{value}"}) {
        my $res = search('Users', $filter);
        is_list($res, 1);
        is($res->{body}{Resources}[0]{id}, $id, 'the same user');
    }

    is_list(search('Users', 'externalId eq "' . lc($sent->{externalId})
                   . '"'), 0);
};


# each attribute by a path of its own, and where it stands in the user
my @VERBOSE = (
    (map { [ $_, $_ ] } qw(displayName nickName title userType
        preferredLanguage locale timezone profileUrl externalId)),
    (map { [ "name.$_", 'name', $_ ] } qw(givenName familyName formatted
        middleName honorificPrefix honorificSuffix)),
    [ 'emails[type eq "work"].value', 'emails', 0, 'value' ],
    (map { [ qq{addresses[type eq "work"].$_}, 'addresses', 0, $_ ] }
        qw(formatted streetAddress locality region postalCode country)),
    (map { [ qq{phoneNumbers[type eq "$_->[0]"].value}, 'phoneNumbers',
             $_->[1], 'value' ] } [ work => 0 ], [ mobile => 1 ],
        [ fax => 2 ]),
    (map { [ qq{roles[primary eq "True"].$_}, 'roles', 0, $_ ] }
        qw(display value type)),
    (map { [ "$ENTERPRISE:$_", $ENTERPRISE, $_ ] } qw(employeeNumber
        costCenter organization division department)),
);


sub value_at {
    my ($value, @place) = @_;
    for my $step (@place) {
        $value = ref $value eq 'ARRAY' ? $value->[$step] : $value->{$step};
    }
    return $value;
}


sub verbose {
    my ($id, $op) = @_;
    my @operations = map { { op => $op, path => $_->[0],
                             value => word('v') } } @VERBOSE;
    my $body = patched("/Users/$id", @operations);

    for my $i (0 .. $#VERBOSE) {
        my ($path, @place) = @{ $VERBOSE[$i] };
        is(value_at($body, @place), $operations[$i]{value}, $path);
    }

    is((grep { /[\[.]/ && !/^urn:/ } keys %$body), 0,
       'no path has become an attribute');
    is((grep { /^\Q$ENTERPRISE\E./ } keys %$body), 0, 'nor one with a URN');
    return $body;
}


subtest 'Patch User - Replace Attributes Verbose' => sub {
    my ($id, $sent) = user();
    my $body = verbose($id, 'replace');
    is(scalar @{ $body->{$_} }, scalar @{ $sent->{$_} }, "as many $_")
        for qw(emails addresses phoneNumbers roles);
};

subtest 'Patch User - Replace Attributes' => sub {
    my ($id, $sent) = user();
    my $body = patched("/Users/$id",
        { op => 'replace', path => 'emails[type eq "work"].value',
          value => 'new@fabrikam.example' },
        { op => 'replace', value => {
            displayName => 'Ada', 'name.givenName' => 'Adah',
            "$ENTERPRISE:department" => 'Ops' } });
    is($body->{emails}[0]{value}, 'new@fabrikam.example', 'a path');
    is($body->{displayName}, 'Ada', 'a name');
    is($body->{name}{givenName}, 'Adah', 'a dotted name');
    is($body->{name}{familyName}, $sent->{name}{familyName}, 'not the rest');
    is($body->{$ENTERPRISE}{department}, 'Ops', 'a name with a URN');
};

subtest 'Patch User - Add Attributes Verbose' => sub {
    my $res = ask('POST', '/Users', { schemas => [ $USER ],
                                      userName => word('u') });
    status_is($res, 201);
    my $body = verbose($res->{body}{id}, 'add');
    is($body->{roles}[0]{primary}, $true, 'a primary role, as a boolean');
    is_deeply([ map { $_->{type} } @{ $body->{phoneNumbers} } ],
              [ qw(work mobile fax) ], 'types from the paths');
};

subtest 'Patch User - Add Attributes' => sub {
    my $res = ask('POST', '/Users', { schemas => [ $USER ],
                                      userName => word('u') });
    my $new = full_user();
    delete @$new{qw(userName schemas)};
    my $body = patched("/Users/$res->{body}{id}",
                       { op => 'add', value => $new });
    is_user($body, { %$new, userName => $body->{userName} });
};

subtest 'Update User userName' => sub {
    my ($id, $sent) = user();
    my $new = lc word('renamed') . '@fabrikam.example';
    my $body = patched("/Users/$id", { op => 'replace',
                                       value => { userName => $new } });
    is($body->{userName}, $new, 'the new name');
    is_list(search('Users', qq{userName eq "$new"}), 1);
    is_list(search('Users', qq{userName eq "$sent->{userName}"}), 0);
};

subtest 'Disable User' => sub {
    my ($id, $sent) = user();

    for my $operation ({ op => 'replace', value => { active => $false } },
                       { op => 'Replace', path => 'active',
                         value => 'False' }) {
        my $body = patched("/Users/$id", $operation);
        is($body->{active}, $false, 'is disabled');
        my $res = search('Users', qq{userName eq "$sent->{userName}"});
        is_list($res, 1);
        is($res->{body}{Resources}[0]{active}, $false, 'in searches too');
        is(patched("/Users/$id", { op => 'replace', path => 'active',
                                   value => 'True' })->{active}, $true,
           'is enabled');
    }
};


my $MANAGER = "$ENTERPRISE:manager";

for my $check ([ 'Patch User - Add Manager', 'add' ],
               [ 'Patch User - Replace Manager', 'replace' ]) {
    my ($name, $op) = @$check;

    subtest $name => sub {
        my ($id, $sent) = user();
        my $body = patched("/Users/$id", { op => $op, path => $MANAGER,
                                           value => { value => 'm-1' } });
        is($body->{$ENTERPRISE}{manager}{value}, 'm-1', 'the new manager');
        is($body->{$ENTERPRISE}{division}, $sent->{$ENTERPRISE}{division},
           'beside the rest of the extension');
        ok(!exists $body->{$MANAGER}, 'and nowhere else');
    };
}

subtest 'Patch User - Remove Manager' => sub {
    my ($id, $sent) = user();
    my $body = patched("/Users/$id", { op => 'remove', path => $MANAGER });
    ok(!exists $body->{$ENTERPRISE}{manager}, 'no manager');
    is($body->{$ENTERPRISE}{division}, $sent->{$ENTERPRISE}{division},
       'and the rest of the extension');
};

# these may name what is required; the answer is then a refusal
subtest 'Patch User - Remove Attributes' => sub {
    my ($id) = user();
    my $body = patched("/Users/$id", map { { op => 'remove', path => $_ } }
        qw(title name.givenName locale), 'emails[type eq "work"]',
        "$ENTERPRISE:costCenter");
    ok(!exists $body->{$_}, "no $_") for qw(title locale emails);
    ok(!exists $body->{name}{givenName}, 'no name.givenName');
    ok(!exists $body->{$ENTERPRISE}{costCenter}, 'no costCenter');
    is_error(patch("/Users/$id", { op => 'remove', path => 'userName' }),
             400, 'mutability');
};

subtest 'Delete a User' => sub {
    my ($id, $sent) = user();
    my $res = ask('DELETE', "/Users/$id");
    status_is($res, 204);
    is($res->{text}, '', 'no body');
    is_error(ask('GET', "/Users/$id"), 404);
    is_list(search('Users', qq{userName eq "$sent->{userName}"}), 0);
};


# --- the validator: groups --------------------------------------------------

subtest 'Create a new Group' => sub {
    my ($id, $sent) = group();
    my $body = ask('GET', "/Groups/$id")->{body};
    is($body->{$_}, $sent->{$_}, $_) for qw(displayName externalId);
};

subtest 'Create a duplicate Group' => sub {
    my ($id, $sent) = group();
    is_error(ask('POST', '/Groups', $sent), 409, 'uniqueness');
};

# with a member, so that leaving it out can be seen
subtest 'Get group by id excluding members' => sub {
    my ($user) = user();
    my ($id) = group();
    is_deeply(members(patched("/Groups/$id", { op => 'add',
        path => 'members', value => [ { value => $user } ] })), [ $user ],
        'a member');
    my $res = ask('GET', "/Groups/$id?excludedAttributes=members");
    status_is($res, 200);
    ok(!exists $res->{body}{members}, 'is not answered');
};

subtest 'Filter for an existing group' => sub {
    my ($id, $sent) = group();

    for my $filter (qq{displayName eq "$sent->{displayName}"},
                    qq{externalId eq "$sent->{externalId}"}) {
        my $res = search('Groups', $filter);
        is_list($res, 1);
        is($res->{body}{Resources}[0]{id}, $id, 'the group');
    }
};

subtest 'Filter for an existing group excluding members' => sub {
    my ($user) = user();
    my ($id, $sent) = group();
    patched("/Groups/$id", { op => 'add', path => 'members',
                             value => [ { value => $user } ] });
    my $filter = qq{displayName eq "$sent->{displayName}"};
    is_deeply(members(search('Groups', $filter)->{body}{Resources}[0]),
              [ $user ], 'with members');
    my $res = search('Groups', $filter, 'excludedAttributes=members&');
    is_list($res, 1);
    ok(!exists $res->{body}{Resources}[0]{members}, 'and without');
};

subtest 'Filter for a non-existing group' => sub {
    is_list(search('Groups', 'displayName eq "' . word('none') . '"'), 0);
};

subtest 'Filter for an existing group with a different case' => sub {
    my ($id, $sent) = group();
    is_list(search('Groups', 'displayName eq "' . lc($sent->{displayName})
                   . '"'), 1);
};

subtest 'Patch Group - Replace Attributes' => sub {
    my ($id, $sent) = group();
    my $body = patched("/Groups/$id", { op => 'replace',
        value => { externalId => 'another-0451' } });
    is($body->{externalId}, 'another-0451', 'the new externalId');
    is($body->{displayName}, $sent->{displayName}, 'the old name');
};

subtest 'Update Group displayName' => sub {
    my ($id, $sent) = group();
    my $new = word('renamed');
    my $body = patched("/Groups/$id", { op => 'replace',
                                        value => { displayName => $new } });
    is($body->{displayName}, $new, 'the new name');
    is_list(search('Groups', qq{displayName eq "$new"}), 1);
};

subtest 'Patch Group - Add Member' => sub {
    my ($user) = user();
    my ($id) = group();

    for my $op ('add', 'replace') {
        my $body = patched("/Groups/$id", { op => $op, path => 'members',
            value => [ { value => $user } ] });
        is_deeply(members($body), [ $user ], "is a member, by $op");
    }
};

subtest 'Patch Group - Remove Member' => sub {
    my ($user) = user();
    my ($other) = user();
    my ($id) = group();

    for my $remove ({ op => 'remove', path => qq{members[value eq "$user"]} },
                    { op => 'Remove', path => 'members',
                      value => [ { value => $user } ] }) {
        patched("/Groups/$id", { op => 'add', path => 'members',
            value => [ { value => $user }, { value => $other } ] });
        my $body = patched("/Groups/$id", $remove);
        is_deeply(members($body), [ $other ], 'only the other is left');
    }
};

subtest 'Delete a Group' => sub {
    my ($id, $sent) = group();
    status_is(ask('DELETE', "/Groups/$id"), 204);
    is_error(ask('GET', "/Groups/$id"), 404);
    is_list(search('Groups', qq{displayName eq "$sent->{displayName}"}), 0);
};


# --- the validator: checks in preview ---------------------------------------

subtest 'Patch User - Multiple Ops on different attributes' => sub {
    my ($id) = user();
    my $body = patched("/Users/$id",
        { op => 'remove', path => 'title' },
        { op => 'add', path => 'displayName', value => 'Ada' },
        { op => 'replace', path => 'name.familyName', value => 'Byron' });
    ok(!exists $body->{title}, 'removed');
    is($body->{displayName}, 'Ada', 'added');
    is($body->{name}{familyName}, 'Byron', 'replaced');
};

subtest 'Patch User - Multiple Ops on same attribute' => sub {
    my ($id) = user();
    my $body = patched("/Users/$id",
        { op => 'remove', path => 'displayName' },
        { op => 'add', path => 'displayName', value => 'One' },
        { op => 'replace', path => 'displayName', value => 'Two' });
    is($body->{displayName}, 'Two', 'the last one');
};

subtest 'Patch Group - Multiple Ops on same attribute' => sub {
    my ($first) = user();
    my ($second) = user();
    my ($id) = group();
    my $body = patched("/Groups/$id",
        { op => 'add', path => 'members', value => [ { value => $first } ] },
        { op => 'remove', path => qq{members[value eq "$first"]} },
        { op => 'add', path => 'members',
          value => [ { value => $second } ] });
    is_deeply(members($body), [ $second ], 'who was added last');
};

subtest 'Delete a non-existent User' => sub {
    is_error(ask('DELETE', '/Users/nobodyhasthisid'), 404);
};

subtest 'Delete the same User twice' => sub {
    my ($id) = user();
    status_is(ask('DELETE', "/Users/$id"), 204);
    is_error(ask('DELETE', "/Users/$id"), 404);
};

subtest 'Delete a non-existent Group' => sub {
    is_error(ask('DELETE', '/Groups/nobodyhasthisid'), 404);
};

subtest 'Delete the same Group twice' => sub {
    my ($id) = group();
    status_is(ask('DELETE', "/Groups/$id"), 204);
    is_error(ask('DELETE', "/Groups/$id"), 404);
};

subtest 'Patch with an empty list of operations' => sub {
    my ($id, $sent) = user();
    is_user(patched("/Users/$id"), $sent);
};


# --- the template for the gallery -------------------------------------------

# the names of attributes as Entra makes them from schemas
sub flat {
    my ($schema) = @_;
    my $urn = $schema->{id} =~ /extension/ ? "$schema->{id}:" : '';
    my @names;

    for my $a (@{ $schema->{attributes} }) {
        my %sub = map { $_->{name} => $_ } @{ $a->{subAttributes} || [] };
        my $types = $sub{type} && $sub{type}{canonicalValues};
        my @which = !$a->{multiValued} ? ''
            : $types ? map { qq{[type eq "$_"]} } @$types
            : '[primary eq "True"]';

        push @names, "$urn$a->{name}";
        for my $which (@which) {
            push @names, map { "$urn$a->{name}$which.$_" } keys %sub;
        }
    }

    return map { lc } @names;
}


subtest 'Schema discovery' => sub {
    my $res = ask('GET', '/Schemas');
    is_list($res);
    unlike($res->{text}, qr/\bnull\b/, 'no nulls');
    my %schema = map { $_->{id} => $_ } @{ $res->{body}{Resources} };
    ok($schema{$_}, $_) for $USER, $GROUP, $ENTERPRISE;

    my %known = map { $_ => 1 } map { flat($_) } values %schema;
    ok($known{lc $_}, "$_ can be mapped") for
        (map { $_->[0] =~ /^externalId$/ ? () : $_->[0] } @VERBOSE),
        qw(userName active members), $MANAGER;

    # attributes that are not required may be cleared
    is_deeply([ sort map { $_->{name} } grep { $_->{required} }
                map { @{ $_->{attributes} } } values %schema ],
              [ qw(displayName userName) ], 'required');
};

subtest 'Null update' => sub {
    my @optional = grep { $_->[0] !~ /^(externalId|roles)/ } @VERBOSE;

    for my $nothing ('', undef) {
        my ($id, $sent) = user();
        my $body = patched("/Users/$id", map { { op => 'replace',
            path => $_->[0], value => $nothing } } @optional);
        my $what = defined $nothing ? 'an empty string' : 'null';
        is(grep({ my $v = eval { value_at($body, @$_[1 .. $#$_]) };
                  defined $v && $v ne '' } @optional), 0,
           "$what leaves nothing of " . @optional . ' attributes');
        is($body->{userName}, $sent->{userName}, 'nor takes more');
    }

    my ($id) = user();
    my $body = patched("/Users/$id", { op => 'replace', value => {
        title => '', 'name.givenName' => '' } });
    ok(!exists $body->{title}, 'title, without a path');
    ok(!exists $body->{name}{givenName}, 'name.givenName, without a path');
};

subtest 'Manager: set, change, remove' => sub {
    my ($id) = user();
    my ($first) = user();
    my ($second) = user();
    my $body;

    for my $step ([ add => $first ], [ replace => $second ]) {
        $body = patched("/Users/$id", { op => $step->[0], path => $MANAGER,
                                        value => $step->[1] });
        is($body->{$ENTERPRISE}{manager}{value}, $step->[1],
           "$step->[0] of a plain string");
        my $res = search('Users', qq{id eq "$id" and manager eq "$step->[1]"},
                         'attributes=id&');
        is_list($res, 1);
    }

    $body = patched("/Users/$id", { op => 'replace', path => $MANAGER,
                                    value => '' });
    ok(!exists $body->{$ENTERPRISE}{manager}, 'none after an empty string');
};

for my $type ('Users', 'Groups') {
    subtest "Pagination of $type" => sub {
        $type eq 'Users' ? user() : group() for 1 .. 11;
        my $total = ask('GET', "/$type?count=0")->{body}{totalResults};
        my (%seen, $pages);

        for (my $start = 1; $start <= $total; $start += 5) {
            my $res = ask('GET', "/$type?startIndex=$start&count=5");
            is_list($res, $total);
            is($res->{body}{startIndex}, $start, "begins at $start");
            $seen{$_->{id}}++ for @{ $res->{body}{Resources} };
            $pages++;
        }

        cmp_ok($pages, '>=', 3, 'three pages and more');
        is(keys %seen, $total, 'with each resource once');
    };
}

subtest 'Restore: removed and assigned again' => sub {
    my ($id, $sent) = user();
    status_is(ask('DELETE', "/Users/$id"), 204);
    my $res = ask('POST', '/Users', $sent);
    status_is($res, 201);
    isnt($res->{body}{id}, $id, 'another id');
    is_user(ask('GET', "/Users/$res->{body}{id}")->{body}, $sent);

    my ($group, $was) = group();
    status_is(ask('DELETE', "/Groups/$group"), 204);
    status_is(ask('POST', '/Groups', $was), 201);
};

# one attribute that is mapped by mistake must not stop the others
subtest 'Mapped attributes that no schema has' => sub {
    my ($id, $sent) = user();
    my $body = patched("/Users/$id",
        { op => 'Add', path => 'costumeSize', value => 'M' },
        { op => 'Add', path => 'addresses[type eq "home"].planet',
          value => 'Earth' },
        { op => 'Add', value => 'x', path =>
          'urn:ietf:params:scim:schemas:extension:acme:2.0:User:badge' },
        { op => 'Replace', path => 'title', value => 'Tailor' },
        { op => 'replace', value => { costumeSize => 'L',
                                      'name.givenName' => 'Tia' } });
    is_user($body, { %$sent, title => 'Tailor',
                     name => { %{ $sent->{name} }, givenName => 'Tia' } });
    unlike(JSON::PP->new->encode($body), qr/costumeSize|planet|badge/,
           'are not kept');
};

# on demand, Entra never uses the style of its flag
subtest 'Provision on demand: both styles for one user' => sub {
    my ($id) = user();
    patched("/Users/$id", { op => 'replace',
                            value => { 'name.givenName' => 'A' } });
    my $body = patched("/Users/$id", { op => 'Replace',
        path => 'name.givenName', value => 'B' });
    is($body->{name}{givenName}, 'B', 'the later one');
};


# --- more of the Postman collection -----------------------------------------

subtest 'Postman: what is refused' => sub {
    is_error(ask('POST', '/Users', { schemas => [ $USER ],
                                     displayName => 'x' }),
             400, 'invalidValue');
    is_error($scim->request('POST', '/Users', undef,
                            raw => '{"userName": "x",}'),
             400, 'invalidSyntax');
    my ($id, $sent) = user();
    my %nameless = %$sent;
    delete $nameless{userName};
    is_error(ask('PUT', "/Users/$id", \%nameless), 400, 'invalidValue');
    my $res = ask('PUT', "/Users/$id", { %$sent, dislpayName => 'typo' });
    status_is($res, 200);
    is_user($res->{body}, $sent);
};

subtest 'Postman: names in another case, strings for booleans' => sub {
    my $res = ask('POST', '/Users', { schemas => [ $USER ],
        UserName => word('u'), Active => 'True', DisplayName => 'D',
        emails => [ { Primary => $true, type => 'work',
                      value => 'd@fabrikam.example' } ] });
    status_is($res, 201);
    is($res->{body}{active}, $true, 'active');
    is($res->{body}{emails}[0]{primary}, $true, 'primary');
    is($res->{body}{displayName}, 'D', 'displayName');
};

subtest 'Postman: filters' => sub {
    for my $name ('Ode', 'Odell') {
        status_is(ask('POST', '/Users', { schemas => [ $USER ],
            userName => "$name-" . word('u'), name => { familyName => $name },
            emails => [ { type => 'home',
                          value => lc "$name\@contoso.example" } ] }), 201);
    }

    for my $case (
        [ 'name.FamilyName eq Ode and (emails.Value co contoso.example or '
          . 'emails.Value co contoso.org)', 1 ],
        [ 'userName sw Ode', 2 ],
        [ 'userName sw Ode and meta.Created gt '
          . '2015-10-10T14:38:21.8617979-07:00', 2 ],
        [ 'userName sw Ode and meta.Created lt '
          . '2015-10-10T14:38:21.8617979-07:00', 0 ])
    {
        is_list(search('Users', $case->[0]), $case->[1]);
    }

    my ($id, $sent) = group();
    is_list(ask('GET', '/Groups/?filter='
                . SCIM::escape(qq{DisplayName eq "$sent->{displayName}"})),
            1);
};

subtest 'Postman: attributes' => sub {
    for my $case ([ 'userName,emails' => [ qw(emails id schemas userName) ] ],
                  [ 'emails[type eq "work"]' => undef ]) {
        my $res = ask('GET', '/Users?count=2&attributes='
                      . SCIM::escape($case->[0]));
        is_list($res);
        is($res->{body}{itemsPerPage}, 2, 'two of them');
        is_deeply([ sort keys %{ $res->{body}{Resources}[0] } ],
                  $case->[1], $case->[0]) if $case->[1];
    }
};

subtest 'Postman: members' => sub {
    my ($user) = user();
    my ($other) = user();
    my ($id) = group();
    my $body = patched("/Groups/$id", { op => 'Add', path => 'members',
        name => 'addMember', value => $user });
    is_deeply(members($body), [ $user ], 'a bare string');
    $body = patched("/Groups/$id", { op => 'Add', path => 'members',
        name => 'addMember',
        value => [ { '$ref' => undef, value => $other,
                     displayName => 'VP' } ] });
    is(scalar @{ $body->{members} }, 2, 'with a displayName');
    $body = patched("/Groups/$id", { op => 'remove', path => 'members' });
    is_deeply(members($body), [], 'all are removed');
    is_error(patch("/Groups/$id", { op => 'add', path => 'members',
                                    value => [ { value => 'nobody' } ] }),
             400, 'invalidValue');
};


unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/,
       'no error in the log');

done_testing();
