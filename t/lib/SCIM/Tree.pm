package SCIM::Tree;

# The files of this repository, for tests that read them.
#
#   use SCIM::Tree qw(files slurp);
#   my @pages = files(qr/\.md$/, 'docs');

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Find;

our @EXPORT_OK = qw($TOP files slurp);
our $TOP = abs_path(dirname(__FILE__) . '/../../..');


# Returns the text of a file: of its bytes, or of what a layer makes of them.
sub slurp {
    my ($file, $layer) = @_;
    open my $in, '<' . ($layer // ''), $file or die "$file: $!";
    local $/;
    return scalar(<$in>) // '';
}


# Returns the sorted paths of the files below folders of $TOP that match a pattern.
sub files {
    my ($pattern, @folders) = @_;
    my @found;
    find({ no_chdir => 1, wanted => sub { push @found, $_ if -f && /$pattern/ } },
         map { "$TOP/$_" } @folders);
    return sort @found;
}

1;
