# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Checks a running server as an experienced operator would. A finding is a line of
# severity, name of the check, finding and remedy, with tabs between. Severities
# are "error" (data or service are lost, or will be), "warning" and "note".

# shellcheck source=/dev/null
. "$lib/doctor_redis.sh"
# shellcheck source=/dev/null
. "$lib/doctor_host.sh"


cmd_doctor() {
    options 'nginx=' "$@"
    operands 0
    prepare
    findings=$(examine)
    print_doctor
    case $nl$findings in
        *"${nl}error$tab"*) exit 2 ;;
        *"${nl}warning$tab"*) exit 3 ;;
    esac
}


# found SEVERITY CHECK WHAT REMEDY
found() {
    printf '%s\t%s\t%s\t%s\n' "$@"
}


examine() {
    answer=$(rcli PING 2>&1 </dev/null) || true
    case $answer in
        PONG | MISCONF*) ;;         # the latter after a write that failed
        LOADING*)
            found error loading 'Redis still reads its files: nothing is served' \
                'wait; INFO persistence shows how far it is'
            return ;;
        *)
            answer=$(printf '%s' "$answer" | head -n 1)
            die "Redis: ${answer:-no answer}" ;;
    esac

    check_server
    check_machine
    check_directory
}


# --- the directory ----------------------------------------------------------

check_directory() {
    format=$(rcli -e GET scim:format 2>&1 </dev/null) || {
        not_seen directory "$format"
        return
    }
    case $format in
        '')
            found warning empty 'Redis holds no directory' \
                'if there was one, see docs/troubleshooting.md; else connect nginx or run scimctl org create'
            return ;;
        1) ;;
        *)
            found error format "the data is of format \"$format\", this scimctl knows format 1" \
                'use the version of the module and of scimctl that wrote it, or a later one'
            return ;;
    esac
    check_nginx
    check_moves
    check_organizations
}


# The module names its connections after itself and its version.
check_nginx() {
    clients=$(rcli -e CLIENT LIST 2>&1 </dev/null) || {
        not_seen nginx "$clients"
        return
    }
    versions=$(printf '%s\n' "$clients" \
        | sed -n 's|.* name=ngx_scim_module/\([^ ]*\) .*|\1|p' | sort -u)
    [ -n "$versions" ] || {
        found note nginx 'no nginx is connected' \
            'start nginx, or see why it is not connected in its error log'
        return
    }
    mine=$(version)
    for theirs in $versions; do
        [ "$theirs" = "${mine#scimctl }" ] \
            || found warning version "nginx runs version $theirs of the module, and this is $mine" \
                'install the same version of both; nginx takes a new module by a restart, not by a reload'
    done
}


# A server that works on a move has a lease. If the server dies, it loses the lease
# in five seconds, and another one continues within a second after that.
check_moves() {
    moves=$(run doctor - moves 0)
    [ -n "$moves" ] || return 0
    sleep 3
    stale=$({ printf '%s\n' "$moves"; run doctor - moves 0; } | sort | uniq -d)
    [ -z "$stale" ] \
        || found warning moves "changes of many members do not go on: $(printf '%s\n' "$stale" \
            | awk '{ print $2 }' | sort -u | some_of)" \
            'start nginx with the module: a worker goes on with them'
}


check_organizations() {
    lines=$(organizations)
    deleting=$(printf '%s\n' "$lines" | sed -n 's/^deleting //p' | some_of)
    [ -z "$deleting" ] \
        || found warning deleting "organizations are half deleted: $deleting" \
            'run scimctl org delete NAME again'
    near=$(printf '%s\n' "$lines" | awk '$1 == "near" {
        print $2 " has " $4 " of " $5 " " $3 }' | some_of)
    [ -z "$near" ] \
        || found warning limits "organizations are near a limit: $near" \
            'set another one with scimctl org limit, or have the client remove what it does not need'
    expires=$(printf '%s\n' "$lines" | awk '$1 == "expires" {
        print $4 " " $2 " " $3 }' | sort | awk '{ print $2 " " $3 " on " $1 }' \
        | some_of)
    [ -z "$expires" ] \
        || found warning expires "expires in the next 30 days: $expires" \
            'issue new ones: scimctl token issue, scimctl client secret add'
}


organizations() {
    from=0
    while :; do
        page=$(run doctor - "$from" 30)
        printf '%s\n' "$page" | sed 1d
        from=${page%%"$nl"*}
        [ "$from" != 0 ] || break
    done
}


# the first lines with commas between, and how many more there are
some_of() {
    awk '
        NF && ++n <= 5 { printf "%s%s", (n > 1 ? ", " : ""), $0 }
        END { if (n > 5) printf " and %d others", n - 5 }'
}


# --- the report -------------------------------------------------------------

print_doctor() {
    if [ -z "$findings" ]; then
        [ -n "$json" ] || echo 'nothing was found'
        return
    fi
    for severity in error warning note; do
        printf '%s\n' "$findings" | awk -F '\t' -v severity="$severity" \
            -v json="$json" "$awk_quoted"'
            $1 != severity { next }
            { for (i = 1; i <= NF; i++) gsub(/[[:cntrl:]]/, "?", $i) }
            json {
                print "{\"severity\":" quoted($1) ",\"check\":" quoted($2) \
                    ",\"finding\":" quoted($3) ",\"remedy\":" quoted($4) "}"
                next
            }
            { print $1 ": " $2 ": " $3 "; " $4 }'
    done
}
