#!/bin/bash
# First program of the machine. Its root is the host's, read-only, and becomes /host, for Node and the tests; in its
# place comes the disk: the image that setup.sh has made, which stays as it is (what is written goes to another file).
# The folder LAB_SHARE is the one place both sides may write. Then systemd.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t ext4 -o noatime /dev/ubda /mnt
cd /mnt || exit 1
# -n: there is no place yet to note it in.
mount -n --bind "$LAB_LINUX/lib/modules" usr/lib/modules
mount -n -t hostfs -o "$LAB_SHARE" lab lab
cp "${0%/*}/lab.service" etc/systemd/system/
for folder in proc sys dev; do mount -n --move "/$folder" "$folder"; done
pivot_root . host
exec /lib/systemd/systemd
