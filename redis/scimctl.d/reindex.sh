# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Completes indexes, or writes them anew, from the documents.

# shellcheck source=/dev/null
. "$lib/doc.sh"


cmd_reindex() {
    options 'schema@ resource-type@ unique@ index@' "$@"
    operands 1
    need_name 'the name of the organization' "$arg1"
    connect
    add_known_indexes "$arg1"
    check_scim_doc indexes
    indexes=$(run_scim_doc indexes </dev/null)
    [ -n "$indexes" ] || die "there is nothing to index: name an index by --index"
    sha=$(load_with_write reindex)
    for type in $(printf '%s\n' "$indexes" | cut -d ' ' -f 1 | sort -u); do
        reindex_type
    done
}


reindex_type() {
    # shellcheck disable=SC2046  # names have no spaces
    set -- $(printf '%s\n' "$indexes" | sed -n "s/^$type //p")
    total=$(run reindex_state "$arg1" begin "$type" "$@")
    count=0 rounds=0
    stale=$(pages | reindex_lines)
    while [ -n "$stale" ]; do
        rounds=$((rounds + 1))
        [ "$rounds" -le 20 ] || die "the ${type}s change too fast: run this again"
        # shellcheck disable=SC2086
        stale=$(again $stale | reindex_lines)
    done
    progress_end
    run reindex_state "$arg1" end "$type" "$@" >/dev/null
    [ -t 2 ] || say "reindexed $total ${type}s"
}


# the documents of all resources of the type, for scim-doc
pages() {
    from=0 count=0
    while :; do
        page=$(run docs "$arg1" page "$type" "$from")
        from=$(printf '%s\n' "$page" | head -n 1)
        printf '%s\n' "$page" | sed 1d
        count=$((count + 200))
        [ "$count" -le "$total" ] || count=$total
        progress "${type}s" "$count" "$total"
        [ -n "$from" ] || break
    done
    echo .
}


again() {
    for id; do
        shift
        set -- "$@" "$arg1" "$type" "$id"
    done
    run docs "$arg1" ids "$@"
    echo .
}


# prints the ids of resources that others have changed meanwhile
reindex_lines() {
    run_scim_doc index --command "EVALSHA $sha 1 scim:{$arg1}: $arg1" | rcli \
        | awk '
            $1 != "@" { error = $0; exit }
            $2 == "stale" { print $4 }
            $2 == "conflict" {
                print "scimctl: " $3 " \"" $4 "\": another one has the same \"" \
                    $5 "\"" > "/dev/stderr"
                conflicts = 1
            }
            $2 == "end" { ended = 1 }
            END {
                if (error != "")
                    print "scimctl: Redis: " error > "/dev/stderr"
                else if (!ended)
                    print "scimctl: this has not come to its end: run it again" > "/dev/stderr"
                exit !ended || conflicts
            }'
}
