# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Fetches the public keys of identity providers into files that nginx reads.

# shellcheck source=/dev/null
. "$lib/doc.sh"


# The file is replaced as a whole, and only by keys that nginx can use. Each fetch
# updates its time, so that its age shows the latest fetch.
cmd_keys_fetch() {
    options '' "$@"
    operands 2
    [ -n "$arg1" ] || mistake 'the URL of the keys is missing'
    [ -n "$arg2" ] || mistake 'the file is missing'
    case $arg1 in
        https://?*) ;;
        *) die 'the URL of the keys must begin with https://' ;;
    esac
    command -v curl >/dev/null || die 'curl is not installed'
    find_scim_doc
    umask 022
    new=$(mktemp "$arg2.XXXXXX") || die "cannot write beside \"$arg2\""
    trap 'rm -f "$new"' EXIT
    reply=$(curl --silent --show-error --fail --proto =https --location \
        --max-redirs 3 --connect-timeout 10 --max-time 30 \
        --max-filesize 1048576 --output "$new" -- "$arg1" 2>&1) \
        || die "could not fetch the keys: ${reply#curl: }"
    reply=$("$scim_doc" keys <"$new" 2>&1 >/dev/null) \
        || die "the keys: ${reply#scim-doc: }"
    chmod 644 "$new"
    mv -f "$new" "$arg2"
    trap - EXIT
}
