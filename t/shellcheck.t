#!/usr/bin/env perl
#
# The shell scripts of the project, by shellcheck.

use strict;
use warnings;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/..";

plan skip_all => 'shellcheck is not installed'
    if system('command -v shellcheck >/dev/null');

for my $file ("$top/build.sh", glob("$top/build.d/{*,lib/*}.sh"),
              "$top/ngx_scim_module/embed.sh",
              "$top/redis/scimctl", glob("$top/redis/scimctl.d/*.sh"),
              "$top/redis/instance/scim-redis-setup",
              "$top/redis/completion/scimctl", glob("$top/t/matrix/*.sh"),
              glob("$top/docs/examples/container/{*-start,*-healthy}"),
              glob("$top/debian/*.{init,preinst,postinst,prerm,postrm}"))
{
    my $said = do {
        open my $out, '-|', 'shellcheck', '-x', '-P', $top, $file or die "shellcheck: $!";
        local $/;
        <$out> // '';
    };
    is($said, '', $file =~ s{^\Q$top\E/}{}r);
}

done_testing();
