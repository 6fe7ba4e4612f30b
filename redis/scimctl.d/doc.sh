# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# The parts that commands with documents share: scim-doc, scripts that contain
# write.lua, and progress.

find_scim_doc() {
    for scim_doc in "${SCIM_DOC:-}" "$home/scim-doc" "$home/../build/scim-doc" \
        "$home/../../lib/scim-tools/scim-doc"
    do
        [ ! -x "$scim_doc" ] || return 0
    done
    scim_doc=$(command -v scim-doc) \
        || die 'scim-doc is missing: ./build.sh module makes it, SCIM_DOC can name it'
}


# scim-doc with the options that were given, and those behind its mode
run_scim_doc() {
    mode=$1
    shift
    set -- "$mode" "$@"
    while IFS= read -r word; do
        [ -z "$word" ] || set -- "$@" "$word"
    done <<END
$doc_options
END
    "$scim_doc" "$@"
}


# Mistakes in options and files are told before anything begins.
check_scim_doc() {
    find_scim_doc
    message=$(run_scim_doc "$1" </dev/null 2>&1 >/dev/null) \
        || die "${message#scim-doc: }"
}


# the indexes that are kept already, as options
add_known_indexes() {
    known=$(run indexes "$1")
    for word in $known; do
        doc_options="$doc_options--known$nl$word$nl"
    done
}


# loads a script that has write.lua as a function, and prints its digest
load_with_write() {
    {
        cat "$lib/common.lua"
        echo 'local function write(KEYS, ARGV)'
        cat "$home/write.lua"
        echo end
        for part; do
            cat "$lib/$part.lua"
        done
    } | rcli -x SCRIPT LOAD
}


now() {
    date -u +%Y-%m-%dT%H:%M:%S.000Z
}


# progress WHAT DONE [TOTAL], on a terminal only
progress() {
    [ -t 2 ] && [ "${3:-1}" -gt 0 ] || return 0
    if [ -n "${3:-}" ]; then
        filled=$(($2 * 30 / $3))
        [ "$filled" -le 30 ] || filled=30
        printf '\r%s [%-30s] %d/%d ' "$1" \
            "$(printf '%.*s' "$filled" '##############################')" \
            "$2" "$3" >&2
    else
        printf '\r%s %d ' "$1" "$2" >&2
    fi
}


progress_end() {
    [ ! -t 2 ] || echo >&2
}
