# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Runs fuzzers of the protocol library.

use packages library


# Runs fuzzers. New inputs go to build/fuzz/NAME, and findings to build/fuzz.
cmd_fuzz() {
    local minutes=1 dir=$build/fuzz name
    if [[ ${1:-} =~ ^[1-9][0-9]*$ ]]; then
        minutes=$1
        shift
    fi
    # shellcheck disable=SC2046  # a list of names
    [ $# -gt 0 ] || set -- $(fuzzers)
    install_missing "$packages $fuzz_packages"
    build_fuzzers "$@"
    for name; do
        mkdir -p "$dir/$name"
        say "$name for $minutes minutes"
        (cd "$dir" && "./fuzz_$name" -max_total_time=$((minutes * 60)) \
            -artifact_prefix="$dir/$name-" -print_final_stats=1 \
            -dict="$top/t/fuzz/dict/$name" "$name" "$top/t/fuzz/corpus/$name" \
            > "$dir/$name.log" 2>&1) \
            || die "$name has found something, see $dir/$name.log"
        grep -E 'number_of_executed_units|new_units_added' "$dir/$name.log" >&2
    done
}
