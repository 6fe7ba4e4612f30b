#!/usr/bin/env perl
#
# Versions and conditional requests (RFC 7644, section 3.14; RFC 9110, section
# 13).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;
my $user = $scim->post('/Users', { userName => 'ann' })->{body};
my $path = "/Users/$user->{id}";
my $n = 1;


sub read_with { $scim->get($path, headers => { 'If-None-Match' => $_[0] }) }


sub write_with {
    my ($method, $tags) = @_;
    my $body = $method eq 'PUT' ? { userName => 'ann', title => "t" . $n++ }
             : $method eq 'PATCH'
               ? { Operations => [ { op => 'replace', path => 'title',
                                     value => "t" . $n++ } ] }
             : undef;
    return $scim->request($method, $path, $body,
                          headers => { 'If-Match' => $tags });
}


sub version {
    my ($res) = $scim->get($path);
    is($res->{headers}{etag}, $res->{body}{meta}{version},
       'ETag and meta.version are one');
    return $res->{headers}{etag};
}


# GET
for my $tags ('W/"1"', '"1"', '*', 'W/"7", W/"1"', '"x" , "1"', 'W/"1",W/"2"') {
    my $res = read_with($tags);
    is($res->{status}, 304, "If-None-Match: $tags");
    is($res->{text}, '', 'without a body');
    is($res->{headers}{etag}, 'W/"1"', 'with the ETag');
}
for my $tags ('W/"2"', '"11"', 'W/""', '""', 'x', 'W/"', ',', 'W/"1 2"') {
    is(read_with($tags)->{status}, 200, "If-None-Match: $tags");
}
is($scim->get('/Users/nobody', headers => { 'If-None-Match' => '*' })
       ->{status}, 404, 'nobody there');
is($scim->request('HEAD', $path, undef,
   headers => { 'If-None-Match' => 'W/"1"' })->{status}, 304, 'HEAD');

# writes
for my $method (qw(PUT PATCH)) {
    for my $make (sub { $_[0] }, sub { '*' }, sub { "W/\"x\", $_[0]" },
                  sub { my ($tag) = $_[0] =~ /(".*")/; $tag })
    {
        my $before = version();
        my $res = write_with($method, $make->($before));
        is($res->{status}, 200, "$method, If-Match: " . $make->($before))
            or diag $res->{text};
        isnt($res->{headers}{etag}, $before, 'the version is new');
        is($res->{body}{meta}{version}, $res->{headers}{etag}, 'and answered');
    }
}
for my $method (qw(PUT PATCH DELETE)) {
    my $before = version();
    for my $tags ('W/"1"', '"no"', 'W/"1", W/"2"', 'x') {
        my $res = write_with($method, $tags);
        error_ok($res, 412, undef, qr/\Q$before\E/, "$method, If-Match: $tags");
    }
    is(version(), $before, 'and nothing has changed');
}
error_ok($scim->delete('/Users/nobody', headers => { 'If-Match' => '*' }), 404,
         undef, qr/not found/, 'If-Match: * on nobody');

# requests that change nothing
my $whole = $scim->get($path)->{body};
for my $case (
    [ 'PUT', $whole ],
    [ 'PATCH', { Operations => [] } ],
    [ 'PATCH', { Operations => [ { op => 'replace', path => 'title',
                                   value => $whole->{title} } ] } ],
    [ 'PATCH', { Operations => [ { op => 'Add', path => 'userName',
                                   value => 'ann' } ] } ],
    [ 'PATCH', { Operations => [ { op => 'remove', path => 'nickName' } ] } ],
    [ 'PATCH', { Operations => [ { op => 'replace', value => { id =>
                 $whole->{id}, title => $whole->{title} } } ] } ],
) {
    my ($method, $body) = @$case;
    my $res = $scim->request($method, $path, $body);
    is($res->{status}, 200, "$method without a change");
    is_deeply($res->{body}{meta}, $whole->{meta},
              'version and lastModified stay');
}

# requests that change something
my $res = $scim->patch($path, [ { op => 'replace', path => 'title',
                                  value => 'another' } ]);
isnt($res->{body}{meta}{version}, $whole->{meta}{version}, 'a new version');
is($res->{body}{meta}{created}, $whole->{meta}{created}, 'created stays');
cmp_ok($res->{body}{meta}{lastModified}, 'ge', $whole->{meta}{lastModified},
       'lastModified goes on');

# POST knows no versions
is($scim->post('/Users', { userName => 'ben' },
   headers => { 'If-None-Match' => '*' })->{status}, 201,
   'If-None-Match: * on POST');

is(write_with('DELETE', version())->{status}, 204, 'DELETE with the version');

# nginx's own conditions do not come into it
$user = $scim->post('/Users', { userName => 'cat' })->{body};
is($scim->get("/Users/$user->{id}", headers => { 'If-Modified-Since' =>
   'Tue, 01 Jan 2030 00:00:00 GMT' })->{status}, 200, 'If-Modified-Since');
is($scim->get("/Users/$user->{id}", headers => { Range => 'bytes=0-3' })
       ->{status}, 200, 'Range');

# each method has both (RFC 9110, section 13.2.2)
for my $path ("/Users/$user->{id}", '/ServiceProviderConfig', '/Schemas') {
    my $tag = $scim->get($path)->{headers}{etag};
    error_ok($scim->get($path, headers => { 'If-Match' => '"no"' }), 412,
             undef, qr/If-Match does not name/, "If-Match on GET: $path");
    is($scim->get($path, headers => { 'If-Match' => $tag })->{status}, 200,
       "the one that it has: $path");
    is($scim->get($path, headers => { 'If-Match' => '"no"',
       'If-None-Match' => $tag })->{status}, 412, 'If-Match comes first');
    is($scim->get($path, headers => { 'If-Match' => '*',
       'If-None-Match' => $tag })->{status}, 304, 'then If-None-Match');
}
my $group = $scim->post('/Groups', { displayName => 'g', members => [
    { value => $user->{id} } ] })->{body};
for my $tags ('*', 'W/"1"', '"7", "1"') {
    my %with = (headers => { 'If-None-Match' => $tags });
    my $member = [ { op => 'remove', path => 'members' } ];
    for my $case ([ PUT => "/Users/$user->{id}", { userName => 'x' } ],
                  [ PATCH => "/Users/$user->{id}", [ { op => 'add',
                    path => 'title', value => 'T' } ] ],
                  [ DELETE => "/Users/$user->{id}" ],
                  [ PATCH => "/Groups/$group->{id}", $member ],
                  [ PUT => "/Groups/$group->{id}", { displayName => 'h' } ],
                  [ DELETE => "/Groups/$group->{id}" ])
    {
        my ($method, $path, $body) = @$case;
        $body = { Operations => $body } if ref $body eq 'ARRAY';
        error_ok($scim->request($method, $path, $body, %with), 412, undef,
                 qr/If-None-Match names/, "$method, If-None-Match: $tags");
    }
}
is_deeply($scim->get("/Users/$user->{id}")->{body}{title}, undef,
          'nothing was done');
is(scalar @{ $scim->get("/Groups/$group->{id}")->{body}{members} }, 1,
   'to the group neither');
my %other = (headers => { 'If-None-Match' => '"7"' });
is($scim->request('PATCH', "/Groups/$group->{id}", { Operations => [ {
   op => 'remove', path => 'members' } ] }, %other)->{status}, 204,
   'PATCH, another tag');
is($scim->request('PUT', "/Users/$user->{id}", { userName => 'cat' }, %other)
       ->{status}, 200, 'PUT, another tag');
is($scim->request('DELETE', "/Users/$user->{id}", undef, %other)->{status},
   204, 'DELETE, another tag');

clean_log($scim);
undef $scim;

done_testing();
