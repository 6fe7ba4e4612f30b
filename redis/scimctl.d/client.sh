# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# OAuth clients of an organization, their secrets, and the public keys of those
# that sign.

# shellcheck source=/dev/null
. "$lib/doc.sh"


need_client() {
    need_name 'the name of the organization' "$arg1"
    need_name 'the name of the client' "$arg2"
}


# prints a new secret: $reply has the client's id and when the secret expires
print_secret() {
    id=$(printf '%s\n' "$reply" | head -n 1)
    expires=$(printf '%s\n' "$reply" | tail -n 1)
    if [ -n "$json" ]; then
        [ "$expires" != never ] || expires=
        printf '{"tenant":"%s","name":"%s","client_id":"%s",%s"client_secret":"%s"}\n' \
            "$arg1" "$arg2" "$id" "${expires:+\"expires\":\"$expires\",}" \
            "$secrets"
    else
        printf 'client_id      %s\nclient_secret  %s\n' "$id" "$secrets"
    fi
}


# read_keys FILE: sets keys to the JWK Set in it, or of the standard input
read_keys() {
    if [ "${1:--}" != - ]; then
        [ -r "$1" ] || die "cannot read \"$1\""
        [ ! -d "$1" ] || die "\"$1\" is a folder"
        exec <"$1"
    fi
    find_scim_doc
    keys=$("$scim_doc" keys 2>&1) || die "the keys: ${keys#scim-doc: }"
}


# need_federation: the options of a client that an identity provider signs for.
# Entra's portal shows the audience as a scope, with a suffix that "aud" has not.
need_federation() {
    opt_audience=${opt_audience%/.default}
    [ -n "$opt_issuer" ] || mistake '--issuer is missing'
    [ -n "$opt_subject" ] || mistake '--subject is missing'
    for word in "$opt_issuer" "$opt_subject" "$opt_audience"; do
        is_text "$word" \
            || die '--issuer, --subject and --audience must be at most 1024 bytes without control characters'
    done
    if [ -n "$opt_key_set" ]; then
        is_name "$opt_key_set" \
            || die '--key-set must be 1 to 64 letters, digits, "-", "_", "."'
    fi
}


cmd_client_create() {
    options 'scope= expires= keys= issuer= subject= audience= key-set=' "$@"
    operands 2
    need_client
    need_scope
    if [ -n "$opt_issuer$opt_subject$opt_audience$opt_key_set" ]; then
        need_federation
        [ -n "$opt_keys$opt_key_set" ] \
            || mistake '--key-set or --keys must tell the keys of the issuer'
        [ -z "$opt_keys" ] || [ -z "$opt_key_set" ] \
            || mistake '--key-set and --keys cannot be used together'
    fi
    if [ -n "$opt_keys$opt_key_set" ]; then
        [ -z "$opt_expires" ] \
            || mistake '--expires is for a secret, which a client with --keys does not get'
    fi
    keys=
    if [ -n "$opt_keys" ]; then
        read_keys "$opt_keys"
    fi
    connect
    id=$(dd if=/dev/urandom bs=16 count=1 2>/dev/null | od -A n -v -t x1 \
        | tr -d ' \n')
    if [ -n "$opt_keys$opt_key_set" ]; then
        printf '%s' "$keys" | run_with_input client "$arg1" create "$arg2" \
            "$id" "$opt_scope" '' keys "$opt_issuer" "$opt_subject" \
            "$opt_audience" "$opt_key_set" >/dev/null
        print_id
        return
    fi
    new_secrets 1
    reply=$(printf '%s' "$secrets" | sha256 | tr -d '\n' \
        | run_with_input client "$arg1" create "$arg2" "$id" "$opt_scope" \
            "$opt_expires" secret)
    print_secret
}


cmd_client_federate() {
    options 'issuer= subject= audience= key-set=' "$@"
    operands 2
    need_client
    need_federation
    connect
    run client "$arg1" federate "$arg2" "$opt_issuer" "$opt_subject" \
        "$opt_audience" "$opt_key_set" >/dev/null
}


print_id() {
    if [ -n "$json" ]; then
        printf '{"tenant":"%s","name":"%s","client_id":"%s"}\n' "$arg1" \
            "$arg2" "$id"
    else
        printf 'client_id      %s\n' "$id"
    fi
}


cmd_client_list() {
    options '' "$@"
    operands 1
    need_name 'the name of the organization' "$arg1"
    connect
    page=$(run client "$arg1" list "$(format)")
    {
        [ -n "$json" ] || printf 'NAME\tCLIENT_ID\tSCOPE\tSTATE\tCREATED\tEXPIRES\tSHA256\n'
        [ -z "$page" ] || printf '%s\n' "$page"
    } | columns
}


cmd_client_secret_add() {
    options 'expires=' "$@"
    operands 2
    need_client
    connect
    new_secrets 1
    reply=$(printf '%s' "$secrets" | sha256 | tr -d '\n' \
        | run_with_input client "$arg1" add "$arg2" "$opt_expires")
    print_secret
}


cmd_client_secret_revoke() {
    options '' "$@"
    operands 3
    need_client
    case $arg3 in
        '') mistake 'the digest of the secret is missing' ;;
        *[!0-9a-f]*) die 'the digest of the secret must be hexadecimal digits, as "client list" shows them' ;;
    esac
    connect
    run client "$arg1" revoke "$arg2" "$arg3" look >/dev/null
    confirm "the secret $arg3 of client \"$arg2\" will be refused from now on" "$arg3"
    run client "$arg1" revoke "$arg2" "$arg3" revoke >/dev/null
}


cmd_client_keys_set() {
    options '' "$@"
    operands 3
    need_client
    read_keys "$arg3"
    connect
    printf '%s' "$keys" | run_with_input client "$arg1" keys "$arg2" >/dev/null
}


cmd_client_keys_remove() {
    options '' "$@"
    operands 2
    need_client
    connect
    run client "$arg1" no_keys "$arg2" look >/dev/null
    confirm "client \"$arg2\" will not be able to sign from now on" "$arg2"
    run client "$arg1" no_keys "$arg2" remove >/dev/null
}


cmd_client_delete() {
    options '' "$@"
    operands 2
    need_client
    connect
    run client "$arg1" delete "$arg2" look >/dev/null
    confirm "client \"$arg2\" of organization \"$arg1\" will be deleted" "$arg2"
    run client "$arg1" delete "$arg2" delete >/dev/null
}
