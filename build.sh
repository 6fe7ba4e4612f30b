#!/usr/bin/env bash
#
# Builds, runs and tests the module. ./build.sh help tells how.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$top/build
run=$top/run

packages="gcc make nginx nginx-dev libhiredis-dev libcjson-dev libutf8proc-dev
    libcjose-dev libssl-dev redis-server curl openssl"
test_packages="binutils clang llvm perl libc6-dev valgrind libtest-base-perl
    liblist-moreutils-perl libtext-diff-perl liburi-perl libtest-longstring-perl
    libipc-run-perl libcpanel-json-xs-perl libio-socket-ssl-perl
    libhttp-message-perl procps python3 python3-venv prometheus stunnel4 busybox chromium
    fonts-dejavu-core"
package_packages="build-essential debhelper lintian"
lint_packages="clang-tidy cppcheck shellcheck"
fuzz_packages="clang libclang-rt-dev"
bench_packages="perl wrk"
chaos_packages="perl libipc-run-perl util-linux"
matrix_packages="mmdebstrap perl libipc-run-perl libio-socket-ssl-perl iproute2
    util-linux"


say() { printf '%s\n' "$*" >&2; }

die() { say "build.sh: $*"; exit 1; }


help() {
    cat <<'END'
usage: ./build.sh COMMAND

  deps [package]
           install the Debian packages that are missing (root, or sudo); also
           those that building packages needs
  module   build build/ngx_scim_module.so, and build/scim-doc for redis/scimctl
  package [VERSION]
           build Debian packages into build/packages, and let lintian look at
           them; of another version than that of the file VERSION, which lintian
           does not see, to try an upgrade
  run      start nginx and Redis with a working configuration on
           127.0.0.1:${SCIM_PORT:-8080}, until interrupted
  test     install what is missing, build, run every test
  matrix [--short] [--init systemd|none] [CELL...]
           build, install and use the packages in clean roots of Debian: of
           bookworm and trixie, or of these of bookworm, trixie, trixie-valkey
           and forky; needs root
  interop  drive the module with two clients that others wrote in Java; needs
           Java 17 and Maven, which fetches them
  lint     look for mistakes in the C source and in scripts
  fuzz [MINUTES] [NAME...]
           run these fuzzers of t/fuzz, or each, for so long (1) with its corpus
  property [CASES] [SEED]
           compare so many random filters and PATCHes (100000 each) with a
           slow evaluator in Python; without a seed, by a random one
  mutate [REQUESTS] [SEED]
           send so many bad requests (500000), made of those of the tests, to
           the module with sanitizers
  hold [--steps N] [NAME...]
           how long one request of a mebibyte holds a worker, by input
  bench [--peers] [NAME...]
           measure the workloads of bench/Workloads.pm, or these of them; with
           --peers those that other servers have, and these beside
  bench-large
           fill directories of a million users, and tell what that costs
  bench-report
           put the latest of each that was measured into docs/performance.md
  chaos [MINUTES] [SEED]
           break nginx and Redis in all manner of ways for so long (15), and
           look whether anything is lost; without a seed, by a random one
  load [SECONDS]
           idle, slow and greedy clients, each kind for so long (5), then a
           million requests and a thousand reloads, and what is held then
  bounds [SECONDS]
           what one organization costs others: each attack of t/bounds for so
           long (5), with one worker and with two
  coverage print how much of the module the tests reach; fails below 95 % of
           ngx_scim_module/scim or 85 % of all of it
  screenshots
           take the pictures in docs/images anew
  clean    remove what was built; the data in run/ stays
  help     show this

CC chooses the compiler (gcc or clang).
END
}


# --- packages ---------------------------------------------------------------

missing() {
    local package
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null \
            | grep -q '^install ok installed$' || printf '%s\n' "$package"
    done
}


as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "installing packages needs root or sudo: $*"
    fi
}


# Debian starts the services of the packages it installs; these are to be
# started by nobody but their operator.
without_services() {
    local policy=/usr/sbin/policy-rc.d mine=0 status=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        mine=1
    fi
    as_root "$@" || status=$?
    if [ "$mine" = 1 ]; then
        as_root rm -f "$policy"
    fi
    return "$status"
}


install_missing() {
    local list
    command -v dpkg-query >/dev/null || die "this needs Debian's packages"
    # shellcheck disable=SC2086  # lists of names
    list=$(missing $1 | tr '\n' ' ')
    [ -n "${list// /}" ] || return 0
    say "installing $list"
    as_root apt-get update -qq || die "apt-get update failed"
    # shellcheck disable=SC2086
    without_services env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $list >/dev/null \
        || die "could not install $list"
}


deps() {
    install_missing "$packages ${1:+$package_packages}"
}


# --- module -----------------------------------------------------------------

# What the configure step depends on: when it changes, configure runs again.
fingerprint() {
    {
        printf '%s\n' "${CC:-cc}" "$*"
        nginx -v 2>&1
        cat "$top/config" "$top/config.make"
        cd "$top" && find -L ngx_scim_module -name '*.[ch]' | sort
    } | cksum
}


# What the compiler has to make a mistake in C harder to use; t/hardening.t looks
# whether it is there.
hardening() {
    local flags='-Wformat=2 -Werror=format-security -fstack-protector-strong' flag
    flag=-fstack-clash-protection
    compiles "$flag" <<< '' && flags="$flags $flag"
    for flag in 3 2; do
        flag="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$flag"
        compiles "-O2 $flag" <<< '#include <string.h>' && break
    done
    printf '%s\n' "$flags $flag"
}

hardening_of_link='-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack'


# can the compiler take these flags, for a program on the standard input?
compiles() {
    # shellcheck disable=SC2086  # flags
    "${CC:-cc}" -Werror $1 -x c -c -o /dev/null - 2>/dev/null
}


# build_module FOLDER [EXTRA COMPILER FLAGS] [EXTRA LINKER FLAGS]
build_module() {
    local dir=$1 cflags=${2:-} ldflags=${3:-} print
    local source=$dir/nginx objs=$dir/objs

    [ -e /usr/share/nginx/src/configure ] \
        || die "nginx's sources are missing: ./build.sh deps"

    mkdir -p "$dir"
    print=$(fingerprint "$cflags" "$ldflags")

    if [ ! -e "$dir/configured" ] || [ "$print" != "$(cat "$dir/configured")" ]
    then
        rm -rf "$source" "$objs" "$dir/configured"
        cp -rL /usr/share/nginx/src "$source"
        chmod -R u+w "$source"
        configure "$source" "$objs" "$cflags" "$ldflags" > "$dir/configure.log" 2>&1 \
            || { tail -n 3 "$dir/configure.log" >&2; die "configure failed"; }
        printf '%s\n' "$print" > "$dir/configured"
    fi

    (cd "$source" && make -s -j "$(nproc)" -f "$objs/Makefile" modules) \
        > "$dir/make.log" 2>&1 \
        || { cat "$dir/make.log" >&2; die "the build failed"; }

    # by a new name: a server that has the old one loaded keeps it
    if ! cmp -s "$objs/ngx_scim_module.so" "$dir/ngx_scim_module.so"; then
        cp "$objs/ngx_scim_module.so" "$dir/ngx_scim_module.so.new"
        mv "$dir/ngx_scim_module.so.new" "$dir/ngx_scim_module.so"
    fi
}


configure() {
    local source=$1 objs=$2 cflags=$3 ldflags=$4
    (
        cd "$source"
        NGX_CONF_FLAGS=()
        # shellcheck disable=SC1091
        . ./conf_flags
        ./configure "${NGX_CONF_FLAGS[@]}" --with-compat \
            --with-cc="${CC:-cc}" --builddir="$objs" \
            --with-cc-opt="-O2 -g -std=gnu11 -Wall -Wextra -Wunused-parameter \
                -Werror $cflags" \
            --with-ld-opt="$ldflags" \
            --add-dynamic-module="$top"
    )
}


# The program that redis/scimctl calls: build_scim_doc FOLDER [FLAG...]
build_scim_doc() {
    local dir=$1
    shift
    mkdir -p "$dir/doc"
    make -s -B -C "$top/redis/scim_doc" OUT="$dir/doc" CC="${CC:-cc}" \
        CFLAGS="-O2 -g $*" || die "redis/scim_doc does not compile"
    mv "$dir/doc/scim-doc" "$dir/scim-doc"
}


# What is installed: build_release FOLDER
build_release() {
    local flags
    flags=$(hardening)
    build_module "$1" "$flags" "$hardening_of_link"
    # shellcheck disable=SC2086  # flags
    build_scim_doc "$1" $flags -fPIE -pie $hardening_of_link
}


module() {
    deps
    build_release "$build"
    say "built $build/ngx_scim_module.so and $build/scim-doc"
}


# --- packages for Debian ----------------------------------------------------

# Packages for one release of Debian have its number behind their version, so
# that those for the next one are newer: package_version VERSION
package_version() {
    local release
    release=$(os_release VERSION_ID)
    printf %s "$1${release:+~deb$release}"
}


# os_release NAME: a value of /etc/os-release, or nothing
os_release() {
    sed -n "s/^$1=//p" /etc/os-release | tr -d '"'
}


# A copy of this tree, of the version that is asked for: copy_tree FOLDER VERSION
copy_tree() {
    local dir=$1 version=$2 release
    rm -rf "$dir"
    mkdir -p "$dir"
    tar -C "$top" --exclude-vcs --exclude=./build --exclude=./run -c . \
        | tar -C "$dir" -x
    printf '%s\n' "$version" > "$dir/VERSION"

    if [ "$version" != "$(cat "$top/VERSION")" ]; then
        new_entry "$version" > "$dir/debian/changelog"
        cat "$top/debian/changelog" >> "$dir/debian/changelog"
    fi
    release=$(os_release VERSION_CODENAME)
    sed -i "1s/.*/ngx-scim-module ($(package_version "$version")) ${release:-unstable}; urgency=medium/" \
        "$dir/debian/changelog"
}


# The entry of a version that is none of the changelog's: a second later than the
# newest one, so that the packages are the same whenever they are built.
new_entry() {
    local log=$top/debian/changelog at
    at=$(dpkg-parsechangelog -l "$log" -S Timestamp)
    printf 'ngx-scim-module (%s) unstable; urgency=medium\n\n' "$1"
    printf '  * Version %s.\n\n -- %s  %s\n\n' "$1" \
        "$(dpkg-parsechangelog -l "$log" -S Maintainer)" \
        "$(LC_ALL=C date -u -R -d "@$((at + 1))")"
}


package() {
    local version=${1:-$(cat "$top/VERSION")} dir=$build/packages tree
    [[ $version =~ ^[0-9]+(\.[0-9]+)*$ ]] \
        || die "package takes a version such as 1.0.1"
    install_missing "$packages $package_packages"
    tree=$dir/ngx-scim-module-$version
    copy_tree "$tree" "$version"
    say "building packages of version $(package_version "$version")"
    (cd "$tree" && dpkg-buildpackage -us -uc) > "$dir/build.log" 2>&1 \
        || { tail -n 20 "$dir/build.log" >&2; die "see $dir/build.log"; }
    rm -rf "$tree"
    if [ "$version" = "$(cat "$top/VERSION")" ]; then
        lintian --fail-on error,warning --allow-root \
            "$dir/ngx-scim-module_$(package_version "$version")"_*.changes \
            || die "lintian finds mistakes"
    fi
    say "built in $dir:"
    (cd "$dir" && ls -- *"_$(package_version "$version")"_*.deb)
}


# --- run --------------------------------------------------------------------

port=${SCIM_PORT:-8080}
redis_pid=
nginx_pid=


port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}


# the operator's tool, on the Redis of run/
scimctl() {
    with_account op "$top/redis/scimctl" --redis "unix:$run/redis.sock?user=op" "$@"
}


# with_account NAME COMMAND...: the password of the account is in the
# environment of the command only
with_account() {
    local REDISCLI_AUTH
    REDISCLI_AUTH=$(cat "$run/passwords/$1")
    export REDISCLI_AUTH
    shift
    "$@"
}


# Succeeds if Redis knows the token in run/token. The digest is in no argument
# list.
token_is_known() {
    [ -s "$run/token" ] || return 1
    digest < "$run/token" | sed 's/^/EXISTS scim:token:/' \
        | with_account op redis-cli -s "$run/redis.sock" --user op \
        | grep -qx 1
}


# the SHA-256 digest of the line on the standard input
digest() {
    tr -d '\n' | openssl dgst -sha256 -r | cut -d ' ' -f 1
}


# The organization "demo", with a token in run/token that is good.
demo_organization() {
    token_is_known && return
    scimctl org create demo --name Demo >/dev/null 2>&1 || true
    scimctl token revoke demo first --yes >/dev/null 2>&1 || true
    (umask 077; scimctl token issue demo first > "$run/token") \
        || die "no token could be made"
}


write_config() {
    local user=
    if [ "$(id -u)" = 0 ]; then
        user="user $(stat -c %U "$top");    # the owner of this folder"
    fi
    cat > "$run/nginx.conf" <<END
load_module $build/ngx_scim_module.so;

$user
worker_processes auto;
pid              $run/nginx.pid;
error_log        $run/error.log notice;

events {
    worker_connections 1024;
}

http {
    access_log             $run/access.log;
    client_body_temp_path  $run/temp/body;
    proxy_temp_path        $run/temp/proxy;
    fastcgi_temp_path      $run/temp/fastcgi;
    uwsgi_temp_path        $run/temp/uwsgi;
    scgi_temp_path         $run/temp/scgi;

    scim_redis  unix:$run/redis.sock  user=scim
                password_file=$run/passwords/scim;
    scim_log    on  values=on;

    # the names by which a browser of this machine asks
    map \$host \$elsewhere {
        default    1;
        localhost  0;
        127.0.0.1  0;
    }

    server {
        listen 127.0.0.1:$port;

        location /scim/v2/ {
            scim;
            scim_tokens  redis;
        }

        location = /oauth/token {
            scim_oauth_token  audience=http://127.0.0.1:$port/oauth/token;
        }

        # These ask for no token. A page of another site could make a browser
        # ask under a name of its own, so only names of this machine are
        # answered.
        location = /status {
            if (\$elsewhere) { return 403; }
            scim_status;
        }

        location = /metrics {
            if (\$elsewhere) { return 403; }
            scim_metrics;
        }
    }
}
END
}


stop() {
    trap - EXIT
    trap '' INT TERM
    [ -z "$nginx_pid" ] || kill -QUIT "$nginx_pid" 2>/dev/null || true
    [ -z "$nginx_pid" ] || wait "$nginx_pid" 2>/dev/null || true
    [ -z "$redis_pid" ] || kill -TERM "$redis_pid" 2>/dev/null || true
    [ -z "$redis_pid" ] || wait "$redis_pid" 2>/dev/null || true
}


# The accounts are those of redis/scim.acl, each with a password of its own in
# run/passwords. run/env is for shells that use the operator's.
write_accounts() {
    local user file
    mkdir -p "$run/passwords"
    for user in scim app op; do
        file=$run/passwords/$user
        [ -s "$file" ] || openssl rand -hex 32 > "$file"
        digest < "$file" | sed "s/.*/s,^user $user off,user $user on #&,/"
    done | sed -f /dev/stdin "$top/redis/scim.acl" > "$run/scim.acl" \
        || die "cannot write $run/scim.acl"
    cat > "$run/env" <<END
SCIM_REDIS='unix:$run/redis.sock?user=op'
REDISCLI_AUTH=$(cat "$run/passwords/op")
export SCIM_REDIS REDISCLI_AUTH
END
}


start_redis() {
    if [ ${#run} -gt 90 ]; then
        die "the path $run is too long for a socket"
    fi
    redis-server "$top/redis/redis.conf" --dir "$run/data" \
        --unixsocket "$run/redis.sock" --logfile "$run/redis.log" \
        --aclfile "$run/scim.acl" &
    redis_pid=$!
    local i
    for i in $(seq 100); do
        with_account op redis-cli -s "$run/redis.sock" --user op ping \
            2>/dev/null | grep -q PONG && return
        kill -0 "$redis_pid" 2>/dev/null || break
        sleep 0.1
    done
    die "Redis did not start, see $run/redis.log ($i)"
}


start_nginx() {
    local message
    message=$(nginx -t -q -p "$run" -e "$run/error.log" -c "$run/nginx.conf" 2>&1) \
        || die "$(printf '%s\n' "$message" | head -n 1)"
    nginx -p "$run" -e "$run/error.log" -c "$run/nginx.conf" -g 'daemon off;' &
    nginx_pid=$!
    local i
    for i in $(seq 50); do
        port_is_free "$port" || return 0
        kill -0 "$nginx_pid" 2>/dev/null || break
        sleep 0.1
    done
    die "nginx did not start, see $run/error.log ($i)"
}


introduce() {
    local url token
    url=$(cat "$run/url")
    token=$(cat "$run/token")
    cat <<END

Tenant URL:    $url
Secret token:  $token
Status page:   ${url%/scim/v2}/status

Create a user, find it, list all:

  curl -s $url/Users -H 'Authorization: Bearer $token' \\
       -H 'Content-Type: application/scim+json' \\
       -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"kim@example.com","active":true}'

  curl -s -G $url/Users -H 'Authorization: Bearer $token' \\
       --data-urlencode 'filter=userName eq "kim@example.com"'

  curl -s $url/Users -H 'Authorization: Bearer $token'

Make another organization, with a token of its own:

  . run/env; redis/scimctl org create acme --token

Ctrl-C stops nginx and Redis; the data stays in run/data.
END
}


# Makes run/, which has the data of people, private to the owner of this folder. If
# root runs the servers, workers of nginx are that owner.
private() {
    chmod -R go= "$run" || die "$run belongs to somebody else"
    [ "$(id -u)" != 0 ] || chown -R "$(stat -c %u:%g "$top")" "$run"
}


# Two Redis servers must not write the same files. The lock is held as long as
# this script or a server that it started runs.
own_the_data() {
    exec 9>"$run/lock" || die "cannot write to $run"
    flock -n 9 || die "the data in $run is in use by another ./build.sh run"
}


run_servers() {
    case $port in
        *[!0-9]* | '') die "SCIM_PORT must be a number, not \"$port\"" ;;
    esac
    port_is_free "$port" || die "port $port is in use: set SCIM_PORT"
    module

    umask 077
    mkdir -p "$run/data" "$run/temp" || die "cannot write to $run"
    own_the_data
    private
    printf 'http://127.0.0.1:%s/scim/v2\n' "$port" > "$run/url"
    write_config

    trap stop EXIT
    trap 'exit 0' INT TERM
    write_accounts
    start_redis
    demo_organization
    private
    start_nginx
    introduce
    wait -n "$redis_pid" "$nginx_pid" || true
    die "a server stopped, see $run/redis.log and $run/error.log"
}


# --- test -------------------------------------------------------------------

# Test::Nginx is in Debian's unstable suite only. It is Perl and one package:
# unpacked into build/, it leaves the system alone.
test_nginx() {
    local dir=$build/perl mirror
    if perl -MTest::Nginx::Socket -e 1 2>/dev/null || [ -e "$dir/done" ]; then
        return 0
    fi
    mirror=$(grep -rhv '^#' /etc/apt/sources.list /etc/apt/sources.list.d \
        2>/dev/null | grep -oE 'https?://[^ ]+/debian/?($| )' | head -n 1 \
        | tr -d ' ') || true
    [ -n "$mirror" ] \
        || die "no mirror of Debian is in /etc/apt: install libtest-nginx-perl"
    say "fetching libtest-nginx-perl into build/perl"
    rm -rf "$dir"
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"
    printf 'deb [signed-by=%s] %s unstable main\n' \
        /usr/share/keyrings/debian-archive-keyring.gpg "$mirror" \
        > "$dir/apt/sources.list"
    (
        cd "$dir/apt"
        apt_unstable "$dir/apt" update \
            && apt_unstable "$dir/apt" download libtest-nginx-perl
    ) || die "could not fetch libtest-nginx-perl, see $dir/apt/log"
    dpkg-deb -x "$dir"/apt/libtest-nginx-perl_*.deb "$dir"
    rm -rf "$dir/apt"
    touch "$dir/done"
}


# apt-get with lists of its own, so that it verifies what it fetches and the
# system knows nothing of that suite.
apt_unstable() {
    local dir=$1
    shift
    apt-get -qq -o Dir::Etc::SourceList="$dir/sources.list" \
        -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$dir/lists" \
        -o Dir::Cache="$dir" -o APT::Sandbox::User= \
        -o APT::Update::Error-Mode=any "$@" >> "$dir/log" 2>&1
}


# What drives the browser: one package of JavaScript, in build/ too.
playwright() {
    local dir=$build/node version=1.65.1
    if [ "$(cat "$dir/done" 2>/dev/null)" = "$version" ]; then
        return 0
    fi
    command -v npm >/dev/null || install_missing "nodejs npm"
    say "fetching playwright-core $version into build/node"
    rm -rf "$dir"
    mkdir -p "$dir"
    (
        cd "$dir"
        npm install --no-audit --no-fund --no-save --ignore-scripts \
            "playwright-core@$version"
    ) > "$build/node.log" 2>&1 \
        || die "could not fetch playwright-core, see $build/node.log"
    printf '%s\n' "$version" > "$dir/done"
}


# The header that the protocol library includes, into a folder.
embed_schemas() {
    sh "$top/ngx_scim_module/embed.sh" scim_schema \
        "$top"/ngx_scim_module/scim/schema/*.json > "$1/scim_schemas_json.h"
}


sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=all"


# build_library FOLDER COMPILER [FLAGS]: the protocol library, with nothing but
# what it may use, as FOLDER/COMPILER-*.o
build_library() {
    local dir=$1 compiler=$2 flags=${3:-} gen=$build/t/gen source
    mkdir -p "$dir" "$gen"
    rm -f "$dir/$compiler"-*.o
    embed_schemas "$gen"
    for source in "$top"/ngx_scim_module/scim/*/*.c; do
        # shellcheck disable=SC2086
        "$compiler" -std=gnu11 -Wall -Wextra -Werror -g -O1 $sanitizers $flags \
            -c -I"$top/ngx_scim_module" -I"$gen" "$source" \
            -o "$dir/$compiler-$(basename "$source" .c).o" \
            || die "$source does not compile by $compiler"
    done
}


# What answers the cases of the property test; the objects are those of the unit
# tests.
build_driver() {
    local dir=$build/t/property
    mkdir -p "$dir"
    # shellcheck disable=SC2086
    gcc -std=gnu11 -Wall -Wextra -Werror -g -O1 $sanitizers \
        -I"$top/ngx_scim_module" -I"$top/t/unit" \
        "$top/t/property/driver.c" "$build"/t/unit/gcc-*.o \
        -o "$dir/driver" -lcjson -lutf8proc -lm \
        || die "t/property/driver.c does not compile"
}


# Each program prints TAP.
build_unit_tests() {
    local dir=$build/t/unit gen=$build/t/gen source name
    rm -rf "$dir"
    build_library "$dir" gcc
    build_library "$dir" clang
    for source in "$top"/t/unit/test_*.c "$top"/t/fuzz/fuzz_*.c; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .c)
        # shellcheck disable=SC2046,SC2086
        gcc -std=gnu11 -Wall -Wextra -Werror -g -O1 $sanitizers \
            -I"$top/ngx_scim_module" -I"$gen" -I"$top/t/unit" "$source" \
            $(case $name in fuzz_*) echo "$top/t/fuzz/replay_main.c" ;; esac) \
            "$dir"/gcc-*.o -o "$dir/$name" -lcjson -lutf8proc -lm \
            || die "$source does not compile"
    done
}


run_tests() {
    install_missing "$packages $test_packages $lint_packages $fuzz_packages \
        $bench_packages"
    test_nginx
    playwright
    say "building"
    build_release "$build"
    CC=clang build_release "$build/clang"
    build_asan
    build_unit_tests
    # shellcheck disable=SC2046  # a list of names
    build_fuzzers $(fuzzers)
    build_driver
    build_load
    build_hold
    say "testing"
    SCIM_ASAN_MODULE=$build/asan/ngx_scim_module.so test_files "$@"
}


test_files() {
    cd "$top"
    PERL5LIB=$build/perl/usr/share/perl5:$top/t/lib${PERL5LIB:+:$PERL5LIB} \
        perl t/run.pl "$@"
}


interop() {
    local tool
    for tool in javac mvn; do
        command -v "$tool" >/dev/null \
            || die "this needs $tool: Debian has openjdk-17-jdk-headless and maven"
    done
    install_missing "$packages $test_packages"
    build_release "$build"
    test_nginx
    cd "$top"
    prove t/e2e/interop.t
}


lint() {
    install_missing "$packages $lint_packages"
    build_release "$build"
    cd "$top"
    prove t/lint.t t/shellcheck.t
}


# Pictures of the status page, for the documentation.
screenshots() {
    install_missing "$packages $test_packages"
    playwright
    build_release "$build"
    mkdir -p "$top/docs/images"
    cd "$top"
    SCIM_SCREENSHOTS=$top/docs/images prove t/e2e/status_page.t
}


# --- releases of Debian -----------------------------------------------------

matrix() {
    [ "$(id -u)" = 0 ] || die "matrix needs root, for clean roots of Debian"
    install_missing "$matrix_packages"
    test_nginx
    bash "$top/t/matrix/run.sh" "$@"
}


# --- property test ----------------------------------------------------------

run_property() {
    local cases=${1:-100000} seed=${2:-$RANDOM$RANDOM}
    case $cases$seed in
        *[!0-9]*) die "property takes a number of cases and a seed" ;;
    esac
    install_missing "$packages python3"
    build_library "$build/t/unit" gcc
    build_driver
    python3 "$top/t/property/run.py" --cases "$cases" --seed "$seed"
}


# --- fuzz -------------------------------------------------------------------

fuzzers() {
    basename -s .c -a "$top"/t/fuzz/fuzz_*.c | cut -d _ -f 2
}


# build_fuzzers NAME...
build_fuzzers() {
    local gen=$build/t/gen dir=$build/fuzz source name
    rm -rf "$dir/objs"
    build_library "$dir/objs" clang -fsanitize=fuzzer-no-link
    for name; do
        source=$top/t/fuzz/fuzz_$name.c
        [ -e "$source" ] || die "there is no fuzzer \"$name\": $(fuzzers | xargs)"
        # shellcheck disable=SC2086
        clang -std=gnu11 -g -O1 $sanitizers -fsanitize=fuzzer \
            -I"$top/ngx_scim_module" -I"$gen" "$source" "$dir"/objs/*.o \
            -o "$dir/fuzz_$name" -lcjson -lutf8proc -lm \
            || die "$source does not compile"
    done
}


# New inputs go to build/fuzz/NAME; what a fuzzer finds, to build/fuzz.
run_fuzzers() {
    local minutes=1 dir=$build/fuzz name
    if [[ ${1:-} =~ ^[1-9][0-9]*$ ]]; then
        minutes=$1
        shift
    fi
    # shellcheck disable=SC2046  # a list of names
    [ $# -gt 0 ] || set -- $(fuzzers)
    install_missing "$packages $fuzz_packages"
    build_fuzzers "$@"
    for name; do
        mkdir -p "$dir/$name"
        say "$name for $minutes minutes"
        (cd "$dir" && "./fuzz_$name" -max_total_time=$((minutes * 60)) \
            -artifact_prefix="$dir/$name-" -print_final_stats=1 \
            -dict="$top/t/fuzz/dict/$name" "$name" "$top/t/fuzz/corpus/$name" \
            > "$dir/$name.log" 2>&1) \
            || die "$name has found something, see $dir/$name.log"
        grep -E 'number_of_executed_units|new_units_added' "$dir/$name.log" >&2
    done
}


# --- bad input --------------------------------------------------------------

build_asan() {
    build_module "$build/asan" \
        "-fsanitize=address,undefined -fno-omit-frame-pointer" \
        "-fsanitize=address,undefined"
    build_scim_doc "$build/asan" -fsanitize=address,undefined
}


mutate() {
    install_missing "$packages $test_packages"
    build_asan
    cd "$top"
    SCIM_MODULE=$build/asan/ngx_scim_module.so perl t/mutate/run.pl "$@"
}


build_hold() {
    mkdir -p "$build/hold"
    "${CC:-cc}" -O2 -g -std=gnu11 -Wall -Wextra -Werror -shared -fPIC \
        "$top/t/hold/epoll.c" -o "$build/hold/epoll.so" -ldl \
        || die "t/hold/epoll.c does not compile"
}


hold() {
    install_missing "$packages $test_packages"
    build_module "$build"
    build_hold
    cd "$top"
    perl t/hold/run.pl "$@"
}


# --- bench ------------------------------------------------------------------

build_load() {
    mkdir -p "$build/bench"
    "${CC:-cc}" -O2 -g -std=gnu11 -Wall -Wextra -Werror "$top"/bench/*.c \
        -o "$build/bench/load" || die "bench/ does not compile"
}


bench() {
    install_missing "$packages $bench_packages"
    build_release "$build"
    build_load
    if [ "${1:-}" = --peers ]; then
        peers
    fi
    perl "$top/bench/run.pl" "$@"
}


bench_large() {
    install_missing "$packages $bench_packages"
    build_module "$build"
    build_scim_doc "$build"
    build_load
    perl "$top/bench/large.pl"
}


# Other servers, of the versions that bench/peers names, into build/peers.
peers() {
    local dir=$build/peers
    command -v npm >/dev/null || install_missing "nodejs npm"
    command -v go >/dev/null || install_missing "golang-go"
    install_missing "python3 python3-venv"
    mkdir -p "$dir"
    cp -r "$top"/bench/peers/* "$dir"
    say "fetching other servers into build/peers"
    {
        (cd "$dir/scimmy" && npm ci --no-audit --no-fund --ignore-scripts)
        (cd "$dir/elimity" && go build -o elimity .)
        [ -x "$dir/scim2-server/venv/bin/pip" ] \
            || python3 -m venv "$dir/scim2-server/venv"
        "$dir/scim2-server/venv/bin/pip" install -q \
            -r "$dir/scim2-server/requirements.txt"
    } > "$dir/log" 2>&1 || die "could not fetch them, see $dir/log"
}


bench_report() {
    install_missing "perl gnuplot-nox"
    perl "$top/bench/report.pl"
}


# --- chaos ------------------------------------------------------------------

chaos() {
    install_missing "$packages $chaos_packages"
    build_module "$build"
    build_scim_doc "$build"
    perl "$top/t/chaos/run.pl" "$@"
}


# --- load -------------------------------------------------------------------

# the long form of two tests
load_tests() {
    local seconds=${1:-5}
    case $seconds in
        *[!0-9]* | '' | 0*) die "load takes a number of seconds" ;;
    esac
    install_missing "$packages $bench_packages util-linux"
    build_module "$build"
    build_load
    cd "$top"
    SCIM_LOAD_SECONDS=$seconds SCIM_GROWTH_REQUESTS=1000000 \
        SCIM_GROWTH_RELOADS=1000 prove -v t/e2e/load.t t/e2e/growth.t
}


bounds() {
    local seconds=${1:-5} workers
    case $seconds in
        *[!0-9]* | '' | 0*) die "bounds takes a number of seconds" ;;
    esac
    install_missing "$packages $test_packages"
    build_module "$build"
    cd "$top"
    for workers in 1 2; do
        say "workers: $workers"
        SCIM_BOUNDS_SECONDS=$seconds SCIM_BOUNDS_WORKERS=$workers \
            prove t/bounds || return
    done
}


# --- coverage ---------------------------------------------------------------

coverage() {
    local dir=$build/coverage module=$build/coverage/module files
    install_missing "$packages $test_packages gcovr"
    test_nginx
    playwright
    build_module "$module" "-O0 --coverage" "--coverage"
    find "$module" -name '*.gcda' -delete
    coverage_of_unit_tests "$dir/unit"
    cd "$top"
    files=$(grep -lE '^use SCIM(::Nginx)?;' t/*.t t/e2e/*.t | grep -v outside)
    # shellcheck disable=SC2086  # a list of names
    SCIM_MODULE=$module/ngx_scim_module.so test_files $files \
        || die "the tests fail with the module that counts"
    coverage_report "$dir" || die "too little is covered"
}


# What both have counted, a line for each file; gcov needs to be where the
# compiler was.
coverage_report() {
    local dir=$1 source=$top/ngx_scim_module status=0
    cd "$dir/module/nginx"
    gcovr --root "$source" --object-directory . --json "$dir/lines.json" \
        "$dir/module/objs" "$dir/unit" || die "gcovr failed"
    gcovr --root "$source" --add-tracefile "$dir/lines.json" \
        --fail-under-line 85 || status=$?
    gcovr --root "$source" --add-tracefile "$dir/lines.json" \
        --filter "$source/scim/" --txt "$dir/scim.txt" --fail-under-line 95 \
        || status=$?
    sed -n 's/^TOTAL/scim\/ /p' "$dir/scim.txt"
    return "$status"
}


# The C tests alone, with nothing but what they may use.
coverage_of_unit_tests() {
    local dir=$1 gen=$build/t/gen source name
    rm -rf "$dir"
    mkdir -p "$dir" "$gen"
    embed_schemas "$gen"
    cd "$dir"
    for source in "$top"/ngx_scim_module/scim/*/*.c; do
        gcc -std=gnu11 -g -O0 --coverage -c -I"$top/ngx_scim_module" \
            -I"$gen" "$source" || die "$source does not compile"
    done
    for source in "$top"/t/unit/test_*.c; do
        name=$(basename "$source" .c)
        gcc -std=gnu11 -g -O0 -I"$top/ngx_scim_module" -I"$gen" \
            -I"$top/t/unit" -c "$source" -o "$name.t.o"
        gcc --coverage "$name.t.o" scim_*.o -o "$name" -lcjson -lutf8proc -lm
        "./$name" > "$name.log" || die "$name fails, see $dir/$name.log"
    done
}


case ${1:-help} in
    deps)    deps "${2:-}" ;;
    module)  module ;;
    package) package "${2:-}" ;;
    run)     run_servers ;;
    test)    shift; run_tests "$@" ;;
    matrix)  shift; matrix "$@" ;;
    interop) interop ;;
    lint)    lint ;;
    fuzz)    shift; run_fuzzers "$@" ;;
    property) run_property "${2:-100000}" "${3:-}" ;;
    mutate)  shift; mutate "$@" ;;
    hold)    shift; hold "$@" ;;
    bench)   shift; bench "$@" ;;
    bench-large) bench_large ;;
    bench-report) bench_report ;;
    chaos)   shift; chaos "$@" ;;
    load)    shift; load_tests "$@" ;;
    bounds)  shift; bounds "$@" ;;
    coverage) coverage ;;
    screenshots) screenshots ;;
    clean)   rm -rf "$build"; say "removed build/; the data in run/ stays" ;;
    help|-h|--help) help ;;
    *)       help >&2; die "there is no command \"$1\"" ;;
esac
