# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl and of doctor.sh
#
# The part of the doctor that checks the settings and numbers of Redis. Questions
# that an account may not ask, or a managed server does not answer, are notes.

wanted_settings='appendfsync no-appendfsync-on-rewrite aclfile dir appenddirname
    hash-max-listpack-value hash-max-listpack-entries timeout disable-thp
    min-replicas-to-write'


check_server() {
    info=$(rcli -e INFO 2>&1 </dev/null) || {
        not_seen info "$info"
        info=
    }
    # shellcheck disable=SC2086  # names
    settings=$(rcli -e CONFIG GET $wanted_settings 2>&1 </dev/null) || {
        not_seen settings "$settings"
        settings=
    }

    check_accounts
    check_append_only
    check_memory
    check_replication
    check_clients
    check_errors
    check_encoding
    check_slow
}


# not_seen CHECK REPLY
not_seen() {
    found note "$1" "could not look: $(printf '%s' "$2" | head -n 1)" \
        'give the account what "user op" of redis/scim.acl has, or look by hand'
}


# a field of INFO
info() {
    printf '%s\n' "$info" | awk -v name="$1:" 'index($0, name) == 1 {
        sub(/\r$/, ""); print substr($0, length(name) + 1); exit }'
}


setting() {
    printf '%s\n' "$settings" | awk -v name="$1" '
        NR % 2 { key = $0; next }
        key == name { print; exit }'
}


# --- accounts ---------------------------------------------------------------

check_accounts() {
    refused=$(refused_to default replay)
    case $refused in
        '!'*) not_seen replay "${refused#!}" ;;
        '') ;;
        *)
            found error replay "user \"default\" may not run $refused: a restart of Redis skips these in its append-only file, and the data is lost" \
                'before any restart put "user default off ~* &* +@all" into the ACL file and run ACL LOAD; see docs/troubleshooting.md' ;;
    esac

    check_account scim error 'nginx cannot serve'
    check_account "${user:-default}" warning 'scimctl cannot do all of its work' op

    answer=$(
        unset REDISCLI_AUTH VALKEYCLI_AUTH
        user=
        rcli PING 2>&1 </dev/null
    ) || true
    [ "$answer" != PONG ] \
        || found warning access 'whoever reaches Redis may do everything, without a password' \
            'use the accounts of redis/scim.acl, in which user "default" is off'
}


# check_account USER SEVERITY CONSEQUENCE [KIND]
check_account() {
    is_name "$1" || return 0
    refused=$(refused_to "$1" "${4:-$1}")
    case $refused in
        '' | '!'*) ;;
        *)
            found "$2" account "user \"$1\" may not run $refused: $3" \
                "take the line \"user ${4:-$1}\" of redis/scim.acl of this version and run ACL LOAD" ;;
    esac
}


# refused_to USER KIND: the commands of a kind that a user may not send, with
# commas between; "!" and an error if that cannot be told
refused_to() {
    commands=$(sed -n "/^#/d; s/^\([a-z,]*,\)\{0,1\}$2\(,[a-z,]*\)\{0,1\} //p" \
        "$lib/doctor_commands.txt")
    {
        printf '%s\n' "$commands" .
        printf '%s\n' "$commands" | sed "s/^/ACL DRYRUN $1 /" | rcli 2>&1
    } | awk '
        !asked { if ($0 == ".") asked = 1; else name[++n] = tolower($1); next }
        $0 == "" { next }
        /^(NOPERM|ERR|LOADING)/ { print "!" $0; failed = 1; exit }
        { m++ }
        $0 != "OK" && !(name[m] in seen) {
            seen[name[m]]
            list = list (list == "" ? "" : ", ") name[m]
        }
        END { if (!failed) print list }'
}


# --- what is kept -----------------------------------------------------------

check_append_only() {
    case $(info aof_enabled) in
        0)
            found error appendonly 'Redis keeps no append-only file: changes are lost when it ends' \
                'set "appendonly yes", by CONFIG SET first if there is data' ;;
        1)
            check_fsync ;;
    esac
    [ "$(info aof_last_write_status)" != err ] \
        || found error appendonly 'the last write to the append-only file failed' \
            'make room on its disk; the log of Redis has the reason'
    [ "$(info aof_last_bgrewrite_status)" != err ] \
        || found warning rewrite 'the last rewrite of the append-only file failed' \
            'make room on its disk and in memory, then run BGREWRITEAOF; the log of Redis has the reason'
    [ "$(info rdb_last_bgsave_status)" != err ] \
        || found warning snapshot 'the last snapshot failed' \
            'make room on its disk and in memory, then run BGSAVE; the log of Redis has the reason'
}


check_fsync() {
    case $(setting appendfsync) in
        '' | always) ;;
        everysec)
            found warning appendfsync 'changes of the last second or two are lost if the machine stops' \
                'set "appendfsync always"' ;;
        *)
            found error appendfsync 'the system decides when changes reach the disk' \
                'set "appendfsync always"' ;;
    esac
    [ "$(setting no-appendfsync-on-rewrite)" != yes ] \
        || found warning appendfsync 'changes are not on disk while the file is rewritten' \
            'set "no-appendfsync-on-rewrite no"'
}


check_memory() {
    policy=$(info maxmemory_policy) limit=$(info maxmemory)
    used=$(info used_memory) machine=$(info total_system_memory)
    [ "${policy:-noeviction}" = noeviction ] \
        || found error eviction "maxmemory-policy is $policy: Redis deletes users when its memory is full" \
            'set "maxmemory-policy noeviction"'
    [ -n "$limit" ] || return 0
    if [ "$limit" = 0 ]; then
        found warning memory 'there is no limit: the system kills Redis when memory is full' \
            'set "maxmemory" to about half of the memory of the machine'
        return
    fi
    if [ "$used" -ge $((limit * 95 / 100)) ]; then
        found error memory "$((used / 1048576)) of $((limit / 1048576)) MiB are used: writes are refused, or soon will be" \
            'raise "maxmemory"'
    elif [ "$used" -ge $((limit * 80 / 100)) ]; then
        found warning memory "$((used / 1048576)) of $((limit / 1048576)) MiB are used" \
            'raise "maxmemory" before writes are refused'
    fi
    [ "$limit" -le "${machine:-$limit}" ] \
        || found warning memory 'maxmemory is more than the machine has' \
            'set "maxmemory" to about half of the memory of the machine'
}


# --- others -----------------------------------------------------------------

check_replication() {
    wanted=$(setting min-replicas-to-write) there=$(info connected_slaves)
    [ "$(info role)" != slave ] \
        || found error replication 'this Redis is a replica: writes are refused' \
            'let nginx use the master'
    [ "$(info master_link_status)" != down ] \
        || found error replication 'the replica has lost its master' \
            'see the log of Redis'
    if [ "${wanted:-0}" -gt "${there:-0}" ]; then
        found error replication "$wanted replicas are needed for a write and $there are connected: writes are refused" \
            'start the replicas, or lower "min-replicas-to-write"'
    elif [ "${wanted:-1}" = 0 ] && [ "${there:-0}" -gt 0 ]; then
        found note replication 'changes are acknowledged before a replica has them: a failover can lose the latest' \
            'set "min-replicas-to-write 1", which refuses writes without a replica'
    fi
}


check_clients() {
    most=$(info maxclients) now=$(info connected_clients)
    [ "$((${now:-0} * 10))" -lt "$((${most:-10000} * 8))" ] \
        || found warning clients "$now of $most connections are used" \
            'raise "maxclients"; nginx uses one for each worker and server'
    idle=$(setting timeout)
    [ "${idle:-0}" = 0 ] \
        || found note clients "idle connections are closed after $idle s, those of nginx too" \
            'set "timeout 0"'
}


# errors that Redis has counted since it was started
check_errors() {
    for code in NOPERM OOM MISCONF NOREPLICAS READONLY; do
        count=$(info "errorstat_$code")
        count=${count#count=}
        [ -n "$count" ] || continue
        case $code in
            NOPERM) found warning errors "the ACL refused $count commands since Redis was started" \
                'ACL LOG has the latest; refused while the file was read, they are lost: see docs/troubleshooting.md' ;;
            *) found note errors "Redis refused $count commands by $code since it was started" \
                'look whether the reason is gone' ;;
        esac
    done
}


check_encoding() {
    value=$(setting hash-max-listpack-value)
    entries=$(setting hash-max-listpack-entries)
    if [ "${value:-4096}" -lt 4096 ] || [ "${entries:-64}" -lt 64 ]; then
        found warning encoding 'resources take a sixth more memory than they need' \
            'set "hash-max-listpack-value 4096" and "hash-max-listpack-entries 64"'
    fi
}


check_slow() {
    count=$(rcli -e SLOWLOG LEN 2>&1 </dev/null) || {
        not_seen slow "$count"
        return
    }
    [ "$count" = 0 ] \
        || found note slow "$count commands were slow" \
            'SLOWLOG GET shows them, SLOWLOG RESET forgets them'
}
