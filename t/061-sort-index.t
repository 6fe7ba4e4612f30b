#!/usr/bin/env perl
#
# A sorted page that an index answers is the one that a look at every document
# gives: the same request to two locations, one of which has no index, over
# random users that lack values, share them, and have them in several scripts.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $INDEX = "scim_index User userName title name.familyName "
          . "$ENTERPRISE:department;";
my $SEED = $ENV{SCIM_SEED} // 11;
srand $SEED;
note "SCIM_SEED=$SEED";

# by an index, by every document, and by an index or not at all
my $scim = SCIM->new(
    location => "scim_page_size 10 1000; $INDEX",
    server   => 'location /scan/ { scim; scim_page_size 10 1000; }'
              . "location /only/ { scim; scim_page_size 10 1000;"
              . "  scim_scan_limit 60; $INDEX }",
);

my $long = 'l' x 511;
my @titles = ('a', 'A', 'b', 'Ä', 'ä', "a\x{308}", 'straße', 'STRASSE', 'ß',
              '李', "\x{1F600}", 'Zed', 'zed', 'Σίσυφος', 'σίσυφοσ', "a b", 'a-b',
              'ab', "a\x{1}", "${long}1", "${long}é", "${long}é2", $long);
my @names = map { "name$_" } 1 .. 200;
my @users;

sub pick { $_[rand @_] }

sub user {
    my ($n) = @_;
    return {
        userName => pick('u', 'U', 'ü') . "-$n",
        name => { familyName => pick(@names) },
        (rand() < 0.8 ? (title => pick(@titles)) : ()),
        (rand() < 0.9 ? (externalId => pick('x', 'X', 'y') . int rand 30) : ()),
        ($n % 2 ? ($ENTERPRISE => { department => 'only one' }) : ()),
    };
}

sub create {
    my ($n) = @_;
    my $res = $scim->post('/Users', user($n));
    $res->{status} == 201 or die $res->{text};
    push @users, $res->{body}{id};
}

create($_) for 1 .. 150;


sub list {
    my ($root, $query) = @_;
    my $res = $scim->get("/Users?$query&attributes=userName", root => $root);
    return { status => $res->{status} } if $res->{status} != 200;
    my $body = $res->{body};
    return { status => 200, next => $body->{nextCursor},
             previous => $body->{previousCursor},
             page => [ @$body{qw(totalResults itemsPerPage startIndex)},
                       map { $_->{id} } @{ $body->{Resources} } ] };
}

# The third location may say that it has no answer, if it need not have one.
sub same {
    my ($query, $must) = @_;
    my ($index, $scan, $only) = map { list($_, $query) }
                                qw(/scim/v2 /scan /only);
    is_deeply($index, $scan, $query) or return;
    if ($must || $only->{status} == 200) {
        is_deeply($only, $scan, "$query: with no document but its own");
    } else {
        is($only->{status}, 400, "$query: with no value");
    }
    return $scan;
}

# from the first page to the last, and back
sub walk {
    my ($query, $must) = @_;
    my ($next, $answer) = ('');
    for (1 .. 60) {
        my $cursor = SCIM::escape($next);
        $answer = same("$query&cursor=$cursor", $must) or return;
        $next = $answer->{next} // last;
    }
    for (1 .. 60) {
        my $previous = $answer->{previous} // last;
        $answer = same("$query&cursor=" . SCIM::escape($previous), $must)
            or return;
    }
}

my @all = qw(userName name.familyName);
my @some = ('title', 'externalId', "$ENTERPRISE:department");
my @filters = ('title sw "a"', 'title ge "b"', 'title lt "ß"', 'title eq "A"',
               'title eq "nothing"', "title eq \"${long}é\"", 'title sw "l"',
               'externalId eq "x1"', 'title pr', 'externalId gt "x2"');

sub compare {
    for my $order ('ascending', 'descending') {
        for my $by (@all, @some) {
            my $must = $by eq 'userName' || $by eq 'name.familyName';
            my $sort = "sortBy=$by&sortOrder=$order";
            same($sort, $must);
            same("$sort&count=1000", $must);
            same("$sort&count=0", 1);
            same("$sort&startIndex=" . (1 + int rand 160) . '&count='
                 . (1 + int rand 20), $must) for 1 .. 12;
            walk("$sort&count=" . (5 + int rand 40), $must);
        }
        for my $filter (@filters) {
            my $by = $filter =~ /^title/ ? 'title' : 'externalId';
            my $sort = "sortBy=$by&sortOrder=$order&filter="
                     . SCIM::escape($filter);
            my $must = $filter !~ / pr$/;
            same("$sort&startIndex=" . (1 + int rand 8), $must);
            walk("$sort&count=7", $must);
        }
        same("sortBy=userName&sortOrder=$order&filter=title+sw+%22a%22");
    }
}

compare();

for my $id (@users) {
    if (rand() < 0.2) {
        $scim->delete("/Users/$id")->{status} == 204 or die;
    } elsif (rand() < 0.3) {
        my $op = rand() < 0.5 ? { op => 'replace', path => 'title',
                                  value => pick(@titles) }
                              : { op => 'remove', path => 'title' };
        $scim->patch("/Users/$id", [ $op ])->{status} == 200 or die;
    }
}
create($_) for 151 .. 180;
compare();

# --- when it cannot be used ---------------------------------------------------

$scim->redis('HDEL', 'scim:{demo}:meta', 'indexes:user');
same('sortBy=name.familyName');
is(list('/only', 'sortBy=name.familyName')->{status}, 400,
   'an index that is not complete is not used');
same('sortBy=externalId&filter=externalId+sw+%22x%22', 1);

unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'no error');

done_testing();
