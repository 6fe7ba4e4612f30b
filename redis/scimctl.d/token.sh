# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Manages the tokens of an organization.

cmd_token_issue() {
    options 'scope= expires=' "$@"
    operands 2
    need_name 'the name of the organization' "$arg1"
    need_name 'the name of the token' "$arg2"
    need_scope
    connect
    new_secrets 1
    expires=$(printf '%s' "$secrets" | sha256 | tr -d '\n' \
        | run_with_input token_issue "$arg1" "$arg2" "$opt_scope" "$opt_expires")
    if [ -n "$json" ]; then
        [ "$expires" != never ] || expires=
        printf '{"tenant":"%s","name":"%s","scope":"%s",%s"token":"%s"}\n' \
            "$arg1" "$arg2" "$opt_scope" \
            "${expires:+\"expires\":\"$expires\",}" "$secrets"
    else
        printf '%s\n' "$secrets"
    fi
}


cmd_token_list() {
    options '' "$@"
    operands 1
    need_name 'the name of the organization' "$arg1"
    connect
    page=$(run token_list "$arg1" "$(format)")
    {
        [ -n "$json" ] || printf 'NAME\tSCOPE\tSTATE\tCREATED\tEXPIRES\tUSED\tSHA256\n'
        [ -z "$page" ] || printf '%s\n' "$page"
    } | columns
}


cmd_token_revoke() {
    options '' "$@"
    operands 2
    need_name 'the name of the organization' "$arg1"
    need_name 'the name of the token' "$arg2"
    connect
    run token_revoke "$arg1" "$arg2" look >/dev/null
    confirm "token \"$arg2\" of organization \"$arg1\" will be refused from now on" "$arg2"
    run token_revoke "$arg1" "$arg2" revoke >/dev/null
}
