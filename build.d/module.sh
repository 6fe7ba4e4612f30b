# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Builds the module and scim-doc.

use packages module


cmd_module() {
    install_missing "$packages"
    build_release "$build"
    say "built $build/ngx_scim_module.so and $build/scim-doc"
}
