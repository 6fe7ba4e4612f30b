# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Breaks nginx and Redis under load, and looks for losses.

use packages module


cmd_chaos() {
    install_missing "$packages $chaos_packages"
    build_module "$build"
    build_scim_doc "$build"
    perl "$top/t/chaos/run.pl" "$@"
}
