# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Builds Debian packages.

use packages


# Prints the version of the packages: package_version VERSION. It ends in the number
# of the Debian release, so that packages for a later release are newer.
package_version() {
    local release
    release=$(os_release VERSION_ID)
    printf %s "$1${release:+~deb$release}"
}


# Prints a value of /etc/os-release, or nothing: os_release NAME
os_release() {
    sed -n "s/^$1=//p" /etc/os-release | tr -d '"'
}


# Copies this tree and sets its version: copy_tree FOLDER VERSION
copy_tree() {
    local dir=$1 version=$2 release
    rm -rf "$dir"
    mkdir -p "$dir"
    tar -C "$top" --exclude-vcs --exclude=./build --exclude=./run -c . \
        | tar -C "$dir" -x
    printf '%s\n' "$version" > "$dir/VERSION"

    if [ "$version" != "$(cat "$top/VERSION")" ]; then
        new_entry "$version" > "$dir/debian/changelog"
        cat "$top/debian/changelog" >> "$dir/debian/changelog"
    fi
    release=$(os_release VERSION_CODENAME)
    sed -i "1s/.*/ngx-scim-module ($(package_version "$version")) ${release:-unstable}; urgency=medium/" \
        "$dir/debian/changelog"
}


# Prints a changelog entry for a version that has none: new_entry VERSION. Its time
# is a second after the newest entry, so that each build gives the same packages.
new_entry() {
    local log=$top/debian/changelog at
    at=$(dpkg-parsechangelog -l "$log" -S Timestamp)
    printf 'ngx-scim-module (%s) unstable; urgency=medium\n\n' "$1"
    printf '  * Version %s.\n\n -- %s  %s\n\n' "$1" \
        "$(dpkg-parsechangelog -l "$log" -S Maintainer)" \
        "$(LC_ALL=C date -u -R -d "@$((at + 1))")"
}


cmd_package() {
    local version=${1:-$(cat "$top/VERSION")} dir=$build/packages tree
    [[ $version =~ ^[0-9]+(\.[0-9]+)*$ ]] \
        || die "package takes a version such as 1.0.1"
    install_missing "$packages $package_packages"
    tree=$dir/ngx-scim-module-$version
    copy_tree "$tree" "$version"
    say "building packages of version $(package_version "$version")"
    (cd "$tree" && dpkg-buildpackage -us -uc) > "$dir/build.log" 2>&1 \
        || { tail -n 20 "$dir/build.log" >&2; die "see $dir/build.log"; }
    rm -rf "$tree"
    if [ "$version" = "$(cat "$top/VERSION")" ]; then
        lintian --fail-on error,warning --allow-root \
            "$dir/ngx-scim-module_$(package_version "$version")"_*.changes \
            || die "lintian finds mistakes"
    fi
    say "built in $dir:"
    (cd "$dir" && ls -- *"_$(package_version "$version")"_*.deb)
}
