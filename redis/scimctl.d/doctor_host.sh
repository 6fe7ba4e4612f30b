# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl and of doctor.sh
#
# The part of the doctor that checks the machine and its files, if Redis runs on
# it.


check_machine() {
    check_clock
    is_here || return 0
    check_kernel
    check_socket
    check_redis_files
    check_passwords
}


is_here() {
    process=$(info process_id)
    case $(cat "/proc/${process:-0}/comm" 2>/dev/null) in
        *redis* | *valkey*) ;;
        *) return 1 ;;
    esac
}


check_clock() {
    theirs=$(rcli TIME </dev/null | head -n 1)
    case $theirs in
        '' | *[!0-9]*) return ;;
    esac
    ahead=$((theirs - $(date +%s)))
    [ "${ahead#-}" -le 2 ] \
        || found warning clock "the clock of Redis differs from the one here by ${ahead#-} s: tokens expire at the wrong time" \
            'let NTP set both clocks'
}


check_kernel() {
    [ "$(cat /proc/sys/vm/overcommit_memory 2>/dev/null)" != 0 ] \
        || found warning overcommit 'vm.overcommit_memory is 0: a rewrite of the file can fail though there is memory' \
            'run sysctl vm.overcommit_memory=1 and put it into /etc/sysctl.d'
    case $(setting disable-thp)$(cat /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null) in
        no*'[always]'*)
            found warning hugepages 'huge pages are always used: writes wait and take more memory while the file is rewritten' \
                'set "disable-thp yes" and start Redis anew' ;;
    esac
}


# The mode of a file as ls shows it, or nothing.
mode_of() {
    stat -L -c %A "$1" 2>/dev/null || true
}


check_socket() {
    [ -n "$socket" ] || return 0
    case $(mode_of "$socket") in
        ????????w?)
            found warning socket "anybody on this machine can connect to $socket" \
                'set "unixsocketperm 770", and put nginx into the group of Redis' ;;
    esac
}


check_redis_files() {
    acl=$(setting aclfile) data=$(setting dir) append=$(setting appenddirname)
    if [ -n "$acl" ]; then
        check_file "$acl" 'digests of passwords' 'run chmod 640'
    fi
    [ -n "$data" ] || return 0
    case $(mode_of "$data") in
        d?????????) ;;
        *) return ;;
    esac
    if ! [ -x "$data" ]; then
        found note files "could not look at $data" 'run scimctl doctor as root'
        return
    fi
    case $(mode_of "$data") in
        *x | *t) ;;
        *) return ;;
    esac
    for name in "${append:-appendonlydir}" dump.rdb; do
        case $(mode_of "$data/$name") in
            d????????x | -??????r??)
                open_files "$data/$name" \
                    || continue
                found error files "anybody on this machine can read $data/$name, with users and digests of tokens" \
                    "run chmod 750 $data, and set UMask=0077 for Redis" ;;
        esac
    done
}


# Succeeds if anybody can read the file, or one of those in the folder.
open_files() {
    [ -n "$(find -L "$1" -type f -perm -004 2>/dev/null | head -n 1)" ]
}


# check_file FILE WHAT REMEDY
check_file() {
    folder=$(dirname "$1")
    case $(mode_of "$1") in
        ????????w?)
            found error files "anybody on this machine can write $1" "$3 $1" ;;
        ???????r??)
            case $(mode_of "$folder") in
                *x | *t)
                    found error files "anybody on this machine can read $1, with $2" \
                        "$3 $1" ;;
            esac ;;
    esac
}


# the file of scimctl itself, and those that password_file= of nginx names
check_passwords() {
    [ -z "${password_file:-}" ] \
        || check_file "$password_file" 'the password of an account' 'run chmod 600'
    folder_of_nginx=${opt_nginx:-/etc/nginx}
    [ -d "$folder_of_nginx" ] || return 0
    find "$folder_of_nginx" -type f -exec \
        sed -n 's/^[^#]*[[:space:]]password_file=\([^ ;"]*\).*/\1/p' {} + \
        2>/dev/null | sort -u | while IFS= read -r file; do
        case $file in
            /*) ;;
            *) file=$folder_of_nginx/$file ;;
        esac
        check_file "$file" 'the password of an account' 'run chmod 600'
    done
}
