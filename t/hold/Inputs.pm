package Inputs;

# Requests that may hold a worker for long, each with numbers that a search can
# change:
#
#   { name => ..., knobs => { n => [ least, most, first ] },
#     setup => sub { my ($scim, $k) = @_; ... }        # what it needs, if anything
#     make => sub { my ($k, $made) = @_; ($method, $path, $body [, %more]) } }
#
# A body that is longer than a mebibyte is not sent.

use strict;
use warnings;

use Cpanel::JSON::XS;

my $json = Cpanel::JSON::XS->new->canonical->allow_nonref;

my $PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
my $LIMIT = 1_040_000;

my @TEXT = ('x', "\xc3\xa9", "e\xcc\x81", "\xef\xb7\xba", "\xea\xb0\x81",
            "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", "a" . "\xcc\xa7\xcc\x81" x 14,
            "\xe1\xbc\x80\xcc\x80\xcd\x85", '\u00e9', '\ud83d\ude00', '\u0041', '\\n',
            "\xcd\x85", "\xe1\xbe\x80", "\xc3\x9f", "\xf0\x9d\x85\x9f", 'X');

my @MULTI = qw(emails phoneNumbers ims photos addresses entitlements roles
               x509Certificates);

my $serial = 0;



# about so many bytes of one kind
sub bytes {
    my ($kind, $size) = @_;
    my $unit = $TEXT[$kind % @TEXT];
    my $n = int($size / length $unit);
    return $unit x ($n > 0 ? $n : 0);
}

sub user { sprintf '"userName":"u%d-%d"', $$, ++$serial }

sub patch { sprintf '{"schemas":["%s"],"Operations":[%s]}', $PATCH, join ',', @_ }

sub bulk { sprintf '{"schemas":["%s"],"Operations":[%s]}', $BULK, join ',', @_ }

sub post_user { my ($scim, $body) = @_; $scim->post('/Users', undef, raw => $body)->{body}{id} // "none" }

sub room { my ($n, $used) = @_; my $size = int(($LIMIT - $used) / ($n || 1)) - 80;
           return $size < 0 ? 0 : $size }

my $KIND = [ 0, $#TEXT, 0 ];

# of so many values, what a resource takes: of text outside ASCII that is less
sub taken { my ($n, $used, $kind) = @_; my $size = room($n, $used);
            return $size if $TEXT[$kind] =~ /^(?:[\x20-\x5b]|\w|\\n|\\u004)/a;
            my $most = int(130_000 / $n) - 6; $most = 1 if $most < 1;
            return $size < $most ? $size : $most }

# a user with many values; $how: 0 differ at the end, 1 in the type, 2 in the display
sub values_of {
    my ($n, $size, $how, $kind) = @_;
    return map {
        my $t = bytes($kind, $size);
        $how == 0 ? qq({"value":"$t$_"})
        : $how == 1 ? qq({"value":"$t","type":"$_"})
        : $how == 2 ? qq({"value":"a","display":"$t$_"})
        : qq({"type":"work","value":"$_$t"})
    } 1 .. $n;
}

sub values_body {
    my ($k) = @_;
    my $per = taken($k->{n} * $k->{lists}, 2000, $k->{kind});
    my $size = $per < $k->{size} ? $per : $k->{size};
    return '{' . user() . ',' . join(',', map {
        qq("$MULTI[$_]":[) . join(',', values_of($k->{n}, $size, $k->{how}, $k->{kind})) . ']'
    } 0 .. $k->{lists} - 1) . '}';
}

my %VALUES = (n => [ 1, 1000, 1000 ], size => [ 0, 100000, 900 ], how => [ 0, 3, 0 ],
              lists => [ 1, 8, 1 ], kind => $KIND);

our @ALL = (
    { name => 'values', knobs => { %VALUES },
      make => sub { ('POST', '/Users', values_body(@_)) } },

    { name => 'values-replaced', knobs => { %VALUES },
      setup => sub { my ($scim, $k) = @_; post_user($scim, values_body($k)) },
      make => sub { my ($k, $id) = @_; ('PUT', "/Users/$id", values_body($k)) } },

    # one text and different types, or a type and different texts
    { name => 'values-alike', knobs => { n => [ 1, 1000, 1000 ], size => [ 0, 1000, 900 ], kind => $KIND },
      make => sub { my ($k) = @_; my $per = room($k->{n}, 2000); my $t = bytes($k->{kind}, $per < $k->{size} ? $per : $k->{size});
          ('POST', '/Users', '{' . user() . ',"emails":[' . join(',', map { qq({"value":"$t","type":"$_"}) } 1 .. $k->{n}) . ']}') } },

    # each changes little, of a document that is large
    { name => 'patch-large', knobs => { n => [ 1, 1000, 1000 ], ops => [ 1, 20000, 200 ], op => [ 0, 5, 0 ], kind => $KIND, given => [ 1, 100000, 10 ] },
      setup => sub { my ($scim, $k) = @_; $scim->{hold_large}{"$k->{n} $k->{kind}"} ||= post_user($scim, '{' . user() . ',"emails":['
          . join(',', values_of($k->{n}, taken($k->{n}, 1000, $k->{kind}), 0, $k->{kind})) . ']}') },
      make => sub { my ($k, $id) = @_; my $room = $LIMIT - 300; my $t = bytes($k->{kind}, $k->{given});
          my @ops = map { my $i = $_; ( qq({"op":"remove","path":"emails[value co \\"z$i$t\\"]"}),
              qq({"op":"replace","path":"emails[value ew \\"w$i\\" or value sw \\"$t-\\"].display","value":"y"}),
              qq({"op":"add","path":"emails","value":[{"value":"$t-$i"}]}),
              qq({"op":"remove","path":"emails","value":[{"value":"$t-$i"}]}),
              qq({"op":"add","path":"title","value":"$i"}),
              qq({"op":"remove","path":"emails[value eq \\"$t$i\\"]"}))[$k->{op}] } 1 .. $k->{ops};
          @ops = grep { ($room -= 1 + length) > 0 } @ops;
          ('PATCH', "/Users/$id", patch(@ops)) } },

    { name => 'filter-literal', knobs => { size => [ 1, $LIMIT - 300, $LIMIT - 300 ], kind => $KIND, n => [ 1, 128, 1 ] },
      make => sub { my ($k) = @_; my $per = int(($LIMIT - 2000) / $k->{n}) - 20; my $t = bytes($k->{kind}, $per < $k->{size} ? $per : $k->{size});
          ('POST', '/Users/.search', '{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"'
              . join(' or ', (qq(title eq \\"$t\\")) x $k->{n}) . '"}') } },

    { name => 'long-text', knobs => { size => [ 1000, $LIMIT - 300, $LIMIT - 300 ], kind => $KIND,
                                      where => [ 0, 3, 2 ] },
      make => sub { my ($k) = @_; my $t = bytes($k->{kind}, $k->{size});
          ('POST', '/Users', $k->{where} == 0 ? qq({"userName":"$t) . ++$serial . '"}'
              : '{' . user() . ',' . ('', '"title":"', '"emails":[{"value":"', '"externalId":"')[$k->{where}]
                . $t . ('', '"}', '"}]}', qq($serial"}))[$k->{where}]) } },

    { name => 'deep-wide', knobs => { n => [ 1, 200000, 8000 ], depth => [ 0, 61, 60 ],
                                      kind => [ 0, 3, 0 ] },
      make => sub { my ($k) = @_;
          my ($o, $c, $v) = @{ [ [ '[', ']', '' ], [ '{"a":', '}', 1 ], [ '[1,', ']', 2 ],
                                 [ '{"b":2,"a":', '}', '""' ] ]->[$k->{kind}] };
          my $one = $o x $k->{depth} . $v . $c x $k->{depth};
          my $n = int(($LIMIT - 500) / (length($one) + 1)); $n = $k->{n} if $k->{n} < $n;
          ('POST', '/Users', '{' . user() . ',"x":[' . join(',', ($one) x $n) . ']}') } },

    { name => 'unknown-names', knobs => { n => [ 1, 100000, 60000 ], size => [ 1, 100000, 8 ], where => [ 0, 2, 0 ] },
      make => sub { my ($k) = @_; my $per = room($k->{n}, 2000) + 60; my $size = $per < $k->{size} ? $per : $k->{size};
          my $n = int(($LIMIT - 500) / ($size + 12)); $n = $k->{n} if $k->{n} < $n;
          my $all = join ',', map { sprintf '"%s%x":1', 'x' x $size, $_ } 1 .. $n;
          ('POST', '/Users', '{' . user() . ($k->{where} == 0 ? ",$all}" : $k->{where} == 1 ? qq(,"name":{$all}})
              : qq(,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{$all}}))) } },

    { name => 'schemas', knobs => { n => [ 1, 100000, 60000 ], size => [ 1, 100000, 8 ] },
      make => sub { my ($k) = @_; my $n = int(($LIMIT - 500) / ($k->{size} + 9)); $n = $k->{n} if $k->{n} < $n;
          ('POST', '/Users', '{' . user() . ',"schemas":[' . join(',', map { sprintf '"%s%x"', 'u' x $k->{size}, $_ } 1 .. $n) . ']}') } },

    { name => 'members', knobs => { n => [ 1, 30000, 20000 ], kind => [ 0, 2, 0 ] },
      make => sub { my ($k) = @_; my $n = $k->{n};
          ('POST', '/Groups', '{"displayName":"g' . ++$serial . '","members":[' . join(',', map { my $id = _id($k->{kind} == 1 ? 1 : $_);
              $k->{kind} == 2 ? qq({"value":"$id","type":"User"}) : qq({"value":"$id"}) } 1 .. ($k->{kind} == 2 ? int($n * 0.6) : $n)) . ']}') } },

    { name => 'members-there', knobs => { n => [ 1, 25000, 20000 ] },
      setup => sub { my ($scim) = @_; _members($scim, 20000); },
      make => sub { my ($k, $made) = @_; my $n = $k->{n} > @$made ? @$made : $k->{n};
          ('POST', '/Groups', '{"displayName":"g' . ++$serial . '","members":[' . join(',', map { qq({"value":"$_"}) } @$made[0 .. $n - 1]) . ']}') } },

    { name => 'members-patched', knobs => { n => [ 1, 25000, 12000 ], op => [ 0, 3, 0 ], per => [ 1, 20000, 1 ] },
      make => sub { my ($k) = @_; my @ids = map { _id($_) } 1 .. $k->{n}; my @ops;
          while (my @part = splice @ids, 0, $k->{per}) {
              push @ops, $k->{op} == 3 ? map { qq({"op":"remove","path":"members[value eq \\"$_\\"]"}) } @part
                  : sprintf '{"op":"%s","path":"members","value":[%s]}', qw(add remove replace)[$k->{op}], join ',', map { qq({"value":"$_"}) } @part; }
          my $room = $LIMIT; @ops = grep { ($room -= 1 + length) > 200 } @ops;
          ('PATCH', '/Groups/{group}', patch(@ops)) } },

    { name => 'patch-values', knobs => { n => [ 1, 1000, 1000 ], size => [ 0, 1000, 10 ], ops => [ 1, 20000, 200 ], op => [ 0, 6, 0 ], kind => $KIND, how => [ 0, 3, 0 ] },
      setup => sub { my ($scim, $k) = @_; my $per = taken($k->{n}, 1000, $k->{kind}); post_user($scim, '{' . user() . ',"emails":['
          . join(',', values_of($k->{n}, $per < $k->{size} ? $per : $k->{size}, $k->{how}, $k->{kind})) . ']}') },
      make => sub { my ($k, $id) = @_; my $t = bytes($k->{kind}, $k->{size}); my $room = $LIMIT - 300;
          my @ops = map { my $i = $_; ( qq({"op":"add","path":"emails","value":[{"value":"$t$i"}]}),
              qq({"op":"replace","path":"emails[value eq \\"$i\\"].display","value":"a"}),
              qq({"op":"remove","path":"emails[value co \\"z$i\\"]"}),
              qq({"op":"replace","path":"emails[type eq \\"w$i\\"].value","value":"$t$i"}),
              qq({"op":"add","path":"emails[type eq \\"work\\" and value ew \\"q\\"].value","value":"$i"}),
              qq({"op":"remove","path":"emails","value":[{"value":"$t$i"}]}),
              qq({"op":"replace","path":"emails","value":[{"value":"$t$i"}]}))[$k->{op}] } 1 .. $k->{ops};
          @ops = grep { ($room -= 1 + length) > 0 } @ops;
          ('PATCH', "/Users/$id", patch(@ops)) } },

    { name => 'patch-many', knobs => { n => [ 1, 30000, 15000 ], kind => [ 0, 5, 0 ] },
      setup => sub { post_user($_[0], '{' . user() . '}') },
      make => sub { my ($k, $id) = @_; my $room = $LIMIT - 300;
          my @ops = map { ( qq({"op":"add","path":"title","value":"$_"}), qq({"op":"add","value":{"x$_":1}}),
              qq({"op":"add","path":"x$_","value":1}), qq({"op":"add","value":{"name.givenName":"$_"}}),
              qq({"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"$_"}),
              qq({"op":"remove","path":"title"}))[$k->{kind}] } 1 .. $k->{n};
          @ops = grep { ($room -= 1 + length) > 0 } @ops;
          ('PATCH', "/Users/$id", patch(@ops)) } },

    { name => 'patch-wide', knobs => { n => [ 1, 50000, 50000 ], kind => [ 0, 2, 0 ] },
      setup => sub { post_user($_[0], '{' . user() . '}') },
      make => sub { my ($k, $id) = @_; my $room = $LIMIT - 300;
          my @keys = map { (qq("x$_":1), qq("emails[type eq \\"t$_\\"].value":"a"), qq("x.y$_":1))[$k->{kind}] } 1 .. $k->{n};
          @keys = grep { ($room -= 1 + length) > 0 } @keys;
          ('PATCH', "/Users/$id", patch('{"op":"add","value":{' . join(',', @keys) . '}}')) } },

    { name => 'bulk', knobs => { n => [ 1, 1000, 1000 ], size => [ 0, 40000, 900 ], kind => [ 0, 5, 0 ], text => $KIND },
      make => sub { my ($k) = @_; my $per = room($k->{n}, 300) - 60; $per = 0 if $per < 0; my $t = bytes($k->{text}, $per < $k->{size} ? $per : $k->{size});
          ('POST', '/Bulk', bulk(map { my $b = qq("method":"POST","bulkId":"b$_","path":");
              ( qq({$b/Users","data":{) . user() . qq(,"title":"$t"}}), qq({$b/Groups","data":{"displayName":"g) . ++$serial . qq($t","members":[{"value":"bulkId:b@{[ $_ - 1 ]}"}]}}),
                qq({$b/x","data":"$t"}), qq({"method":"DELETE","path":"/Users/$t"}), qq({"method":"POST","bulkId":"$t$_","path":"/Users","data":{}}),
                qq({$b/Users","data":{) . user() . ',"emails":[' . join(',', map { qq({"value":"$_"}) } 1 .. length($t) / 18) . ']}}')[$k->{kind}] } 1 .. $k->{n})) } },

    { name => 'bulk-references', knobs => { n => [ 2, 1000, 30 ], refs => [ 1, 60000, 40000 ], kind => [ 0, 1, 0 ] },
      make => sub { my ($k) = @_; my $refs = int(($LIMIT - 95 * $k->{n}) / 26); $refs = $k->{refs} if $k->{refs} < $refs;
          my $members = join ',', map { $k->{kind} ? sprintf '"bulkId:%d"', 1 + $_ % ($k->{n} - 1) : sprintf '{"value":"bulkId:%d"}', 1 + $_ % ($k->{n} - 1) } 1 .. $refs;
          ('POST', '/Bulk', bulk((map { qq({"method":"POST","bulkId":"$_","path":"/Users","data":{) . user() . '}}' } 1 .. $k->{n} - 1),
              '{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"g' . ++$serial . qq(","members":[$members]}}))) } },

    { name => 'bulk-patch', knobs => { n => [ 1, 1000, 64 ], values => [ 1, 1000, 1000 ], ops => [ 1, 500, 40 ], op => [ 0, 2, 0 ] },
      setup => sub { my ($scim, $k) = @_; $scim->{hold_users}{$k->{values}} ||= [ map { post_user($scim, '{' . user() . ',"emails":['
          . join(',', values_of($k->{values}, 8, 0, 0)) . ']}') } 1 .. 64 ] },
      make => sub { my ($k, $ids) = @_; my $room = $LIMIT - 300;
          my @entries = map { my $id = $ids->[$_ % @$ids]; sprintf '{"method":"PATCH","path":"/Users/%s","data":%s}', $id,
              patch(map { ( qq({"op":"remove","path":"emails[value co \\"z$_\\"]"}), qq({"op":"add","path":"emails","value":[{"value":"n$_"}]}),
                            qq({"op":"replace","path":"emails[type eq \\"w$_\\"].value","value":"y"}))[$k->{op}] } 1 .. $k->{ops}) } 1 .. $k->{n};
          @entries = grep { ($room -= 1 + length) > 0 } @entries;
          ('POST', '/Bulk', bulk(@entries)) } },

    { name => 'scan-large', knobs => { docs => [ 1, 100, 100 ], values => [ 1, 1000, 1000 ], size => [ 0, 900, 20 ], terms => [ 1, 128, 1 ], op => [ 0, 3, 0 ], sort => [ 0, 1, 0 ] },
      setup => sub { my ($scim, $k) = @_; _documents($scim, $k) },
      make => sub { my ($k) = @_; my $term = ('emails.value co "zz"', 'emails[type eq "x" and value ew "y"]', 'title co "q"', 'emails.value gt "zzz"')[$k->{op}];
          my $n = int(7000 / (length($term) * 1.4 + 5)); $n = $k->{terms} if $k->{terms} < $n;
          ('GET', '/Users?filter=' . _escape(join ' or ', ($term) x $n) . ($k->{sort} ? '&sortBy=title' : ''), undef) } },

    { name => 'list-large', knobs => { docs => [ 1, 100, 100 ], values => [ 1, 1000, 1000 ], size => [ 0, 900, 20 ], names => [ 0, 500, 1 ], how => [ 0, 3, 0 ], count => [ 1, 1000, 1000 ] },
      setup => sub { my ($scim, $k) = @_; _documents($scim, $k) },
      make => sub { my ($k) = @_;
          ('GET', "/Users?count=$k->{count}" . ($k->{how} == 1 ? '&attributes=' : $k->{how} == 2 ? '&excludedAttributes=' : $k->{how} == 3 ? '&sortBy=userName&attributes=' : '&x=')
              . join(',', map { (qw(emails.value title name.givenName phoneNumbers userName x meta.created))[$_ % 7] } 0 .. $k->{names}), undef) } },

    { name => 'search-body', knobs => { n => [ 1, 100000, 60000 ], terms => [ 1, 128, 128 ], kind => [ 0, 2, 0 ] },
      make => sub { my ($k) = @_; my $room = $LIMIT - 9000;
          my @names = grep { ($room -= 3 + length) > 0 } map { (qw(emails.value x userName), "urn:ietf:params:scim:schemas:core:2.0:User:emails.value", "zz$_")[$_ % 5] } 1 .. $k->{n};
          ('POST', '/Users/.search', $json->encode({ schemas => [ 'urn:ietf:params:scim:api:messages:2.0:SearchRequest' ],
              (qw(attributes excludedAttributes x))[$k->{kind}] => \@names, filter => join ' or ', ('title co "a"') x $k->{terms} })) } },

    { name => 'members-listed', knobs => { n => [ 1, 1, 1 ] },
      setup => sub { my ($scim) = @_; my $m = _members($scim, 20000); $scim->{hold_big} ||= $scim->post('/Groups', { displayName => 'big' . ++$serial, members => [ map { { value => $_ } } @$m ] })->{body}{id} },
      make => sub { my ($k, $id) = @_; ('GET', "/Groups/$id", undef) } },

    { name => 'members-replaced', knobs => { n => [ 1, 25000, 20000 ], op => [ 0, 1, 0 ] },
      setup => sub { my ($scim) = @_; my $m = _members($scim, 20000); $scim->{hold_big} ||= $scim->post('/Groups', { displayName => 'big' . ++$serial, members => [ map { { value => $_ } } @$m ] })->{body}{id}; [ $scim->{hold_big}, $m ] },
      make => sub { my ($k, $made) = @_; my ($id, $m) = @$made; my $n = $k->{n} > @$m ? @$m : $k->{n};
          my $list = join ',', map { qq({"value":"$_"}) } @$m[0 .. $n - 1];
          $k->{op} ? ('PATCH', "/Groups/$id", patch(qq({"op":"replace","path":"members","value":[$list]}), '{"op":"remove","path":"members[type eq \"Group\"]"}'))
                   : ('PUT', "/Groups/$id", qq({"displayName":"big-again","members":[$list]})) } },

    { name => 'oauth-form', knobs => { n => [ 1, 300000, 100000 ], kind => [ 0, 4, 0 ] },
      make => sub { my ($k) = @_;
          my $body = $k->{kind} == 0 ? join '&', map { "a$_=%41" } 1 .. $k->{n} : $k->{kind} == 1 ? 'client_assertion=' . 'e30.' x $k->{n}
              : $k->{kind} == 2 ? 'grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=' . 'A' x $k->{n} . '.' . 'B' x $k->{n} . '.CC'
              : $k->{kind} == 3 ? '&' x $k->{n} : 'client_id=' . '%C3%A9' x $k->{n};
          ('POST', '/oauth/token', substr($body, 0, $LIMIT), root => '', headers => { 'Content-Type' => 'application/x-www-form-urlencoded' }) } },
);


sub _id { my ($n) = @_; my $id = ''; for (1 .. 26) { $id .= ('a' .. 'z', 2 .. 7)[$n % 32]; $n = int($n / 32) } $id }

sub _escape { $_[0] =~ s/([^A-Za-z0-9_.~-])/$1 eq ' ' ? '+' : sprintf '%%%02X', ord $1/ger }

# so many users of one name each, made once
sub _members {
    my ($scim, $n) = @_;
    my $list = $scim->{hold_members} ||= [];

    while (@$list < $n) {
        my $res = $scim->post('/Bulk', undef, raw => bulk(map {
            qq({"method":"POST","bulkId":"b$_","path":"/Users","data":{) . user() . '}}' } 1 .. 1000));
        push @$list, map { $_->{location} =~ m{/(\w+)$} } @{ $res->{body}{Operations} };
    }

    return $list;
}

# the documents of a list, in a tenant that has nothing else
sub _documents {
    my ($scim, $k) = @_;
    my $per = room($k->{values}, 1000);
    my $size = $per < $k->{size} ? $per : $k->{size};
    my $name = "$k->{docs}-$k->{values}-$size";

    if (($scim->{hold_documents} // '') ne $name) {
        $scim->delete("/Users/$_", token => 'other') for @{ $scim->{hold_made} || [] };
        $scim->{hold_made} = [ map { $scim->post('/Users', undef, token => 'other',
            raw => '{' . user() . ',"title":"t' . $_ . '","emails":[' . join(',', values_of($k->{values}, $size, 0, 0)) . ']}')->{body}{id} } 1 .. $k->{docs} ];
        $scim->{hold_documents} = $name;
    }

    return;
}

1;
