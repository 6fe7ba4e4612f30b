#!/usr/bin/env perl
#
# scim_status: what operators see, as JSON and as a page.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_base64 sha256_hex);
use POSIX qw(strftime);
use SCIM;
use SCIM::Test;

use Test::More;

my $HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';

# the answer to a request for the location; an Accept can be given
sub status {
    my ($scim, $query, $accept, %opt) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}") or die $!;
    my $method = $opt{method} || 'GET';
    my $path = $opt{path} || '/status';
    return SCIM::_exchange($socket, $method, "$method $path$query HTTP/1.1\r\n"
        . "Host: localhost\r\nConnection: close\r\n"
        . ($accept ? "Accept: $accept\r\n" : '')
        . join('', map { "$_\r\n" } @{ $opt{headers} || [] }) . "\r\n");
}


sub provider {
    return SCIM->new(tokens => { secret => 'acme entra rw',
                                 other => 'globex entra rw' },
                     http => 'scim_log on values=on cycle=60s;',
                     server => 'location = /status { scim_status; }', @_);
}


# one organization of the list, when it has so many requests in a cycle
sub org_with {
    my ($scim, $name, $requests) = @_;
    my $org;
    SCIM::wait_for("$requests requests of $name", sub {
        ($org) = grep { $_->{name} eq $name }
            @{ status($scim, '')->{body}{organizations} };
        return $org && ($org->{running}{requests} // 0) == $requests;
    });
    return $org;
}


sub utc { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

sub listed {
    my ($res) = @_;
    return join ' ', map { $_->{name} } @{ $res->{body}{organizations} };
}

sub adds_log {
    my ($scim, $tenant, $n) = @_;
    $scim->redis('EVAL', 'for i = 1, ARGV[1] do redis.call("XADD", KEYS[1], '
        . 'i .. "-0", "op", "create", "status", i % 10 == 0 and "409" or '
        . '"201", "request", "r" .. i) end', 1, "scim:{$tenant}:log", $n);
}


subtest 'organizations' => sub {
    my $scim = provider(workers => 2);
    is_deeply(status($scim, '')->{body}{organizations}, [], 'none yet');

    my $user = $scim->post('/Users', { userName => 'kim' })->{body}{id};
    $scim->post('/Users', { userName => 'KIM' });
    $scim->patch("/Users/$user", [ { op => 'replace', path => 'active',
                                     value => $false } ]);
    $scim->post('/Groups', { displayName => 'x' });
    $scim->post('/Groups', { displayName => 'x' }, token => 'other');
    $scim->redis('ZADD', 'scim:tenants', 1, 'acme', 2, 'new.example',
                 3, '<script>', 4, 'a b');

    my $org = org_with($scim, 'acme', 4);
    org_with($scim, 'globex', 1);
    my $res = status($scim, '');

    is($res->{status}, 200, 'a list');
    is($res->{headers}{'content-type'}, 'application/json', 'as JSON');
    like($res->{body}{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a time');
    is(listed($res), 'acme globex new.example', 'those that are listed and '
       . 'those that were seen, and no names that no tenant can have');
    is_deeply([ @{ $res->{body} }{qw(total page pages)} ], [ 3, 1, 1 ],
              'how many');

    is($org->{users}, 1, 'users');
    is($org->{groups}, 1, 'groups');
    is($org->{health}, 'errors', 'health');
    is($org->{last}, undef, 'no cycle has ended');
    my %cycle = (requests => 4, events => 4, created => 2, updated => 0,
                 disabled => 1, deleted => 0, failed => 1,
                 failedPercent => 25, quarantine => $false);
    is_deeply({ map { $_ => $org->{running}{$_} } keys %cycle }, \%cycle,
              'the cycle that is running');

    my %health = map { $_->{name} => $_->{health} }
        @{ $res->{body}{organizations} };
    is($health{globex}, 'ok', 'one without failures');
    is($health{'new.example'}, 'unknown', 'one without requests');

    is(listed(status($scim, '?search=LOB')), 'globex', 'search');
    is(listed(status($scim, '?search=w.E')), 'new.example', 'as it is typed');
    is(listed(status($scim, '?search=no+such')), '', 'without a match');
    like(status($scim, '', $HTML)->{text}, qr{href="\?org=new\.example"},
         'a link to each');
    clean_log($scim);
};


subtest 'limits' => sub {
    my $scim = provider(http => 'scim_limit users=5 bytes=1g;');
    my ($near, $html);
    my $look = sub {
        ($near) = map { $_->{nearLimit} }
            @{ status($scim, '?search=acme')->{body}{organizations} };
        $html = status($scim, '?org=acme', $HTML)->{text};
    };
    $scim->redis('ZADD', 'scim:tenants', 1, 'acme');
    $scim->post('/Users', { userName => "u$_" }) for 1 .. 3;
    $look->();
    is($near, undef, 'three of five');
    unlike($html, qr/Near a limit/, 'on the page as well');

    $scim->post('/Users', { userName => 'u4' });
    $look->();
    is_deeply($near, { users => { has => 4, limit => 5 } }, 'four of five');
    like($html, qr/ Near a limit: 4 of 5 users\./, 'on the page as well');
    is_deeply(status($scim, '?org=acme')->{body}{nearLimit}, $near, 'of one');

    my ($bytes) = $scim->redis('HGET', 'scim:{acme}:meta', 'bytes');
    $scim->redis('HSET', 'scim:{acme}:meta', limits => "bytes=$bytes users=6");
    $look->();
    is_deeply($near, { bytes => { has => $bytes, limit => $bytes } },
              'limits of the organization count in the first place');
    $scim->redis('HSET', 'scim:{acme}:meta', memberships => 9,
                 limits => 'memberships=10 users=7');
    $look->();
    is_deeply($near, { memberships => { has => 9, limit => 10 } }, 'memberships');
    clean_log($scim);
};


subtest 'health' => sub {
    my $scim = provider();
    my $now = time;
    my $write = sub {
        my ($tenant, %cycle) = @_;
        $scim->redis('ZADD', 'scim:tenants', 1, $tenant);
        $scim->redis('HSET', "scim:{$tenant}:cycle", state => 'ended',
                     began => utc($now - 60), last => utc($now), events => 9,
                     failed => 0, quarantine => 0, %cycle);
    };
    my $ended = sub {
        my ($tenant, %cycle) = @_;
        $scim->redis('XADD', "scim:{$tenant}:cycles", '*',
                     last => utc($now - 99), failed => 0, quarantine => 0,
                     %cycle);
    };

    $write->('a', failed => 0);
    $write->('b', failed => 1);
    $write->('c', failed => 6000, quarantine => 1);
    $write->('d', last => utc($now - 86400 - 5), failed => 1);
    $write->('e', last => utc($now - 86000));
    $write->('f', state => 'running');
    $ended->('f', failed => 2);
    $write->('g', state => 'running');
    $ended->('g', quarantine => 1);
    $write->('h', state => 'running');
    $ended->('h', failed => 3);
    $ended->('h');
    $write->('i', last => 'yesterday', failed => 'x');

    my $res = status($scim, '');
    my @orgs = @{ $res->{body}{organizations} };
    is(join(' ', map { "$_->{name}:$_->{health}" } @orgs),
       'a:ok b:errors c:quarantine d:quiet e:ok f:errors g:quarantine h:ok '
       . 'i:unknown', 'how it goes, with the cycle before one that runs');
    is($orgs[5]{last}{failed}, 2, 'the cycle that has ended');
    my $page = status($scim, '', $HTML)->{text};
    like($page, qr/class="health $_->[0]">$_->[1]</, "$_->[1], for people")
        for [ 'ok', 'OK' ], [ 'errors', 'Errors' ], [ 'quiet', 'Quiet' ],
            [ 'quarantine', 'Quarantine' ], [ 'unknown', 'No cycle' ];
    clean_log($scim);
};


subtest 'how fast a cycle is' => sub {
    my $scim = provider();
    my $now = time;
    my $write = sub {
        my ($tenant, $seconds, $events, $state) = @_;
        my %cycle = (began => utc($now - 5 - $seconds), last => utc($now - 5),
                     events => $events, failed => 0, quarantine => 0);
        $scim->redis('ZADD', 'scim:tenants', 1, $tenant);
        $scim->redis('HSET', "scim:{$tenant}:cycle", %cycle, state => $state);
        $scim->redis('XADD', "scim:{$tenant}:cycles", '*', %cycle)
            if $state eq 'ended';
    };

    $write->('initial', 600, 12404, 'running');
    $write->('slow', 3600, 29, 'running');
    $write->('odd', -60, 500, 'running');
    $write->('short', 9, 500, 'running');
    $write->('ten', 10, 5, 'running');
    $write->('done', 60, 70, 'ended');

    my %org = map { $_->{name} => $_ }
        @{ status($scim, '')->{body}{organizations} };
    is($org{initial}{running}{perMinute}, 1240,
       'operations, by the time from the first to the latest request');
    is($org{ten}{running}{perMinute}, 30, 'after ten seconds');
    is($org{done}{last}{perMinute}, 70, 'of a cycle that has ended');
    is($org{$_}{running}{perMinute}, undef, "not known: $_")
        for qw(slow odd short);

    my ($began) = utc($now - 605) =~ s/T/ /r =~ /(.*)Z/;
    like(status($scim, '', $HTML)->{text},
         qr{class="running">running, 1240 a minute<}, 'in the list');
    my $page = sub { status($scim, "?org=$_[0]", $HTML)->{text} };
    like($page->('initial'),
         qr{running since [^;]*>$began<[^;]* UTC, at 1240 a minute;},
         'on the page of one');
    unlike($page->($_), qr/a minute/, "and not: $_") for qw(slow odd short);
    clean_log($scim);
};


subtest 'pages of organizations' => sub {
    my $scim = provider();
    $scim->redis('EVAL', 'for i = 1, 2050 do redis.call("ZADD", KEYS[1], i, '
        . 'string.format("t%04d", 2051 - i)) end', 1, 'scim:tenants');

    my $res = status($scim, '');
    my @orgs = @{ $res->{body}{organizations} };
    is(scalar @orgs, 100, 'a hundred');
    is("$orgs[0]{name} $orgs[99]{name}", 't0001 t0100', 'in the order of names');
    is_deeply([ @{ $res->{body} }{qw(total pages next)} ],
              [ 2050, 21, '?search=&page=2' ], 'and what there is beside');
    is((status($scim, $res->{body}{next})->{body}{organizations}[0]{name}),
       't0101', 'the next page');

    $res = status($scim, '?page=21');
    is(scalar @{ $res->{body}{organizations} }, 50, 'the last page');
    is($res->{body}{next}, undef, 'has no next one');
    is(listed(status($scim, '?page=22')), '', 'behind the last');
    is(listed(status($scim, "?page=$_")), '', "page $_")
        for 9_223_372_036_854_775_807;

    $res = status($scim, '?search=T1&page=2');
    is($res->{body}{total}, 1000, 'a search has pages');
    is($res->{body}{next}, '?search=T1&page=3', 'and keeps its text');

    my $page = status($scim, '?search=t1&page=2', $HTML)->{text};
    like($page, qr{rel="prev" href="\?search=t1&amp;page=1"}, 'links: back');
    like($page, qr{rel="next" href="\?search=t1&amp;page=3"}, 'and on');
    is(() = $page =~ /data-key=/g, 100, 'a row for each');
    clean_log($scim);
};


subtest 'tokens' => sub {
    my $scim = provider(scim_tokens => 'redis');
    my %issue = (
        good    => { created => '2026-11-01T00:00:00Z',
                     used => '2026-11-20T00:00:00Z' },
        reader  => { scope => 'ro', expires => '2999-01-01T00:00:00Z' },
        old     => { expires => '2020-01-01T00:00:00Z' },
        foreign => { tenant => 'globex' },
    );

    for my $name (sort keys %issue) {
        $scim->issue("secret-$name", tenant => 'acme', name => $name,
                     %{ $issue{$name} });
        $scim->redis('HSET', 'scim:{acme}:tokens', $name,
                     sha256_hex("secret-$name"));
    }

    $scim->redis('HSET', 'scim:{acme}:tokens', gone => '0' x 64,
                 '<b>' => 'no digest');

    my $res = status($scim, '?org=acme');
    is($res->{status}, 200, 'known by its tokens');
    my %token = map { $_->{name} => $_ } @{ $res->{body}{tokens} };

    is_deeply($token{good}, { name => 'good', state => 'valid', scope => 'rw',
              created => '2026-11-01T00:00:00Z',
              used => '2026-11-20T00:00:00Z' }, 'a token');
    is_deeply($token{reader}, { name => 'reader', state => 'valid',
              scope => 'ro', expires => '2999-01-01T00:00:00Z' },
              'one that may read');
    is($token{old}{state}, 'expired', 'one that has expired');
    is_deeply($token{$_}, { name => $_, state => 'revoked' }, "revoked: $_")
        for qw(gone foreign <b>);

    my $page = status($scim, '?org=acme', $HTML)->{text};
    like($page, qr/>reader<.*?>valid<.*?>read\s.*?>2999-01-01 00:00:00/s,
         'the page has them');
    like($page, qr/&lt;b&gt;/, 'escaped');

    unlike("$res->{text}$page", qr/[0-9a-f]{64}|secret-/,
           'no digest and no secret');
    clean_log($scim);
};


subtest 'the log' => sub {
    my $scim = provider();
    my $id = $scim->post('/Users', { userName => 'kim' })->{body}{id};
    my $failure = $scim->post('/Users', { userName => 'KIM' });
    $scim->delete("/Users/$id");

    my $log = sub { @{ status($scim, "?org=acme$_[0]")->{body}{log} } };
    my @log = $log->('');

    is(join(' ', map { "$_->{op}:$_->{status}" } @log),
       'delete:204 create:409 create:201', 'the latest first');
    is($log[2]{id}, $id, 'an id');
    is($log[1]{token}, 'entra', 'a token');
    is($log[1]{scimType}, 'uniqueness', 'a reason');
    is($log[1]{request}, $failure->{request_id}, 'a request');
    like($log[1]{time}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a time');

    my $found = sub { join ' ', map { $_->{status} } $log->(@_) };
    is($found->('&failed=on'), '409', 'failures');
    is($found->("&search=$id"), '204 201', 'an id');
    is($found->('&search=UNIQUE'), '409', 'a reason');
    is($found->('&search=another+User'), '409', 'a detail');
    is($found->('&search=another%20user'), '409', 'in any case');
    is($found->("&search=$failure->{request_id}"), '409', 'a request');
    is($found->('&search=entra'), '204 409 201', 'a token');
    is($found->('&search=delete&failed=on'), '', 'both');
    is($found->('&search=%00'), '204 409 201', 'nothing');

    my $page = status($scim, '?org=acme&failed=on&search=user', $HTML)->{text};
    is(() = $page =~ /class="bad"/g, 1, 'the page has it');
    like($page, qr/name="search" value="user"/, 'with what was looked for');
    like($page, qr/name="failed" value="on" checked/, 'ticked');
    clean_log($scim);
};


subtest 'pages of the log' => sub {
    my $scim = provider();
    adds_log($scim, 'big', 12000);

    my $res = status($scim, '?org=big');
    is(join(' ', map { $_->{key} } @{ $res->{body}{log} }[0, 49]),
       '12000-0 11951-0', 'fifty entries');
    is($res->{body}{next}, '?org=big&search=&before=11951-0', 'and older ones');
    $res = status($scim, $res->{body}{next});
    is($res->{body}{log}[0]{key}, '11950-0', 'follow');

    my ($n, $pages, $next) = (0, 0, '?org=big&failed=on&search=create');
    while ($next && $pages++ < 50) {
        $res = status($scim, $next);
        $n += @{ $res->{body}{log} };
        $next = $res->{body}{next};
    }
    is($n, 1200, 'all failures');
    is($pages, 24, 'in pages');

    $res = status($scim, '?org=big&search=r1230&failed=on');
    is(scalar @{ $res->{body}{log} }, 0, 'no match in the newest entries');
    is($res->{body}{next}, '?org=big&search=r1230&failed=on&before=7001-0',
       'and a way on');
    like(status($scim, '?org=big&search=r1230&failed=on', $HTML)->{text},
         qr/5000 entries have been looked at.*before=7001-0/s, 'on the page');

    is(status($scim, "?org=big&before=$_")->{status}, 400, "before=$_")
        for '1', 'x-1', '1-', '-', '1-1-1', '1-1x', '9' x 16 . '-0';
    clean_log($scim);
};


subtest 'nothing of the data is markup' => sub {
    my $scim = provider();
    my $bad = q{</td><script>alert(1)</script><img src=x onerror="alert(2)">'};

    $scim->post('/Users', { userName => $bad }) for 1, 2;
    $scim->redis('XADD', 'scim:{acme}:log', '*', map { $_ => $bad }
                 qw(op type id name status scimType detail token request));
    $scim->redis('HSET', 'scim:{acme}:tokens', $bad => '1' x 64);
    $scim->redis('HSET', 'scim:token:' . '1' x 64, tenant => 'acme',
                 map { $_ => $bad } qw(scope created expires used));
    $scim->redis('HSET', 'scim:{acme}:cycle', map { $_ => $bad }
                 qw(state began last events failed quarantine));
    $scim->redis('ZADD', 'scim:tenants', 1, $bad);
    $scim->redis('XADD', 'scim:{acme}:log', '999999999999999-0', 'op', 'x');
    $scim->redis('HSET', 'scim:{acme}:tokens', far => '2' x 64);
    $scim->redis('HSET', 'scim:token:' . '2' x 64, tenant => 'acme',
                 expires => '99999-12-31T23:59:59Z');

    my $q = encode($bad);
    my $pages = join '', map { status($scim, $_, $HTML)->{text} }
        '', "?search=$q", '?org=acme', "?org=acme&search=$q",
        "?org=acme&search=$q&failed=$q", "?org=$q", "?page=$q", "?before=$q";

    like($pages, qr/&lt;script&gt;alert\(1\)/, 'it is shown');
    unlike($pages, qr/<script>alert|<img/, 'and is no element');

    $pages =~ s{<(style|script)>.*?</\1>}{}sg;
    $pages =~ s/"[^"]*"/""/g;
    unlike($pages, qr/<[^>]*\b(on\w+|style)=/, 'no handler, no style');

    my $json = status($scim, '?org=acme');
    my ($failure) = grep { ($_->{status} // 0) == 409 } @{ $json->{body}{log} };
    is($failure->{name}, $bad, 'JSON has it as it is');
};


subtest 'headers' => sub {
    my $scim = provider();
    $scim->redis('ZADD', 'scim:tenants', 1, 'acme');

    for my $query ('', '?org=acme', '?org=nobody') {
        for my $accept ($HTML, 'application/json') {
            my $res = status($scim, $query, $accept);
            my %h = %{ $res->{headers} };
            is_deeply([ @h{qw(cache-control x-content-type-options vary
                              x-frame-options referrer-policy)} ],
                      [ 'no-store', 'nosniff', 'Accept', 'DENY',
                        'no-referrer' ], "'$query' as $accept");
            like($h{'content-security-policy'}, qr/^default-src 'none'; /,
                 'with a policy');
        }
    }

    my $res = status($scim, '?org=acme', $HTML);
    my $policy = $res->{headers}{'content-security-policy'};
    is($res->{headers}{'content-type'}, 'text/html; charset=utf-8', 'a page');

    for my $element (qw(style script)) {
        my ($text) = $res->{text} =~ m{<$element>(.*?)</$element>}s;
        my $hash = sha256_base64($text);
        $hash .= '=' while length($hash) % 4;
        like($policy, qr/\Q$element-src 'sha256-$hash'/, "its own $element");
    }

    unlike($policy, qr/unsafe|\*|https?:/, 'and nothing else');
    unlike($res->{text}, qr{(src|href)="(https?:)?//}, 'no address outside');

    my @json = ('', '*/*', 'application/json', 'application/json, text/html',
                'text/html;q=0, */*', 'image/png');
    is(status($scim, '', $_)->{headers}{'content-type'}, 'application/json',
       "JSON for '$_'") for @json;
    like(status($scim, '', $_)->{headers}{'content-type'}, qr{^text/html},
         "a page for '$_'") for 'text/html', 'TEXT/HTML;q=0.9, */*';
};


subtest 'what is refused' => sub {
    my $scim = provider(server => 'location /status/ { scim_status; } '
        . 'location ~ ^/(a|b)/status$ { scim_status; '
        . 'if ($arg_x) { add_header X-X 1; } } '
        . 'location = /closed { scim_status; deny all; } '
        . 'location = /password { scim_status; auth_basic x; '
        . 'auth_basic_user_file users; } '
        . 'location = /if { scim_status; if ($arg_x) { add_header X-X 1; } }');
    $scim->write_file(users => "kim:{PLAIN}word\n");

    my $ask = sub { status($scim, $_[1] // '', $_[2], path => $_[0]) };

    is($ask->('/status/')->{status}, 200, 'the location');
    is($ask->("/$_/status")->{status}, 200, "by a pattern: $_") for qw(a b);
    is($ask->($_, '?x=1')->{status}, 200, "with a condition: $_")
        for '/if', '/a/status';
    is($ask->('/closed')->{status}, 403, 'denied');
    is($ask->('/password')->{status}, 401, 'without a password');
    is(status($scim, '', '', path => '/password', headers =>
        [ 'Authorization: Basic a2ltOndvcmQ=' ])->{status}, 200, 'with one');

    for my $case ([ '/status/x', '', 404, 'no such page' ],
                  [ '/status/', '?org=nobody', 404, 'no such organization' ],
                  [ '/status/', '?org=a/b', 404, 'no such organization' ],
                  [ '/status/', '?org=' . 'x' x 65, 404, 'no such org' ],
                  [ '/status/', '?page=0', 400, '"page"' ],
                  [ '/status/', '?page=-1', 400, '"page"' ],
                  [ '/status/', '?page=x', 400, '"page"' ],
                  [ '/status/', '?before=x', 400, '"before"' ],
                  [ '/status/', '?search=' . 'x' x 257, 400, '"search"' ]) {
        my ($path, $query, $status, $detail) = @$case;
        my $res = $ask->($path, $query);
        is($res->{status}, $status, substr("$path$query", 0, 30));
        is($res->{body}{status}, $status, 'told in JSON');
        like($res->{body}{error}, qr/$detail/, 'with the reason');
        $res = $ask->($path, $query, $HTML);
        is($res->{status}, $status, 'and for people');
        like($res->{text}, qr{<h1>(Not found|Bad request)</h1>}, 'as a page');
    }

    for my $method (qw(POST PUT DELETE)) {
        my $res = status($scim, '', '', path => '/status/', method => $method,
                         headers => [ 'Content-Length: 0' ]);
        is($res->{status}, 405, $method);
        is($res->{headers}{allow}, 'GET, HEAD', 'what is allowed');
    }

    my $res = status($scim, '', '', path => '/status/', method => 'HEAD');
    is($res->{status}, 200, 'HEAD');
    is($res->{text}, '', 'without a body');
};


subtest 'Redis' => sub {
    my $scim = provider(scim_redis => 'timeout=200ms');
    $scim->redis('ZADD', 'scim:tenants', 1, 'acme');
    $scim->redis('SET', 'scim:{bad}:cycle', 'x');
    $scim->redis('SET', 'scim:{bad}:log', 'x');

    is(status($scim, '?org=bad')->{status}, 500, 'foreign data');
    like($scim->error_log, qr/\[alert\].*WRONGTYPE/, 'is logged');

    # clients that go away while Redis does not answer
    kill 'STOP', $scim->{redis_pid};
    for my $query ('', '?org=acme') {
        my $socket = IO::Socket::INET->new("127.0.0.1:$scim->{port}");
        print {$socket} "GET /status$query HTTP/1.1\r\nHost: x\r\n\r\n";
        close $socket;
    }
    is(status($scim, $_)->{status}, 503, "'$_' while Redis hangs")
        for '', '?org=acme';
    kill 'CONT', $scim->{redis_pid};

    SCIM::wait_for('Redis to be back', sub {
        status($scim, '')->{status} == 200
    });

    $scim->stop_redis;
    for my $query ('', '?org=acme') {
        my $res = status($scim, $query);
        is($res->{status}, 503, "'$query' without Redis");
        is($res->{headers}{'retry-after'}, 2, 'try again');
        is($res->{body}{status}, 503, 'in JSON');
        like(status($scim, $query, $HTML)->{text},
             qr{<h1>Redis is away</h1>}, 'and as a page');
    }

    $scim->start_redis;
    SCIM::wait_for('Redis to be back', sub {
        status($scim, '')->{status} == 200
    });
};


subtest 'what is no UTF-8' => sub {
    my $scim = provider();
    $scim->redis('XADD', 'scim:{acme}:log', '*', id => "x\xff\xc3(y");
    $scim->redis('HSET', 'scim:{acme}:tokens', "t\xe2\x82", 'x');

    my $body = status($scim, '?org=acme')->{body};
    is($body->{log}[0]{id}, "x\x{fffd}\x{fffd}(y", 'is replaced in JSON');
    is($body->{tokens}[0]{name}, "t\x{fffd}\x{fffd}", 'in each place');
    like(status($scim, '?org=acme', $HTML)->{text},
         qr{<code>x\xef\xbf\xbd\xef\xbf\xbd\(y</code>}, 'and on the page');
    clean_log($scim);
};


subtest 'without a log' => sub {
    my $scim = provider(http => '');
    $scim->post('/Users', { userName => 'kim' });
    is(listed(status($scim, '')), '', 'tenants are not seen');
    my $res = status($scim, '?org=acme');
    is($res->{body}{users}, 1, 'and are there when they are asked for');
    is($res->{body}{health}, 'unknown', 'with what is known');
    clean_log($scim);
};


done_testing();
