# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Restores a backup. It checks the whole file before anything is written. Redis
# notes the finished lines, so that a restore that was cut off can continue.

# shellcheck source=/dev/null
. "$lib/doc.sh"


cmd_restore() {
    options 'org= as= undo' "$@"
    operands 1
    if [ -n "$opt_undo" ]; then
        [ -z "$arg1$opt_org$opt_as" ] || mistake '--undo stands alone'
        connect
        undo_restore
        return
    fi
    check_restore_options
    spool=
    trap '[ -z "$spool" ] || rm -f "$spool"' EXIT
    open_backup "$arg1"
    find_scim_doc
    verify_backup
    connect
    begin_restore
    carry_out
}


check_restore_options() {
    [ -n "$arg1" ] || mistake 'the file is missing, "-" for the standard input'
    [ -z "$opt_org" ] || need_name 'the name of the organization' "$opt_org"
    if [ -n "$opt_as" ]; then
        [ -n "$opt_org" ] || mistake '--as goes with --org'
        need_name 'the name of the organization' "$opt_as"
    fi
}


# sets file; the standard input is copied to a file first, because it is read twice
open_backup() {
    file=$1
    if [ "$file" != - ]; then
        [ -r "$file" ] || die "cannot read \"$file\""
        [ -f "$file" ] || die "\"$file\" is no file"
        return
    fi
    [ ! -t 0 ] || mistake 'the backup is to come from the standard input'
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    spool=$(umask 077 && mktemp) || die "no temporary file could be made"
    file=$spool
    cat >"$spool" || die "the standard input could not be kept in $spool"
}


# sets backup, made, lines, orgs and resources
verify_backup() {
    lines=$(wc -l <"$file")
    # shellcheck disable=SC2086  # a number, perhaps with spaces
    summary=$("$scim_doc" verify --lines $lines ${opt_org:+--org "$opt_org"} \
        <"$file") || exit 1
    # shellcheck disable=SC2086  # words
    set -- $summary
    backup=$1 made=$2 lines=$3 orgs=$4 resources=$5
    say "the backup of $made is whole: $orgs organizations, $resources resources"
}


# sets from, the last line that was carried out before
begin_restore() {
    scope=all tenant_of_restore=-
    if [ -n "$opt_org" ]; then
        scope=one
        tenant_of_restore=${opt_as:-$opt_org}
    fi
    if [ "$scope" = all ] && [ -z "$(run restore_begin - state)" ]; then
        cursor=0
        while :; do
            cursor=$(run restore_begin - look "$cursor")
            [ "$cursor" != 0 ] || break
        done
    fi
    from=$(run restore_begin "$tenant_of_restore" begin "$backup" "$made" \
        "$scope")
    [ "$from" = 0 ] || say "going on behind line $from"
}


carry_out() {
    sha=$(lua restore | rcli -x SCRIPT LOAD)
    trap 'unfinished; exit 130' INT
    trap 'unfinished; exit 143' HUP TERM
    "$scim_doc" restore --from "$from" --lines "$lines" \
        ${opt_org:+--org "$opt_org"} ${opt_as:+--as "$opt_as"} \
        --command "EVALSHA $sha 1 scim: - $backup" <"$file" \
        | rcli 2>&1 | report_restore || { unfinished; exit 1; }
}


unfinished() {
    say 'scimctl: the restore has not come to its end: repeat it, or scimctl restore --undo'
}


report_restore() {
    awk -v json="$json" '
        $1 == "@done" { done = 1; orgs = $2; next }
        /^@/ || $0 == "" { next }
        {
            sub(/^SCIMCTL /, "")
            print "scimctl: Redis: " $0 > "/dev/stderr"
            exit
        }
        END {
            if (done && json)
                printf "{\"restored\":%d}\n", orgs
            else if (done)
                print "restored " orgs (orgs == 1 ? " organization" : " organizations") > "/dev/stderr"
            exit !done
        }'
}


undo_restore() {
    state=$(run restore_begin - state)
    [ -n "$state" ] || die 'no restore is under way'
    scope=$(printf '%s\n' "$state" | sed -n 1p)
    org=$(printf '%s\n' "$state" | sed -n 2p)
    if [ "$scope" = one ]; then
        confirm "organization \"$org\", which is half restored, will be deleted" "$org"
        # shellcheck source=/dev/null
        . "$lib/org.sh"
        delete_org "$org"
        run restore_begin "$org" forget >/dev/null
        return
    fi
    confirm 'all that was restored will be deleted' undo
    cursor=0
    while :; do
        cursor=$(run restore_begin - undo "$cursor")
        [ "$cursor" != 0 ] || break
    done
}
