# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Prints an organization as JSON Lines: users and other resources, groups without
# groups, and then groups with groups, the inner ones first. Members of a group are
# read in slices.

# shellcheck source=/dev/null
. "$lib/doc.sh"


cmd_export() {
    options '' "$@"
    operands 2
    need_name 'the name of the organization' "$arg1"
    connect
    if [ -z "$arg2" ]; then
        export_lines
        return
    fi

    # nobody else can read the file, and it appears when it is complete
    [ ! -d "$arg2" ] || die "\"$arg2\" is a folder"
    new=$(mktemp "$arg2.XXXXXX" 2>/dev/null) || die "cannot write beside \"$arg2\""
    trap 'rm -f "$new"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    export_lines > "$new"
    mv -f "$new" "$arg2"
    trap - EXIT
}


export_lines() {
    state=$(run export "$arg1" state)
    to=$(printf '%s\n' "$state" | head -n 1)
    # shellcheck disable=SC2046  # pairs of words
    set -- $(printf '%s\n' "$state" | sed 1d)
    while [ $# -gt 0 ]; do
        type=$1 total=$2
        shift 2
        if [ "$type" = group ]; then
            export_type group plain
            export_nested
        else
            export_type "$type" all
        fi
        progress_end
        [ -t 2 ] || say "exported $exported ${type}s"
    done
}


export_type() {
    from=0 exported=0
    while :; do
        page=$(run export "$arg1" page "$type" "$2" "$from" "$to")
        from=$(printf '%s\n' "$page" | head -n 1)
        export_page
        [ -n "$from" ] || break
    done
}


# the lines behind the first, and the large group that ends them
export_page() {
    large=$(printf '%s\n' "$page" | tail -n 1)
    case $large in
        'large '*)
            printf '%s\n' "$page" | sed '1d;$d'
            export_large "${large#large }" ;;
        *)
            printf '%s\n' "$page" | sed 1d ;;
    esac
    exported=$((exported + $(printf '%s\n' "$page" | sed 1d | wc -l)))
    progress "${type}s" "$exported" "$total"
}


export_large() {
    head=$(run export "$arg1" group "$1")
    [ -n "$head" ] || return 0
    {
        printf '%s\n' "$head"
        export_set "$1" members
        export_set "$1" groups
    } | awk '
        NR == 1 { printf "%s,\"members\":[", $0; next }
        $0 in seen { next }
        {
            seen[$0]
            printf "%s\"%s\"", comma, $0
            comma = ","
        }
        END { print "]}" }'
}


export_set() {
    cursor=0
    while :; do
        slice=$(run export "$arg1" members "$1" "$2" "$cursor" "$to")
        cursor=$(printf '%s\n' "$slice" | head -n 1)
        printf '%s\n' "$slice" | sed 1d
        [ "$cursor" != 0 ] || break
    done
}


export_nested() {
    ids=$(nested_pairs | inner_first)
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086  # ids have no spaces
    set -- $ids
    while [ $# -gt 0 ]; do
        page=$(run export "$arg1" ids "$to" "$@")
        looked_at=$(printf '%s\n' "$page" | head -n 1)
        export_page
        shift "$looked_at"
    done
}


nested_pairs() {
    from=0
    while :; do
        pairs=$(run export "$arg1" nested "$from" "$to")
        printf '%s\n' "$pairs" | sed 1d
        from=$(printf '%s\n' "$pairs" | head -n 1)
        [ -n "$from" ] || break
    done
}


# Prints groups with groups, from pairs of both, so that each comes after those
# that it contains. A cycle, which is damage, comes last.
inner_first() {
    awk '
        !($1 in waits) { waits[$1] = 0; order[++n] = $1 }
        { from[++pairs] = $1; inner[pairs] = $2 }
        END {
            for (i = 1; i <= pairs; i++)
                if (inner[i] in waits) {
                    waits[from[i]]++
                    outer[inner[i]] = outer[inner[i]] " " from[i]
                }
            for (i = 1; i <= n; i++)
                if (!waits[order[i]])
                    todo[++last] = order[i]
            for (i = 1; i <= last; i++) {
                print todo[i]
                done[todo[i]]
                k = split(outer[todo[i]], list, " ")
                for (j = 1; j <= k; j++)
                    if (!--waits[list[j]])
                        todo[++last] = list[j]
            }
            for (i = 1; i <= n; i++)
                if (!(order[i] in done))
                    print order[i]
        }'
}
