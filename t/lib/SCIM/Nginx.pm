package SCIM::Nginx;

# The parts that the Test::Nginx suites share: environment, a Redis of the test
# file's own, tokens, and defaults for the sections that a block does not have.
#
#   use SCIM::Nginx;                   # before Test::Nginx
#   use Test::Nginx::Socket;
#
#   plan tests => repeat_each() * SCIM::Nginx::checks(blocks());
#   run_tests();
#
# Defaults: http_config has "scim_redis" and "scim_tokens", config has a scim
# location /scim/v2/, a request has Authorization and Content-Type, and nothing
# of level error or above may be logged. Redis is empty before each run of a
# block.
#
# Sections of our own:
#
#   --- token: ro         whose token is sent: rw (default), ro, expired,
#                         unknown, other (of another tenant), none
#   --- scim_error: 400 invalidValue
#                         the answer is this SCIM error; a second line is its
#                         whole detail. An array of them, for several requests
#   --- redis             commands for Redis, one a line, after it was emptied
#   --- keep_redis        Redis is not emptied

use strict;
use warnings;

my $owner;
my $redis;
my $servroot;

# Registered before that of Test::Nginx, and therefore run after it.
END {
    if (defined $owner && $$ == $owner) {
        local $?;
        if ($redis) {
            kill 'TERM', $redis;
            waitpid $redis, 0;
        }
        system 'rm', '-rf', $servroot
            if $servroot =~ m{/build/t/servroot_\d+$};
    }
}

use SCIM::Checked (by_test_nginx => 1);
use SCIM::Accounts;
use SCIM::Port qw(free_port);

use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use Test::More ();
use Time::HiRes qw(sleep time);

our $TOP = $SCIM::Checked::TOP;

our %TOKENS;


sub _environment {
    my $dir = tempdir('scim-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;

    make_path("$SCIM::Checked::TOP/build/t");
    $servroot = "$SCIM::Checked::TOP/build/t/servroot_$$";

    $ENV{TEST_NGINX_LOAD_MODULES} ||= $ENV{SCIM_MODULE}
        || "$SCIM::Checked::TOP/build/ngx_scim_module.so";
    $ENV{TEST_NGINX_SERVROOT} ||= $servroot;
    $ENV{TEST_NGINX_SERVER_PORT} ||= free_port();
    $ENV{TEST_NGINX_WORKER_USER} ||= 'root' if $> == 0;
    $ENV{TEST_NGINX_TIMEOUT} ||= SCIM::Checked::valgrind() ? 20 : 5;

    $ENV{TEST_NGINX_DIR} = $dir;
    $ENV{TEST_NGINX_REDIS_SOCK} = "$dir/redis.sock";
    $ENV{TEST_NGINX_REDIS_PORT} ||= free_port();
    $ENV{TEST_NGINX_FREE_PORT} = free_port();
    $ENV{TEST_NGINX_TOKENS} = "$dir/tokens";

    %TOKENS = (
        rw      => 'demo main rw',
        ro      => 'demo reader ro',
        expired => 'demo old rw 2020-01-01T00:00:00Z',
        other   => 'other main rw',
    );

    write_file("$dir/tokens", join '', "# sha256 tenant name rights expiry\n",
        map { sha256_hex("token-$_") . " $TOKENS{$_}\n" } sort keys %TOKENS);
}


sub _start_redis {
    my $dir = $ENV{TEST_NGINX_DIR};

    SCIM::Accounts::write_files($dir);
    $redis = fork // die "fork: $!";

    if ($redis == 0) {
        open STDOUT, '>', "$dir/redis.log";
        open STDERR, '>&', \*STDOUT;
        exec 'redis-server', "$SCIM::Checked::TOP/redis/redis.conf",
            '--dir', $dir, '--unixsocket', $ENV{TEST_NGINX_REDIS_SOCK},
            '--port', $ENV{TEST_NGINX_REDIS_PORT},
            SCIM::Accounts::redis_args($dir)
            or POSIX::_exit(1);
    }

    my $until = time + 10;
    until (eval { redis('PING') eq 'PONG' }) {
        die "Redis did not start, see $dir/redis.log\n" if time > $until;
        sleep 0.02;
    }
}


sub write_file {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
}


# one command; a simple reply comes as a string
sub redis {
    my (@command) = @_;
    my $socket = IO::Socket::INET->new(
        PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_REDIS_PORT}")
        or die "redis: $!";

    my $reply;
    for my $words ([ SCIM::Accounts::auth() ], \@command) {
        print {$socket} '*' . @$words . "\r\n"
            . join '', map { '$' . length($_) . "\r\n$_\r\n" } @$words;
        $socket->flush;

        my $line = readline $socket // die "redis: closed\n";
        (my $type, $reply) = $line =~ /^(.)(.*)\r\n/ or die "redis: $line";
        die "redis: $reply\n" if $type eq '-';
    }

    return $reply;
}


BEGIN {
    $owner = $$;
    _environment();
    _start_redis();
}

use Test::Nginx::Socket ();


# --- blocks -----------------------------------------------------------------

my $LOG = qr/\[(?:error|alert|crit|emerg)\]/;


Test::Nginx::Util::add_block_preprocessor(sub {
    my ($block) = @_;
    my $http = $block->http_config // '';

    for my $default ([ scim_redis => 'unix:$TEST_NGINX_REDIS_SOCK' ],
                     [ scim_tokens => '$TEST_NGINX_TOKENS' ])
    {
        my ($name, $value) = @$default;
        $http .= "\n    $name $value;" if $http !~ /^\s*\Q$name\E\s/m;
    }

    $block->set_value('http_config', _as_the_module($http));
    $block->set_value('config', _as_the_module(
        $block->config // 'location /scim/v2/ { scim; }'));

    _default_headers($block);

    if (!defined $block->error_log && !defined $block->no_error_log) {
        $block->set_value('no_error_log', $LOG);
    }

    if (defined $block->scim_error && !defined $block->error_code) {
        my @errors = _list($block->scim_error);
        my @codes = map { /^(\d+)/ ? $1 : 200 } @errors;
        $block->set_value('error_code', ref $block->scim_error ? \@codes
                                                               : $codes[0]);
    }
});


# on this Redis the module is the user of redis/scim.acl
sub _as_the_module {
    my ($text) = @_;
    my $login = SCIM::Accounts::login($ENV{TEST_NGINX_DIR});
    return $text =~ s{\b(scim_redis \s+ (?: unix:\$TEST_NGINX_REDIS_SOCK
                      | redis://127\.0\.0\.1:\$TEST_NGINX_REDIS_PORT)
                      [^;]*)}{$1 $login}grx;
}


sub _list {
    my ($value) = @_;
    return ref $value eq 'ARRAY' ? @$value : ($value);
}


sub _default_headers {
    my ($block) = @_;
    my $more = $block->more_headers // '';
    my $token = $block->token // 'rw';

    $token =~ s/\s+//g;

    my @complete = map {
        my $headers = $_;
        $headers .= "\n" if $headers ne '' && $headers !~ /\n$/;
        $headers .= "Authorization: Bearer token-$token\n"
            if $token ne 'none' && $headers !~ /^Authorization:/mi;
        $headers .= "Content-Type: application/scim+json\n"
            if $headers !~ /^Content-Type:/mi;
        $headers;
    } _list($more);

    $block->set_value('more_headers', ref $more ? \@complete : $complete[0]);
}


# All but the identity of the data, which an nginx that runs already looks for.
sub empty_redis {
    redis('EVAL', <<'END', 0);
local ids, format = redis.call("SMEMBERS", "scim:directory"),
                    redis.call("GET", "scim:format")
redis.call("FLUSHALL")
if ids[1] then
    redis.call("SADD", "scim:directory", unpack(ids))
    redis.call("SET", "scim:format", format)
end
return "OK"
END
}


# Redis as a block wants it, before each of its runs.
{
    my $run = $Test::Nginx::Util::RunTestHelper;

    $Test::Nginx::Util::RunTestHelper = sub {
        my ($block) = @_;

        if (!defined $block->keep_redis) {
            empty_redis();
        }

        for my $line (split /\n/, $block->redis // '') {
            redis(split ' ', $line) if $line =~ /\S/;
        }

        return $run->(@_);
    };
}


Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body, $index, $repeat, $dry_run) = @_;
    my $expected = (_list($block->scim_error // return))[$index] // return;
    my ($status, $type, $detail) =
        $expected =~ /^(\d+)[ ]*(\w*)\s*(?:\n(.*))?$/s or return;

    my $error = eval { decode_json($body) } || {};

    # each detail ends with the id of the request
    $error->{detail} //= '';
    $error->{detail} =~ s/ \(request [0-9a-f]{32}\)$//
        or $error->{detail} .= ' (without a request id)';
    my $name = $block->name . " - SCIM error";
    $name .= " of request $index" if ref $block->scim_error;

    if (defined $detail && $detail =~ /\S/) {
        $detail =~ s/\s+$//;
    } else {
        ($detail = $error->{detail} || 'some detail')
            =~ s/ \(without a request id\)$//;
    }

    Test::More::is_deeply($error, {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:Error' ],
        status  => $status,
        detail  => $detail,
        $type ? (scimType => $type) : (),
    }, $name) or Test::More::diag($body);
});


# The number of checks of these blocks in one run, the defaults included.
sub checks {
    my $n = 0;

    for my $block (@_) {
        my %has = map { $_ => scalar $block->$_ }
            qw(request pipelined_requests ignore_response scim_error
               response_headers response_headers_like error_log no_error_log);

        my $list = $has{pipelined_requests} || $has{request};
        my $count = ref $list eq 'ARRAY' ? @$list : 1;
        my $logs = _lines($has{error_log}) + _lines($has{no_error_log});

        $n += $count * ($logs || 1);
        next if defined $has{ignore_response};

        my $texts = grep { defined scalar $block->$_ }
            qw(response_body response_body_like response_body_unlike
               raw_response_headers_like raw_response_headers_unlike);

        $n += $count * (1 + $texts)
            + grep({ /^[45]/ } _list($has{scim_error} // ''))
            + _lines(map { _list($_) } grep { defined }
                     @has{qw(response_headers response_headers_like)});
    }

    return $n;
}


sub _lines {
    my $n = 0;
    for my $value (map { _list($_) } grep { defined } @_) {
        $n += ref $value ? 1 : grep { /\S/ } split /\n/, $value;
    }
    return $n;
}

1;
