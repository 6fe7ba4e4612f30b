#!/usr/bin/env perl
#
# The page of scim_status in a browser, while a provisioning cycle runs. With
# SCIM_SCREENSHOTS=FOLDER it leaves pictures of it there.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Digest::SHA qw(sha256_hex);
use POSIX qw(strftime);
use SCIM;
use SCIM::Browser;
use SCIM::Test;

use Test::More;

plan skip_all => 'there is no ' . SCIM::Browser::missing()
    if SCIM::Browser::missing();

my $scim = SCIM->new(workers => 2, tokens => {
        secret => 'acme entra rw', other => 'globex entra rw',
        third => 'initech okta rw', fourth => 'umbrella-health entra rw' },
    http => 'scim_log on values=on cycle=600s; scim_bulk 6000 8m; '
            . 'client_max_body_size 8m;',
    server => 'location = /status { scim_status; }');

my $url = "http://127.0.0.1:$scim->{port}/status";
my $browser = SCIM::Browser->new;


sub user {
    my ($scim, $name, @more) = @_;
    return $scim->post('/Users', { userName => "$name\@example.com",
                                   active => $true }, @more);
}

sub picture {
    my ($name) = @_;
    $browser->shot(file => "$ENV{SCIM_SCREENSHOTS}/$name.png")
        if $ENV{SCIM_SCREENSHOTS};
}

sub at {
    my ($back) = @_;
    return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - $back));
}

# as wide as the window
sub fits {
    my ($what) = @_;
    my ($page, $window) = @{ $browser->run(script =>
        '[document.documentElement.scrollWidth, innerWidth]') };
    cmp_ok($page, '<=', $window, "$what: nothing to scroll sideways");
}

sub row { "tr[data-key='$_[0]']" }


# The text whose contrast with what is behind it is less than WCAG 2 asks for
# (level AA, 4.5 to 1).
my $CONTRAST = <<'END';
(() => {
    const part = v => (v /= 255) <= .04045 ? v / 12.92
        : ((v + .055) / 1.055) ** 2.4;
    const numbers = color => color.match(/[\d.]+/g).map(Number);
    const light = c => .2126 * part(c[0]) + .7152 * part(c[1])
        + .0722 * part(c[2]);
    const behind = e => {
        for (; e; e = e.parentElement) {
            const c = numbers(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c;
        }
        return [255, 255, 255];
    };
    return [...document.querySelectorAll('body *:not(script)')].filter(e => {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) {
            return false;
        }
        const [a, b] = [light(numbers(getComputedStyle(e).color)),
                        light(behind(e))];
        return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5;
    }).map(e => e.outerHTML.slice(0, 100));
})()
END


# --- what there is ------------------------------------------------------------

my $evil = q{<script>alert(1)</script><img src=x onerror=alert(2)>};
my %id = map { $_ => user($scim, $_)->{body}{id} }
    qw(ada.byron grace.hopper alan.turing mary.cartwright emmy.noether
       sofia.kovalevskaya);
my $group = $scim->post('/Groups', { displayName => 'Engineering',
    members => [ map { { value => $_ } } values %id ] })->{body}{id};
$scim->patch("/Users/$id{'alan.turing'}", [ { op => 'replace',
    path => 'active', value => $false } ]);
$scim->patch("/Users/$id{'ada.byron'}", [ { op => 'replace',
    path => 'title', value => 'Countess' } ]);
my $failure = user($scim, 'GRACE.Hopper');
$scim->patch("/Groups/$group", [ { op => 'add', path => 'members',
    value => [ { value => 'nobody' } ] } ]);
user($scim, "user$_", token => 'other') for 1 .. 4;
user($scim, 'last', token => 'third');
$scim->post('/Bulk', { Operations => [ ({ method => 'DELETE',
    path => '/Users/nobody' }) x 6000 ] }, token => 'fourth');

$scim->redis('ZADD', 'scim:tenants', 1, 'acme', 1, 'new.example');
$scim->redis('HSET', 'scim:{acme}:tokens', entra => sha256_hex('secret'),
             reporting => sha256_hex('b'), former => sha256_hex('c'));
$scim->redis('HSET', $scim->token_key('secret'), tenant => 'acme',
             scope => 'rw', created => '2026-03-02T09:00:00Z', used => at(20));
$scim->redis('HSET', $scim->token_key('b'), tenant => 'acme', scope => 'ro',
             created => '2025-11-01T08:30:00Z',
             expires => '2026-05-01T00:00:00Z', used => '2026-04-30T17:12:00Z');

for my $back (5200, 2700) {
    $scim->redis('XADD', 'scim:{acme}:cycles', '*', began => at($back),
        last => at($back - 40), requests => 96, events => 96, created => 4,
        updated => 11, disabled => 1, deleted => 0, failed => 0,
        quarantine => 0);
}

# a tenant that has been quiet
$scim->redis('ZADD', 'scim:tenants', 1, 'hooli');
$scim->redis('HSET', 'scim:{hooli}:cycle', state => 'ended',
    began => at(4 * 86400 + 60), last => at(4 * 86400), requests => 12,
    events => 12, updated => 2, failed => 0, quarantine => 0);

SCIM::wait_for('the cycles to be written down', sub {
    ($scim->redis('HGET', 'scim:{acme}:cycle', 'requests') // 0) == 11
        && $scim->redis('HGET', 'scim:{umbrella-health}:cycle', 'failed')
});


# --- all organizations --------------------------------------------------------

$browser->open;
is($browser->go(url => $url), 200, 'the page opens');
is($browser->text(selector => 'h1'), 'Organizations', 'with its heading');
is($browser->count(selector => 'tbody tr'), 6, 'a row for each');
like($browser->text(selector => row('acme')),
     qr/acme\s+Errors\s+6\s+1\s.*running.*7 created.*1 disabled.*2 \(18\.2 %\)/s,
     'what there is of one');
like($browser->text(selector => row('umbrella-health')), qr/Quarantine/,
     'one that Entra would stop');
fits('a wide window');
$browser->size(width => 1280, height => 560);
picture('status');
is_deeply($browser->run(script => $CONTRAST), [], 'all can be read');


user($scim, "new$_") for 1 .. 3;
$browser->wait(selector => row('acme'), value => '10 created');
pass('numbers move while a cycle runs');

$browser->click(selector => 'button:has-text("Pause")');
is($browser->count(selector => 'button:has-text("Resume")'), 1,
   'it can be stopped');

$browser->fill(selector => '#search', value => 'NEW');
$browser->press(key => 'Enter');
$browser->wait(selector => 'main', value => '1 organization');
is($browser->count(selector => 'tbody tr'), 1, 'search by name');
$browser->click(selector => 'a:has-text("Show all")');
$browser->wait(selector => 'main', value => '6 organizations');


# --- one ----------------------------------------------------------------------

$browser->click(selector => row('acme') . ' a');
$browser->wait(selector => 'h1', value => 'acme');
like($browser->text(selector => '#summary'), qr/Users\s+9\s.*Failed\s+2 /s,
     'its numbers');
like($browser->text(selector => '#cycles'), qr/96/, 'its cycles');
like($browser->text(selector => '#tokens'),
     qr/entra\s+valid.*reporting\s+expired\s+read\s.*former\s+revoked/s,
     'its tokens') or diag $browser->text(selector => '#tokens');
unlike($browser->run(script => 'document.documentElement.outerHTML'),
       qr/[0-9a-f]{64}/, 'and no digest');
fits('an organization');
$browser->size(width => 1280, height => 800);
picture('organization');

my $late = user($scim, 'ADA.byron');
$browser->run(script => 'document.querySelector("#log tbody a").focus()');
my $focused = $browser->run(script => 'document.activeElement.href');
$browser->wait(selector => '#log tbody tr:first-child',
               value => substr($late->{request_id}, 0, 8));
pass('a new entry comes by itself');
is($browser->run(script => 'document.activeElement.href'), $focused,
   'and the focus stays');
is($browser->run(script => 'getComputedStyle(document.activeElement)'
    . '.outlineStyle'), 'solid', 'where it can be seen');

$scim->post('/Users', { userName => $evil }) for 1, 2;
$browser->wait(selector => '#log tbody tr:first-child', value => '<script>');
like($browser->text(selector => '#log'), qr/<script>alert\(1\)/,
     'names are shown as they are');
is($browser->count(selector => 'main img, main script'), 0, 'and are no markup');

$browser->fill(selector => '#search', value => 'grace.hopper');
$browser->check(selector => '#failed');
$browser->click(selector => 'main form button');
$browser->wait(selector => 'main form', value => 'Show the latest');
is($browser->count(selector => '#log tbody tr'), 1, "a user's failure is found");
is($browser->run(script => 'document.querySelector("#log tbody a").title'),
   $failure->{request_id}, 'by its request');
user($scim, 'GRACE.hopper');
$browser->wait(selector => '#log tbody tr:nth-child(2)', value => 'uniqueness');
pass('a search is kept up to date');


# --- without JavaScript -------------------------------------------------------

$browser->open(javascript => JSON::PP::false);
$browser->go(url => $url);
$browser->fill(selector => '#search', value => 'acme');
$browser->click(selector => 'main form button');
$browser->wait(selector => 'main form', value => 'Show all');
is($browser->count(selector => 'tbody tr'), 1, 'without JavaScript: search');
is($browser->count(selector => 'header button'), 0, 'no button that does nothing');
$browser->click(selector => row('acme') . ' a');
$browser->wait(selector => 'h1', value => 'acme');
$browser->check(selector => '#failed');
$browser->click(selector => 'main form button');
$browser->wait(selector => 'main form', value => 'Show the latest');
is($browser->count(selector => '#log tbody tr'),
   $browser->count(selector => '#log tbody tr.bad'), 'failures only');
like($browser->text(selector => '#log'), qr/uniqueness/, 'and there are some');


# --- a telephone, in the dark -------------------------------------------------

$browser->open(width => 375, height => 812);
for my $query ('', '?org=acme') {
    for my $width (320, 375) {
        $browser->size(width => $width, height => 812);
        $browser->go(url => $url . $query);
        fits("a telephone of $width pixels, '$query'");
    }
    is_deeply($browser->run(script => $CONTRAST), [], 'all can be read');
}
is($browser->run(script => 'getComputedStyle(document.querySelector('
    . '"td.number")).textAlign'), 'left', 'numbers stand below each other');
$browser->go(url => "$url?org=acme&failed=on&search=hopper");
$browser->run(script => 'document.querySelector("#log").scrollIntoView()');
picture('phone');
is($browser->run(script => 'getComputedStyle(document.querySelector("td"), '
    . '"::before").content'), '"Time (UTC)"', 'each value has its name');

$browser->open(dark => JSON::PP::true, still => JSON::PP::true);
$browser->go(url => "$url?org=acme");
is($browser->run(script => 'getComputedStyle(document.body).backgroundColor'),
   'rgb(20, 23, 28)', 'dark where that is asked for');
is_deeply($browser->run(script => $CONTRAST), [], 'and all can be read');
$browser->go(url => $url);
is_deeply($browser->run(script => $CONTRAST), [], 'there too');
$browser->go(url => "$url?org=acme");


# --- Redis goes away and comes back -------------------------------------------

my $before = $browser->seen;
$scim->stop_redis;
$browser->wait(selector => '#clock', value => 'Not up to date');
pass('it tells that it does not know more');
is($browser->text(selector => 'h1'), 'acme', 'and keeps what it had');
$scim->start_redis;
$browser->wait(selector => '#clock', value => 'As of');
pass('and goes on when there is more');

is_deeply($before->{console}, [], 'no error in the console');
$browser->open(width => 375);
is($browser->go(url => "$url?org=nobody"), 404, 'what there is not');
fits('an error');

is_deeply([ grep { !/^\Q$url\E(\?|$)/ && !/^data:,$/ }
            @{ $browser->seen->{requests} } ], [], 'no request elsewhere');

done_testing();
