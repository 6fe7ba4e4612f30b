#!/usr/bin/env perl
#
# Pages by cursor (RFC 9865).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

my $scim = SCIM->new(location => 'scim_page_size 10 40; scim_scan_limit 60;');

my %id;

sub create {
    my ($n, %more) = @_;
    my $res = $scim->post('/Users', {
        userName => sprintf('user%02d', $n), externalId => $n % 2 ? 'odd' : 'even',
        title => 't' . $n % 3, active => $n % 4 ? JSON::PP::true : JSON::PP::false,
        %more });
    $res->{status} == 201 or die $res->{text};
    return $id{ sprintf 'user%02d', $n } = $res->{body}{id};
}

create($_) for 1 .. 23;

sub escape { my ($s) = @_; $s =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ge; $s }

sub page {
    my ($query, $cursor, $count, %opt) = @_;
    return $scim->get("/Users?$query&cursor=" . escape($cursor)
                      . "&count=$count", %opt);
}

sub names { map { $_->{userName} } @{ $_[0]{body}{Resources} } }

# all pages forward, then back from the last one
sub walk {
    my ($query, $count, %opt) = @_;
    my ($cursor, @pages, $res) = ('');
    while (defined $cursor && @pages < 50) {
        $res = page($query, $cursor, $count, %opt);
        $res->{status} == 200 or return { error => $res->{text} };
        push @pages, [ names($res) ];
        $cursor = $res->{body}{nextCursor};
    }
    my $first = $res->{body}{previousCursor};
    my @back = @pages ? ($pages[-1]) : ();
    for ($cursor = $first; defined $cursor && @back < 50;
         $cursor = $res->{body}{previousCursor})
    {
        $res = page($query, $cursor, $count, %opt);
        unshift @back, [ names($res) ];
    }
    return { pages => \@pages, back => \@back };
}

sub same { my ($walk) = @_; is_deeply($walk->{back}, $walk->{pages}, $_[1]) }


# --- every kind of query ------------------------------------------------------

my @all = map { sprintf 'user%02d', $_ } 1 .. 23;

my $walk = walk('a=b', 10);
is_deeply([ map { scalar @$_ } @{ $walk->{pages} } ], [ 10, 10, 3 ],
          'pages without a filter');
is_deeply([ map { @$_ } @{ $walk->{pages} } ], \@all, 'each resource once');
same($walk, 'and the same pages backward');

for my $case (
    [ 'active eq false', 5, [ grep { /(\d+)/ && $1 % 4 == 0 } @all ],
      'a scan' ],
    [ 'externalId eq "odd"', 4, [ grep { /(\d+)/ && $1 % 2 } @all ],
      'an index' ],
    [ 'externalId eq "odd" and title eq "t1"', 2,
      [ grep { /(\d+)/ && $1 % 2 && $1 % 3 == 1 } @all ],
      'an index and a closer look' ],
    [ 'userName eq "user07" or userName eq "user03"', 1,
      [ 'user03', 'user07' ], 'two look-ups' ],
    [ 'externalId sw "o" or userName eq "user02"', 5,
      [ grep { $_ eq 'user02' || (/(\d+)/ && $1 % 2) } @all ],
      'a range and a look-up' ],
    [ 'userName eq "nobody"', 5, [], 'nothing' ],
    [ "id eq \"$id{user05}\"", 5, [ 'user05' ], 'an id' ],
) {
    my ($filter, $count, $expected, $name) = @$case;
    my $walk = walk('filter=' . escape($filter), $count);
    is_deeply([ sort map { @$_ } @{ $walk->{pages} } ], $expected,
              "$name: each match once");
    same($walk, "$name: the same pages backward");
    ok(!(grep { @$_ > $count } @{ $walk->{pages} }), "$name: no page is larger");
}

for my $order ('ascending', 'descending') {
    my @sorted = sort { my ($x, $y) = map { /(\d+)/; $1 % 3 } $a, $b;
                        $x <=> $y || $a cmp $b } @all;
    @sorted = reverse @sorted if $order eq 'descending';
    my $walk = walk("sortBy=title&sortOrder=$order", 6);
    is_deeply([ map { @$_ } @{ $walk->{pages} } ], \@sorted, "$order order");
    same($walk, "$order order: the same pages backward");
}


# --- what an answer says ------------------------------------------------------

my $res = page('a=b', '', 10);
is($res->{body}{totalResults}, 23, 'the total where it is known');
is($res->{body}{itemsPerPage}, 10, 'the size of the page');
ok(!exists $res->{body}{startIndex}, 'no index');
ok(!exists $res->{body}{previousCursor}, 'nothing is in front of the first page');
like($res->{body}{nextCursor}, qr/^[\w-]+$/, 'a cursor needs no escapes');

$res = page('filter=active+eq+true', '', 5);
ok(!exists $res->{body}{totalResults}, 'no total where it would take a scan');

is($scim->get('/Users?cursor&count=3')->{body}{itemsPerPage}, 3,
   'a cursor without "="');
is($scim->get('/Users?cursor=&startIndex=9&count=1')->{body}{Resources}[0]
   {userName}, 'user01', 'startIndex means nothing beside a cursor');
is(scalar names($scim->get('/Users?cursor=')), 10, 'the default page size');
is(scalar names($scim->get('/Users?cursor=&count=500')), 23,
   'a count above the maximum is that');
ok(!exists $scim->get('/Users')->{body}{nextCursor},
   'who did not ask gets no cursor');

my $pagination = $scim->get('/ServiceProviderConfig')->{body}{pagination};
is_deeply($pagination, { cursor => JSON::PP::true, index => JSON::PP::true,
                         defaultPaginationMethod => 'index',
                         defaultPageSize => 10, maxPageSize => 40 },
          'it is announced');

sub search {
    my (%body) = @_;
    return $scim->post('/Users/.search', {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:SearchRequest' ],
        %body });
}

$res = search(cursor => '', count => 2, attributes => [ 'userName' ]);
is_deeply([ names($res) ], [ 'user01', 'user02' ], 'an empty cursor in a body');
$res = search(cursor => $res->{body}{nextCursor}, count => 2);
is_deeply([ names($res) ], [ 'user03', 'user04' ], 'and the next one');
is(search()->{body}{startIndex}, 1, 'a body without one');


# --- mistakes -----------------------------------------------------------------

my $next = page('filter=active+eq+true', '', 2)->{body}{nextCursor};

for my $case (
    [ 'not a cursor', 'a=b', 'abc' ],
    [ 'not of its alphabet', 'a=b', '!!!' ],
    [ 'long', 'a=b', 'A' x 3000 ],
    [ 'of another filter', 'filter=active+eq+false', $next ],
    [ 'of another order', 'filter=active+eq+true&sortBy=title', $next ],
    [ 'cut short', 'filter=active+eq+true', substr $next, 0, -3 ],
    [ 'with a change', 'filter=active+eq+true',
      ($next =~ /^A/ ? 'B' : 'A') . substr $next, 1 ],
) {
    my ($name, $query, $cursor) = @$case;
    my $res = page($query, $cursor, 2);
    is($res->{status}, 400, "$name: refused");
    is($res->{body}{scimType}, 'invalidCursor', "$name: invalidCursor");
}

$res = page('filter=active+eq+true', $next, 2, token => 'other');
is($res->{body}{scimType}, 'invalidCursor', 'of another tenant: refused');

$res = $scim->get("/Groups?cursor=$next");
is($res->{body}{scimType}, 'invalidCursor', 'of another type: refused');

for my $count (0, -1) {
    for my $query ('a=b', 'sortBy=title', 'filter=active+pr') {
        my $res = page($query, '', $count);
        is_deeply([ sort keys %{ $res->{body} } ], [ qw(Resources itemsPerPage
                  schemas totalResults) ], "count=$count, $query");
        is($res->{body}{totalResults}, $scim->get("/Users?$query")
               ->{body}{totalResults}, 'tells how many there are');
        is_deeply($res->{body}{Resources}, [], 'and shows none');
    }
}
is(page('filter=active+eq+true', $next, 0)->{status}, 200,
   'count=0 with a cursor');
is(page('filter=active+eq+false', $next, 0)->{body}{scimType},
   'invalidCursor', 'that must be right');

for my $count ('x', '1.5', '') {
    my $res = page('a=b', '', $count);
    is("$res->{status} " . ($res->{body}{scimType} // ''), '400 invalidCount',
       "count=$count");
}

is(search(cursor => '', count => 'x')->{body}{scimType}, 'invalidCount',
   'and in a body');
is_deeply(search(cursor => '', count => 0)->{body}{Resources}, [],
          'none of them in a body');

# all on one page: how many there are is known
for my $filter ('filter=active+pr', 'filter=title+pr+and+externalId+pr',
                'filter=userName+sw+%22u%22')
{
    my $all = $scim->get("/Users?$filter&count=100")->{body}{totalResults};
    $res = page($filter, '', 100);
    is($res->{body}{totalResults}, $all, "$filter: one page has all");
    ok(!exists $res->{body}{nextCursor}, 'and none follows');
}
is($scim->get('/Users?count=0')->{status}, 200,
   'without a cursor count=0 is right');
is(page('filter=foo', '', 1)->{body}{scimType}, 'invalidFilter',
   'a mistake in the filter is that');


# --- while others come and go -------------------------------------------------

for my $query ('a=b', 'filter=active+pr', 'filter=externalId+pr+and+title+pr',
               'sortBy=userName')
{
    my (%seen, %gone, $n);
    my $cursor = '';
    while (defined $cursor && $n++ < 40) {
        my $res = page($query, $cursor, 5);
        $seen{$_}++ for names($res);

        # the last on the page is gone before the next one is read
        my $last = (names($res))[-1];
        if ($last =~ /[37]$/) {
            $scim->delete("/Users/$id{$last}")->{status} == 204 or die;
            $gone{$last} = 1;
        }

        create(39 + $n, active => JSON::PP::true) if $n < 4;
        $cursor = $res->{body}{nextCursor};
    }
    ok(!(grep { $_ > 1 } values %seen), "$query: nothing comes twice");
    my @missed = grep { !$seen{$_} } @all;
    is_deeply(\@missed, [], "$query: nothing is left out");

    $scim->delete("/Users/$id{$_}") for map { "user" . (39 + $_) } 1 .. 3;
    create(/(\d+)/) for sort keys %gone;
}


# --- more than may be looked at in one request -------------------------------

create($_, title => $_ == 199 ? 'needle' : 'hay') for 100 .. 220;

$res = $scim->get('/Users?filter=title+eq+%22needle%22');
is($res->{body}{scimType}, 'tooMany', 'too many for a page by index');
$walk = walk('filter=title+eq+%22needle%22', 10);
is_deeply([ map { @$_ } @{ $walk->{pages} } ], [ 'user199' ],
          'by cursor it is found');
cmp_ok(scalar @{ $walk->{pages} }, '>', 1, 'over several requests');
is_deeply([ map { @$_ } @{ $walk->{back} } ], [ 'user199' ],
          'and backward as well');
is(page('sortBy=title', '', 10)->{body}{scimType}, 'tooMany',
   'an order needs all of them');

done_testing();
