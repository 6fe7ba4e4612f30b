# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Builds the protocol library alone, and the programs that test it.

sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=all"

gen=$build/t/gen
includes=(-I"$top/ngx_scim_module" -I"$gen")


# Writes the header that the protocol library includes.
embed_schemas() {
    local schemas
    mkdir -p "$gen"
    mapfile -t schemas < <(find "$top/ngx_scim_module/scim" -name '*.json' | sort)
    sh "$top/ngx_scim_module/embed.sh" scim_schema "${schemas[@]}" \
        > "$gen/scim_schemas_json.h"
}


# Builds the protocol library as FOLDER/COMPILER-*.o, with only what it may use:
# build_library FOLDER COMPILER [FLAGS]
build_library() {
    local dir=$1 compiler=$2 flags=${3:-} source
    mkdir -p "$dir"
    rm -f "$dir/$compiler"-*.o
    embed_schemas
    while IFS= read -r source; do
        # shellcheck disable=SC2086
        "$compiler" -std=gnu11 -Wall -Wextra -Werror -g -O1 $sanitizers $flags \
            -c "${includes[@]}" "$source" \
            -o "$dir/$compiler-$(basename "$source" .c).o" \
            || die "$source does not compile by $compiler"
    done < <(find "$top/ngx_scim_module/scim" -name '*.c')
}


# Builds the unit tests and, for replays, the fuzzers. Each program prints TAP.
build_unit_tests() {
    local dir=$build/t/unit source name
    rm -rf "$dir"
    build_library "$dir" gcc
    build_library "$dir" clang
    for source in "$top"/t/unit/test_*.c "$top"/t/fuzz/fuzz_*.c; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .c)
        # shellcheck disable=SC2046,SC2086
        gcc -std=gnu11 -Wall -Wextra -Werror -g -O1 $sanitizers \
            "${includes[@]}" -I"$top/t/unit" "$source" \
            $(case $name in fuzz_*) echo "$top/t/fuzz/replay_main.c" ;; esac) \
            "$dir"/gcc-*.o -o "$dir/$name" -lcjson -lutf8proc -lm \
            || die "$source does not compile"
    done
}


# Builds the program that answers the cases of the property test, from the objects of
# the unit tests.
build_driver() {
    local dir=$build/t/property
    mkdir -p "$dir"
    # shellcheck disable=SC2086
    gcc -std=gnu11 -Wall -Wextra -Werror -g -O1 $sanitizers \
        "${includes[@]}" -I"$top/t/unit" "$top/t/property/driver.c" \
        "$build"/t/unit/gcc-*.o \
        -o "$dir/driver" -lcjson -lutf8proc -lm \
        || die "t/property/driver.c does not compile"
}


fuzzers() {
    basename -s .c -a "$top"/t/fuzz/fuzz_*.c | cut -d _ -f 2
}


# Builds fuzzers: build_fuzzers NAME...
build_fuzzers() {
    local dir=$build/fuzz source name
    rm -rf "$dir/objs"
    build_library "$dir/objs" clang -fsanitize=fuzzer-no-link
    for name; do
        source=$top/t/fuzz/fuzz_$name.c
        [ -e "$source" ] || die "there is no fuzzer \"$name\": $(fuzzers | xargs)"
        # shellcheck disable=SC2086
        clang -std=gnu11 -g -O1 $sanitizers -fsanitize=fuzzer \
            "${includes[@]}" "$source" "$dir"/objs/*.o \
            -o "$dir/fuzz_$name" -lcjson -lutf8proc -lm \
            || die "$source does not compile"
    done
}
