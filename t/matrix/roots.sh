# shellcheck shell=bash
#
# Clean roots of releases of Debian, and machines that start from them. Sourced by
# t/matrix/run.sh, which sets $work and $cache, both folders that belong to root.
# shellcheck disable=SC2154

# A minimal machine with systemd: what the packages need beyond that, they must
# name themselves.
root_packages=systemd-sysv,dbus,mount


# Writes $work/RELEASE.sources: the archives that this machine's apt uses for its own
# release, for another one. Fails if there are none: sources_of RELEASE
sources_of() {
    local release=$1 host
    # shellcheck disable=SC1091
    host=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016  # names of fields
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' | sort -u \
        | sed -n "s/^\([^ ]*\) $host\(-updates\|-security\)\? main$/\1 $release\2/p" \
        | while read -r uri suite; do
            printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' \
                "$uri" "$suite"
            printf 'Signed-By: %s\n\n' \
                /usr/share/keyrings/debian-archive-keyring.gpg
        done > "$work/$release.sources"
    [ -s "$work/$release.sources" ]
}


# Copies the settings by which this machine's apt reaches and checks archives.
apt_settings() {
    apt-config dump --format '%F "%v";%n' \
        | grep -E '^Acquire::(https?::|Check-Valid-Until|Check-Date)' || true
}


# The archive of a clean root, made anew once a day: clean_root RELEASE prints its
# name.
clean_root() {
    local release=$1 archive=$cache/$1.tar new=$cache/$1.new.tar
    if [ -z "$(find "$archive" -mtime -1 2>/dev/null)" ]; then
        sources_of "$release" \
            || die "apt names no archive of Debian"
        apt_settings > "$work/apt.conf"
        mmdebstrap --variant=apt --include="$root_packages" \
            --skip=cleanup/apt/lists \
            --customize-hook="copy-in $work/apt.conf /etc/apt/apt.conf.d" \
            --aptopt="$work/apt.conf" \
            "$release" "$new" "$work/$release.sources" \
            > "$work/$release-root.log" 2>&1 \
            || die "mmdebstrap failed, see $work/$release-root.log"
        mv "$new" "$archive"
    fi
    printf '%s\n' "$archive"
}


# new_root FOLDER ARCHIVE
new_root() {
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$1" -xf "$2"
}


# Prints the folder of the packages that apt has downloaded for the release of a
# root: archives FOLDER. apt locks the folder, so each release has its own.
archives() {
    # shellcheck disable=SC1091,SC2031
    (. "$1/etc/os-release" && printf '%s/archives/%s\n' "$cache" "$VERSION_CODENAME")
}


# Runs a command in a root that has the network of this machine, for apt and for
# building; nothing that it starts outlives it: in_root FOLDER COMMAND...
in_root() {
    local root=$1 archives
    shift
    archives=$(archives "$root")
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    mkdir -p "$archives/partial"
    unshare --mount --pid --fork --kill-child --propagation private \
        bash "$top/t/matrix/enter.sh" "$root" "$archives" "$@"
}


# Fetches what a later apt-get without network installs: fetch FOLDER PACKAGE...
fetch() {
    local root=$1
    shift
    in_root "$root" apt-get install -y -qq --download-only "$@"
}


# --- machines ---------------------------------------------------------------

# Starts a machine: FOLDER is its disk. It has its own processes and network,
# which is the loopback alone. With "systemd" as INIT, systemd is its first
# process; with "none" nothing is, as in a container.
# start_machine FOLDER INIT
start_machine() {
    local root=$1 init=$2 group=
    rm -rf "$root.pid" "$root.archives"
    # links where they can be: other machines use the same
    cp -al "$(archives "$root")" "$root.archives" 2>/dev/null \
        || cp -a "$(archives "$root")" "$root.archives"
    rm -f "$root.archives/lock"
    if [ "$init" = systemd ]; then
        group=$(control_group "$root")
        mkdir -p "$group"
    fi
    (
        [ -z "$group" ] || echo "$BASHPID" > "$group/cgroup.procs"
        exec unshare --mount --pid --net --uts --ipc --cgroup --fork \
            --kill-child --propagation private \
            bash "$top/t/matrix/boot.sh" "$root" "$root.archives" "$init"
    ) > "$root.console" 2>&1 < /dev/null &
    echo $! > "$root.holder"
    wait_for_machine "$root" "$init"
}


# Its first process, of which the holder is the parent.
wait_for_machine() {
    local root=$1 init=$2 holder i state
    holder=$(cat "$root.holder")
    for i in $(seq 300); do
        tr -d ' ' < "/proc/$holder/task/$holder/children" \
            > "$root.pid" 2>/dev/null || break
        if [ -s "$root.pid" ] && [ -e "/proc/$(cat "$root.pid")/root/run/cell" ]
        then
            [ "$init" = systemd ] || return 0
            state=$(in_machine "$root" systemctl is-system-running 2>/dev/null \
                || true)
            case $state in running | degraded) return 0 ;; esac
        fi
        kill -0 "$holder" 2>/dev/null || break
        sleep 0.1
    done
    die "the machine did not start ($i), see $root.console"
}


# in_machine FOLDER COMMAND...
in_machine() {
    local root=$1
    shift
    nsenter --target "$(cat "$root.pid")" --all /usr/bin/env -i \
        --chdir=/root HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive "$@"
}


# Ends a machine at once, as a power cut would: stop_machine FOLDER
stop_machine() {
    local root=$1 holder group
    [ -s "$root.holder" ] || return 0
    holder=$(cat "$root.holder")
    kill -KILL "$holder" 2>/dev/null || true
    wait "$holder" 2>/dev/null || true
    rm -f "$root.holder" "$root.pid"
    group=$(control_group "$root") || return 0
    [ ! -d "$group" ] || remove_group "$group"
}


# The processes of a machine that was killed end a moment later.
remove_group() {
    local i
    for i in $(seq 50); do
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ -d "$1" ] || return 0
        sleep 0.1
    done
    say "$1 could not be removed ($i)"
}


# Where the group of a machine's processes is, for its systemd; fails where this
# machine has no version 2 of control groups: control_group FOLDER
control_group() {
    local mounted
    mounted=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
    [ -n "$mounted" ] && [ -w "$mounted/cgroup.procs" ] || return 1
    printf '%s/scim-matrix-%s\n' "$mounted" \
        "$(printf %s "$1" | cksum | cut -d ' ' -f 1)"
}
