# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Compares the module with a slow evaluator in Python.

use packages library


cmd_property() {
    local cases=${1:-100000} seed=${2:-$RANDOM$RANDOM}
    case $cases$seed in
        *[!0-9]*) die "property takes a number of cases and a seed" ;;
    esac
    install_missing "$packages python3"
    build_library "$build/t/unit" gcc
    build_driver
    python3 "$top/t/property/run.py" --cases "$cases" --seed "$seed"
}
