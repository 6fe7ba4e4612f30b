package SCIM::Accounts;

# The accounts of redis/scim.acl as an operator takes them into use: the shipped
# file with passwords put in and nothing else. The tests themselves log in as
# "admin".

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use SCIM::Checked;

our %PASSWORD = map { $_ => "$_-of-redis" } qw(scim app op admin);


# the file for Redis, and redis-password for nginx, in a folder
sub write_files {
    my ($dir) = @_;

    open my $in, '<', "$SCIM::Checked::TOP/redis/scim.acl"
        or die "scim.acl: $!";
    my $acl = do { local $/; <$in> };

    for my $user (sort keys %PASSWORD) {
        my $digest = sha256_hex($PASSWORD{$user});
        $acl =~ s/^user $user off /user $user on #$digest /m
            or die "scim.acl: no user $user";
    }

    _write("$dir/scim.acl", $acl);
    _write("$dir/redis-password", "$PASSWORD{scim}\n");
}


# the arguments of redis-server for the accounts
sub redis_args { ('--aclfile', "$_[0]/scim.acl") }


# the command by which a connection becomes "admin", or another account
sub auth {
    my ($user) = (@_, 'admin');
    return ('AUTH', $user, $PASSWORD{$user});
}


# parameters of scim_redis
sub login { "user=scim password_file=$_[0]/redis-password" }


sub _write {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
}

1;
