# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Looks for damage, and repairs it: all keys, then the parts of large ones, then
# the documents and everything that follows from them. The documents and the sets
# of members are the truth.

# shellcheck source=/dev/null
. "$lib/doc.sh"


cmd_check() {
    options 'repair schema@ resource-type@ unique@' "$@"
    operands 1
    [ -z "$arg1" ] || need_name 'the name of the organization' "$arg1"
    connect
    check_scim_doc check
    sha=$(load_with_write check check_docs)
    what=check
    [ -z "$opt_repair" ] || what=repair
    given_options=$doc_options
    rounds=1
    findings=$(check_all)
    # a repair can uncover damage, which the next one mends
    while [ "$what" = repair ] && [ "$rounds" -lt 4 ]; do
        case $findings in
            *"${tab}mended"*) ;;
            *) break ;;
        esac
        print_findings mended
        rounds=$((rounds + 1))
        findings=$(check_all)
    done
    print_findings
    sum_up
}


check_all() {
    if [ -n "$arg1" ]; then
        run "check exists" "$arg1" >/dev/null
        scope=one
    else
        scope=all
    fi
    found=$(check_keys)
    printf '%s\n' "$found" | awk -F '\t' 'NF == 5'
    large=$(printf '%s\n' "$found" | sed -n "s/^more$tab//p" | check_large)
    printf '%s\n' "$large" | awk -F '\t' 'NF == 5'
    printf '%s\n' "$found" "$large" | sed -n "s/^nested$tab//p" \
        | perhaps_cycles | check_cycles
    printf '%s\n' "$found" | sed -n "s/^org$tab\([^$tab]*\).*/\1/p" | check_counts
    # organizations with the same indexes are checked together
    printf '%s\n' "$found" | sed -n "s/^org$tab//p" | awk -F '\t' '
        !($2 in orgs) { order[++n] = $2 }
        { orgs[$2] = orgs[$2] " " $1 }
        END { for (i = 1; i <= n; i++) print order[i] "\t" orgs[order[i]] }' \
        | while IFS= read -r group; do
            check_documents "${group%%"$tab"*}" "${group#*"$tab"}"
        done
}


check_keys() {
    cursor=0 keys=0
    while :; do
        page=$(run "check check_keys" "${arg1:--}" "$what" "$cursor" "$scope")
        cursor=$(printf '%s\n' "$page" | head -n 1)
        keys=$((keys + $(printf '%s\n' "$page" | sed -n 2p)))
        printf '%s\n' "$page" | sed 1,2d
        progress keys "$keys"
        [ "$cursor" != 0 ] || break
    done
    progress_end
}


check_large() {
    while IFS=$tab read -r org rest; do
        [ -n "$org" ] || continue
        cursor=0
        while :; do
            page=$(run "check check_part" "$org" "$what" "$rest" "$cursor")
            cursor=$(printf '%s\n' "$page" | head -n 1)
            printf '%s\n' "$page" | sed 1d
            [ "$cursor" != 0 ] || break
        done
    done
}


# Prints the groups in groups that remain when all groups without groups are
# removed, again and again: lines of an organization, and pairs of an outer and an
# inner group.
perhaps_cycles() {
    awk '
        { outer[NR] = $1 " " $2; inner[NR] = $1 " " $3; holds[$1 " " $2]++ }
        END {
            do {
                taken = 0
                for (i = 1; i <= NR; i++)
                    if (!(i in gone) && !holds[inner[i]]) {
                        gone[i]
                        holds[outer[i]]--
                        taken++
                    }
            } while (taken)
            for (i = 1; i <= NR; i++)
                if (!(i in gone)) {
                    split(outer[i], a, " ")
                    split(inner[i], b, " ")
                    pairs[a[1]] = pairs[a[1]] " " a[2] " " b[2]
                }
            for (org in pairs)
                print org pairs[org]
        }'
}


check_cycles() {
    while read -r org pairs; do
        # shellcheck disable=SC2086  # ids have no spaces
        run "check check_cycles" "$org" "$what" $pairs
    done
}


# Counts organizations anew. One that changes meanwhile is counted again, and
# reported if it always does.
check_counts() {
    busy=$(cat) tries=3
    while [ -n "$busy" ] && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        counts=$(printf '%s\n' "$busy" | count_all)
        printf '%s\n' "$counts" | awk -F '\t' 'NF == 5'
        busy=$(printf '%s\n' "$counts" | sed -n "s/^busy$tab//p")
    done
    for org in $busy; do
        say "scimctl: organization \"$org\" changes while it is counted: its numbers were not compared"
    done
}


# reads organizations, a line each; some hundred at a time
count_all() {
    while :; do
        orgs=$(head_lines 200)
        [ -n "$orgs" ] || break
        from='1 1 0 0 0 -'
        while [ -n "$from" ]; do
            # shellcheck disable=SC2086  # names have no spaces
            page=$(run "check check_counts" - "$what" "$from" $orgs)
            from=$(printf '%s\n' "$page" | head -n 1)
            printf '%s\n' "$page" | sed 1d
        done
    done
}


# so many lines of the standard input, which the shell reads one by one
head_lines() {
    n=0
    while [ "$n" -lt "$1" ] && IFS= read -r line; do
        printf '%s\n' "$line"
        n=$((n + 1))
    done
}


# check_documents INDEXES ORGANIZATIONS
check_documents() {
    doc_options=$given_options
    for word in $1; do
        doc_options="$doc_options--known$nl$word$nl"
    done
    stale=$(pages "$2" | compare)
    rounds_left=5
    while printf '%s\n' "$stale" | awk -F '\t' 'NF == 5'
        stale=$(printf '%s\n' "$stale" | sed -n "s/^stale$tab//p")
        [ -n "$stale" ] && [ "$rounds_left" -gt 0 ]
    do
        rounds_left=$((rounds_left - 1))
        # shellcheck disable=SC2086  # names and ids have no spaces
        stale=$({
            run docs - ids $stale
            echo .
        } | compare)
    done
}


# the documents of organizations, of some hundred at a time
pages() {
    printf '%s\n' "$1" | tr -s ' ' '\n' | awk '
        NF { line = line " " $1 }
        NR % 200 == 0 { print line; line = "" }
        END { print line }' | {
            while IFS= read -r orgs; do
                from='1 1 0'
                while [ -n "$from" ]; do
                    # shellcheck disable=SC2086
                    page=$(run docs - many "$from" $orgs)
                    from=$(printf '%s\n' "$page" | head -n 1)
                    printf '%s\n' "$page" | sed 1d
                done
            done
            echo .
        }
}


compare() {
    run_scim_doc check --command "EVALSHA $sha 1 scim: - $what" \
        | rcli | awk '
            $0 == "end" { ended = 1; next }
            $0 == "" { next }
            /\t/ { print; next }
            { print "scimctl: Redis: " $0 > "/dev/stderr"; exit }
            END {
                if (!ended)
                    print "scimctl: the check has not come to its end" > "/dev/stderr"
                exit !ended
            }'
}


# All findings, or those that are mended.
print_findings() {
    [ -n "$findings" ] || return 0
    printf '%s\n' "$findings" | awk -F '\t' -v only="${1:-}" -v json="$json" "$awk_quoted"'
        NF != 5 || (only != "" && $5 != only) { next }
        json {
            print "{\"tenant\":" quoted($1) ",\"kind\":" quoted($2) \
                ",\"key\":" quoted($3) ",\"detail\":" quoted($4) \
                ",\"state\":" quoted($5) "}"
            next
        }
        { print $5 ": " $2 ": " $3 ": " $4 }'
}


sum_up() {
    case $findings in
        *"${tab}found"* | *"${tab}left"*)
            say 'scimctl: there is damage'
            exit 2 ;;
    esac
    [ -n "$json" ] || [ "$rounds" -gt 1 ] || echo 'no damage was found'
}
