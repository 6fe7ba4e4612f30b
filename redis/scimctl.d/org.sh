# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Manages organizations.

cmd_org_create() {
    options 'name= accounts= token? force' "$@"
    operands 1
    need_text --name "$opt_name"
    need_text --accounts "$opt_accounts"
    case $opt_token in
        '') token= ;;
        1) token=first ;;
        *) token=$opt_token; need_name 'the name of the token' "$token" ;;
    esac
    if [ "$arg1" = - ]; then
        [ -z "$opt_name$opt_accounts" ] \
            || mistake '--name and --accounts go with one name; from "-" they are columns'
        connect
        read_orgs | make_orgs
        return
    fi
    need_name 'the name of the organization' "$arg1"
    connect
    printf '%s\t%s\t%s\n' "$arg1" "$opt_name" "$opt_accounts" | make_orgs
}


need_text() {
    is_text "$2" || die "$1 is longer than 1024 characters, or has control characters"
}


# Checks all lines before it creates the first organization.
read_orgs() {
    awk -F '\t' '
        function refuse(why) {
            printf "scimctl: line %d: %s\n", NR, why > "/dev/stderr"
            failed = 1
            exit 1
        }
        { sub(/\r$/, "") }
        $0 == "" || /^#/ { next }
        $1 !~ /^[A-Za-z0-9._-]+$/ || length($1) > 64 {
            refuse("the name must be 1 to 64 letters, digits, \"-\", \"_\", \".\"")
        }
        NF > 3 { refuse("more than a name, a displayed name and accounts") }
        length($2) > 1024 || length($3) > 1024 { refuse("longer than 1024 characters") }
        {
            gsub(/\t/, "\001")
            if (/[\002-\037\177]/)
                refuse("there are control characters")
            gsub(/\001/, "\t")
            if ($1 in seen)
                refuse("\"" $1 "\" stands in line " seen[$1] " already")
            seen[$1] = NR
            lines[++n] = $1 "\t" $2 "\t" $3
        }
        END {
            if (!failed)
                for (i = 1; i <= n; i++)
                    print lines[i]
        }'
}


# Creates organizations from lines of name, displayed name and accounts, a hundred
# at a time, so that few secrets are lost when it is interrupted.
make_orgs() {
    failures=0 some=
    while :; do
        batch='' size=0
        while [ "$size" -lt 100 ] && IFS= read -r line; do
            batch=$batch$line$nl
            size=$((size + 1))
        done
        [ "$size" -gt 0 ] || break
        some=1
        make_batch
    done
    [ -n "$some" ] || exit 1
    [ "$failures" -eq 0 ]
}


make_batch() {
    secrets=
    [ -z "$token" ] || new_secrets "$size"
    replies=$(with_digests | run_with_input org_create - "${opt_force:+force}")
    report=$({
        printf '%s' "$batch" | cut -f 1
        printf '%s\n' "$replies"
        printf '%s\n' "$secrets"
    } | report_orgs)
    case $report in
        *"$tab!"*)
            printf '%s\n' "$report" | awk -F '\t!' \
                'NF > 1 { print "scimctl: organization \"" $1 "\" " $2 }' >&2
            failures=1 ;;
    esac
    printf '%s\n' "$report" | awk '!/\t!/'
}


with_digests() {
    if [ -z "$token" ]; then
        printf '%s' "$batch" | awk '{ print $0 "\t\t" }'
        return
    fi
    printf '%s' "$batch" | {
        for secret in $secrets; do
            IFS= read -r line
            digest=$(printf '%s' "$secret" | sha256)
            printf '%s\t%s\t%s\n' "$line" "$token" "$digest"
        done
    }
}


# names, then as many answers, then as many secrets or none
report_orgs() {
    awk -v n="$size" -v json="$json" -v token="$token" '
        NR <= n { name[NR] = $0; next }
        NR <= 2 * n { answer[NR - n] = $0; next }
        { secret[NR - 2 * n] = $0 }
        END {
            for (i = 1; i <= n; i++) {
                if (answer[i] != "ok")
                    print name[i] "\t!" answer[i]
                else if (json)
                    print "{\"tenant\":\"" name[i] "\"" (token == "" ? "" \
                        : ",\"token\":\"" secret[i] "\"") "}"
                else
                    print name[i] (token == "" ? "" : "\t" secret[i])
            }
        }'
}


cmd_org_list() {
    options '' "$@"
    operands 0
    connect
    page=$(all_orgs)
    [ -z "$page" ] || printf '%s\n' "$page" | columns
}


all_orgs() {
    from=0
    [ -n "$json" ] || printf 'TENANT\tNAME\tUSERS\tGROUPS\tTOKENS\tCREATED\tACCOUNTS\n'
    while :; do
        page=$(run org_list - "$from" "$(format)")
        [ -n "$page" ] || break
        printf '%s\n' "$page"
        from=$((from + 200))
    done
}


cmd_org_show() {
    options '' "$@"
    operands 1
    need_name 'the name of the organization' "$arg1"
    connect
    page=$(run org_show "$arg1" "$(format)")
    printf '%s\n' "$page" | columns
}


cmd_org_limit() {
    name=${1:-}
    need_name 'the name of the organization' "$name"
    shift
    for word; do
        case $word in
            -*) mistake "there is no option $word" ;;
        esac
    done
    connect
    page=$(run org_limit "$name" "$(format)" "$@")
    if [ -z "$json" ]; then
        page="WHAT${tab}HAS${tab}LIMIT$nl$page"
    fi
    printf '%s\n' "$page" | columns
}


cmd_org_delete() {
    options '' "$@"
    operands 1
    need_name 'the name of the organization' "$arg1"
    connect
    run org_show "$arg1" text >/dev/null
    confirm "organization \"$arg1\" with all its users, groups and tokens will be deleted" "$arg1"
    delete_org "$arg1"
}


delete_org() {
    run org_delete "$1" begin >/dev/null
    left=1
    while [ "$left" != 0 ]; do
        left=$(run org_delete "$1" resources)
    done
    cursor=0
    while :; do
        cursor=$(run org_delete "$1" scan "$cursor")
        [ "$cursor" != 0 ] || break
    done
    run org_delete "$1" end >/dev/null
}
