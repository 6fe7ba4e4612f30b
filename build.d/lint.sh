# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Runs analyzers on the C source and the scripts.

use packages module


cmd_lint() {
    install_missing "$packages $lint_packages"
    build_release "$build"
    cd "$top"
    prove t/lint.t t/shellcheck.t
}
