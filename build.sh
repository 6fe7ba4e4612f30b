#!/usr/bin/env bash
#
# Builds, runs and tests the module. ./build.sh help describes the commands.
#
# Each command is a file in build.d/, which defines a function cmd_COMMAND. What
# several commands need is in build.d/lib/; no file there reads a command.

set -euo pipefail

commands=(
    deps module package run clean
    test lint interop matrix screenshots
    fuzz property mutate hold chaos load bounds coverage
    bench bench-large bench-report
)

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034  # the commands use it
build=$top/build


say() { printf '%s\n' "$*" >&2; }

die() { say "build.sh: $*"; exit 1; }

help() { cat "$top/build.d/help.txt"; }


# Reads files of build.d/lib: use NAME...
use() {
    local name
    for name; do
        # shellcheck source=/dev/null
        . "$top/build.d/lib/$name.sh"
    done
}


command=${1:-help}

case $command in
    help | -h | --help) help; exit ;;
esac

[[ " ${commands[*]} " == *" $command "* ]] \
    || { help >&2; die "there is no command \"$command\""; }

shift
# shellcheck source=/dev/null
. "$top/build.d/$command.sh"
"cmd_${command//-/_}" "$@"
