#!/usr/bin/env perl
#
# Each nginx block of README.md and docs/ is put where it belongs, and nginx -t
# accepts the whole.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP;
use SCIM;
use SCIM::JWT;
use SCIM::Page;
use SCIM::Tree qw(files);
use Test::More;

my $dir = tempdir('scim-pages-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $HTTP = qr/^(?:server|map|log_format|limit_\w+_zone|scim_(?:zone|schema|resource_type
                 |unique|canonical_values))\s/x;


sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print {$out} $text;
    close $out or die "$name: $!";
}


# the files that the blocks name, by the end of their names
make_path("$dir/log");
write_file($_, "secret\n") for qw(redis-password scim-password);
write_file('tokens', '0' x 64 . " acme entra\n");
write_file('entra.jwks', encode_json({ keys => [ SCIM::JWT->new('RS256')->jwk ] }));
write_file($_, SCIM::_slurp("$SCIM::TOP/docs/examples/$_"))
    for qw(newrelic-user.json device-schema.json device.json);
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -batch -subj /CN=x"
       . " -keyout $dir/privkey.pem -out $dir/fullchain.pem 2>/dev/null") == 0
    or die 'openssl';
write_file($_->[0], SCIM::_slurp("$dir/$_->[1]"))
    for [ 'redis-ca.pem', 'fullchain.pem' ], [ 'redis-client.pem', 'fullchain.pem' ],
        [ 'redis-client.key', 'privkey.pem' ];


# the statements of a block: a line that ends with ";", or a pair of braces
sub statements {
    my ($text) = @_;
    $text =~ s/#.*$//mg;
    my $braces;
    $braces = qr/\{(?:[^{};]|;|(??{ $braces }))*\}/;
    my $quoted = qr/'[^']*'|"[^"]*"/;
    return $text =~ /\s*((?:$quoted|\(\?<\w+>[^)]*\)|[^{};'"])+?(?:;|$braces))/g;
}


# a whole configuration
sub config {
    my ($text) = @_;
    my (@http, @server);
    for my $statement (statements($text)) {
        push @{ $statement =~ $HTTP ? \@http : \@server }, $statement;
    }
    my $redis = grep({ /^scim_redis/ } @http) ? '' : "scim_redis unix:$dir/none;";
    my $config = join "\n", 'load_module ' . SCIM::module() . ';', "pid $dir/pid;",
        'events {}', 'http {', 'access_log off;', $redis, 'scim_tokens redis;',
        "ssl_certificate $dir/fullchain.pem; ssl_certificate_key $dir/privkey.pem;",
        (map { "${_}_temp_path $dir/$_;" }
             qw(client_body proxy fastcgi uwsgi scgi)), @http,
        'server { listen 127.0.0.1:' . SCIM::free_port() . ';', @server,
        'location /another/ { scim; } } }';
    my $port = SCIM::free_port();
    $config =~ s/listen( +)443 /listen$1 127.0.0.1:$port /g;
    $config =~ s{/var/log/nginx/}{$dir/log/}g;
    $config =~ s{/(?:etc/nginx/scim|etc/scim-redis|var/lib/scim-keys)/}{$dir/}g;
    return $config;
}


my @pages = ("$SCIM::TOP/README.md", files(qr/\.md$/, 'docs'));
my $n = 0;

for my $page (sort @pages) {
    my $name = $page =~ s{^\Q$SCIM::TOP\E/}{}r;
    for my $block (grep { $_->{language} eq 'nginx' } SCIM::Page::blocks($page)) {
        write_file('nginx.conf', config($block->{text}));
        my $said = `nginx -t -p $dir -e stderr -c $dir/nginx.conf 2>&1`;
        like($said, qr/syntax is ok/, "$name, line $block->{line}") or diag $said;
        $n++;
    }
}
cmp_ok($n, '>', 25, 'there are blocks');

done_testing();
