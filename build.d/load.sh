# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Runs the long forms of the tests of load and growth.

use packages module programs


cmd_load() {
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
