package SCIM::Packages;

# The Debian packages of this tree, built by ./build.sh package where they are
# older than what they are made of.
#
#   my %deb = SCIM::Packages::build();          # name => file
#   my %next = SCIM::Packages::build('1.0.1');  # as if VERSION said so

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Find;

use SCIM::Checked;

our $TOP = $SCIM::Checked::TOP;
our @NAMES = qw(libnginx-mod-http-scim scim-tools scim-redis);


sub build {
    my ($version) = @_;
    $version //= version();

    mkdir "$TOP/build";
    open my $lock, '>', "$TOP/build/packages.lock" or die "packages.lock: $!";
    flock $lock, LOCK_EX or die "packages.lock: $!";

    my %deb = built($version);
    return %deb if current(values %deb);

    my $said = `$TOP/build.sh package $version </dev/null 2>&1`;
    die "build.sh package: $said" if $? != 0;
    return built($version);
}


sub version {
    open my $in, '<', "$TOP/VERSION" or die "VERSION: $!";
    chomp(my $version = <$in>);
    return $version;
}


sub built {
    my ($version) = @_;
    return map {
        my $name = $_;
        my ($file) = glob "$TOP/build/packages/${name}_$version~*.deb"
                          . " $TOP/build/packages/${name}_${version}_*.deb";
        ($name => $file);
    } @NAMES;
}


# Returns true if all of these exist and are newer than the sources.
sub current {
    my @files = @_;
    my $newest = 0;

    find({ no_chdir => 1, wanted => sub {
        my $at = (lstat)[9];
        $newest = $at if -f _ && $at > $newest;
    } }, map { "$TOP/$_" } qw(debian docs ngx_scim_module redis VERSION config
                              config.make README.md SECURITY.md build.sh
                              build.d));

    return !grep { !defined || !-e || (stat)[9] <= $newest } @files;
}

1;
