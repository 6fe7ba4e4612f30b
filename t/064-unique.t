#!/usr/bin/env perl
#
# scim_unique: which attributes are unique.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

my $scim = SCIM->new(http => "
    scim_unique User externalId emails.value $enterprise:employeeNumber;
    scim_unique Group none;");

sub user {
    my ($name, %more) = @_;
    return $scim->post('/Users', { userName => $name, %more });
}

sub refused {
    my ($res, $attribute, $name) = @_;
    is("$res->{status} " . ($res->{body}{scimType} // ''), '409 uniqueness',
       $name);
    like($res->{body}{detail}, qr/^"\Q$attribute\E": another User has/,
         "$name: the detail names it");
}

my $kim = user('kim', externalId => 'k1',
               emails => [ { value => 'Kim@x.example' },
                           { value => 'kim@home.example' } ],
               $enterprise => { employeeNumber => '7' });
is($kim->{status}, 201, 'the first');

refused(user('KIM'), 'userName', 'userName stays unique');
refused(user('ada', externalId => 'k1'), 'externalId', 'externalId');
refused(user('ada', emails => [ { value => 'ada@x.example' },
                                { value => 'KIM@home.example' } ]),
        'emails.value', 'one of several addresses');
refused(user('ada', $enterprise => { employeeNumber => '7' }),
        "$enterprise:employeeNumber", 'an attribute of an extension');

my $ada = user('ada', externalId => 'K1',
               emails => [ { value => 'ada@x.example' },
                           { value => 'ada@x.example', type => 'home' } ]);
is($ada->{status}, 201, 'what is not the same');

my $place = "/Users/$ada->{body}{id}";
refused($scim->patch($place, [ { op => 'replace', path => 'externalId',
                                 value => 'k1' } ]), 'externalId', 'PATCH');
refused($scim->put($place, { userName => 'ada', externalId => 'k1' }),
        'externalId', 'PUT');
is($scim->get($place)->{body}{externalId}, 'K1', 'and nothing is changed');

is($scim->patch("/Users/$kim->{body}{id}",
                [ { op => 'remove', path => 'externalId' } ])->{status}, 200,
   'a value is given up');
is($scim->patch($place, [ { op => 'replace', path => 'externalId',
                            value => 'k1' } ])->{status}, 200,
   'and is free for another');
is($scim->delete($place)->{status}, 204, 'a deleted user');
is(user('bob', externalId => 'k1')->{status}, 201, 'has no value any more');

is($scim->get('/Users?filter=externalId+eq+%22k1%22')->{body}{totalResults}, 1,
   'it is found');

my @writers = $scim->parallel(8, sub {
    my ($n) = @_;
    return user("writer$n", externalId => 'same')->{status};
});
is_deeply([ sort map { ref $_ ? @$_ : $_ } @writers ], [ 201, (409) x 7 ],
          'of writers at once one wins');


my @staff = map { $scim->post('/Groups', { displayName => 'Staff' }) } 1 .. 2;
is_deeply([ map { $_->{status} } @staff ], [ 201, 201 ],
          'two groups with one name');
is($scim->get('/Groups?filter=displayName+eq+%22staff%22')->{body}
   {totalResults}, 2, 'a filter finds both');
is($scim->redis('EXISTS', 'scim:{demo}:groups:by:displayName'), 0,
   'there is no hash of names');
is($scim->redis('ZCARD', 'scim:{demo}:groups:by:displayName:sorted'), 2,
   'there is a sorted set');

$scim->post('/Users', { userName => 'member' });
my $member = $scim->get('/Users?filter=userName+eq+%22member%22')
    ->{body}{Resources}[0]{id};
$scim->patch("/Groups/$staff[0]{body}{id}",
             [ { op => 'add', path => 'members',
                 value => [ { value => $member } ] } ]);
is($scim->get("/Users/$member")->{body}{groups}[0]{display}, 'Staff',
   'the name of a group is shown');


my %schemas = map { $_->{id} => $_ }
              @{ $scim->get('/Schemas')->{body}{Resources} };

sub announced {
    my ($schema, $name, $sub) = @_;
    my ($attr) = grep { $_->{name} eq $name } @{ $schemas{$schema}{attributes} };
    ($attr) = grep { $_->{name} eq $sub } @{ $attr->{subAttributes} } if $sub;
    return $attr->{uniqueness};
}

my $core = 'urn:ietf:params:scim:schemas:core:2.0';
is(announced("$core:User", 'userName'), 'server', '/Schemas: userName');
is(announced("$core:User", 'emails', 'value'), 'server', '/Schemas: emails.value');
is(announced("$core:User", 'title'), 'none', '/Schemas: title');
is(announced($enterprise, 'employeeNumber'), 'server',
   '/Schemas: employeeNumber');
is(announced("$core:Group", 'displayName'), 'none', '/Schemas: displayName');


# --- mistakes in the configuration --------------------------------------------

sub refusal {
    my ($directive) = @_;
    my $dir = "$scim->{dir}/mistake";
    mkdir $dir;
    open my $file, '>', "$dir/nginx.conf" or die;
    print {$file} 'load_module ' . SCIM::module() . ";\n"
        . "error_log $dir/error.log; pid $dir/pid; events { }\n"
        . "http { $directive }\n";
    close $file;
    return scalar `nginx -t -p $dir -e $dir/error.log -c $dir/nginx.conf 2>&1`;
}

for my $case (
    [ 'scim_unique User;', qr/invalid number of arguments in "scim_unique"/ ],
    [ 'scim_unique Robot serial;',
      qr/"scim_unique": there is no resource type "Robot" in .*:\d+/ ],
    [ 'scim_unique User shoeSize;', qr/"User" has no attribute "shoeSize"/ ],
    [ 'scim_unique User active;',
      qr/"active" of "User" cannot be unique: only strings and references can/ ],
) {
    my ($directive, $words) = @$case;
    like(refusal($directive), $words, $directive);
}

done_testing();
