#!/usr/bin/env perl
#
# Extension schemas and resource types from files, and the settings that change
# what a write does: scim_schema, scim_resource_type, scim_put,
# scim_unknown_attributes, scim_discovery_auth, scim_me.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use SCIM;
use SCIM::Test;
use Test::More;

my $EXAMPLES = "$SCIM::TOP/docs/examples";
my $DATA = "$SCIM::TOP/t/data";
my $NR = 'urn:ietf:params:scim:schemas:extension:newrelic:2.0:User';
my $DEVICE = 'urn:example:params:scim:schemas:core:2.0:Device';


# the output of nginx -t for a configuration
sub complaint {
    my (%opt) = @_;
    my $scim = bless { dir => File::Temp::tempdir(CLEANUP => 1), port => 1,
                       no_user => 1,
                       workers => 1, pid => 0, tokens => {}, %opt }, 'SCIM';
    $scim->write_tokens;
    $scim->write_file('nginx.conf', $scim->config);
    my $out = `nginx -t -p $scim->{dir} -e stderr -c $scim->{dir}/nginx.conf 2>&1`;
    return $out;
}


subtest 'an extension of User' => sub {
    my $scim = SCIM->new(http => "scim_schema $EXAMPLES/newrelic-user.json;");

    my $res = $scim->post('/Users', { userName => 'kim',
        $NR => { nrUserType => 'Full User' } });
    is($res->{status}, 201, 'created, with its URN not in "schemas"');
    is($res->{body}{$NR}{nrUserType}, 'Full User', 'with its value');
    ok((grep { $_ eq $NR } @{ $res->{body}{schemas} }), 'and its URN');
    my $id = $res->{body}{id};

    $res = $scim->patch("/Users/$id", [ { op => 'Replace',
        path => "$NR:nrUserType", value => 'Core User' } ]);
    is($res->{body}{$NR}{nrUserType}, 'Core User', 'PATCH by URN and colon');

    $res = $scim->patch("/Users/$id", [ { op => 'replace',
        value => { "$NR:nrUserType" => 'Basic User' } } ]);
    is($res->{body}{$NR}{nrUserType}, 'Basic User', 'PATCH by a key');

    for my $filter (qq{$NR:nrUserType eq "basic user"},
                    'nrUserType sw "Basic"') {
        my $query = $filter;
        $query =~ s/ /+/g;
        is($scim->get("/Users?filter=$query")->{body}{totalResults}, 1,
           $filter);
    }

    $res = $scim->patch("/Users/$id", [ { op => 'remove', path => $NR } ]);
    ok(!exists $res->{body}{$NR}, 'removed whole');
    is_deeply($res->{body}{schemas},
              [ 'urn:ietf:params:scim:schemas:core:2.0:User' ],
              'and from "schemas"');

    is($scim->get("/Schemas/$NR")->{body}{name}, 'NewRelicUser', '/Schemas');
    ok((grep { $_->{schema} eq $NR } @{
        $scim->get('/ResourceTypes/User')->{body}{schemaExtensions} }),
       '/ResourceTypes');
};


subtest 'a resource type' => sub {
    my $scim = SCIM->new(http => "scim_schema $DATA/device-schema.json;
        scim_resource_type $DATA/device.json;
        scim_index Device displayName;");

    is($scim->get('/Devices?filter=displayName+eq+%22x%22')
           ->{body}{totalResults}, 0, 'an index without anything');
    is($scim->post('/Devices', { displayName => 'x' })->{body}{detail},
       '"serialNumber" is required', 'what is required');

    my $res = $scim->post('/Devices', { serialNumber => 'A1', memory => '4096',
        displayName => 'Laptop', enrolled => '2026-01-31T10:00:00+02:00',
        pin => '0000', owner => 'u1' });
    is($res->{status}, 201, 'created') or diag $res->{text};
    is($res->{body}{memory}, 4096, 'digits became a number');
    is($res->{body}{owner}{value}, 'u1', 'a plain reference its value');
    is($res->{body}{meta}{resourceType}, 'Device', 'its type');
    like($res->{headers}{location}, qr{/Devices/\w+$}, 'its place');
    ok(!exists $res->{body}{pin}, 'what is answered on request is not');
    my $path = "/Devices/$res->{body}{id}";

    ok(!exists $scim->get($path)->{body}{pin}, 'not by GET');
    is($scim->get("$path?attributes=pin")->{body}{pin}, '0000',
       'but on request');
    is($scim->post('/Devices', { serialNumber => 'A1' })->{status}, 409,
       'unique');
    is($scim->post('/Devices', { serialNumber => 'a1' })->{status}, 201,
       'case-exact');
    is($scim->post('/Devices', { serialNumber => 'A2', memory => 'lots' })
           ->{body}{scimType}, 'invalidValue', 'no integer');
    is($scim->patch($path, [ { op => 'replace', path => 'serialNumber',
                               value => 'A9' } ])->{body}{scimType},
       'mutability', 'immutable by PATCH');
    is($scim->put($path, { serialNumber => 'A9' })->{body}{scimType},
       'mutability', 'immutable by PUT');
    $res = $scim->put($path, { displayName => 'Desk', memory => 8 });
    is($res->{body}{serialNumber}, 'A1', 'a PUT keeps what is immutable');
    $res = $scim->put($path, { serialNumber => 'A1', displayName => 'Desk' });
    is($res->{status}, 200, 'a PUT with the same');
    is($res->{body}{displayName}, 'Desk', 'replaces');

    for my $filter ('displayName+eq+%22desk%22', 'serialNumber+eq+%22A1%22') {
        is($scim->get("/Devices?filter=$filter")->{body}{totalResults}, 1,
           $filter);
    }
    is($scim->get('/Devices?filter=memory+gt+100')->{body}{totalResults}, 0,
       'numbers compare');
    is($scim->delete($path)->{status}, 204, 'deleted');
    is($scim->get('/Devices')->{body}{totalResults}, 1, 'one is left');
};


subtest 'what is never shown' => sub {
    my $urn = 'urn:example:params:scim:schemas:extension:keys:2.0:User';
    my $scim = SCIM->new(http => 'scim_schema keys.json;', files => {
        'keys.json' => JSON::PP::encode_json({ id => $urn, name => 'Keys',
            attributes => [ { name => 'badge', type => 'complex',
                returned => 'never', subAttributes => [
                    { name => 'value', type => 'string' },
                    { name => 'pin', type => 'string' } ] } ] }) });

    for my $n (3, 1, 2) {
        is($scim->post('/Users', { userName => "user$n",
               $urn => { badge => { value => "v$n", pin => "p$n" } } })
               ->{status}, 201, "created $n");
    }

    for my $name ('badge', 'badge.pin', 'badge.value', 'password') {
        for my $query ("filter=$name+pr", "sortBy=$name") {
            my $res = $scim->get("/Users?$query");
            is($res->{status}, 400, "$query is refused");
            like($res->{body}{detail}, qr/is never shown/, 'and why');
        }
    }

    unlike($scim->get("/Users?attributes=$urn:badge.pin,$urn")->{text},
           qr/"badge"|p1/, 'nor is it answered');
};


subtest 'devices of RFC 9944' => sub {
    my $scim = SCIM->new(http => "scim_schema $EXAMPLES/device-schema.json;
        scim_resource_type $EXAMPLES/device.json;");
    my $device = { schemas => [ 'urn:ietf:params:scim:schemas:core:2.0:Device' ],
                   displayName => 'Thermostat', active => JSON::PP::true,
                   mudUrl => 'https://maker.example.com/thermostat.json' };

    my $res = $scim->post('/Devices', $device);
    is($res->{status}, 201, 'one is made');
    like($res->{body}{meta}{location}, qr{/Devices/\w+$}, 'with its URL');
    is_deeply({ map { $_ => $res->{body}{$_} } keys %$device }, $device,
              'and its attributes');
    is($scim->patch("/Devices/$res->{body}{id}", [ { op => 'replace', path =>
        'active', value => JSON::PP::false } ])->{body}{active},
       JSON::PP::false, 'it is switched off');
    is($scim->get('/Devices?filter=displayName+eq+%22thermostat%22')
       ->{body}{totalResults}, 1, 'and found');
    is($scim->post('/Devices', { displayName => 'x' })->{status}, 400,
       'active is required');
};


subtest 'mistakes in files' => sub {
    my $dir = File::Temp::tempdir(CLEANUP => 1);
    my %bad = (
        'no JSON'       => [ '{', qr/invalid JSON|byte/ ],
        'no id'         => [ '{"attributes":[{"name":"a"}]}', qr/"id"/ ],
        'no attributes' => [ '{"id":"urn:x:User"}', qr/"attributes"/ ],
        'a bad type'    => [ '{"id":"urn:x:User","attributes":[{"name":"a",'
                             . '"type":"text"}]}', qr/"a".*"type".*"text"/ ],
        'a bad flag'    => [ '{"id":"urn:x:User","attributes":[{"name":"a",'
                             . '"required":"yes"}]}', qr/"a".*"required"/ ],
        'twice'         => [ '{"id":"urn:x:User","attributes":[{"name":"a"},'
                             . '{"name":"A"}]}', qr/"A" is defined twice/ ],
        'a known URN'   => [ '{"id":"urn:ietf:params:scim:schemas:core:2.0:'
                             . 'User","attributes":[{"name":"a"}]}',
                             qr/defined twice/ ],
    );

    for my $name (sort keys %bad) {
        my ($text, $expected) = @{ $bad{$name} };
        open my $out, '>', "$dir/schema.json" or die $!;
        print $out $text;
        close $out;
        my $message = complaint(http => "scim_schema $dir/schema.json;");
        like($message, $expected, $name);
        like($message, qr/schema\.json/, "$name: names the file");
    }

    like(complaint(http => "scim_schema $dir/none.json;"), qr/cannot open/,
         'a file that is not there');
    like(complaint(http => "scim_resource_type $DATA/device.json;"),
         qr/no schema "urn:example/, 'a type without its schema');
    like(complaint(http => "scim_schema $EXAMPLES/newrelic-user.json Robot;"),
         qr/no resource type "Robot"/, 'an extension of nothing');
};


subtest 'scim_put merge' => sub {
    my $scim = SCIM->new(location => 'scim_put merge;');
    my $res = $scim->post('/Users', { userName => 'kim', title => 'T',
                                      nickName => 'N' });
    my $user = $res->{body}{id};

    $res = $scim->put("/Users/$user", { title => 'U', nickName => undef });
    is($res->{status}, 200, 'without userName') or diag $res->{text};
    is($res->{body}{userName}, 'kim', 'what is not named stays');
    is($res->{body}{title}, 'U', 'what is named changes');
    ok(!exists $res->{body}{nickName}, 'what is null goes');

    my $group = $scim->post('/Groups', { displayName => 'G',
        members => [ { value => $user } ] })->{body}{id};
    $res = $scim->put("/Groups/$group", { displayName => 'H' });
    is(scalar @{ $res->{body}{members} || [] }, 1, 'members stay');
    $res = $scim->put("/Groups/$group", { members => [] });
    is_deeply($res->{body}{members}, [], 'unless they are named');
    is($res->{body}{displayName}, 'H', 'the name stays');
};


subtest 'what no schema knows is in the log' => sub {
    my $scim = SCIM->new;
    my $user = $scim->post('/Users', { userName => 'kim', shoeSize => 'secret',
                                       "hat\nSize" => 1 });
    is($user->{status}, 201, 'it is ignored');
    like($scim->error_log, qr/scim: 2 attributes that no schema of "User" has were/,
         'and counted');
    like($scim->error_log, qr/the first is "(?:shoeSize|hat\\nSize)"/,
         'with a name in one line');
    $scim->patch("/Users/$user->{body}{id}",
                 [ { op => 'add', value => { name => {
                     "glove\nSize\x7f" => 7 } } } ]);
    like($scim->error_log, qr/scim: 1 attributes .* is "name.glove\\nSize/,
         'by PATCH too');
    unlike($scim->error_log, qr/secret/, 'no value is');
};


subtest 'scim_unknown_attributes reject' => sub {
    my $scim = SCIM->new(location => 'scim_unknown_attributes reject;');
    my $id = $scim->post('/Users', { userName => 'kim' })->{body}{id};

    for my $res ($scim->post('/Users', { userName => 'lee', shoeSize => 9 }),
                 $scim->put("/Users/$id", { userName => 'kim', shoeSize => 9 }),
                 $scim->patch("/Users/$id", [ { op => 'add',
                              path => 'shoeSize', value => 9 } ]),
                 $scim->patch("/Users/$id", [ { op => 'add',
                              value => { shoeSize => 9 } } ])) {
        is($res->{status}, 400, 'refused');
        like($res->{body}{detail}, qr/shoeSize/, 'by name');
    }

    is($scim->get('/Users')->{body}{totalResults}, 1, 'nothing was made');
};


subtest 'scim_discovery_auth off' => sub {
    my $scim = SCIM->new(location => 'scim_discovery_auth off;');

    for my $path (qw(/ServiceProviderConfig /ResourceTypes
                     /ResourceTypes/User /Schemas)) {
        is($scim->get($path, token => '')->{status}, 200, $path);
    }
    is($scim->get('/Users', token => '')->{status}, 401, 'but not /Users');
    is($scim->get('/Schemas2', token => '')->{status}, 401, 'nor others');
    is($scim->post('/Schemas', {}, token => '')->{status}, 405,
       'POST is no method there');
};


# Attributes whose names differ at their ends have indexes of their own, and their
# names are keys of Redis as a whole.
subtest 'the longest names' => sub {
    my $file = File::Temp->new(SUFFIX => '.json');
    my $schema = sub {
        my ($length) = @_;
        my $urn = 'urn:' . 'u' x ($length - 4);
        my @names = map { 'n' x 127 . $_ } 1, 2;
        open my $out, '>', $file or die "$file: $!";
        print {$out} JSON::PP->new->encode({ id => $urn, name => 'Long',
            attributes => [ { name => $names[0], type => 'complex',
                subAttributes => [ map { { name => $_, type => 'string' } } @names ] },
                map { { name => "u$_", type => 'string', uniqueness => 'server' } }
                    substr($names[0], 1), substr $names[1], 1 ] });
        close $out;
        return ($urn, @names);
    };

    $schema->(513);
    like(complaint(http => "scim_schema $file User;"),
         qr/an "id", its URN, of at most 512 characters/, 'a URN that is too long');

    my ($urn, @names) = $schema->(512);
    my @attributes = map { "$urn:$names[0].$_" } @names;
    my $scim = SCIM->new(http => "scim_schema $file User;", location => join '',
                         map { "scim_index User $_;" } @attributes);
    for my $n (0, 1) {
        my $res = $scim->post('/Users', { userName => "user$n", $urn => {
            'u' . substr($names[$n], 1) => 'same',
            $names[0] => { $names[$n] => 'same' } } });
        is($res->{status}, 201, 'one value in each of two attributes')
            or diag $res->{text};
        error_ok($scim->post('/Users', { userName => "other$n", $urn => {
            'u' . substr($names[$n], 1) => 'same' } }), 409, 'uniqueness', qr/^"urn:/,
            'and none twice');
    }
    for my $n (0, 1) {
        is(names(found($scim, 'Users', qq{$attributes[$n] eq "same"})), "user$n",
           'each is found by its own');
    }
    is_deeply([ grep { $scim->redis('EXISTS', "scim:{demo}:users:by:$_") == 0 }
                @attributes ], [], 'the names are whole');
};


subtest 'scim_me' => sub {
    my $scim = SCIM->new(location => 'scim_me $http_x_user;');
    my @me = (headers => { 'X-User' => 'KIM' });
    my $id = $scim->post('/Users', { userName => 'Kim' })->{body}{id};

    my $res = $scim->get('/Me', @me);
    is($res->{status}, 200, 'GET');
    is($res->{body}{id}, $id, 'is the user');
    like($res->{headers}{'content-location'}, qr{/Users/$id$},
         'Content-Location');
    is($scim->patch('/Me', [ { op => 'replace', path => 'title',
                               value => 'T' } ], @me)->{body}{title}, 'T',
       'PATCH');
    is($scim->put('/Me', { userName => 'Kim', title => 'U' }, @me)
           ->{body}{title}, 'U', 'PUT');
    is($scim->request('HEAD', '/Me', undef, @me)->{status}, 200, 'HEAD');
    is($scim->post('/Me', {}, @me)->{status}, 405, 'POST');
    is($scim->get('/Me')->{status}, 404, 'nobody named');
    is($scim->get('/Me', headers => { 'X-User' => 'nobody' })->{status}, 404,
       'nobody of that name');
    is($scim->get('/Me', headers => { 'X-User' => "kim\xff" })->{status}, 404,
       'a name that is no text');
    is($scim->delete('/Me', @me)->{status}, 204, 'DELETE');
    is($scim->get('/Me', @me)->{status}, 404, 'gone');
};

done_testing();
