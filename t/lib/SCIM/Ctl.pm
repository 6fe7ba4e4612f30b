package SCIM::Ctl;

# redis/scimctl on the socket of a Redis, as the user of redis/scim.acl for it.
#
#   my $ctl = SCIM::Ctl->new("$dir/redis.sock");
#   my $run = $ctl->run('org', 'create', 'acme');
#   is $run->{status}, 0;      # and out, err

use strict;
use warnings;

use IPC::Run ();
use JSON::PP;

use SCIM::Accounts;
use SCIM::Checked;

our $TOP = $SCIM::Checked::TOP;


# With the module that has sanitizers, scim-doc is the one that has them too.
# Options: shell (the words that run a script), path (folders in front of PATH),
# redis (another address, user included)
sub new {
    my ($class, $socket, %opt) = @_;
    return bless { redis => "unix:$socket?user=op", shell => [], path => '',
                   env => {}, %opt }, $class;
}


# Words of the command line; a reference to a string is the standard input.
sub run {
    my ($self, @words) = @_;
    my $in = ref $words[-1] eq 'SCALAR' ? ${ pop @words } : '';
    my ($out, $err) = ('', '');

    my $doc = ($ENV{SCIM_MODULE} // '') =~ s{[^/]+$}{scim-doc}r;
    local %ENV = (%ENV, SCIM_REDIS => $self->{redis},
                  REDISCLI_AUTH => $SCIM::Accounts::PASSWORD{op},
                  -x $doc ? (SCIM_DOC => $doc) : (), %{ $self->{env} });
    delete $ENV{REDISCLI_AUTH} if $ENV{REDISCLI_AUTH} eq '';
    $ENV{PATH} = "$self->{path}:$ENV{PATH}" if $self->{path} ne '';
    IPC::Run::run([ @{ $self->{shell} }, "$TOP/redis/scimctl", @words ],
                  \$in, \$out, \$err);

    return { out => $out, err => $err, status => $? >> 8 };
}


# the objects of an answer with --json
sub json {
    my ($self, @words) = @_;
    my $run = $self->run('--json', @words);
    die "@words: $run->{err}" if $run->{status} != 0;
    return map { JSON::PP->new->utf8->decode($_) } split /\n/, $run->{out};
}


# A folder with what busybox has of the commands that scimctl uses; undef
# without busybox. The folder must exist.
sub busybox {
    my ($folder) = @_;
    my ($busybox) = grep { -x } map { "$_/busybox" } split /:/, $ENV{PATH};
    return if !defined $busybox;

    for my $name (qw(awk cat chmod cut date dd dirname find fold head mkfifo
                     mktemp mv od readlink rm sed sha256sum sleep sort stat tail
                     tr uniq wc))
    {
        symlink $busybox, "$folder/$name";
    }
    return $busybox;
}

1;
