# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Builds everything and runs tests.

use packages module library programs tests


cmd_test() {
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
