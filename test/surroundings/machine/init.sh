#!/bin/busybox sh
# First program of the machine: its disk is the image that setup.sh has made, which stays as it is (what is written
# lives in memory). The host's file system is shared read-only below /host, for Node and the tests; the share "lab" is
# the one place both sides may write. Then systemd.
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
# Some are for processors that this one may not be.
while read module; do $B insmod /mod/$module 2>/dev/null; done </order
while [ ! -b /dev/pmem0 ]; do $B usleep 10000; done
shared=trans=virtio,version=9p2000.L,msize=512000
$B mount -t ext4 -o noatime /dev/pmem0 /new
$B mount -t 9p -o $shared,cache=loose,ro host /new/host
$B mount -t 9p -o $shared,cache=loose,ro modules /new/usr/lib/modules
$B mount -t 9p -o $shared,cache=none lab /new/lab
for d in proc sys dev; do $B mount --move /$d /new/$d; done
exec $B switch_root /new /lib/systemd/systemd
