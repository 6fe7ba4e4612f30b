# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Runs two clients in Java against the module.

use packages module tests


cmd_interop() {
    local tool
    for tool in javac mvn; do
        command -v "$tool" >/dev/null \
            || die "this needs $tool: Debian has openjdk-17-jdk-headless and maven"
    done
    install_missing "$packages $test_packages"
    build_release "$build"
    test_nginx
    cd "$top"
    prove t/e2e/interop.t
}
