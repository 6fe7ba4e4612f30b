# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Measures what one organization costs others.

use packages module


cmd_bounds() {
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
