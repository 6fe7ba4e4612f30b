#!/usr/bin/env bash
#
# Called in namespaces of its own, as their first process: becomes a machine whose
# disk is ROOT. boot.sh ROOT ARCHIVES INIT; see start_machine in roots.sh.

set -eu

root=$1
archives=$2
init=$3

ip link set lo up
hostname scim

mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount --bind "$archives" var/cache/apt/archives
echo 'nameserver 127.0.0.1' > etc/resolv.conf

mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
    : > "dev/$name"
    mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

if [ "$init" = systemd ]; then
    mkdir -p sys/fs/cgroup
    mount -t cgroup2 cgroup2 sys/fs/cgroup
fi

mkdir -p mnt
pivot_root . mnt
umount -l /mnt
: > /run/cell

export container=other TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ "$init" = systemd ]; then
    exec /lib/systemd/systemd --system --log-target=console
fi

# the parent of what loses its own
while :; do
    wait
    sleep 1
done
