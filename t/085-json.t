#!/usr/bin/env perl
#
# Bodies that are not JSON (RFC 8259), or that a client cannot mean: 400
# invalidSyntax with the offset in bytes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM;
use SCIM::Test;
use Test::More;

my $scim = SCIM->new;


sub refused {
    my ($name, $text, $offset) = @_;
    my $at = defined $offset ? qr/\b(offset|byte) $offset\b/
                             : qr/\b(offset|byte) \d+/;
    error_ok($scim->post('/Users', undef, raw => $text), 400, 'invalidSyntax',
             $at, $name);
}


sub twice {
    my ($name, $text) = @_;
    error_ok($scim->post('/Users', undef, raw => $text), 400, 'invalidSyntax',
             qr/(user|given)name/i, $name);
}


sub accepted {
    my ($name, $text) = @_;
    my $res = $scim->post('/Users', undef, raw => $text);
    is($res->{status}, 201, $name) or diag $res->{text};
    return $res;
}


refused('a word', 'hello', 0);
refused('cut short', '{"userName":"a"', 15);
refused('cut in a string', '{"userName":"a', undef);
refused('no value', '{"userName":}', 12);
refused('no colon', '{"userName" "a"}', 12);
refused('single quotes', "{'userName':'a'}", 1);
refused('no quotes', '{userName:"a"}', 1);
refused('a comma too many', '{"userName":"a",}', undef);
refused('a comma too many in a list', '{"userName":"a","emails":[{},]}', undef);
refused('a comment', '{"userName":"a" /* b */}', undef);
refused('text after the end', '{"userName":"a"} x', 17);
refused('two documents', '{"userName":"a"}{"userName":"b"}', 16);
refused('a byte order mark alone', "\xef\xbb\xbf", undef);
refused('a control character', "{\"userName\":\"a\tb\"}", 14);
refused('a bad escape', '{"userName":"a\x"}', undef);
refused('a short \u', '{"userName":"\u12"}', undef);
refused('\u0000', '{"userName":"a\u0000b"}', undef);
refused('a NUL', "{\"userName\":\"a\0b\"}", undef);
refused('invalid UTF-8', "{\"userName\":\"a\xff\"}", 14);
refused('UTF-8 cut short', "{\"userName\":\"\xc3\"}", 13);
refused('overlong UTF-8', "{\"userName\":\"\xc0\xaf\"}", 13);
refused('a surrogate in UTF-8', "{\"userName\":\"\xed\xa0\x80\"}", 13);
refused('Latin-1', "{\"userName\":\"caf\xe9\"}", 16);
refused('a lone high surrogate', '{"userName":"\ud83d"}', undef);
refused('a lone low surrogate', '{"userName":"\ude00"}', undef);
refused('a high surrogate and text', '{"userName":"\ud83dx"}', undef);
refused('a leading zero', '{"userName":"a","x":01}', undef);
refused('NaN', '{"userName":"a","x":NaN}', undef);
refused('a hexadecimal number', '{"userName":"a","x":0x1}', undef);
refused('a bare minus', '{"userName":"a","x":-}', undef);
refused('True', '{"userName":"a","x":True}', undef);
twice('a name twice', '{"userName":"a","userName":"b"}');
twice('a name twice in other case', '{"userName":"a","USERNAME":"b"}');
twice('a name twice further in',
        '{"userName":"a","name":{"givenName":"a","givenname":"b"}}');
twice('a name twice, once with an escape',
      '{"userName":"a","user\u004eame":"b"}');
twice('a name twice, among many',
      '{"userName":"a",' . join(',', map { qq("x$_":1) } 1 .. 50) . ',"UserName":"b"}');
refused('a second byte order mark', "\xef\xbb\xbf" x 2 . '{"userName":"a"}', 0);
refused('UTF-16', join('', map { "$_\0" } split //, '{"userName":"a"}'), undef);
refused('a comment to the end of the line', qq({"userName":"a" // b\n}), undef);
refused('a comment by #', qq(# b\n{"userName":"a"}), 0);
refused('half a surrogate pair in a name', '{"userName":"a","\ud800":1}', undef);
refused('\u0000 in a name', '{"userName":"a","user\u0000Name":"b"}', undef);
refused('a NUL behind the end', qq({"userName":"a"}\0), 16);
refused('Infinity', '{"userName":"a","x":-Infinity}', undef);
refused('a plus sign', '{"userName":"a","x":+1}', undef);
refused('no digit before the point', '{"userName":"a","x":.5}', undef);
refused('no digit behind the point', '{"userName":"a","x":5.}', undef);
refused('a separator of lines for a space', qq({"userName":\xe2\x80\xa8"a"}), undef);
refused('too deep', '{"userName":"a","x":' . '[' x 70 . ']' x 70 . '}', undef);
refused('more values than a text of its length has',
        '{"userName":"a","x":[' . join(',', ('[]') x 200000) . ']}', undef);
refused('far too deep', '[' x 100000, undef);

for my $text ('[]', '"text"', '1', 'null', 'true') {
    my $res = $scim->post('/Users', undef, raw => $text);
    is($res->{status}, 400, "no object: $text");
    like($res->{body}{scimType}, qr/^invalid(Syntax|Value)$/, 'says so');
}
for my $text ('', '   ') {
    error_ok($scim->request('POST', '/Users', undef, raw => $text), 400,
             'invalidSyntax', qr/./, "nothing but '$text'");
}
is($scim->get('/Users')->{body}{totalResults}, 0, 'nobody was made');

accepted('space around', " \t\r\n{ \"userName\" : \"a1\" } \r\n");
accepted('escapes', '{"userName":"\u0061\/\\\\2","title":"\ud83d\ude00\u00e9"}');
accepted('63 levels', '{"userName":"a3","x":' . '[' x 62 . ']' x 62 . '}');
accepted('numbers', '{"userName":"a4","x":[0,-0,1.5e+300,1E-5,12345678901234567890]}');
accepted('numbers that no double holds',
         '{"userName":"a6","x":[1e400,-1e400,1e-400,9007199254740993]}');
is(accepted('a number for a text', '{"userName":1e400}')->{body}{userName},
   '1e400', 'is the text that it is');
accepted('a byte order mark in front', "\xef\xbb\xbf" . '{"userName":"a8"}');
is(accepted('separators of lines in a string', qq({"userName":"a7","title":"\xe2\x80\xa8"}))
       ->{body}{title}, "\x{2028}", 'stay');
is(accepted('other names', '{"userName":"a5","title":"' . 'x' x 100000 . '"}')
       ->{body}{title}, 'x' x 100000, 'a long string');

my $user = $scim->post('/Users', { userName => 'kept' })->{body};
for my $method (qw(PUT PATCH)) {
    error_ok($scim->request($method, "/Users/$user->{id}", undef,
             raw => '{"userName":"x"'), 400, 'invalidSyntax', qr/15/,
             $method);
}
is_deeply($scim->get("/Users/$user->{id}")->{body}, $user, 'nothing changed');

clean_log($scim);
undef $scim;

done_testing();
