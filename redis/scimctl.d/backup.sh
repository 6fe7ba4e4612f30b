# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Writes everything to one file. scim-doc asks one redis-cli, which gets its
# questions from a pipe and writes its replies to another. The parts of an
# organization wait in a file beside the backup.

# shellcheck source=/dev/null
. "$lib/doc.sh"


cmd_backup() {
    options 'org=' "$@"
    operands 1
    [ -z "$opt_org" ] || need_name 'the name of the organization' "$opt_org"
    if [ -n "$arg1" ] && [ "$arg1" != - ]; then
        check_target "$arg1"
    elif [ -t 1 ]; then
        mistake 'a backup is not for a terminal: name a file'
    fi
    connect
    find_scim_doc
    sha=$(lua backup | rcli -x SCRIPT LOAD)
    umask 077
    part='' spool=''
    pipes=$(mktemp -d)
    trap 'rm -rf "$pipes" ${part:+"$part"} ${spool:+"$spool"}' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    mkfifo "$pipes/answers"
    if [ -n "$arg1" ] && [ "$arg1" != - ]; then
        part=$(mktemp "$target.XXXXXX" 2>/dev/null) \
            || die "cannot write to \"$target\""
        spool=$(mktemp "$target.XXXXXX")
        exec 4>"$part"
    else
        spool=$pipes/spool
        exec 4>&1
    fi
    exec 5<>"$spool"
    rm -f "$spool"
    ask_everything
    if [ -n "$part" ]; then
        mv -f "$part" "$target"
        part=
    fi
    exit "$status"
}


# sets target, the name of the finished file
check_target() {
    target=$(readlink -f "$1") || die "cannot write to \"$1\""
    [ ! -d "$target" ] || die "\"$1\" is a folder"
    [ ! -e "$target" ] || [ -f "$target" ] \
        || die "\"$1\" is no file: \"-\" writes to the standard output"
}


# sets status: 0, or 2 if there is damage that the backup could not keep
# shellcheck disable=SC2094  # a pipe
ask_everything() {
    {
        "$scim_doc" backup ${opt_org:+--org "$opt_org"} \
            --command "EVALSHA $sha 1" <"$pipes/answers" 3>&4 4>&- \
            || echo $? >"$pipes/status"
    } | rcli >"$pipes/answers" 2>&1 4>&- 5>&-
    status=0
    [ ! -e "$pipes/status" ] || status=$(cat "$pipes/status")
    [ "$status" = 0 ] || [ "$status" = 2 ] || exit "$status"
}
