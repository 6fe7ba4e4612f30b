# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Measures how long a request holds a worker.

use packages module programs


cmd_hold() {
    install_missing "$packages $test_packages"
    build_module "$build"
    build_hold
    cd "$top"
    perl t/hold/run.pl "$@"
}
