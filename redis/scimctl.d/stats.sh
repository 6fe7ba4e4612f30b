# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Shows the numbers of one organization or of all.

cmd_stats() {
    options '' "$@"
    operands 1
    [ -z "$arg1" ] || need_name 'the name of the organization' "$arg1"
    connect
    if [ -n "$arg1" ]; then
        page=$(run stats "$arg1" one)
        server=
    else
        page=$(all_stats)
        server=$(run stats - server)
    fi
    printf '%s\n' "$page" | sum_stats
}


all_stats() {
    from=0
    while :; do
        page=$(run stats - "$from")
        [ -n "$page" ] || break
        printf '%s\n' "$page"
        from=$((from + 200))
    done
}


sum_stats() {
    awk -F '\t' -v json="$json" -v server="$server" '
        BEGIN { n = split("users groups others tokens clients changes log", name, " ") }
        NF {
            tenants++
            for (i = 1; i <= n; i++)
                sum[i] += $(i + 1)
            if (!most || $2 > most) { most = $2; largest = $1 }
        }
        END {
            split(server, info, "\t")
            if (json) {
                if (server != "")
                    printf "{\"organizations\":%d,", tenants
                else
                    printf "{\"tenant\":\"%s\",", $1
                for (i = 1; i <= n; i++)
                    printf "%s\"%s\":%.0f", (i > 1 ? "," : ""), name[i], sum[i]
                if (server != "")
                    printf ",\"memory\":%.0f,\"redis\":\"%s\",\"connections\":%d", \
                        info[1], info[2], info[3]
                print "}"
                exit
            }
            if (server != "") printf "%-14s %d\n", "organizations", tenants
            for (i = 1; i <= n; i++)
                printf "%-14s %.0f\n", name[i], sum[i]
            if (server != "") {
                printf "%-14s %.1f MiB\n", "memory", info[1] / 1048576
                printf "%-14s %s\n%-14s %d\n", "redis", info[2], \
                    "connections", info[3]
                if (most) printf "%-14s %s (%d users)\n", "largest", largest, most
            }
        }'
}
