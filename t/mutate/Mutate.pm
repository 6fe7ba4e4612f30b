package Mutate;

# Bad requests, made of good ones. What it makes depends on rand() alone.
#
#   my $mutate = Mutate->new($file_of_seeds);
#   my ($bytes, $methods) = $mutate->framed($n);    # $n requests, each with an end
#   my $bytes = $mutate->raw;                       # whatever it may be
#
# {token}, {host}, {id} and {uuid} of the seeds are what $mutate->{fill} makes of
# a text.

use strict;
use warnings;

use Cpanel::JSON::XS;

no warnings qw(nonchar surrogate);

my $json = Cpanel::JSON::XS->new->utf8->allow_nonref;


sub new {
    my ($class, $file) = @_;
    my (@texts, @requests);

    open my $in, '<', $file or die "$file: $!\n";

    while (<$in>) {
        chomp;
        my $text = s/%([0-9A-F]{2})/chr hex $1/ger;
        my $request = parse($text);
        push @texts, $text;
        push @requests, $request if $request;
    }

    return bless { texts => \@texts, requests => \@requests,
                   fill => sub { $_[0] } }, $class;
}


# nothing, for what is no request that can be taken apart
sub parse {
    my ($text) = @_;
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($line, @headers) = split /\r\n/, $head // '';
    my ($method, $target) = ($line // '') =~ m{^([A-Z]+) (/\S*) HTTP/1\.1$}
        or return;

    return if $head =~ /^Transfer-Encoding/mi;

    @headers = grep { !/^Content-Length:/i } @headers;

    return { method => $method, target => $target, headers => \@headers,
             body => $body // '' };
}


sub pick { $_[rand @_] }

sub chance { rand() < $_[0] }


# --- whole requests ---------------------------------------------------------

sub framed {
    my ($self, $n) = @_;
    my ($bytes, @methods) = ('');

    for my $i (1 .. $n) {
        my $r = $self->mutated;
        my @headers = (@{ $r->{headers} },
                       $i == $n ? 'Connection: close' : ());
        my ($target, $body, @filled) = map { _octets($self->{fill}->($_)) }
            $r->{target}, $r->{body}, @headers;

        push @methods, $r->{method};
        $bytes .= join "\r\n", "$r->{method} $target HTTP/1.1", @filled,
                               _body($body);
    }

    return ($bytes, \@methods);
}


# the last header, and the body, in a frame that holds exactly it
sub _body {
    my ($body) = @_;

    return "\r\n" if $body eq '' && chance(0.9);
    return 'Content-Length: ' . length($body) . "\r\n\r\n$body" if chance(0.9);

    my $size = pick(3, 50, 5000);
    my $chunks = '';

    while (length $body) {
        my $chunk = substr $body, 0, 1 + rand $size, '';
        $chunks .= sprintf "%x\r\n%s\r\n", length $chunk, $chunk;
    }

    return "Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n";
}


sub mutated {
    my ($self) = @_;
    my $seed = pick(@{ $self->{requests} });
    my $r = { %$seed, headers => [ @{ $seed->{headers} } ] };

    return $r if chance(0.05);

    do {
        my $kind = rand;

        if ($kind < 0.6 && $r->{body} ne '') { $self->body($r) }
        elsif ($kind < 0.8)                  { $self->target($r) }
        elsif ($kind < 0.95)                 { $self->headers($r) }
        else                                 { $self->cross($r) }
    } while (chance(0.35));

    return $r;
}


# parts of another seed
sub cross {
    my ($self, $r) = @_;
    my $other = pick(@{ $self->{requests} });
    my $part = pick(qw(method target body));
    $r->{$part} = $other->{$part};
}


# --- the target -------------------------------------------------------------

my @NAMES = qw(userName id externalId active emails emails.value name.familyName
    meta meta.lastModified members members.value groups displayName password x
    schemas urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager
    urn:ietf:params:scim:schemas:core:2.0:User:userName emails.primary $ref);

my @LITERALS = ('"a"', '""', 'true', 'null', '1', '-0', '1e400', '"\ud800"', 'x',
    '"2020-01-01T00:00:00Z"', '"\u0000"', '9007199254740993', '"*"', '{', '"',
    "\"\xc4\xb0\"", "\"\xe2\x84\xaa\"", "\"\xff\"", '"{id}"');


sub _filter {
    my ($depth) = @_;
    my $kind = rand;

    return '(' x 200 . 'a pr' . ')' x 200 if $kind < 0.01;
    return join ' ' . pick(qw(and or)) . ' ', map { _term() }
           1 .. pick(50, 128, 129, 400) if $kind < 0.03;

    return _term() if $depth > 5 || $kind < 0.5;
    return 'not (' . _filter($depth + 1) . ')' if $kind < 0.6;
    return '(' . _filter($depth + 1) . ')' if $kind < 0.7;
    return pick(@NAMES) . '[' . _filter($depth + 1) . ']' if $kind < 0.8;
    return _filter($depth + 1) . ' ' . pick('and', 'or', 'AND', 'xor') . ' '
           . _filter($depth + 1);
}


sub _term {
    my $attr = pick(@NAMES);
    return "$attr pr" if chance(0.15);
    return "$attr " . pick(qw(eq ne co sw ew gt ge lt le Eq zz)) . ' '
           . pick(@LITERALS);
}


sub _escape {
    my ($text, $much) = @_;
    return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger if !$much;
    return $text =~ s/(.)/sprintf pick('%%%02X', '%%%02x'), ord $1/gesr;
}


my @PARAMS = (
    sub { 'filter=' . _escape(_filter(0), chance(0.1)) },
    sub { 'sortBy=' . pick(@NAMES) . '&sortOrder='
          . pick(qw(ascending descending up)) },
    sub { pick(qw(attributes excludedAttributes)) . '='
          . join ',', map { pick(@NAMES) } 1 .. pick(1, 3, 300) },
    sub { pick(qw(count startIndex)) . '='
          . pick(0, 1, 2, -1, '1e3', 9 x 30, '', 'x', '%31', '2147483648') },
    sub { 'cursor=' . pick('', 'x', 'A' x 40, _escape(join '', map { chr rand 256 }
                                                     1 .. 30)) },
    sub { join '&', map { "p$_=$_" } 1 .. pick(10, 300) },
    sub { pick('%', '%0', '%zz', '%00', '&&&', '=', '==&=', 'filter', 'a%0d%0ab=c') },
);


sub target {
    my ($self, $r) = @_;
    my ($path, $query) = split /\?/, $r->{target}, 2;

    if (chance(0.35)) {
        $path = _path($path);
    }
    else {
        my @params = split /&/, $query // '';
        push @params, pick(@PARAMS)->() for 1 .. pick(1, 1, 2, 4);
        @params = (@params, @params) if chance(0.05);
        splice @params, rand @params, 1 if @params && chance(0.2);
        $query = join '&', @params;
        $query = _bytes($query) =~ s/[\0-\x20\x7f]/+/gr if chance(0.1);
    }

    # longer is not for the module
    $r->{target} = substr defined $query ? "$path?$query" : $path, 0, 7000;
}


sub _path {
    my ($path) = @_;
    my $kind = int rand 7;

    return $path . pick('/', '//', '/.', '/..', '/x', '/{id}', '%00', '%2f', '.')
        if $kind == 0;
    return '/scim/v2/' . pick(qw(Users Groups Bulk Me Schemas ResourceTypes
        ServiceProviderConfig .search users), '') . pick('', '/{id}', '/.search',
        '/' . 'x' x 3000, '/%7B%7D:*', '/..%2f..%2fx', '/%0d%0aX:1', '/a%00b')
        if $kind == 1;
    return $path =~ s/(\w)/chance(0.2) ? sprintf '%%%02x', ord $1 : $1/ger
        if $kind == 2;
    return $path =~ s/(\w)/chance(0.1) ? uc $1 : $1/ger if $kind == 3;
    return $path =~ s{/}{pick('/', '//', '/./', '/a/../')}ger if $kind == 4;

    my $text = _bytes($path) =~ s/[\0-\x20\x7f?#]/_/gr;
    return $kind == 5 && $text =~ m{^/} ? $text : $path;
}


# --- headers ----------------------------------------------------------------

my @HEADERS = (
    sub { pick('If-Match', 'If-None-Match') . ': '
          . pick('*', 'W/"1"', '"1"', 'W/"', '""', 'W/"1", W/"2"', 'x' x 2000,
                 ',' x 500, "\xff") },
    sub { 'Accept: ' . pick('*/*', 'text/html', 'application/json',
          'application/scim+json;q=0', ';;;,,,', 'a/b,' x 300, '') },
    sub { 'Content-Type: ' . pick('application/json', 'text/plain', ';', '',
          'application/scim+json; charset=utf-16', 'x' x 1000,
          'application/x-www-form-urlencoded', 'multipart/form-data') },
    sub { 'Authorization: ' . pick('', 'Bearer', 'Bearer ', 'Basic e30=',
          'Bearer ' . 'A' x 3000, 'bearer a.b.c', 'Bearer eyJhbGciOiJub25lIn0.e30.',
          "Bearer \xc3\x28", 'Bearer a, Bearer b') },
    sub { 'X-Forwarded-' . pick(qw(Host Proto For)) . ': '
          . pick('evil"<script>', 'https://x/', "a\xff") },
    sub { 'Expect: ' . pick('100-continue', 'x') },
    sub { 'X-User: ' . pick('{id}', '../x', '', '*', 'x' x 500) },
    sub { 'Accept-Encoding: gzip' },
    sub { 'X-Long: ' . 'y' x rand 3000 },
    sub { "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT\r\nRange: bytes=0-3" },
    sub { 'Cookie: ' . 'a=b; ' x 100 },
    sub { join "\r\n", map { "X-$_: $_" } 1 .. 60 },
);


sub headers {
    my ($self, $r) = @_;
    my $list = $r->{headers};
    my $kind = rand;

    if ($kind < 0.15) {
        splice @$list, rand @$list, 1 if @$list > 1;
        push @$list, 'Host: {host}' if !grep { /^Host:/i } @$list;
    }
    elsif ($kind < 0.3) {
        my $again = pick(@$list);
        # nginx logs both of two tokens, at the level "info"
        push @$list, $again if $again !~ /^(Host|Authorization)/i;
    }
    elsif ($kind < 0.4) {
        $r->{method} = pick(qw(GET POST PUT PATCH DELETE HEAD OPTIONS PROPFIND
                               COPY LOCK));
    }
    else {
        my $new = pick(@HEADERS)->();
        my ($name) = $new =~ /^([^:]+)/;
        @$list = grep { !/^\Q$name\E:/i } @$list
            if $name eq 'Authorization' || chance(0.8);
        push @$list, $new;
    }
}


# --- bodies -----------------------------------------------------------------

my @RAW = (
    sub { pick(qw(null true false 0 -0 1 1.5 -1 1e400 -1e400 1e-400 {} [] "" [null]
          9007199254740993 2147483648 18446744073709551616)) },
    sub { pick('9', '1.', '0.') . '7' x rand 500 },
    sub { pick('"\ud800"', '"\udc00\ud800"', '"\u0000"', '"a\u0000b"', '"\ud83d\ude00"',
               '"\u0130"', '"\u212a"', '"\u200b"', '"\u202e"', '"\uffff"') },
    sub { pick('"True"', '"False"', '"None"', '"null"', '"bulkId:a"', '"{id}"',
               '"W/\"1\""', '"*"', '"../x"', '"a\r\nb: c"', '"<script>"', "\"\xff\"",
               "\"\xc3\"", "\"\xef\xbb\xbf\"", '"\"', "\"\0\"", 'NaN', '/**/1') },
    sub { '[' x ($_[0] = pick(3, 60, 70, 3000)) . ']' x $_[0] },
    sub { '{"a":' x ($_[0] = pick(3, 60, 70, 3000)) . '1' . '}' x $_[0] },
    sub { '"' . pick('x', "\xc3\xa9", "e\xcc\x81", '\u00e9', '\\\\', "\xef\xb7\xba")
              x pick(10, 1000, 10000) . '"' },
    sub { '"a' . pick("\xcc\x81", "\xcd\x85", "\xe2\x80\x8d") x pick(3, 29, 31, 3000) . '"' },
    sub { '{"value":"a","' . pick('value', 'VALUE', 'val\u0075e') . '":"b"}' },
    sub { '[' . join(',', map { qq({"value":"v$_","type":"work"}) } 1 .. pick(3, 200, 1001)) . ']' },
    sub { '[' . join(',', ('{"value":"{id}"}') x pick(1, 50)) . ']' },
    sub { '{' . join(',', map { qq("k$_":$_) } 1 .. pick(10, 500)) . '}' },
    sub { $json->encode(_filter(0) =~ s/[^\x20-\x7e]/?/gr) },
    sub { $json->encode(pick(@NAMES) . '[' . _filter(0) =~ s/[^\x20-\x7e]/?/gr . ']'
                        . pick('', '.value', '.x', ']')) },
);


sub body {
    my ($self, $r) = @_;

    return $r->{body} = _bytes($r->{body}) if chance(0.15);

    # of a copy: it may leave what it reads half converted
    my $tree = eval { $json->decode(my $copy = $r->{body}) };
    return $r->{body} = _form($r->{body})
        if ref $tree ne 'HASH' && ref $tree ne 'ARRAY';

    my @raw;
    _node($self, $tree, \@raw) for 1 .. pick(1, 1, 2, 4);

    my $text = $json->encode($tree);
    $text =~ s/"\@RAW(\d+)\@"/$raw[$1]/g;
    $text = pick("\xef\xbb\xbf$text", "$text $text", "$text,", "$text//x", " \n$text\t")
        if chance(0.03);

    $r->{body} = $text;
}


# changes one place of a tree
sub _node {
    my ($self, $tree, $raw) = @_;
    my $at = $tree;
    my $child;

    # to somewhere in it
    while (1) {
        my $key = ref $at eq 'HASH' ? pick(sort keys %$at) : int rand @$at;
        last if ref $at eq 'HASH' ? !defined $key : !@$at;
        $child = ref $at eq 'HASH' ? $at->{$key} : $at->[$key];

        if ((ref $child eq 'HASH' || ref $child eq 'ARRAY') && chance(0.75)) {
            $at = $child;
            next;
        }

        return _change($self, $at, $key, $raw);
    }

    ref $at eq 'HASH' ? $at->{pick(@NAMES)} = 1 : push @$at, 1;
}


sub _change {
    my ($self, $at, $key, $raw) = @_;
    my $kind = rand;
    my $value = sub { push @$raw, pick(@RAW)->(my $n); '@RAW' . $#$raw . '@' };

    if (ref $at eq 'ARRAY') {
        if    ($kind < 0.2) { splice @$at, $key, 1 }
        elsif ($kind < 0.4) { push @$at, ($at->[$key]) x pick(1, 2, 40) }
        else                { $at->[$key] = $value->() }
    }
    elsif ($kind < 0.15) { delete $at->{$key} }
    elsif ($kind < 0.25) { $at->{chance(0.5) ? uc $key : pick(@NAMES)} = $at->{$key} }
    elsif ($kind < 0.3)  { $at->{$key} = [ $at->{$key} ] }
    elsif ($kind < 0.35) { $at->{$key} = { value => $at->{$key} } }
    elsif ($kind < 0.45) { $at->{pick(@NAMES)} = $value->() }
    elsif ($kind < 0.5)  { $at->{_escape(_filter(4))} = $value->() }
    elsif ($kind < 0.6)  {
        my $other = eval { $json->decode(my $copy = pick(@{ $self->{requests} })->{body}) };
        $at->{$key} = $other if ref $other;
    }
    else { $at->{$key} = $value->() }
}


sub _form {
    my ($text) = @_;
    my @pairs = split /&/, $text, -1;
    push @pairs, pick('grant_type=client_credentials', 'client_id=a', 'scope=%zz',
                      'client_assertion=' . 'e30.' x pick(1, 3, 500), 'x=' . 'y' x 5000);
    splice @pairs, rand @pairs, 1 if chance(0.4);
    return chance(0.5) ? join '&', @pairs : _bytes($text);
}


# --- bytes ------------------------------------------------------------------

# decoded JSON may have brought characters
sub _octets {
    my ($text) = @_;
    utf8::downgrade($text, 1) or utf8::encode($text);
    return $text;
}



sub _bytes {
    my ($text) = @_;

    $text = _octets($text);

    for (1 .. pick(1, 1, 2, 5)) {
        my $at = int rand 1 + length $text;
        my $kind = int rand 7;

        if ($kind == 0 && $at < length $text) {
            substr($text, $at, 1) ^= chr(1 << rand 8);
        }
        elsif ($kind == 1) { substr($text, $at, 0) = chr rand 256 }
        elsif ($kind == 2) { $text = substr $text, 0, $at if chance(0.5) }
        elsif ($kind == 3) { substr($text, $at, 1 + rand 8) = '' if $at < length $text }
        elsif ($kind == 4) {
            my $part = substr $text, $at, 1 + rand 40;
            substr($text, $at, 0) = $part x pick(1, 2, 20);
        }
        elsif ($kind == 5) {
            substr($text, $at, 0) = pick('"', '\\', '{', '}', '[', ']', ',', ':', "\0",
                "\r\n", "\r", "\n", "\x7f", "\xff\xfe", '%00', "\xed\xa0\x80", '%', "\t");
        }
        else { substr($text, $at, 1 + rand 4) = chr(rand 256) x rand 6 if $at < length $text }
    }

    return $text;
}


# bytes with whatever frames they have
sub raw {
    my ($self) = @_;
    my $text = pick(@{ $self->{texts} });
    my $other = pick(@{ $self->{texts} });

    for (1 .. pick(1, 1, 2)) {
        my $kind = int rand 9;

        if    ($kind == 0) { $text = _bytes($text) }
        elsif ($kind == 1) { $text = substr $text, 0, rand length $text }
        elsif ($kind == 2) { $text = substr($text, 0, rand length $text)
                                   . substr $other, rand length $other }
        elsif ($kind == 3) { $text .= _bytes($other) }
        elsif ($kind == 4) { $text =~ s/^(Content-Length: *)\d+/$1 . pick(0, 1, -1, 5,
                                 99999, '1e3', '+3', ' ', 9 x 25, '0x10', '3, 3')/mie }
        elsif ($kind == 5) { $text =~ s/ HTTP\/1\.1/pick(' HTTP\/1.0', ' HTTP\/0.9', '',
                                 ' HTTP\/2.0', ' HTTP\/1.10', ' http\/1.1', '  HTTP\/1.1')/e }
        elsif ($kind == 6) { $text =~ s/\r\n/_line()/e }
        elsif ($kind == 7) { $text = _chunked($text) }
        else { $text =~ s/\r\n/\n/g if chance(0.5); $text = "\r\n" x rand(4) . $text }
    }

    return _octets($self->{fill}->($text));
}


sub _line {
    return "\r\n" . pick('Transfer-Encoding: chunked', 'Transfer-Encoding: gzip',
        'Content-Length: 3', 'Host: a b', 'Host: [::1', "Host: \x01", ': x', 'x',
        "A\0: b", ' folded', 'Transfer-Encoding: chunked' . "\r\nContent-Length: 4",
        'X: ' . 'z' x 9000, 'Expect: 100-continue', 'Connection: upgrade, close',
        'Host:', 'Upgrade: h2c', 'Content-Type : a', 'Authorization: Bearer x', "Content-Length: 2\r\nContent-Length: 3",
        'X-Y: ' . "\xff" x 20) . "\r\n";
}


sub _chunked {
    my ($text) = @_;
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    $head //= '';
    $head =~ s/^Content-Length:[^\r]*/Transfer-Encoding: chunked/mi;
    $body //= '';
    my $half = int rand 1 + length $body;
    my $chunks = join '', map { sprintf "%x%s\r\n%s\r\n", length $_,
            pick('', '', ';ext=1', ' '), $_ }
        grep { length } substr($body, 0, $half), substr $body, $half;
    $chunks .= pick("0\r\n\r\n", "0\r\nX: y\r\n\r\n", "0\r\n", '', "ffffffffffffffff\r\n",
                    "-1\r\n", "g\r\n", "00000000000000000000001\r\nx");
    $chunks = substr $chunks, 0, rand length $chunks if chance(0.3);
    return "$head\r\n\r\n$chunks";
}

1;
