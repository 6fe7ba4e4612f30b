# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Measures directories of a million users.

use packages module programs


cmd_bench_large() {
    install_missing "$packages $bench_packages"
    build_module "$build"
    build_scim_doc "$build"
    build_load
    perl "$top/bench/large.pl"
}
