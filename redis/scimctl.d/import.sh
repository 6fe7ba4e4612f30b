# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Reads JSON Lines into an organization.

# shellcheck source=/dev/null
. "$lib/doc.sh"


cmd_import() {
    options 'schema@ resource-type@ unique@ index@ ignore-unknown' "$@"
    operands 2
    need_name 'the name of the organization' "$arg1"
    if [ -n "$arg2" ] && [ "$arg2" != - ]; then
        [ -r "$arg2" ] || die "cannot read \"$arg2\""
        [ ! -d "$arg2" ] || die "\"$arg2\" is a folder"
        exec <"$arg2"
        total=$(wc -l <"$arg2")
    else
        total=0
    fi
    connect
    add_known_indexes "$arg1"
    check_scim_doc import
    sha=$(load_with_write import)
    run_scim_doc import ${opt_ignore_unknown:+--ignore-unknown} --command \
        "EVALSHA $sha 1 scim:{$arg1}: $arg1 $(now) scimctl 100000" \
        | rcli | report_import
}


report_import() {
    tty=''
    [ ! -t 2 ] || tty=1
    awk -v total="$total" -v tty="$tty" -v json="$json" '
        function to_stderr(text) {
            if (tty && shown) printf "\r%60s\r", "" > "/dev/stderr"
            print text > "/dev/stderr"
        }
        function progress(n) {
            shown = 1
            if (total > 0)
                printf "\rimporting [%-30s] %d/%d ", substr(bar, 1, \
                    int(30 * n / total)), n, total > "/dev/stderr"
            else
                printf "\rimporting %d ", n > "/dev/stderr"
        }
        BEGIN { bar = "##############################" }
        /^@[0-9]+ / {
            line = substr($1, 2) + 0
            if ($2 == "made") made++
            else if ($2 == "same") same++
            else if ($2 == "refused" && !(line in bad)) {
                bad[line]
                refused++
                to_stderr("scimctl: line " line ": " substr($0, length($1) + 10))
            }
            else if ($2 == "end") { ended = 1; lines = line }
            if (tty && line >= next_shown) { progress(line); next_shown = line + 500 }
            next
        }
        $0 != "" {
            to_stderr("scimctl: Redis: " $0)
            exit
        }
        END {
            if (tty && shown) printf "\n" > "/dev/stderr"
            if (json)
                printf "{\"imported\":%d,\"unchanged\":%d,\"refused\":%d,\"complete\":%s}\n", \
                    made, same, refused, ended ? "true" : "false"
            else
                to_stderr(sprintf("imported %d, there already %d, refused %d", \
                                  made, same, refused))
            if (!ended)
                to_stderr("scimctl: the import has not come to its end: run it again")
            exit !ended || refused > 0
        }'
}
