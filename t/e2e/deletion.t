#!/usr/bin/env perl
#
# An organization that is deleted while its clients go on sending: nothing of it
# comes back, and the next one of its name begins empty. And what takes something
# away while memory is full.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Socket::INET;
use SCIM;
use SCIM::Ctl;
use SCIM::Test;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => './build.sh module builds scim-doc'
    if !-x "$SCIM::Ctl::TOP/build/scim-doc";

my $scim = SCIM->new(
    scim_tokens => 'redis valid=1h',
    location    => 'scim_log on cycle=1s;',
);
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");


sub runs {
    my (@words) = @_;
    my $run = $ctl->run(@words);
    is($run->{status}, 0, "@words") or diag $run->{err};
    chomp $run->{out};
    return $run->{out};
}


sub refused {
    my ($like, @words) = @_;
    my $run = $ctl->run(@words);
    isnt($run->{status}, 0, "refused: @words");
    like($run->{err}, $like, "refused: @words: why");
}


sub token_of {
    my ($org) = @_;
    return (split /\t/, runs('org', 'create', $org, '--token'))[1];
}


sub keys_of {
    my ($org) = @_;
    return [ sort map { s/^scim:\{$org\}://r }
             @{ $scim->redis('KEYS', "scim:{$org}:*") } ];
}


# --- clients that go on -----------------------------------------------------

my $token = token_of('acme');
my $kim = $scim->post('/Users', { userName => 'kim' }, token => $token)
    ->{body}{id};
my $group = $scim->post('/Groups', { displayName => 'All' }, token => $token)
    ->{body}{id};
SCIM::wait_for('the cycle', sub {
    $scim->redis('EXISTS', 'scim:{acme}:cycle') });

runs('org', 'delete', 'acme', '--yes');

is($scim->get('/Users', token => $token)->{status}, 200,
   'nginx still knows the token');
error_ok($scim->post('/Users', { userName => 'ada' }, token => $token), 403,
         undef, qr/organization was deleted/, 'a creation');
error_ok($scim->post('/Bulk', { Operations => [ { method => 'POST',
             path => '/Users', bulkId => 'a', data => { userName => 'x' } } ] },
         token => $token)->{body}{Operations}[0]{status} eq '403'
         ? $scim->post('/Groups', { displayName => 'x' }, token => $token)
         : {}, 403, undef, qr/organization was deleted/, 'and in a bulk');
is($scim->delete("/Users/$kim", token => $token)->{status}, 404, 'a deletion');
sleep 2.5;                              # the cycle would be written down
is_deeply(keys_of('acme'), [ 'meta' ], 'nothing comes back');

refused(qr/nginx may know its tokens until \d{4}-/, 'org', 'create', 'acme');
refused(qr/no organization/, 'org', 'show', 'acme');
refused(qr/no organization/, 'token', 'issue', 'acme', 'x');
is(runs('org', 'list') =~ /acme/, '', 'it is listed no more');

runs('org', 'create', 'acme', '--force');
my ($show) = $ctl->json('org', 'show', 'acme');
is($show->{users}, 0, 'one of its name begins empty');


# --- a name that has data ---------------------------------------------------

my $other = token_of('other');
$scim->post('/Users', { userName => 'kim' }, token => $other);
$scim->redis('ZREM', 'scim:tenants', 'other');
refused(qr/has data/, 'org', 'create', 'other');
runs('org', 'create', 'other', '--force');
($show) = $ctl->json('org', 'show', 'other');
is($show->{users}, 1, 'is taken over if that is asked for');


# --- one that comes back from a backup --------------------------------------

{
    my $file = "$scim->{dir}/backup";
    my $backup = $ctl->run('backup', $file);
    is($backup->{status}, 0, 'a backup') or diag $backup->{err};
    runs('org', 'delete', 'other', '--yes');
    my $restore = $ctl->run('restore', $file, '--org', 'other', '--yes');
    is($restore->{status}, 0, 'an organization is restored') or diag $restore->{err};
    is($scim->post('/Users', { userName => 'ada' }, token => $other)->{status}, 201,
       'and written to');
    is($scim->redis('ZCARD', 'scim:{other}:users'), 2, 'beside what it had');
    is($ctl->run('check', 'other')->{status}, 0, 'nothing is damaged');
}


# --- a body that comes late -------------------------------------------------

{
    my $scim = SCIM->new(scim_tokens => 'redis valid=0');
    my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");
    my $token = (split /[\t\n]/,
                 $ctl->run('org', 'create', 'acme', '--token')->{out})[1];

    my $send = sub {
        my ($name, $between) = @_;
        my $body = qq({"userName":"$name"});
        my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}")
            or die "connect: $!";
        print {$socket} "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
            . "Authorization: Bearer $token\r\nConnection: close\r\n"
            . "Content-Type: application/scim+json\r\nContent-Length: "
            . length($body) . "\r\n\r\n" . substr $body, 0, 5;
        $socket->flush;
        sleep 0.5;
        $between->();
        print {$socket} substr $body, 5;
        $socket->flush;
        local $/;
        return <$socket>;
    };

    like($send->('kim', sub { }), qr/^HTTP\/1.1 201 /, 'a body that comes late');
    my $answer = $send->('ada', sub {
        $ctl->run('token', 'revoke', 'acme', 'first', '--yes') });
    like($answer, qr/^HTTP\/1.1 401 .*invalid_token/s,
         'behind the revocation of its token: 401');
    like($answer, qr/api:messages:2.0:Error/, 'with an error of SCIM');
    is($scim->redis('ZCARD', 'scim:{acme}:users'), 1, 'and nothing is written');
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error');
}


# --- memory that is full ----------------------------------------------------

{
    my $token = token_of('full');
    my @other = (token => $token);
    my $post = sub { $scim->post($_[0], $_[1], @other)->{body}{id} };
    my @users = map { $post->('/Users', { userName => "u$_", active => JSON::PP::true }) }
        1 .. 650;
    my $small = $post->('/Groups', { displayName => 'Small',
        members => [ map { { value => $_ } } @users[0 .. 9] ] });
    my $large = $post->('/Groups?excludedAttributes=members', { displayName => 'L',
        members => [ map { { value => $_ } } @users ] });
    my $patch = sub {
        my ($path, @ops) = @_;
        return $scim->patch("$path?attributes=id", \@ops, @other)->{status};
    };

    $scim->redis('CONFIG', 'SET', 'maxmemory', '1');

    is($scim->post('/Users', { userName => 'more' }, @other)->{status}, 503,
       'full: a creation is refused');
    is($patch->("/Users/$users[0]", { op => 'replace', path => 'active',
                                      value => 'False' }), 200,
       'full: a user is disabled');
    is($scim->put("/Users/$users[1]", { userName => 'u2', active => JSON::PP::false },
                  @other)->{status}, 200, 'full: and by PUT');
    is($scim->get("/Users/$users[0]", @other)->{body}{active}, JSON::PP::false,
       'full: as everybody sees');
    is($patch->("/Groups/$small", { op => 'remove',
           path => qq{members[value eq "$users[3]"]} }), 200,
       'full: a member is removed');
    is($patch->("/Groups/$small", { op => 'remove', path => 'members',
           value => [ map { { value => $_ } } @users[4, 5] ] }), 200,
       'full: two are');
    is($patch->("/Groups/$large", { op => 'remove', path => 'members',
           value => [ map { { value => $_ } } @users[0 .. 599] ] }), 200,
       'full: very many are');
    is($scim->delete("/Users/$users[6]", @other)->{status}, 204,
       'full: a user is deleted');
    is($scim->delete("/Groups/$large", @other)->{status}, 204,
       'full: a large group is');
    SCIM::wait_for('the sweep',
                   sub { !@{ $scim->redis('SMEMBERS', 'scim:moving') } });
    pass('full: and swept');
    is($scim->redis('SCARD', "scim:{full}:group:$small:members"), 6,
       'full: the group has the others');
    runs('check', 'full');
    runs('token', 'revoke', 'full', 'first', '--yes');
    runs('org', 'delete', 'full', '--yes');
    is_deeply(keys_of('full'), [ 'meta' ], 'full: an organization is deleted');

    $scim->redis('CONFIG', 'SET', 'maxmemory', '0');
}

done_testing();
