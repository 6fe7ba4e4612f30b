#!/usr/bin/env perl
#
# ServiceProviderConfig, ResourceTypes and Schemas (RFC 7643, sections 5 to 7;
# RFC 7644, section 4).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;

my $config = $scim->get('/ServiceProviderConfig');
is($config->{status}, 200, 'ServiceProviderConfig');
is_deeply($config->{body}{schemas},
          [ 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig' ],
          'schemas');
is($config->{body}{$_}{supported}, $true, "$_ is supported")
    for qw(patch filter etag);
is($config->{body}{changePassword}{supported}, $false, 'changePassword is not');
for my $feature (qw(bulk sort)) {
    ok(exists $config->{body}{$feature}{supported}, "$feature is told");
}
ok(exists $config->{body}{bulk}{$_}, "bulk.$_")
    for qw(maxOperations maxPayloadSize);
is($config->{body}{filter}{maxResults}, 1000, 'filter.maxResults');
is($config->{body}{authenticationSchemes}[0]{type}, 'oauthbearertoken',
   'authenticationSchemes');
is($config->{body}{meta}{location}, "$scim->{base}/ServiceProviderConfig",
   'meta.location');

my $types = $scim->get('/ResourceTypes')->{body};
is($types->{totalResults}, scalar @{ $types->{Resources} }, 'ResourceTypes');
my %type = map { $_->{id} => $_ } @{ $types->{Resources} };
is_deeply([ sort keys %type ], [ qw(Group User) ], 'User and Group');
is($type{User}{endpoint}, '/Users', 'endpoint');
is($type{User}{schema}, $USER, 'schema');
is_deeply($type{User}{schemaExtensions},
          [ { schema => $ENTERPRISE, required => $false } ], 'extensions');
is_deeply($scim->get("/ResourceTypes/$_")->{body}, $type{$_}, "by id: $_")
    for sort keys %type;
is($type{User}{meta}{location}, "$scim->{base}/ResourceTypes/User",
   'meta.location');

my $schemas = $scim->get('/Schemas')->{body};
is($schemas->{totalResults}, scalar @{ $schemas->{Resources} }, 'Schemas');
my %schema = map { $_->{id} => $_ } @{ $schemas->{Resources} };
ok($schema{$_}, $_) for $USER, $GROUP, $ENTERPRISE;
is_deeply($scim->get("/Schemas/$_")->{body}, $schema{$_}, "by id: $_")
    for sort keys %schema;
is($schema{$USER}{meta}{location}, "$scim->{base}/Schemas/$USER",
   'meta.location');

error_ok($scim->get('/Schemas?count=many'), 400, 'invalidValue', qr/"count"/,
         'a count that is no number');


# every attribute has all its characteristics
sub complete {
    my ($path, @attributes) = @_;
    for my $attr (@attributes) {
        my @wrong = grep { !exists $attr->{$_} }
            qw(name type multiValued description required mutability returned),
            $attr->{type} eq 'string' ? qw(caseExact uniqueness) : ();
        push @wrong, 'subAttributes'
            if ($attr->{type} eq 'complex') != exists $attr->{subAttributes};
        push @wrong, 'null' if grep { !defined } values %$attr;
        is("@wrong", '', "$path.$attr->{name} is complete");
        complete("$path.$attr->{name}", @{ $attr->{subAttributes} || [] });
    }
}

complete($_, @{ $schema{$_}{attributes} }) for sort keys %schema;

my %attr = map { $_->{name} => $_ } @{ $schema{$USER}{attributes} };
is($attr{userName}{required}, $true, 'userName is required');
is($attr{userName}{uniqueness}, 'server', 'and unique');
is($attr{password}{returned}, 'never', 'password is never returned');
is($attr{groups}{mutability}, 'readOnly', 'groups is read-only');
ok(grep({ $_ eq 'work' } map { @{ $_->{canonicalValues} || [] } }
        @{ $attr{emails}{subAttributes} }), 'e-mail knows "work"');

# all three: ETag, filter, unknown ids
for my $path (qw(/ServiceProviderConfig /ResourceTypes /Schemas
                 /ResourceTypes/User), "/Schemas/$USER")
{
    my $res = $scim->get($path);
    like($res->{headers}{etag}, qr/^W\/".+"$/, "$path: ETag");
    is($scim->get($path)->{headers}{etag}, $res->{headers}{etag},
       "$path: the same again");
    my $not = $scim->get($path, headers => {
        'If-None-Match' => $res->{headers}{etag} });
    is($not->{status}, 304, "$path: 304");
    is($not->{text}, '', "$path: without a body");
    is($not->{headers}{etag}, $res->{headers}{etag}, "$path: with ETag");
    is($scim->get($path, headers => { 'If-None-Match' => 'W/"no"' })
           ->{status}, 200, "$path: 200 for another ETag");
    error_ok($scim->get("$path?filter=id+eq+%22x%22"), 403, undef, qr/filter/i,
             "$path: no filter");
}
error_ok($scim->get('/Schemas/urn:nothing'), 404, undef, qr/urn:nothing/,
         'no such schema');
error_ok($scim->get('/ResourceTypes/Device'), 404, undef, qr/Device/,
         'no such type');

my $seen = $scim->redis('INFO', 'commandstats');
$scim->get($_) for qw(/ServiceProviderConfig /ResourceTypes /Schemas);
my ($before, $after) = map { join ' ', /cmdstat_(\w+):calls=(\d+)/g }
    map { s/cmdstat_(?:auth|info|srandmember):.*//gr }
    $seen, $scim->redis('INFO', 'commandstats');
is($after, $before, 'Redis is not asked');

clean_log($scim);
undef $scim;

done_testing();
