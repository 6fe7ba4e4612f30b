# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Installs the Debian packages that are missing.

use packages


cmd_deps() {
    install_missing "$packages ${1:+$package_packages}"
}
