package SCIM::Certificates;

# Certificates for tests, by openssl, each with its key: NAME.crt and NAME.key.
#
#   my $certs = SCIM::Certificates->new($dir);
#   $certs->authority('ca');
#   $certs->issue('server', by => 'ca', names => 'IP:127.0.0.1', days => 2);

use strict;
use warnings;


sub new {
    my ($class, $dir) = @_;
    return bless { dir => $dir }, $class;
}


sub file { "$_[0]{dir}/$_[1]" }


sub _openssl {
    my ($self, @words) = @_;
    my $log = $self->file('openssl.log');
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>>', $log or die "$log: $!";
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', @words or die "openssl: $!";
    }

    waitpid $pid, 0;
    die "openssl @words: see $log\n" if $?;
}


sub authority {
    my ($self, $name) = @_;
    $self->_openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', 2, '-subj',
        "/CN=Authority $name", '-keyout', $self->file("$name.key"), '-out',
        $self->file("$name.crt"));
    chmod 0644, $self->file("$name.key");
}


# Options: by (the authority), names (for subjectAltName), days (0: expired)
sub issue {
    my ($self, $name, %opt) = @_;
    my ($request, $extensions) = map { $self->file("$name.$_") } qw(csr ext);

    $self->_openssl('req', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-subj', "/CN=$name",
        '-keyout', $self->file("$name.key"), '-out', $request);

    open my $out, '>', $extensions or die "$extensions: $!";
    print $out "subjectAltName=$opt{names}\n" if $opt{names};
    close $out or die "$extensions: $!";

    $self->_openssl('x509', '-req', '-in', $request, '-CA',
        $self->file("$opt{by}.crt"), '-CAkey', $self->file("$opt{by}.key"),
        '-CAcreateserial', '-days', $opt{days} // 2, '-extfile', $extensions,
        '-out', $self->file("$name.crt"));
    chmod 0644, $self->file("$name.key");
}

1;
