package SCIM::Venv;

# The Python programs of others that tests run, in build/venv. Their versions
# are pinned here; what they need in turn is pip's choice.
#
#   my $venv = SCIM::Venv::path() or plan skip_all => $SCIM::Venv::NEEDS;

use strict;
use warnings;

use Fcntl qw(:flock);
use SCIM::Checked;

our $NEEDS = 'needs Python with venv, and PyPI';

my %VERSIONS = (
    'scim2-cli'    => '0.6.0',
    'scim2-client' => '0.13.2',
    'scim2-models' => '0.12.3',
    'scim2-tester' => '0.5.2',
    'scim-sanity'  => '0.7.4',
);

my $venv = "$SCIM::Checked::TOP/build/venv";


# installs what is missing; nothing if that cannot be done
sub path {
    my $wanted = join ' ', map { "$_==$VERSIONS{$_}" } sort keys %VERSIONS;

    open my $lock, '>>', "$venv.lock" or return;
    flock $lock, LOCK_EX or return;

    return $venv if _installed() eq $wanted;

    system("python3 -m venv $venv >/dev/null 2>&1") == 0 or return;
    system("$venv/bin/pip install -q --disable-pip-version-check $wanted"
           . " >$venv/pip.log 2>&1") == 0 or return;

    open my $out, '>', "$venv/wanted" or return;
    print $out $wanted;
    close $out or return;

    return $venv;
}


sub _installed {
    open my $in, '<', "$venv/wanted" or return '';
    return scalar(<$in>) // '';
}

1;
