#!/usr/bin/env bash
#
# Builds the packages in a clean root of each release of Debian, installs them on a
# machine that has nothing else, and uses them there. ./build.sh matrix calls it:
#
#   run.sh [--short] [--init systemd|none] [CELL|RELEASE...]
#   run.sh --report
#
# A cell is a release with a server for the data. Everything is below build/matrix,
# the log of each step among it; archives of clean roots and what apt downloads are
# kept a day in /var/tmp/scim-matrix. The last lines are a table and "N passed, N
# failed". --report puts the latest results of each cell into docs/matrix.md.

set -euo pipefail
shopt -s inherit_errexit

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$top/build/matrix
cache=${SCIM_MATRIX_CACHE:-/var/tmp/scim-matrix}
cells="bookworm trixie trixie-valkey forky"
previous=0.9.0
longest=3600
short=${SCIM_MATRIX_SHORT:-}
init=${SCIM_MATRIX_INIT:-}

say() { printf '%s\n' "$*" >&2; }

die() { say "matrix: $*"; exit 1; }

# shellcheck source=t/matrix/roots.sh
. "$top/t/matrix/roots.sh"


# --- what is asked for ------------------------------------------------------

release_of() { printf '%s\n' "${1%%-*}"; }


# Valkey is what apt takes if it may not take Redis.
only_valkey() {
    case $1 in *-valkey | forky) return 0 ;; esac
    return 1
}


# The cells that these names stand for; those of the two releases if there are none.
cells_of() {
    local name cell found
    [ $# -gt 0 ] || set -- bookworm trixie
    for name; do
        found=
        for cell in $cells; do
            if [ "$cell" = "$name" ] || { [ -z "$short" ] \
                && [ "$(release_of "$cell")" = "$name" ]; }
            then
                printf '%s\n' "$cell"
                found=1
            fi
        done
        [ -n "$found" ] || die "there is no cell \"$name\": $cells"
    done
}


check_machine() {
    local command
    [ "$(id -u)" = 0 ] || die "clean roots need root: run it as root"
    for command in mmdebstrap unshare nsenter findmnt ip; do
        command -v "$command" >/dev/null || die "$command is missing"
    done
    mkdir -p "$work"
    [ -d "$cache" ] || mkdir -m 700 "$cache"
    [ "$(stat -c '%u %a' "$cache")" = "0 700" ] \
        || die "$cache must belong to root, and to nobody else"
    if [ -z "$init" ]; then
        init=systemd
        control_group "$work" >/dev/null || init=none
    fi
}


# --- results ----------------------------------------------------------------

# note CELL NAME VALUE
note() { printf '%s\t%s\t%s\n' "$@" >> "$work/results/$1"; }


# Runs one step of a cell, a function of this file, and notes how long it took. Its
# output goes to a log. It is a process of its own, because "set -e" does not hold in
# a function whose status is asked for: step CELL NAME FUNCTION [ARGUMENT...]
step() {
    local cell=$1 name=$2 begin=$SECONDS status=0
    shift 2
    say "$cell: $name"
    SCIM_MATRIX_SHORT=$short SCIM_MATRIX_INIT=$init timeout "$longest" \
        bash "$top/t/matrix/run.sh" --step "$@" \
        > "$work/$cell/$name.log" 2>&1 < /dev/null || status=$?
    note "$cell" "seconds $name" $((SECONDS - begin))
    if [ "$status" != 0 ]; then
        note "$cell" failed "$name"
        say "$cell: $name failed, see $work/$cell/$name.log"
        grep -aE '^(not ok|#  )|matrix:|build.sh:' "$work/$cell/$name.log" \
            | tail -n 15 >&2 || true
    fi
    return "$status"
}


# Runs a file of checks beside the machine, whose network it shares:
# check CELL MACHINE NAME [VARIABLE=VALUE...]
check() {
    local cell=$1 machine=$2 name=$3 status=0
    shift 3
    nsenter --target "$(cat "$machine.pid")" --net env \
        SCIM_MACHINE="$(cat "$machine.pid")" SCIM_MACHINE_FILES="$work/$cell" \
        SCIM_INIT="$init" "$@" \
        perl -I "$top/t/lib" "$top/t/matrix/check/$name.pl" \
        > "$work/$cell/$name.tap" 2>&1 || status=$?
    count "$cell" "$name" "$work/$cell/$name.tap"
    cat "$work/$cell/$name.tap"
    return "$status"
}


# Counts the lines of a TAP file: count CELL NAME FILE
count() {
    note "$1" "passed $2" "$(grep -c '^ok ' "$3" || true)"
    note "$1" "failed $2" "$(grep -c '^not ok ' "$3" || true)"
}


# --- packages ---------------------------------------------------------------

# Builds the packages of a release in a clean root, and lets lintian look at them;
# and packages with a lower version: build_packages RELEASE
build_packages() {
    local release=$1 root=$work/$1-build packages=$work/packages/$1 archive
    archive=$(build_root "$release")
    new_root "$root" "$archive"
    copy_sources "$root/source"
    in_root "$root" /source/build.sh package
    rm -rf "$packages"
    mkdir -p "$packages/previous"
    if [ -z "$short" ]; then
        mkdir "$root/source/build/current"
        mv "$root"/source/build/packages/*.deb "$root/source/build/current"
        in_root "$root" /source/build.sh package "$previous"
        mv "$root"/source/build/packages/*.deb "$packages/previous"
        mv "$root"/source/build/current/*.deb "$packages"
    else
        mv "$root"/source/build/packages/*.deb "$packages"
    fi
    rm -f "$packages"/*-dbgsym_*.deb "$packages"/previous/*-dbgsym_*.deb
    rm -rf "$root"
    [ -z "$short" ] || number_anew "$packages"
}


# The short form takes the same files with a lower number: number_anew FOLDER
number_anew() {
    local packages=$1 file tree=$1/tree
    for file in "$packages"/*.deb; do
        rm -rf "$tree"
        dpkg-deb -R "$file" "$tree"
        sed -i "s/\(^Version: \|(= \)[0-9.]*/\1$previous/g" "$tree/DEBIAN/control"
        dpkg-deb -b --root-owner-group "$tree" "$packages/previous"
    done
    rm -rf "$tree"
}


# A clean root with what the build needs, made anew when the clean one is.
build_root() {
    local release=$1 archive=$cache/$1-build.tar root=$work/$1-new clean
    clean=$(clean_root "$release")
    if [ ! "$archive" -nt "$clean" ]; then
        new_root "$root" "$clean"
        copy_sources "$root/source"
        in_root "$root" /source/build.sh deps package >&2
        rm -rf "$root/source"
        tar -C "$root" -cf "$archive.new" .
        mv "$archive.new" "$archive"
        rm -rf "$root"
    fi
    printf '%s\n' "$archive"
}


copy_sources() {
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$top" --exclude=./.git --exclude=./build --exclude=./run -c . \
        | tar -C "$1" -x
}


# --- a cell -----------------------------------------------------------------

# A clean root with the packages in /root, and what they depend on within apt's
# reach: new_machine CELL NAME [PACKAGE...] prints its folder.
new_machine() {
    local cell=$1 machine=$work/$1/$2 packages archive
    shift 2
    packages=$work/packages/$(release_of "$cell")
    archive=$(clean_root "$(release_of "$cell")")
    new_root "$machine" "$archive"
    if only_valkey "$cell"; then
        printf 'Package: redis*\nPin: version *\nPin-Priority: -1\n' \
            > "$machine/etc/apt/preferences.d/valkey"
    fi
    # without a network there is nothing to try again for
    echo 'Acquire::Retries "0";' > "$machine/etc/apt/apt.conf.d/retries"
    cp "$packages"/*.deb "$machine/root"
    cp -r "$packages/previous" "$machine/root"
    # shellcheck disable=SC2046  # a list of names
    fetch "$machine" "$@" curl openssl \
        $(cd "$packages" && printf '/root/%s ' *.deb) >&2
    printf '%s\n' "$machine"
}


install_cell() {
    local cell=$1 machine
    machine=$(new_machine "$cell" main)
    # shellcheck disable=SC2046  # a list of names
    fetch "$machine" --no-install-recommends \
        $(cat "$top/t/matrix/suites.packages")
    start_machine "$machine" "$init"
    check "$cell" "$machine" pages
    versions "$cell" "$machine"
}


# The versions of what is installed.
versions() {
    local cell=$1 machine=$2 package
    for package in nginx redis-server valkey-server libhiredis0.14 libhiredis1.1.0 \
        libcjson1 libc6 systemd libnginx-mod-http-scim
    do
        # shellcheck disable=SC2016  # a format of dpkg-query
        note "$cell" "version $package" "$(in_machine "$machine" dpkg-query -W \
            -f '${db:Status-Abbrev}${Version}' "$package" 2>/dev/null \
            | sed -n 's/^ii //p')"
    done
}


# The machine loses its power, and starts again.
reboot_cell() {
    local cell=$1 machine=$work/$1/main
    stop_machine "$machine"
    start_machine "$machine" "$init"
    check "$cell" "$machine" reboot
}


upgrade_cell() {
    local cell=$1 machine
    machine=$(new_machine "$cell" upgrade)
    start_machine "$machine" "$init"
    check "$cell" "$machine" upgrade
    stop_machine "$machine"
    rm -rf "$machine"
}


# Runs the suites on the machine, against what is installed there.
suites_cell() {
    local cell=$1 machine=$work/$1/main status=0
    copy_sources "$machine/source"
    cp -r "$top/build/perl" "$machine/source/perl"
    in_machine "$machine" bash /source/t/matrix/suites.sh "${short:-long}" \
        > "$work/$cell/suites.tap" 2>&1 || status=$?
    cat "$work/$cell/suites.tap"
    note "$cell" "passed suites" \
        "$(sed -n 's/^\([0-9]*\) passed, .*/\1/p' "$work/$cell/suites.tap")"
    note "$cell" "failed suites" \
        "$(sed -n 's/.* passed, \([0-9]*\) failed$/\1/p' "$work/$cell/suites.tap")"
    return "$status"
}


run_check() {
    check "$1" "$work/$1/main" "$2"
}


run_cell() {
    local cell=$1 status=0
    rm -rf "${work:?}/$cell/main" "${work:?}/$cell/upgrade"
    mkdir -p "$work/$cell"
    note "$cell" init "$init"
    note "$cell" form "${short:-long}"
    {
        step "$cell" install install_cell "$cell" \
            && step "$cell" use run_check "$cell" use \
            && step "$cell" restarts run_check "$cell" restarts \
            && step "$cell" reboot reboot_cell "$cell" \
            && step "$cell" suites suites_cell "$cell" \
            && step "$cell" remove run_check "$cell" remove \
            && step "$cell" upgrade upgrade_cell "$cell"
    } || status=1
    stop_machine "$work/$cell/main"
    stop_machine "$work/$cell/upgrade"
    rm -rf "$work/$cell"/*.archives
    [ "$status" != 0 ] || rm -rf "$work/$cell/main"
    return "$status"
}


# The release's packages, then each of its cells.
run_release() {
    local release=$1 cell status=0 begin=$SECONDS
    shift
    mkdir -p "$work/$release"
    step "$release" build build_packages "$release" || return
    for cell; do
        note "$cell" "seconds build" "$((SECONDS - begin))"
    done
    for cell; do
        run_cell "$cell" || status=1
    done
    return "$status"
}


# The table of all cells that have results, into the page.
report() {
    local page=$top/docs/matrix.md
    # shellcheck disable=SC2046,SC2086  # lists of names
    (cd "$work/results" && perl "$top/t/matrix/table.pl" \
        $(ls -- $cells 2>/dev/null)) \
        > "$work/table.md"
    sed -i -e '/^<!-- results -->/,$!b' -e '/^<!-- results -->/!d' "$page"
    { echo; sed '$d' "$work/table.md" | sed -e '/./,$!d'; } >> "$page"
}


end() {
    local holder
    for holder in "$work"/*/*.holder; do
        [ ! -e "$holder" ] || stop_machine "${holder%.holder}"
    done
}


main() {
    local wanted release status=0 pids=() pid
    while [ $# -gt 0 ]; do
        case $1 in
            --short) short=short ;;
            --init) init=$2; shift ;;
            --step) shift; "$@"; exit ;;
            --report) report; exit ;;
            -*) die "there is no option \"$1\"" ;;
            *) break ;;
        esac
        shift
    done
    check_machine
    wanted=$(cells_of "$@")
    trap end EXIT
    trap 'exit 1' INT TERM
    mkdir -p "$work/results"
    for release in $wanted; do rm -f "$work/results/$release"; done

    for release in $(for cell in $wanted; do release_of "$cell"; done | uniq); do
        # shellcheck disable=SC2046  # a list of names
        run_release "$release" \
            $(for cell in $wanted; do
                [ "$(release_of "$cell")" != "$release" ] || echo "$cell"
            done) &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || status=1
    done
    # shellcheck disable=SC2086  # a list of names
    (cd "$work/results" && perl "$top/t/matrix/table.pl" $wanted)
    return "$status"
}

main "$@"
