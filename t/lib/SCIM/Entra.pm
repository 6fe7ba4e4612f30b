package SCIM::Entra;

# One provisioning cycle as Microsoft Entra ID plays it, in both of its PATCH
# styles, each answer checked. It leaves nothing behind.
#
#   SCIM::Entra::cycle($scim);          # a client such as SCIM, or SCIM::Machine's
#   SCIM::Entra::cycle($scim, sub { $scim->reload });    # a few times in between

use strict;
use warnings;
use utf8;

use JSON::PP;
use SCIM;
use Test::More;

my $CORE  = 'urn:ietf:params:scim:schemas:core:2.0:';
my $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

my @people = (
    # externalId, userName, formatted, given name, time zone, active
    [ 'p1', 'mia.holm@contoso.example', 'Mia Holm', 'Mia',
      'Europe/Helsinki', JSON::PP::true ],
    [ 'p2', 'rui.costa@contoso.example', 'Rui Costa', 'Rui',
      'America/Sao_Paulo', 'True' ],
    [ 'p3', "d'arcy.nuala\@contoso.example", "Nuala D'Arcy", 'Núala',
      'Europe/Dublin', JSON::PP::true ],
    [ 'p4', 'li.na@contoso.example', '李娜', '娜', 'Asia/Shanghai',
      JSON::PP::true ],
);


sub user {
    my ($external, $name, $formatted, $given, $zone, $active) = @_;
    return {
        schemas => [ "${CORE}User", $ENTERPRISE ],
        externalId => $external, userName => $name, active => $active,
        emails => [ { primary => JSON::PP::true, type => 'work',
                      value => $name } ],
        meta => { resourceType => 'User' },
        name => { formatted => $formatted, givenName => $given },
        timezone => $zone, roles => [],
    };
}


sub found {
    my ($scim, $type, $filter, $rest) = @_;
    return $scim->get("/$type?" . ($rest // '') . 'filter='
                      . SCIM::escape($filter));
}


# the four lines that most steps come to
sub ok_patch {
    my ($scim, $path, $ops, $name) = @_;
    my $res = $scim->patch($path, $ops);
    like($res->{status}, qr/^(200|204)$/, $name) or diag $res->{text};
}


sub cycle {
    my ($scim, $between) = @_;
    my (%id, $res);
    $between ||= sub { };

    for my $probe (qw(3f0a 77b1 c29e)) {
        $res = found($scim, 'Users',
                     qq{userName eq "$probe-9d1e-4c50-8a11-5f0e7d0c1b2a"});
        is($res->{status}, 200, 'test connection');
        is($res->{body}{totalResults}, 0, 'finds nobody');
        is_deeply($res->{body}{Resources}, [], 'and says so with a list');
    }

    $between->();

    for my $p (@people) {
        my ($external, $name) = @$p;
        is(found($scim, 'Users', qq{userName eq "$name"})
               ->{body}{totalResults}, 0, "match $name");
        $res = $scim->post('/Users', user(@$p));
        is($res->{status}, 201, "create $name") or diag $res->{text};
        is($res->{body}{name}{formatted}, $p->[2], 'the name comes back');
        is($res->{body}{active}, JSON::PP::true, 'active, as a boolean');
        is($res->{body}{emails}[0]{value}, $name, 'with the e-mail');
        is($res->{body}{timezone}, $p->[4], 'and the time zone');
        $id{$external} = $res->{body}{id};
    }

    is(found($scim, 'Users', 'userName eq "MIA.HOLM@CONTOSO.EXAMPLE"')
           ->{body}{Resources}[0]{externalId}, 'p1', 'match in other case');
    is(found($scim, 'Users', 'externalId eq p1')
           ->{body}{Resources}[0]{id}, $id{p1}, 'match without quotes');
    is(found($scim, 'Users',
             'emails[type eq "work"].value eq "rui.costa@contoso.example"')
           ->{body}{Resources}[0]{id}, $id{p2}, 'match by work e-mail');

    $res = $scim->post('/Users', user(@{ $people[0] }));
    is($res->{status}, 409, 'the same user again');
    is($res->{body}{scimType}, 'uniqueness', 'is a conflict');
    is($res->{body}{status}, '409', 'with the status as a string');

    $between->();

    ok_patch($scim, "/Users/$id{p2}", [ { op => 'Add',
        path => "$ENTERPRISE:manager", value => $id{p1} } ],
        'a manager as a plain string');
    $res = $scim->get("/Users/$id{p2}");
    is($res->{body}{$ENTERPRISE}{manager}{value}, $id{p1},
       'is kept below the extension');
    $res = found($scim, 'Users', qq{id eq "$id{p2}" and manager eq "$id{p1}"});
    is($res->{body}{totalResults}, 1, 'the check of the manager');
    $res = $scim->get('/Users?filter='
        . SCIM::escape(qq{id eq "$id{p2}" and manager eq "$id{p1}"})
        . '&attributes=id');
    is_deeply([ sort keys %{ $res->{body}{Resources}[0] } ],
              [ 'id', 'schemas' ], 'with nothing but the id');

    group_steps($scim, \%id, $between);
    update_steps($scim, \%id, $between);

    for my $person (grep { /^p/ } sort keys %id) {
        is($scim->delete("/Users/$id{$person}")->{status}, 204,
           "delete $person");
    }
    is($scim->delete("/Groups/$id{group}")->{status}, 204, 'delete the group');
}


sub group_steps {
    my ($scim, $id, $between) = @_;
    my $res;

    $res = found($scim, 'Groups', 'displayName eq "On Call Team"',
                 'excludedAttributes=members&');
    is($res->{body}{totalResults}, 0, 'match the group');
    $res = $scim->post('/Groups', {
        schemas => [ "${CORE}Group", 'http://schemas.microsoft.com/2006/11/'
                     . 'ResourceManagement/ADSCIM/2.0/Group' ],
        externalId => '5a2f0c11-0d0e-4b1c-9a55-2f3f5a6b7c8d',
        displayName => 'On Call Team', meta => { resourceType => 'Group' } });
    is($res->{status}, 201, 'create the group') or diag $res->{text};
    $id->{group} = my $group = $res->{body}{id};

    $res = $scim->post('/Groups', { schemas => [ "${CORE}Group" ],
                                    displayName => 'on call team' });
    is($res->{status}, 409, 'the same group in lower case');
    is($res->{body}{scimType}, 'uniqueness', 'is a conflict');

    ok_patch($scim, "/Groups/$group", [ { op => 'Add', path => 'members',
        value => [ map { { '$ref' => undef, value => $id->{$_} } }
                   qw(p1 p2 p3) ] } ], 'add three members');
    ok_patch($scim, "/Groups/$group", [ { op => 'Add', path => 'members',
        value => [ { value => $id->{p2} } ] } ], 'add one of them again');
    is(scalar @{ $scim->get("/Groups/$group")->{body}{members} }, 3,
       'three members');
    $res = $scim->get("/Groups/$group?excludedAttributes=members");
    is($res->{body}{displayName}, 'On Call Team', 'the group without members');
    ok(!exists $res->{body}{members}, 'has none');

    $between->();

    $res = $scim->get("/Users/$id->{p2}");
    is_deeply([ map { [ @$_{qw(value display type)} ] }
                @{ $res->{body}{groups} } ],
              [ [ $group, 'On Call Team', 'direct' ] ], 'groups of a user');
    $res = $scim->get('/Groups?filter='
        . SCIM::escape(qq{id eq "$group" and members eq "$id->{p1}"})
        . '&attributes=id');
    is($res->{body}{totalResults}, 1, 'membership check');
    $res = found($scim, 'Groups',
                 qq{id eq "$group" and members eq "$id->{p4}"});
    is($res->{body}{totalResults}, 0, 'and of one who is no member');
}


sub update_steps {
    my ($scim, $id, $between) = @_;
    my ($res, $group) = (undef, $id->{group});

    ok_patch($scim, "/Users/$id->{p1}", [
        { op => 'Replace', path => 'name.givenName', value => 'Maria' },
        { op => 'Replace', path => 'name.formatted', value => 'Maria Holm' },
        { op => 'Add', path => 'timezone', value => 'Europe/Oslo' },
        { op => 'Replace', path => 'emails[type eq "work"].value',
          value => 'maria.holm@contoso.example' },
        { op => 'Add', path => 'phoneNumbers[type eq "mobile"].value',
          value => '+358 50 7654321' },
        { op => 'Replace', path => "$ENTERPRISE:department",
          value => 'Platform' } ], 'six attributes, default style');
    $res = $scim->get("/Users/$id->{p1}")->{body};
    is($res->{name}{givenName}, 'Maria', 'name.givenName');
    is($res->{timezone}, 'Europe/Oslo', 'timezone');
    is_deeply($res->{emails}, [ { type => 'work', primary => JSON::PP::true,
              value => 'maria.holm@contoso.example' } ], 'emails');
    is_deeply($res->{phoneNumbers}, [ { type => 'mobile',
              value => '+358 50 7654321' } ], 'phoneNumbers');
    is($res->{$ENTERPRISE}{department}, 'Platform', 'department');

    for my $case ([ 'False', JSON::PP::false ], [ 'True', JSON::PP::true ]) {
        ok_patch($scim, "/Users/$id->{p3}", [ { op => 'Replace',
            path => 'active', value => $case->[0] } ], "active $case->[0]");
        $res = $scim->get("/Users/$id->{p3}")->{body};
        is($res->{active}, $case->[1], 'is stored');
        is(scalar @{ $res->{groups} }, 1, 'and the user still a member');
    }

    $between->();

    ok_patch($scim, "/Groups/$group", [ { op => 'Remove', path => 'members',
        value => [ { '$ref' => undef, value => $id->{p3} } ] } ],
        'remove one member, default style');
    is(scalar @{ $scim->get("/Groups/$group")->{body}{members} }, 2,
       'only that one is gone');
    ok_patch($scim, "/Groups/$group", [ { op => 'Replace',
        path => 'displayName', value => 'On Call Owners' } ], 'rename');
    $res = $scim->get("/Groups/$group")->{body};
    is($res->{displayName}, 'On Call Owners', 'has the new name');
    is(scalar @{ $res->{members} }, 2, 'and its members');

    my $patch = $scim->patch("/Users/$id->{p4}", {
        Operations => [
            { op => 'replace', path => 'emails[type eq "work"].value',
              value => 'na.li@contoso.example' },
            { op => 'replace', value => { displayName => 'Na Li',
              'name.givenName' => 'Na', 'name.formatted' => 'Na Li',
              "$ENTERPRISE:employeeNumber" => '0815' } } ],
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ] });
    is($patch->{status}, 200, 'the style of the flag') or diag $patch->{text};
    $res = $scim->get("/Users/$id->{p4}")->{body};
    is($res->{displayName}, 'Na Li', 'displayName');
    is($res->{name}{givenName}, 'Na', 'a dotted key');
    is($res->{$ENTERPRISE}{employeeNumber}, '0815', 'a key with the URN');
    ok(!(grep { /employeeNumber/ } keys %$res), 'is no attribute of its own');
    ok_patch($scim, "/Users/$id->{p4}", [ { op => 'replace',
        path => 'active', value => JSON::PP::false } ], 'disable');
    is($scim->get("/Users/$id->{p4}")->{body}{active}, JSON::PP::false,
       'is disabled');

    ok_patch($scim, "/Groups/$group", [ { op => 'remove',
        path => qq{members[value eq "$id->{p1}"]} } ],
        'remove one member, the style of the flag');
    $res = $scim->get("/Groups/$group")->{body};
    is_deeply([ map { $_->{value} } @{ $res->{members} } ], [ $id->{p2} ],
              'one is left');
    ok_patch($scim, "/Users/$id->{p2}", [ { op => 'replace',
        path => "$ENTERPRISE:manager", value => '' } ], 'clear the manager');
    ok(!exists $scim->get("/Users/$id->{p2}")->{body}{$ENTERPRISE},
       'no manager, no extension');

    $between->();

    is($scim->delete("/Users/$id->{p2}")->{status}, 204, 'delete a user');
    $res = $scim->get("/Users/$id->{p2}");
    is($res->{status}, 404, 'is gone');
    is($res->{body}{status}, '404', 'as a SCIM error');
    is_deeply($scim->get("/Groups/$group")->{body}{members}, [],
              'from its group too');
    is($scim->delete("/Users/$id->{p2}")->{status}, 404, 'delete again');

    $res = $scim->post('/Users', user(@{ $people[1] }));
    is($res->{status}, 201, 'create anew');
    isnt($res->{body}{id}, $id->{p2}, 'with another id');
    $id->{p2} = $res->{body}{id};
}

1;
