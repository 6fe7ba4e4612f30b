# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Tries the packages on releases of Debian.

use packages tests


cmd_matrix() {
    [ "$(id -u)" = 0 ] || die "matrix needs root, for clean roots of Debian"
    install_missing "$matrix_packages"
    test_nginx
    bash "$top/t/matrix/run.sh" "$@"
}
