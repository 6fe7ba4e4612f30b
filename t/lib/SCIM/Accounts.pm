package SCIM::Accounts;

# The accounts of redis/scim.acl, as an operator would take them into use: the
# module's, the application's and that of scimctl, each with a password. The
# tests themselves are the default user, who may do everything.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use SCIM::Checked;

our %PASSWORD = map { $_ => "$_-of-redis" } qw(scim app op);


# the file for Redis, and redis-password for nginx, in a folder
sub write_files {
    my ($dir) = @_;

    open my $in, '<', "$SCIM::Checked::TOP/redis/scim.acl"
        or die "scim.acl: $!";
    my $acl = do { local $/; <$in> };

    $acl =~ s/^user default off$/user default on nopass ~* &* +\@all/m
        or die 'scim.acl: no default user';
    for my $user (sort keys %PASSWORD) {
        my $digest = sha256_hex($PASSWORD{$user});
        $acl =~ s/^user $user off /user $user on #$digest /m
            or die "scim.acl: no user $user";
    }

    _write("$dir/scim.acl", $acl);
    _write("$dir/redis-password", "$PASSWORD{scim}\n");
}


# what the command line of redis-server needs for them
sub redis_args { ('--aclfile', "$_[0]/scim.acl") }


# parameters of scim_redis
sub login { "user=scim password_file=$_[0]/redis-password" }


sub _write {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
}

1;
