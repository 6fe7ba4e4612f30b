# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Takes pictures of the status page for the documentation.

use packages module tests


cmd_screenshots() {
    install_missing "$packages $test_packages"
    playwright
    build_release "$build"
    mkdir -p "$top/docs/images"
    cd "$top"
    SCIM_SCREENSHOTS=$top/docs/images prove t/e2e/status_page.t
}
