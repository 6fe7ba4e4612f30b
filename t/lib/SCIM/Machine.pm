package SCIM::Machine;

# A machine of t/matrix, whose network this process shares: commands there, and a
# client that speaks TLS to its nginx.
#
#   my $machine = SCIM::Machine->new;
#   my $run = $machine->run('scimctl', 'org', 'list');
#   is $run->{status}, 0;              # and out, err
#   my $client = $machine->client($token);
#   is $client->get('/Users')->{status}, 200;

use strict;
use warnings;

use HTTP::Tiny;
use IPC::Run ();
use JSON::PP;
use Time::HiRes qw(sleep time);

use SCIM;

our $NAME = 'scim.example.com';
our $CERTIFICATE = '/etc/nginx/scim/fullchain.pem';

my @ENTER = qw(--all /usr/bin/env -i --chdir=/root HOME=/root LANG=C.UTF-8 TERM=dumb
    DEBIAN_FRONTEND=noninteractive
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin);
my $json = JSON::PP->new->utf8->canonical;


# The machine that t/matrix/run.sh names.
sub new {
    my ($class) = @_;
    my $pid = $ENV{SCIM_MACHINE} or die "only t/matrix/run.sh runs this\n";
    return bless { pid => $pid, root => "/proc/$pid/root",
                   init => $ENV{SCIM_INIT} }, $class;
}


# the words that run a command there
sub words {
    my ($self, @command) = @_;
    return ('nsenter', '--target', $self->{pid}, @ENTER, @command);
}


# Words of a command; a reference to a string is its standard input. Takes ten
# minutes at most.
sub run {
    my ($self, @words) = @_;
    my $in = ref $words[-1] eq 'SCALAR' ? ${ pop @words } : '';
    my ($out, $err) = ('', '');
    eval {
        IPC::Run::run([ $self->words(@words) ], \$in, \$out, \$err,
                      IPC::Run::timeout(600));
        1;
    } or return { out => $out, err => "$err$@", status => 255 };
    return { out => $out, err => $err, status => $? >> 8 };
}


# the output of a command that must not fail
sub out {
    my ($self, @words) = @_;
    my $run = $self->run(@words);
    die "@words: $run->{out}$run->{err}\n" if $run->{status} != 0;
    return $run->{out};
}


sub shell { my ($self, $text) = @_; return $self->out('sh', '-euc', $text) }


sub file {
    my ($self, $name) = @_;
    return SCIM::_slurp("$self->{root}$name");
}


# the packages of ours that are installed on it: a reference to { name => version }
sub packages {
    my ($self) = @_;
    my $text = $self->out('dpkg-query', '-W', '-f',
        '${db:Status-Abbrev} ${Package} ${Version}\n');
    return { $text =~ /^ii  (\S+) (\S+)$/mg };
}


# the program and the package of the server for the data
sub server {
    my ($self) = @_;
    my ($name) = grep { $self->packages->{$_} } qw(redis-server valkey-server);
    return $name;
}


# --- nginx and Redis ----------------------------------------------------------

sub service {
    my ($self, $name, $what) = @_;
    return $self->out('service', $name, $what);
}


# The process of the Redis for the directory, or 0. A clean root has no pgrep.
sub redis_pid {
    my ($self) = @_;
    my ($uid) = $self->file('/etc/passwd') =~ /^scim-redis:[^:]*:(\d+):/m;
    return 0 if !defined $uid;
    my ($process) = grep { (stat)[4] == $uid && SCIM::_slurp("$_/cmdline") ne '' }
        glob "$self->{root}/proc/[0-9]*";
    return $process ? $process =~ s{.*/}{}r : 0;
}


# One command of Redis, as the operator.
sub redis {
    my ($self, @command) = @_;
    my ($cli) = map { s/server/cli/r } $self->server;
    my $password = $self->file('/etc/scim-redis/op-password') =~ s/\s+//gr;
    return $self->out('env', "REDISCLI_AUTH=$password", $cli, '-s',
        '/run/scim-redis/redis.sock', '--user', 'op', '--no-auth-warning',
        @command);
}


# Waits until what is provisioned can be read with this token, through any worker: each
# tries to connect at least once a second.
sub wait_until_served {
    my ($self, $token) = @_;
    my ($res, $since);
    my $until = time + 60;

    until ($since && time > $since + 1.5) {
        $res = $self->client($token)->get('/Users?count=1');
        $since = $res->{status} == 200 ? $since || time : undef;
        die "not served: $res->{status} $res->{text}\n" if time > $until;
        sleep 0.1;
    }
}


sub scimctl {
    my ($self, @words) = @_;
    return $self->out('scimctl', @words);
}


# --- client -------------------------------------------------------------------

# A client of the site in /etc/nginx, by TLS. Takes the options of SCIM.pm's.
sub client {
    my ($self, $token) = @_;
    return SCIM::Machine::Client->new($self, $token);
}


package SCIM::Machine::Client;

our @ISA = ('SCIM');

sub new {
    my ($class, $machine, $token) = @_;
    my $http = HTTP::Tiny->new(timeout => 30, verify_SSL => 1,
        keep_alive => 1, max_redirect => 0, SSL_options => {
            SSL_ca_file => "$machine->{root}$SCIM::Machine::CERTIFICATE",
        });
    return bless { http => $http, token => $token, pid => 0 }, $class;
}


# As an identity provider does, asks again when it is told to wait.
sub request {
    my ($self, @arguments) = @_;
    for (1 .. 20) {
        my $res = $self->request_once(@arguments);
        return $res if $res->{status} != 429;
        Time::HiRes::sleep($res->{headers}{'retry-after'} || 0.5);
    }
    die "too many requests for too long\n";
}


sub request_once {
    my ($self, $method, $path, $body, %opt) = @_;
    my $text = defined $opt{raw} ? $opt{raw}
             : defined $body ? $json->encode($body) : undef;
    my $token = $opt{token} // $self->{token};
    my $root = $opt{root} // '/scim/v2';

    my $res = $self->{http}->request($method,
        "https://$SCIM::Machine::NAME$root$path", {
            peer => '127.0.0.1',
            headers => {
                $token ne '' ? (Authorization => "Bearer $token") : (),
                defined $text ? ('Content-Type' => 'application/scim+json') : (),
                %{ $opt{headers} || {} },
            },
            defined $text ? (content => $text) : (),
        });

    my $answer = $res->{content} // '';
    my $object = $answer =~ /^[\[{]/ ? eval { $json->decode($answer) } : undef;
    my $id = SCIM::_request_id($object);
    return { status => $res->{status}, headers => $res->{headers},
             text => $answer, body => $object, request_id => $id, whole => 1 };
}

1;
