#!/usr/bin/env bash
#
# Called on a machine that has the packages: runs the suites of /source against
# what is installed, the module, the scripts and accounts of Redis, and scimctl.
# suites.sh short|long; the last line is "N passed, N failed".

set -euo pipefail

cd /source

# the packages of the tests themselves
# shellcheck disable=SC2046  # a list of names
apt-get install -y -qq --no-install-recommends \
    $(cat t/matrix/suites.packages) > /root/suites-install.log 2>&1

# the tests take nothing from the sources that the packages have
mkdir -p build
ln -sf /usr/lib/nginx/modules/ngx_scim_module.so build/ngx_scim_module.so
ln -sf /usr/lib/scim-tools/scim-doc build/scim-doc
for file in redis.conf scim.acl; do
    ln -sf "/usr/share/scim-redis/$file" "redis/$file"
done
for file in /usr/share/scim-tools/*; do
    rm -rf "redis/${file##*/}"
    ln -s "$file" "redis/${file##*/}"
done

# tests call Redis by its name
if ! command -v redis-server >/dev/null; then
    for name in server cli check-aof benchmark; do
        ln -sf "/usr/bin/valkey-$name" "/usr/local/bin/redis-$name"
    done
fi

files=$(ls t/0*.t t/redis/*.t)
if [ "$1" = short ]; then
    files="t/040-users.t t/041-groups.t t/070-patch.t t/090-tls-http2.t t/redis/acl.t"
fi

export SCIM_MODULE=/usr/lib/nginx/modules/ngx_scim_module.so
export PERL5LIB=/source/perl/usr/share/perl5:/source/t/lib
# shellcheck disable=SC2086  # a list of names
perl t/run.pl $files
