# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Shows the provisioning log and the change stream.

cmd_log() {
    options 'follow failed since= number=' "$@"
    stream log
}


cmd_changes() {
    options 'follow since= number=' "$@"
    opt_failed=
    stream changes
}


stream() {
    operands 1
    need_name 'the name of the organization' "$arg1"
    [ -z "$opt_since" ] || [ -z "$opt_number" ] \
        || mistake '--since and -n exclude each other'
    is_number "${opt_number:=20}" || die "-n needs a number"
    connect
    failed=${opt_failed:+failed}
    if [ -n "$opt_since" ]; then
        from=$(run stream "$arg1" "$1" since "$opt_since" "$failed" text)
    else
        from=$(run stream "$arg1" "$1" last "$opt_number" "$failed" text)
    fi
    print_stream "$1"
}


print_stream() {
    while :; do
        page=$(run stream "$arg1" "$1" next "$from" "$failed" "$(format)")
        from=$(printf '%s\n' "$page" | head -n 1)
        more=$(printf '%s\n' "$page" | sed -n 2p)
        printf '%s\n' "$page" | sed 1,2d | stream_lines
        [ "$more" = 0 ] || continue
        [ -n "$opt_follow" ] || break
        wait_for_entry "$1"
    done
}


stream_lines() {
    if [ -n "$json" ]; then
        cat
    else
        awk -F '\t' '{
            line = $1
            for (i = 2; i <= NF; i++)
                line = line "  " ($i == "" ? "-" : $i)
            print line
        }'
    fi
}


wait_for_entry() {
    error=$(rcli -e XREAD BLOCK 5000 COUNT 1 STREAMS "scim:{$arg1}:$1" "$from" \
        2>&1 >/dev/null </dev/null) \
        || die "Redis: $(printf '%s' "$error" | head -n 1)"
}
