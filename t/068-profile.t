#!/usr/bin/env perl
#
# scim_profile interop: what the SCIM 2.0 Interoperability Profile
# (draft-zollner-scim-interop-profile) asks of a server, rule by rule.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;
use URI::Escape qw(uri_escape);

my $CORE = 'urn:ietf:params:scim:schemas:core:2.0';
my $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

my $scim = SCIM->new(location => 'scim_profile interop; '
    . 'scim_base_url https://scim.example.com/scim/v2;',
    http => 'scim_canonical_values User roles.value admin editor viewer;'
    . 'scim_canonical_values User entitlements.type licence;',
    server => 'location /default/ { scim; } location /plain/ { scim; '
    . 'scim_profile interop; scim_base_url http://scim.example.com/plain; }');


sub list { return $scim->get("/Users?filter=" . uri_escape($_[0]))->{body} }

sub refused {
    my ($res, $type, $name) = @_;
    is($res->{status}, 400, $name);
    is($res->{body}{scimType}, $type, "$name: $type");
    return $res->{body}{detail};
}


subtest 'discovery' => sub {
    my $config = $scim->get('/ServiceProviderConfig')->{body};
    ok($config->{interopProfileConformant}, 'it says that it conforms');
    ok($config->{patch}{supported} && $config->{filter}{supported},
       'with what the profile needs');
    cmp_ok($config->{pagination}{maxPageSize}, '>=', 100, 'pages of 100');
    cmp_ok($config->{pagination}{defaultPageSize}, '>=', 100,
           'which is what there is without a count');

    for my $root ('/default', '/plain') {
        ok(!$scim->get('/ServiceProviderConfig', root => $root)
           ->{body}{interopProfileConformant}, "$root does not say so");
    }

    for my $type (@{ $scim->get('/ResourceTypes')->{body}{Resources} }) {
        is($type->{id}, $type->{name}, "$type->{id}: id and name");
        is($scim->get("/Schemas/$_")->{status}, 200, "$_ is there")
            for $type->{schema}, map { $_->{schema} }
                @{ $type->{schemaExtensions} };
    }
};


subtest 'canonicalValues of each type' => sub {
    my %types;

    for my $schema (@{ $scim->get('/Schemas')->{body}{Resources} }) {
        for my $attr (grep { $_->{multiValued} } @{ $schema->{attributes} }) {
            my ($type) = grep { $_->{name} eq 'type' }
                @{ $attr->{subAttributes} || [] } or next;
            ok(@{ $type->{canonicalValues} || [] }, "$attr->{name}.type has some");
            $types{$attr->{name}} = $type->{canonicalValues};
        }
    }

    is_deeply($types{entitlements}, [ 'licence' ], 'those of the operator');
    is_deeply($types{x509Certificates}, [ qw(work home other) ],
              'or those that the RFC names');

    my ($roles) = grep { $_->{name} eq 'roles' }
        @{ $scim->get("/Schemas/$CORE:User")->{body}{attributes} };
    my ($value) = grep { $_->{name} eq 'value' } @{ $roles->{subAttributes} };
    is_deeply($value->{canonicalValues}, [ qw(admin editor viewer) ],
              'the roles that there are');

    my $user = $scim->post('/Users', { userName => 'typed',
        emails => [ { value => 'a@b.example', type => 'Work' } ] });
    is($user->{status}, 201, 'a value that is one, in any case');
    my $path = "/Users/$user->{body}{id}";

    refused($scim->post('/Users', { userName => 'x', emails =>
        [ { value => 'a@b.example', type => 'office' } ] }), 'invalidValue',
        'another in POST');
    refused($scim->put($path, { userName => 'typed', emails =>
        [ { value => 'a@b.example', type => 'office' } ] }), 'invalidValue',
        'in PUT');
    refused($scim->patch($path, [ { op => 'add', path => 'emails', value =>
        [ { value => 'c@b.example', type => 'office' } ] } ]), 'invalidValue',
        'in PATCH');
    refused($scim->patch($path, [ { op => 'replace', value => 'office', path =>
        'emails[value eq "a@b.example"].type' } ]), 'invalidValue',
        'in a path');
    refused($scim->patch($path, [ { op => 'add', value => 'd@b.example', path =>
        'emails[type eq "office"].value' } ]), 'invalidValue', 'in a filter');
    is($scim->patch($path, [ { op => 'add', value => 'd@b.example', path =>
        'emails[type eq "home"].value' } ])->{status}, 200, 'a canonical one');

    is($scim->post('/Users', { userName => 'free', emails =>
        [ { value => 'a@b.example', type => 'office' } ] }, root => '/default')
       ->{status}, 201, 'the default profile takes any');
};


subtest 'case' => sub {
    my $id = $scim->post('/Users', { userName => 'JSmith', externalId => 'A-1' })
        ->{body}{id};
    my $res = $scim->post('/Users', { userName => 'jsmith' });
    is($res->{status}, 409, 'userName: one that differs by case is taken');
    is($res->{body}{scimType}, 'uniqueness', 'uniqueness');
    is(list('userName eq "jsmith"')->{totalResults}, 1, 'and is found');
    is(list('externalId eq "a-1"')->{totalResults}, 0, 'externalId: is not');
    is($scim->get('/Users/' . uc $id)->{status}, 404, 'id: is not')
        if uc $id ne $id;
};


subtest 'what no schema knows' => sub {
    my $id = $scim->post('/Users', { userName => 'strict' })->{body}{id};
    my @cases = (
        [ 'an attribute in POST', 'post', '/Users',
          { userName => 'x', shoeSize => 9 } ],
        [ 'in PUT', 'put', "/Users/$id", { userName => 'strict', shoeSize => 9 } ],
        [ 'in PATCH', 'patch', "/Users/$id",
          [ { op => 'add', path => 'shoeSize', value => 9 } ] ],
        [ 'a schema', 'post', '/Users', { userName => 'x', schemas =>
          [ "$CORE:User", 'urn:example:none' ] } ],
        [ 'a password', 'post', '/Users', { userName => 'x', password => 'p' } ],
        [ 'a password in PATCH', 'patch', "/Users/$id",
          [ { op => 'replace', path => 'password', value => 'p' } ] ],
    );

    for my $case (@cases) {
        my ($name, $method, @args) = @$case;
        refused($scim->$method(@args), 'invalidSyntax', $name);
    }

    ok(!(grep { $_->{name} eq 'password' }
         @{ $scim->get("/Schemas/$CORE:User")->{body}{attributes} }),
       'there is no password in /Schemas');
    ok((grep { $_->{name} eq 'password' } @{ $scim->get("/Schemas/$CORE:User",
        root => '/default')->{body}{attributes} }), 'but in the default profile');
    is($scim->post('/Users', { userName => 'fine', schemas => [ "$CORE:User",
        $ENTERPRISE ], $ENTERPRISE => { department => 'D' } })->{status}, 201,
       'an extension');
};


subtest 'filters' => sub {
    is(list('userName eq "fine" and active pr')->{scimType}, 'invalidFilter',
       'pr is refused');
    is(list("userName $_ \"f\"")->{scimType}, 'invalidFilter', "$_ is refused")
        for qw(ne co sw ew gt ge lt le);
    is(list($_)->{scimType}, 'invalidFilter', "$_ is refused")
        for 'userName eq "a" or userName eq "b"', 'not (userName eq "a")',
            'emails[type ne "work"]';
    is(list('shoeSize eq 9')->{scimType}, 'invalidFilter',
       'an unknown attribute is refused');
    is(list('userName eq "fine" and '
       . "$ENTERPRISE:department eq \"D\"")->{totalResults}, 1, 'eq and and');
    is(list('emails[type eq "work" and value eq "a@b.example"]')
       ->{totalResults}, 1, 'in a value path too');

    refused($scim->post('/Users/.search', { schemas =>
        [ 'urn:ietf:params:scim:api:messages:2.0:SearchRequest' ],
        filter => 'userName sw "f"' }), 'invalidFilter', 'a search');
    my $id = list('userName eq "fine"')->{Resources}[0]{id};
    refused($scim->patch("/Users/$id?filter=userName+eq+%22fine%22",
        [ { op => 'add', path => 'title', value => 'T' } ]), 'invalidFilter',
        'a filter beside a PATCH');
};


subtest 'pages' => sub {
    $scim->post('/Users', { userName => "page$_" }) for 1 .. 105;
    is(scalar @{ $scim->get('/Users')->{body}{Resources} }, 100,
       '100 without a count');
    is(scalar @{ $scim->get('/Users?count=101')->{body}{Resources} }, 101,
       'more if asked');
};


subtest 'PATCH needs a path' => sub {
    my $id = $scim->post('/Users', { userName => 'patched', title => 'T',
        name => { givenName => 'G', familyName => 'F' },
        emails => [ { value => 'a@b.example', type => 'work' } ] })->{body}{id};
    my $patch = sub { return $scim->patch("/Users/$id", [ @_ ]) };

    like(refused($patch->({ op => 'replace', value => { title => 'U' } }),
                 'invalidSyntax', 'none'), qr/needs a "path"/, 'it says so');
    refused($patch->({ op => 'replace', path => '', value => { title => 'U' } }),
            'invalidSyntax', 'an empty one');
    like(refused($patch->({ op => 'replace', path => 'title', value => 'U' },
                          { op => 'add', value => { title => 'V' } }),
                 'invalidSyntax', 'one of two'), qr/^operation 1: /, 'which');
    is($scim->get("/Users/$id")->{body}{title}, 'T', 'and nothing is done');
    refused($patch->({ op => 'add', path => $ENTERPRISE, value =>
                       { department => 'D' } }), 'invalidPath', 'a schema');
    refused($patch->({ op => 'replace', path => 'emails[type eq "work"]',
                       value => { value => 'x@b.example' } }), 'invalidPath',
            'an element');
    refused($patch->({ op => 'replace', path => 'emails[type ne "work"].value',
                       value => 'x@b.example' }), 'invalidSyntax',
            'another operator');
    refused($patch->({ op => 'add', path => 'emails', value =>
                       { value => 'x@b.example' } }), 'invalidValue',
            'no array');

    is($patch->({ op => $_, path => 'title', value => "${_}ed" })->{body}{title},
       "${_}ed", "$_ of a single value") for qw(add replace);
    is_deeply($patch->({ op => 'add', path => 'name', value =>
        { givenName => 'H' } })->{body}{name},
        { givenName => 'H', familyName => 'F' }, 'add to a complex one merges');
    is_deeply($patch->({ op => 'replace', path => 'name', value =>
        { givenName => 'I' } })->{body}{name}, { givenName => 'I' },
        'replace of it takes the place of all of it');
    is($patch->({ op => 'replace', path => 'name.familyName', value => 'J' })
       ->{body}{name}{familyName}, 'J', 'a sub-attribute');
    is(scalar @{ $patch->({ op => 'add', path => 'emails', value =>
        [ { value => 'c@b.example', type => 'home' } ] })->{body}{emails} }, 2,
       'add to several');
    is_deeply($patch->({ op => 'replace', path => 'emails', value =>
        [ { value => 'd@b.example', type => 'home' } ] })->{body}{emails},
        [ { value => 'd@b.example', type => 'home' } ], 'replace them all');
    is($patch->({ op => 'replace', path => 'active', value => JSON::PP::false })
       ->{status}, 200, 'an inactive user');
    is($scim->get("/Users/$id")->{status}, 200, 'is still there');
};


subtest 'members' => sub {
    my ($one, $two) = map { $scim->post('/Users', { userName => $_ })->{body}{id} }
        qw(one two);
    my $id = $scim->post('/Groups', { displayName => 'G' })->{body}{id};
    my $members = sub {
        return [ sort map { $_->{value} }
                 @{ $scim->get("/Groups/$id")->{body}{members} || [] } ];
    };

    $scim->patch("/Groups/$id", [ { op => 'add', path => 'members', value =>
        [ map { { value => $_ } } $one, $two ] } ]);
    is_deeply($members->(), [ sort $one, $two ], 'added');
    is($scim->patch("/Groups/$id", [ { op => 'remove', path =>
        "members[value eq \"$one\"]" } ])->{status}, 204, 'one is removed');
    is_deeply($members->(), [ $two ], 'and the other stays');
};


subtest 'what is deleted' => sub {
    my $id = $scim->post('/Users', { userName => 'gone' })->{body}{id};
    is($scim->delete("/Users/$id")->{status}, 204, 'is gone');
    is($_->{status}, 404, 'for good') for $scim->get("/Users/$id"),
        $scim->delete("/Users/$id"), $scim->patch("/Users/$id",
            [ { op => 'replace', path => 'active', value => JSON::PP::true } ]);
    is(list('userName eq "gone"')->{totalResults}, 0, 'from lists');
    is($scim->post('/Users', { userName => 'gone' })->{status}, 201,
       'and its name is free');
};


subtest 'the type of answers' => sub {
    is($scim->get('/Users', headers => { Accept => 'application/json' })
       ->{headers}{'content-type'}, 'application/scim+json', 'is always one');
};


subtest 'a bulk' => sub {
    my $res = $scim->post('/Bulk', { schemas =>
        [ 'urn:ietf:params:scim:api:messages:2.0:BulkRequest' ], Operations =>
        [ { method => 'POST', path => '/Users', bulkId => 'a', data =>
            { userName => 'bulk', shoeSize => 9 } } ] });
    my $operation = $res->{body}{Operations}[0];
    is($operation->{status}, '400', 'its operations keep the profile');
    is($operation->{response}{scimType}, 'invalidSyntax', 'as others');
};

done_testing();
