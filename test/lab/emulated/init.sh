#!/bin/busybox sh
# First program of the emulated kernel. The host's file system is shared read-only; an overlay in memory makes it
# writable here. The share "lab" is the one place both sides may write: it holds job.sh, and what the job leaves.
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
while read module; do $B insmod /mod/$module; done </order
shared=trans=virtio,version=9p2000.L,msize=512000
$B mount -t 9p -o $shared,cache=loose,ro host /host
$B mount -t tmpfs -o size=80% up /up
$B mkdir /up/u /up/w
$B mount -t overlay -o lowerdir=/host,upperdir=/up/u,workdir=/up/w overlay /new
for d in proc sys dev; do $B mount --move /$d /new/$d; done
$B mount -t tmpfs run /new/run
$B mkdir -p /new/run/lab /new/run/netns /new/lib/modules
$B mount -t 9p -o $shared,cache=loose,ro modules /new/lib/modules
$B mount -t 9p -o $shared,cache=none lab /new/run/lab
$B mkdir -p /new/dev/shm
$B mount -t tmpfs shm /new/dev/shm
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
exec $B switch_root /new /bin/bash -c '
  ip link set lo up
  bash /run/lab/job.sh </dev/null
  echo $? >/run/lab/status
  sync
  echo o >/proc/sysrq-trigger
  while :; do :; done'
