package SCIM;

# Real servers for tests, and a client: Redis and nginx with the module, each
# with its files in a temporary folder, ended by its pid.
#
#   my $scim = SCIM->new(workers => 2);
#   my $res = $scim->post('/Users', { userName => 'kim' });
#   is $res->{status}, 201;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use Time::HiRes qw(sleep time);

use SCIM::Accounts;
use SCIM::Checked;
use SCIM::Port qw(free_port);

my $json = JSON::PP->new->utf8->canonical;

our $TOP = $SCIM::Checked::TOP;


sub module {
    return $ENV{SCIM_MODULE} || "$TOP/build/ngx_scim_module.so";
}


# Options: workers, tcp (Redis by TCP instead of a socket), http and location
# (more configuration), redis_args, auth_command (what AUTH is called there),
# scim_redis (parameters; the module is the
# user "scim" of redis/scim.acl if they name none, and none with "no_user"),
# tokens ({ secret => "tenant name rights" }), scim_tokens (its arguments,
# instead of the file of these; "none" for no such directive), main (directives
# of the main level), connections (of a worker), no_redis and no_nginx (which is
# not started), files ({ name => text } in its folder), conf (sub that makes the
# whole http block), daemon (nginx is no child of ours, so that its program can
# be replaced).
sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        dir     => tempdir('scim-XXXXXX', TMPDIR => 1, CLEANUP => 1),
        workers => 1,
        tokens  => { secret => 'demo main rw', reader => 'demo reader ro',
                     other => 'other main rw' },
        pid     => $$,
        %opt,
    }, $class;

    chmod 0755, $self->{dir};
    $self->{port} ||= free_port();
    $self->{redis_port} = $self->{tcp} ? free_port() : 0;
    $self->{base} = "http://127.0.0.1:$self->{port}/scim/v2";

    $self->write_tokens;
    $self->write_file($_, $self->{files}{$_}) for keys %{ $self->{files} };
    SCIM::Accounts::write_files($self->{dir});
    $self->start_redis unless $self->{no_redis};
    $self->start_nginx unless $self->{no_nginx};

    return $self;
}


sub write_file {
    my ($self, $name, $text) = @_;
    open my $out, '>', "$self->{dir}/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
}


sub write_tokens {
    my ($self) = @_;
    my $tokens = $self->{tokens};
    $self->write_file('tokens', join '', map {
        sha256_hex($_) . " $tokens->{$_}\n"
    } sort keys %$tokens);
}


sub start_redis {
    my ($self) = @_;
    $self->spawn_redis;
    _wait_for('Redis', sub { eval { $self->redis('PING') eq 'PONG' } });
}


# without waiting for it, and with further arguments
sub spawn_redis {
    my ($self, @arguments) = @_;
    my $dir = $self->{dir};

    $self->{redis_pid} = _spawn("$dir/redis.log",
        'redis-server', "$TOP/redis/redis.conf", '--dir', $dir,
        '--unixsocket', "$dir/redis.sock", '--port', $self->{redis_port},
        SCIM::Accounts::redis_args($dir),
        @{ $self->{redis_args} || [] }, @arguments);
}


sub scim_redis {
    my ($self) = @_;
    my $server = $self->{address} ? $self->{address}
               : $self->{tcp} ? "redis://127.0.0.1:$self->{redis_port}"
                              : "unix:$self->{dir}/redis.sock";
    # long enough for a busy machine, and for valgrind
    my $settings = $self->{scim_redis} || 'timeout=10s connect_timeout=10s';
    $settings .= ' ' . SCIM::Accounts::login($self->{dir})
        if !$self->{no_user} && $settings !~ /\b(?:user|password)=|_file=/;
    return "scim_redis $server $settings;";
}


sub scim_tokens {
    my ($self) = @_;
    my $tokens = $self->{scim_tokens} || "$self->{dir}/tokens";
    return $tokens eq 'none' ? '' : "scim_tokens $tokens;";
}


sub config {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $user = $> == 0 ? 'user root;' : '';
    my $location = $self->{location} || '';
    my $http = $self->{http} || '';
    my $server = $self->{server} || '';

    # the variables that a checker needs in a program that replaces the first
    my $env = join ' ', map { "env $_;" }
        qw(LD_PRELOAD ASAN_OPTIONS UBSAN_OPTIONS);

    return <<"END";
load_module @{[ module() ]};
$user
$env
worker_processes $self->{workers};
pid $dir/nginx.pid;
error_log $dir/error.log info;
@{[ $self->{main} || '' ]}
events { worker_connections @{[ $self->{connections} || 2048 ]}; }
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    @{[ $self->scim_redis ]}
    @{[ $self->scim_tokens ]}
    $http
    server {
        listen 127.0.0.1:$self->{port};
        $server
        location /scim/v2/ { scim; $location }
    }
}
END
}


sub start_nginx {
    my ($self) = @_;
    my $dir = $self->{dir};

    $self->write_file('nginx.conf', $self->config);

    $self->{nginx_pid} = _spawn("$dir/nginx.out", _nginx(), '-p', $dir, '-e',
        "$dir/error.log", '-c', "$dir/nginx.conf",
        $self->{daemon} ? () : ('-g', 'daemon off;'));

    if ($self->{daemon}) {
        waitpid $self->{nginx_pid}, 0;
        _wait_for('the pid of nginx', sub {
            ($self->{nginx_pid}) = _slurp("$dir/nginx.pid") =~ /^(\d+)$/m });
    }

    # the socket is there before the master would survive a signal
    _wait_for("nginx, see $dir/nginx.out", sub {
        IO::Socket::INET->new("127.0.0.1:$self->{port}")
            && $self->worker_pids == $self->{workers}
    });
}


# nginx by its path, as it may start itself again
sub _nginx {
    my ($nginx) = grep { -x } map { "$_/nginx" } split(/:/, $ENV{PATH}),
        '/usr/sbin';
    return $nginx || die "there is no nginx\n";
}


# The form in which this nginx enables HTTP/2: a parameter of "listen", or since
# 1.25.1 a directive. One of the two is empty.
sub http2 {
    my ($major, $minor, $patch) = `@{[ _nginx() ]} -v 2>&1`
        =~ m{nginx/(\d+)\.(\d+)\.(\d+)} or die "nginx has no version\n";
    my $directive = $major * 1e6 + $minor * 1e3 + $patch >= 1_025_001;
    return $directive ? ('', 'http2 on;') : (' http2', '');
}


# waits until the workers are new ones
sub reload {
    my ($self) = @_;
    my %old;

    # right after the start they may not have their names yet
    _wait_for('the workers', sub {
        %old = map { $_ => 1 } $self->worker_pids;
        return keys %old == $self->{workers};
    });

    $self->write_file('nginx.conf', $self->config);
    kill 'HUP', $self->{nginx_pid};

    _wait_for('the reload', sub {
        my @pids = $self->worker_pids;
        return @pids == $self->{workers} && !grep { $old{$_} } @pids;
    });
}


# the workers that take new connections
sub worker_pids {
    my ($self) = @_;
    return grep {
        my $line = _slurp("/proc/$_/cmdline");
        $line =~ /worker process/ && $line !~ /shutting down/;
    } split ' ', _slurp("/proc/$self->{nginx_pid}/task/$self->{nginx_pid}"
                        . '/children');
}


sub stop_redis { $_[0]->_stop('redis_pid', $_[1] || 'TERM') }
sub stop_nginx { $_[0]->_stop('nginx_pid', $_[1] || 'QUIT') }


sub _stop {
    my ($self, $name, $signal) = @_;
    my $pid = delete $self->{$name} or return;
    kill 'CONT', $pid;
    kill $signal, $pid;
    waitpid $pid, 0;
    _wait_for("the end of $pid", sub { !is_running($pid) });
}


# also of what is no child of ours
sub is_running {
    my ($pid) = @_;
    return _slurp("/proc/$pid/stat") =~ /\) [^ZX]/;
}


sub DESTROY {
    my ($self) = @_;
    return if $$ != $self->{pid};
    local $?;
    $self->stop_nginx('TERM');
    $self->stop_redis;
}


sub error_log { _slurp("$_[0]{dir}/error.log") }


sub _slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}


sub _spawn {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>>', $log or die "$log: $!";
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        exec @command or die "@command: $!";
    }

    return $pid;
}


sub _wait_for {
    my ($what, $ready, $seconds) = @_;
    my $until = time + ($seconds || 15);

    until ($ready->()) {
        die "waited too long for $what\n" if time > $until;
        sleep 0.02;
    }
}

*wait_for = \&_wait_for;


# --- client -----------------------------------------------------------------

# One request over a connection that is kept while it lasts. Options: token
# ('' for none), headers ({}), raw (a body as it is), root (in front of the
# path, instead of /scim/v2). Returns { status,
# headers (lower case), text, body (decoded, if it is JSON), whole (0: the end
# of it did not come) }. The id of the request, at the end of the detail of an
# error, is in request_id instead.
sub request {
    my ($self, $method, $path, $body, %opt) = @_;
    my $request = $self->request_text($method, $path, $body, %opt);

    for my $try (1, 2) {
        my $fresh = !$self->{socket};
        $self->{socket} ||= IO::Socket::INET->new(
            PeerAddr => "127.0.0.1:$self->{port}", Timeout => 5)
            or return { status => 0, error => "connect: $!" };
        my $res = _exchange($self->{socket}, $method, $request);
        if (!$res || !$res->{whole}
            || ($res->{headers}{connection} // '') eq 'close') {
            delete $self->{socket};
        }
        return $res if $res;
        last if $fresh;
    }

    return { status => 0, error => 'closed without an answer' };
}


# the bytes of a request
sub request_text {
    my ($self, $method, $path, $body, %opt) = @_;

    my $token = exists $opt{token} ? $opt{token} : 'secret';
    my $text = defined $opt{raw} ? $opt{raw}
             : defined $body ? $json->encode($body) : undef;

    my %headers = (
        Host => "127.0.0.1:$self->{port}",
        $token ne '' ? (Authorization => "Bearer $token") : (),
        defined $text ? ('Content-Type' => 'application/scim+json',
                         'Content-Length' => length $text) : (),
        %{ $opt{headers} || {} },
    );

    my $root = $opt{root} // '/scim/v2';
    return "$method $root$path HTTP/1.1\r\n"
        . join('', map { "$_: $headers{$_}\r\n" }
               grep { defined $headers{$_} } sort keys %headers)
        . "\r\n" . ($text // '');
}


# one request over a connection; nothing if there was no whole head of an answer
sub _exchange {
    my ($socket, $method, $request) = @_;

    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $request or return;
    $socket->flush;

    my $head = '';
    while ($head !~ /\r\n\r\n$/) {
        my $line = readline $socket;
        return if !defined $line;
        $head .= $line;
    }

    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)} or return;
    my %headers = map { lc($_->[0]) => $_->[1] }
                  map { [ /^([^:]+):\s*(.*?)\s*$/ ] }
                  grep { /:/ } split /\r\n/, $head;

    my $text = '';
    my $whole = 1;
    if ($method ne 'HEAD' && $headers{'content-length'}) {
        read $socket, $text, $headers{'content-length'};
    }
    elsif ($method ne 'HEAD'
           && ($headers{'transfer-encoding'} // '') eq 'chunked') {
        $whole = 0;
        while (defined(my $size = readline $socket)) {
            my $n = hex $size =~ s/\r\n$//r;
            read $socket, my $chunk, $n + 2;
            if ($n == 0) {
                $whole = 1;
                last;
            }
            $text .= substr $chunk, 0, $n;
        }
    }

    my $body = $text =~ /^[\[{]/ ? eval { $json->decode($text) } : undef;
    my $id = _request_id($body);

    return { status => $status, headers => \%headers, text => $text,
             body => $body, request_id => $id, whole => $whole };
}


# takes the id of the request off the detail of an error
sub _request_id {
    my ($body) = @_;
    return if ref $body ne 'HASH';

    _request_id($_->{response}) for grep { ref eq 'HASH' }
        @{ ref $body->{Operations} eq 'ARRAY' ? $body->{Operations} : [] };

    return if ($body->{schemas}[0] // '') !~ /:Error$/;
    return $body->{detail} =~ s/ \(request ([0-9a-f]{32})\)$// ? $1 : undef;
}


# Text as a value in a query, with spaces as "+" (Entra) or another way.
sub escape {
    my ($text, $space) = @_;
    $space //= '+';
    utf8::encode($text);
    $text =~ s/([^A-Za-z0-9_.~-])/
               $1 eq ' ' ? $space : sprintf '%%%02X', ord $1/gex;
    return $text;
}


sub get    { my $s = shift; $s->request('GET', shift, undef, @_) }
sub delete { my $s = shift; $s->request('DELETE', shift, undef, @_) }
sub post   { my $s = shift; $s->request('POST', @_) }
sub put    { my $s = shift; $s->request('PUT', @_) }


# operations, or a whole body
sub patch {
    my ($self, $path, $ops, %opt) = @_;
    my $body = ref $ops eq 'ARRAY' ? {
        schemas    => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations => $ops,
    } : $ops;
    return $self->request('PATCH', $path, $body, %opt);
}


# Runs a function in n processes that start together; returns what each
# returned, in order.
sub parallel {
    my ($self, $n, $fn) = @_;
    my @readers;

    pipe my $go, my $start or die "pipe: $!";

    for my $i (0 .. $n - 1) {
        pipe my $reader, my $writer or die "pipe: $!";
        my $pid = fork // die "fork: $!";

        if ($pid == 0) {
            close $start;
            delete $self->{socket};
            sysread $go, my $byte, 1;
            my $result = eval { $fn->($i) };
            print {$writer} $json->encode([ $result, $@ ]);
            close $writer;
            require POSIX;
            POSIX::_exit(0);
        }

        push @readers, [ $reader, $pid ];
    }

    close $go;
    close $start;

    return map {
        my ($reader, $pid) = @$_;
        local $/;
        my $text = <$reader>;
        waitpid $pid, 0;
        my ($result, $error) = @{ $json->decode($text) };
        die $error if $error;
        $result;
    } @readers;
}


# --- Redis ------------------------------------------------------------------

sub token_key { 'scim:token:' . sha256_hex($_[1]) }

# puts a token into Redis, for "scim_tokens redis"
sub issue {
    my ($self, $secret, %fields) = @_;
    $self->redis('HSET', $self->token_key($secret), tenant => 'demo',
                 name => 'main', scope => 'rw', %fields);
}

sub revoke { $_[0]->redis('DEL', $_[0]->token_key($_[1])) }


# A connection to Redis as the account "admin". Its reply to AUTH is read.
sub redis_socket {
    my ($self) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => "$self->{dir}/redis.sock")
        or die "redis: $!";
    my ($auth, @login) = SCIM::Accounts::auth();
    print {$socket} redis_text($self->{auth_command} || $auth, @login);
    $socket->flush;
    _reply($socket);
    return $socket;
}


# Sends one command over a connection of its own. Arrays come as references.
sub redis {
    my ($self, @command) = @_;
    my $socket = $self->redis_socket;
    print {$socket} redis_text(@command);
    $socket->flush;
    return _reply($socket);
}


# a command as Redis reads it
sub redis_text {
    my (@command) = @_;
    return '*' . @command . "\r\n"
        . join '', map { '$' . length($_) . "\r\n$_\r\n" } @command;
}


sub _reply {
    my ($socket) = @_;
    my $line = readline $socket // die "redis: closed\n";
    my ($type, $rest) = $line =~ /^(.)(.*)\r\n/ or die "redis: $line";

    return $rest if $type eq '+' || $type eq ':';
    die "redis: $rest\n" if $type eq '-';

    if ($type eq '$') {
        return undef if $rest < 0;
        read $socket, my $text, $rest + 2;
        return substr $text, 0, $rest;
    }

    return [ map { _reply($socket) } 1 .. $rest ];
}

1;
