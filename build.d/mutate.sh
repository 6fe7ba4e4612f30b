# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Sends bad requests to the module with sanitizers.

use packages module


cmd_mutate() {
    install_missing "$packages $test_packages"
    build_asan
    cd "$top"
    SCIM_MODULE=$build/asan/ngx_scim_module.so perl t/mutate/run.pl "$@"
}
