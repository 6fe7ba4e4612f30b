# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Removes what was built.


cmd_clean() {
    rm -rf "$build"
    say "removed build/; the data in run/ stays"
}
