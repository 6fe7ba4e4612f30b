# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Runs test files, and fetches what they need and Debian does not have.

use packages


# Unpacks Test::Nginx into build/perl, unless it is installed. Debian has it in its
# unstable suite only.
test_nginx() {
    local dir=$build/perl mirror
    if perl -MTest::Nginx::Socket -e 1 2>/dev/null || [ -e "$dir/done" ]; then
        return 0
    fi
    mirror=$(grep -rhv '^#' /etc/apt/sources.list /etc/apt/sources.list.d \
        2>/dev/null | grep -oE 'https?://[^ ]+/debian/?($| )' | head -n 1 \
        | tr -d ' ') || true
    [ -n "$mirror" ] \
        || die "no mirror of Debian is in /etc/apt: install libtest-nginx-perl"
    say "fetching libtest-nginx-perl into build/perl"
    rm -rf "$dir"
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"
    printf 'deb [signed-by=%s] %s unstable main\n' \
        /usr/share/keyrings/debian-archive-keyring.gpg "$mirror" \
        > "$dir/apt/sources.list"
    (
        cd "$dir/apt"
        apt_unstable "$dir/apt" update \
            && apt_unstable "$dir/apt" download libtest-nginx-perl
    ) || die "could not fetch libtest-nginx-perl, see $dir/apt/log"
    dpkg-deb -x "$dir"/apt/libtest-nginx-perl_*.deb "$dir"
    rm -rf "$dir/apt"
    touch "$dir/done"
}


# Runs apt-get with lists of its own: apt_unstable FOLDER ARGUMENT... It verifies what
# it fetches, and does not add that suite to the system.
apt_unstable() {
    local dir=$1
    shift
    apt-get -qq -o Dir::Etc::SourceList="$dir/sources.list" \
        -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$dir/lists" \
        -o Dir::Cache="$dir" -o APT::Sandbox::User= \
        -o APT::Update::Error-Mode=any "$@" >> "$dir/log" 2>&1
}


# Fetches playwright-core, which drives the browser, into build/node.
playwright() {
    local dir=$build/node version=1.65.1
    if [ "$(cat "$dir/done" 2>/dev/null)" = "$version" ]; then
        return 0
    fi
    command -v npm >/dev/null || install_missing "nodejs npm"
    say "fetching playwright-core $version into build/node"
    rm -rf "$dir"
    mkdir -p "$dir"
    (
        cd "$dir"
        npm install --no-audit --no-fund --no-save --ignore-scripts \
            "playwright-core@$version"
    ) > "$build/node.log" 2>&1 \
        || die "could not fetch playwright-core, see $build/node.log"
    printf '%s\n' "$version" > "$dir/done"
}


test_files() {
    cd "$top"
    PERL5LIB=$build/perl/usr/share/perl5:$top/t/lib${PERL5LIB:+:$PERL5LIB} \
        perl t/run.pl "$@"
}
