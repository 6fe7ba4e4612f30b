#!/usr/bin/env perl
#
# Text of a client that would mean something where it comes to: line ends in
# headers and logs, markup, hosts, names of keys, control characters for the
# operator's tool; and user names that look alike.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP;
use SCIM;
use SCIM::Ctl;
use SCIM::Test;
use Test::More;

my ($FORMAT) = SCIM::_slurp("$SCIM::TOP/docs/variables.md")
    =~ /^(log_format\s+scim\s.*?;)$/ms;

my $scim = SCIM->new(
    http     => $FORMAT,
    location => 'scim_log on values=on; access_log access.log scim;',
    server   => 'location = /status { scim_status; }');
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");

my @HOSTILE = ("a\r\nX-Evil: 1", 'a"b\'c', '<script>alert(1)</script>',
    '</script><img src=x>', "a\\", '{other}', 'a}:b', '*', '../../x', '%00', '%0d%0a',
    "a\x7fb", "\x{202e}evil", '${x}$uri', '%s%n', '"]] redis.call("FLUSHALL") --');


subtest 'values' => sub {
    for my $text (@HOSTILE) {
        my $name = JSON::PP->new->ascii->allow_nonref->encode($text);
        my $res = $scim->post('/Users', { userName => $text, title => $text,
                                          externalId => $text });
        is($res->{status}, 201, "$name is text");
        is($res->{body}{userName}, $text, 'and stays as it is');
        is($res->{headers}{'x-evil'}, undef, 'no header');
        like($res->{headers}{location},
             qr{^http://127\.0\.0\.1:\d+/scim/v2/Users/[a-z2-7]{26}$}, 'location');

        error_ok($scim->post('/Users', { userName => $text }), 409, 'uniqueness',
                 qr/userName/, 'once only');
        is($scim->post('/Groups', { displayName => $text })->{status}, 201, 'a group');

        my $found = $scim->get('/Users?filter='
            . encode('userName eq ' . JSON::PP->new->allow_nonref->encode($text)));
        is($found->{body}{totalResults}, 1, 'it is found');
    }
};


subtest 'ids' => sub {
    for my $text (map { s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger }
                  grep { !m{[^\0-\x7f]|^\.\.} } @HOSTILE)
    {
        error_ok($scim->get("/Users/$text"), 404, '', qr/./, "no user $text");
        error_ok($scim->delete("/Groups/$text"), 404, '', qr/./, "no group $text");
    }
};


subtest 'hosts' => sub {
    for my $host ('a"b', "a<script>", 'a b', 'a\\b', "a\tb", "a\xff") {
        my $res = $scim->post('/Users', { userName => "host $host" },
                              headers => { Host => $host });
        my $location = $res->{headers}{location} // '';
        ok($res->{status} == 400 || $location !~ /["<>\\\s]/,
           "no location with $host: $res->{status}") or diag $location;
    }

    my $res = $scim->post('/Users', { userName => 'forwarded' }, headers => {
        'X-Forwarded-Host' => 'evil.example', 'X-Forwarded-Proto' => 'gopher' });
    unlike($res->{text}, qr/evil|gopher/, 'X-Forwarded-* is not believed');
};


# a header in each of which something is read
subtest 'headers' => sub {
    my $user = $scim->post('/Users', { userName => 'headers' })->{body};
    my @headers = qw(Authorization If-Match If-None-Match Content-Type Accept Prefer
                     X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto Forwarded);

    for my $header (@headers) {
        for my $text ('a"b', '"', 'W/"', "a\r\nX-Evil: 1", "a\rX-Evil: 1", "a\nX-Evil: 1",
                      "a\0b", "a\tb", '<script>', "\xff\xfe", '%0d%0aX-Evil:1', ',' x 500,
                      'W/"1", ' x 100, 'Bearer {other}', "return=minimal\r\nX-Evil: 1")
        {
            (my $name = "$header: $text") =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;

            for my $res ($scim->get("/Users/$user->{id}", headers => { $header => $text }),
                         $scim->put("/Users/$user->{id}", { userName => 'headers' },
                                    headers => { $header => $text }))
            {
                ok($res->{status} >= 200 && $res->{status} < 500, $name)
                    or diag $res->{status};
                is($res->{headers}{'x-evil'}, undef, 'no header of others');
                unlike($res->{text} // '', qr/X-Evil|<script>/, 'nor in the answer');
            }
        }
    }

    is($scim->get("/Users/$user->{id}")->{body}{userName}, 'headers', 'the user is there');
};


# attempts of somebody who may write tokens, and nothing else
subtest 'names of organizations and of tokens' => sub {
    my $other = SCIM->new(scim_tokens => 'redis valid=0');
    my $n = 0;

    for my $text (@HOSTILE, '{', '}', ':', "a\0b", '', '../demo', "demo\n", ' demo',
                  'demo}:users', 'x' x 65)
    {
        my $bytes = $text;
        utf8::encode($bytes);
        (my $name = $bytes) =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;

        for my $fields ([ tenant => $bytes, name => 'main' ],
                        [ tenant => 'demo', name => $bytes ])
        {
            my $token = 'hostile-' . ++$n;
            $other->redis('HSET', $other->token_key($token), @$fields, scope => 'rw');
            my $res = $other->post('/Users', { userName => "u$n" }, token => $token);
            error_ok($res, 401, '', qr/./, "$fields->[0] \"" . ($fields->[1] eq $bytes ? $name : 'demo')
                     . "\", name $name");
        }
    }

    is_deeply([ grep { !/^scim:token:|^scim:format$|^scim:directory$/ } @{ $other->redis('KEYS', '*') } ],
              [], 'nothing was written');
};


subtest 'where it comes to' => sub {
    my @lines = split /\n/, SCIM::_slurp("$scim->{dir}/access.log");
    my @bad = grep { !eval { decode_json($_); 1 } } @lines;
    ok(@lines > 50, 'requests are logged');
    is("@bad", '', 'each in one line of JSON');

    for my $path ('/status', '/status?org=demo') {
        my $page = $scim->get($path, root => '', token => '',
                              headers => { Accept => 'text/html' });
        is($page->{status}, 200, $path);
        unlike($page->{text}, qr/<script>alert|<img src=x/, 'no markup of others');
        unlike($page->{text}, qr/[\0-\x08\x0b\x0c\x0e-\x1f]/,
               'no control characters');
    }

    my $keys = $scim->redis('KEYS', '*');
    is_deeply([ grep { !/^scim:(\{demo\}:|tenants$|format$|directory$)/ } @$keys ], [],
              'all keys are of the organization');

    my $check = $ctl->run('check');
    is($check->{out} . $check->{err}, "no damage was found\n", 'check');
    my $export = $ctl->run('export', 'demo');
    is($export->{status}, 0, 'export') or diag $export->{err};
};


# names that are one user, and names that are two
subtest 'names alike' => sub {
    my @same = ([ 'straße', 'STRASSE' ], [ "\x{212a}elvin", 'kelvin' ],
                [ "caf\x{e9}", "cafe\x{301}" ], [ 'ÄÖ', 'äö' ], [ 'ΣΑΣ', 'σας' ]);
    my @other = ([ "\x{130}nci", 'inci' ], [ "\x{131}rem", 'Irem' ],
                 [ 'paypal', "p\x{430}ypal" ], [ 'zero', "ze\x{200b}ro" ],
                 [ 'fi', "\x{ff46}\x{ff49}" ], [ 'tail', 'tail ' ]);

    for my $pair (@same, @other) {
        my $name = join ' and ', @$pair;
        my $expected = (grep { $_ == $pair } @same) ? 409 : 201;
        is($scim->post('/Users', { userName => "n-$pair->[0]" })->{status}, 201, $name);
        is($scim->post('/Users', { userName => "n-$pair->[1]" })->{status}, $expected,
           $expected == 409 ? 'are one user' : 'are two');
    }
};

clean_log($scim);
undef $scim;

done_testing();
