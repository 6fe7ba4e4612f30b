# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Writes the latest measurements into docs/performance.md.

use packages


cmd_bench_report() {
    install_missing "perl gnuplot-nox"
    perl "$top/bench/report.pl"
}
