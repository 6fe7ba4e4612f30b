#!/usr/bin/env bash
#
# Called in namespaces of its own: runs a command in a root, with the kernel's file
# systems and a folder for what apt downloads: enter.sh ROOT ARCHIVES COMMAND...

set -eu

root=$1
archives=$2
shift 2

mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount --bind "$archives" "$root/var/cache/apt/archives"

exec chroot "$root" /usr/bin/env -i HOME=/root \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive "$@"
