# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Builds the programs that put load on a server and watch it.

build_load() {
    mkdir -p "$build/bench"
    "${CC:-cc}" -O2 -g -std=gnu11 -Wall -Wextra -Werror "$top"/bench/*.c \
        -o "$build/bench/load" || die "bench/ does not compile"
}


build_hold() {
    mkdir -p "$build/hold"
    "${CC:-cc}" -O2 -g -std=gnu11 -Wall -Wextra -Werror -shared -fPIC \
        "$top/t/hold/epoll.c" -o "$build/hold/epoll.so" -ldl \
        || die "t/hold/epoll.c does not compile"
}
