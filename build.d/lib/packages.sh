# shellcheck shell=bash
# shellcheck disable=SC2034  # lists that commands use
#
# The Debian packages that commands need, and their installation.

packages="gcc make nginx nginx-dev libhiredis-dev libcjson-dev libutf8proc-dev
    libcjose-dev libssl-dev redis-server curl openssl"
test_packages="binutils clang llvm perl libc6-dev valgrind libtest-base-perl
    liblist-moreutils-perl libtext-diff-perl liburi-perl libtest-longstring-perl
    libipc-run-perl libcpanel-json-xs-perl libio-socket-ssl-perl
    libhttp-message-perl procps python3 python3-redis python3-venv prometheus stunnel4 busybox chromium
    fonts-dejavu-core"
package_packages="build-essential debhelper lintian"
lint_packages="clang-tidy cppcheck shellcheck"
fuzz_packages="clang libclang-rt-dev"
bench_packages="perl wrk"
chaos_packages="perl libipc-run-perl util-linux"
matrix_packages="mmdebstrap perl libipc-run-perl libio-socket-ssl-perl iproute2
    util-linux"


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


# Runs a command that installs packages. Debian would start their services; this
# keeps it from doing so, because only the operator may start them.
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
