# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Measures the module and, with --peers, other servers.

use packages module programs


# Fetches other servers, of the versions in bench/peers, into build/peers.
peers() {
    local dir=$build/peers
    command -v npm >/dev/null || install_missing "nodejs npm"
    command -v go >/dev/null || install_missing "golang-go"
    install_missing "python3 python3-venv"
    mkdir -p "$dir"
    cp -r "$top"/bench/peers/* "$dir"
    say "fetching other servers into build/peers"
    {
        (cd "$dir/scimmy" && npm ci --no-audit --no-fund --ignore-scripts)
        (cd "$dir/elimity" && go build -o elimity .)
        [ -x "$dir/scim2-server/venv/bin/pip" ] \
            || python3 -m venv "$dir/scim2-server/venv"
        "$dir/scim2-server/venv/bin/pip" install -q \
            -r "$dir/scim2-server/requirements.txt"
    } > "$dir/log" 2>&1 || die "could not fetch them, see $dir/log"
}


cmd_bench() {
    install_missing "$packages $bench_packages"
    build_release "$build"
    build_load
    if [ "${1:-}" = --peers ]; then
        peers
    fi
    perl "$top/bench/run.pl" "$@"
}
