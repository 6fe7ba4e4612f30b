# shellcheck shell=sh
# shellcheck disable=SC2154  # variables of scimctl, and those options() sets
#
# Lets an empty or another server replace the one that nginx knew.


cmd_adopt() {
    options '' "$@"
    operands 1
    [ -n "$arg1" ] || mistake 'the identity of the directory is missing'
    wanted='an identity is 32 hexadecimal digits: the error log of nginx has it'
    case $arg1 in
        *[!0-9a-f]*) die "$wanted" ;;
    esac
    [ ${#arg1} -eq 32 ] || die "$wanted"
    connect
    run adopt - "$arg1"
}
