# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Builds the module and scim-doc.

# Prints the flags that make a mistake in C harder to exploit. t/hardening.t checks
# the result.
hardening() {
    local flags='-Wformat=2 -Werror=format-security -fstack-protector-strong' flag
    flag=-fstack-clash-protection
    compiles "$flag" <<< '' && flags="$flags $flag"
    for flag in 3 2; do
        flag="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$flag"
        compiles "-O2 $flag" <<< '#include <string.h>' && break
    done
    printf '%s\n' "$flags $flag"
}

hardening_of_link='-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack'


# Succeeds if the compiler accepts these flags for the program on the standard
# input.
compiles() {
    # shellcheck disable=SC2086  # flags
    "${CC:-cc}" -Werror $1 -x c -c -o /dev/null - 2>/dev/null
}


# Prints a sum of everything that the configure step depends on. If it changes,
# configure runs again.
fingerprint() {
    {
        printf '%s\n' "${CC:-cc}" "$*"
        nginx -v 2>&1
        cat "$top/config" "$top/config.make"
        cd "$top" && find -L ngx_scim_module -name '*.[ch]' | sort
    } | cksum
}


configure() {
    local source=$1 objs=$2 cflags=$3 ldflags=$4
    (
        cd "$source"
        NGX_CONF_FLAGS=()
        # shellcheck disable=SC1091
        . ./conf_flags
        ./configure "${NGX_CONF_FLAGS[@]}" --with-compat \
            --with-cc="${CC:-cc}" --builddir="$objs" \
            --with-cc-opt="-O2 -g -std=gnu11 -Wall -Wextra -Wunused-parameter \
                -Werror $cflags" \
            --with-ld-opt="$ldflags" \
            --add-dynamic-module="$top"
    )
}


# Builds the module: build_module FOLDER [EXTRA COMPILER FLAGS] [EXTRA LINKER FLAGS]
build_module() {
    local dir=$1 cflags=${2:-} ldflags=${3:-} print
    local source=$dir/nginx objs=$dir/objs

    [ -e /usr/share/nginx/src/configure ] \
        || die "nginx's sources are missing: ./build.sh deps"

    mkdir -p "$dir"
    print=$(fingerprint "$cflags" "$ldflags")

    if [ ! -e "$dir/configured" ] || [ "$print" != "$(cat "$dir/configured")" ]
    then
        rm -rf "$source" "$objs" "$dir/configured"
        cp -rL /usr/share/nginx/src "$source"
        chmod -R u+w "$source"
        configure "$source" "$objs" "$cflags" "$ldflags" > "$dir/configure.log" 2>&1 \
            || { tail -n 3 "$dir/configure.log" >&2; die "configure failed"; }
        printf '%s\n' "$print" > "$dir/configured"
    fi

    (cd "$source" && make -s -j "$(nproc)" -f "$objs/Makefile" modules) \
        > "$dir/make.log" 2>&1 \
        || { cat "$dir/make.log" >&2; die "the build failed"; }

    # a server that has loaded the old file keeps it, because this is a new file
    if ! cmp -s "$objs/ngx_scim_module.so" "$dir/ngx_scim_module.so"; then
        cp "$objs/ngx_scim_module.so" "$dir/ngx_scim_module.so.new"
        mv "$dir/ngx_scim_module.so.new" "$dir/ngx_scim_module.so"
    fi
}


# Builds the program that redis/scimctl calls: build_scim_doc FOLDER [FLAG...]
build_scim_doc() {
    local dir=$1
    shift
    mkdir -p "$dir/doc"
    make -s -B -C "$top/redis/scim_doc" OUT="$dir/doc" CC="${CC:-cc}" \
        CFLAGS="-O2 -g $*" || die "redis/scim_doc does not compile"
    mv "$dir/doc/scim-doc" "$dir/scim-doc"
}


# Builds what is installed: build_release FOLDER
build_release() {
    local flags
    flags=$(hardening)
    build_module "$1" "$flags" "$hardening_of_link"
    # shellcheck disable=SC2086  # flags
    build_scim_doc "$1" $flags -fPIE -pie $hardening_of_link
}


build_asan() {
    build_module "$build/asan" \
        "-fsanitize=address,undefined -fno-omit-frame-pointer" \
        "-fsanitize=address,undefined"
    build_scim_doc "$build/asan" -fsanitize=address,undefined
}
