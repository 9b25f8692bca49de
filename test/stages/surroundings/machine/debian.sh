#!/usr/bin/env bash
# Fills a folder with the Debian that the tests run on.
#
#   debian.sh FOLDER MIRROR
set -euo pipefail
tree=$1 mirror=$2

release=bookworm
# What the machine has beside the smallest Debian with systemd. libatomic1 is for the Node.js that our package brings.
packages=(
  kmod iproute2 procps psmisc logrotate libatomic1
  ipvsadm ldirectord corosync pacemaker pacemaker-cli-utils resource-agents libxml2-utils crmsh heartbeat iputils-arping
)

debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus "$release" "$tree" "$mirror"
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d" # nothing is started while it is put together
chmod 755 "$tree/usr/sbin/policy-rc.d"
cat >"$tree/srv/fill" <<END
  set -e
  apt-get -q update
  apt-get -qy -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends ${packages[*]}
  # Kept as files, for the machine has no way out: what is installed again later, and what cannot be installed beside
  # Pacemaker but run.
  cd /tmp
  apt-get -q -o APT::Sandbox::User=root download ldirectord pacemaker-remote
  mv ldirectord_*.deb /srv/ldirectord.deb
  dpkg -x pacemaker-remote_*.deb /srv/pacemaker-remote
  rm pacemaker-remote_*.deb
  apt-get clean
END
chroot "$tree" bash /srv/fill
rm -rf "$tree"/usr/sbin/policy-rc.d "$tree"/srv/fill "$tree"/var/lib/apt/lists/* "$tree"/usr/share/locale
# As sites have it: the director is started at boot, the cluster by its administrator. And nothing that only costs time.
units=$tree/etc/systemd/system
rm -f "$units"/multi-user.target.wants/{corosync,pacemaker,heartbeat}.service
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
  logrotate.timer getty.target e2scrub_reap.service systemd-{update-utmp,update-utmp-runlevel,pstore}.service; do
  ln -sf /dev/null "$units/$unit"
done
mkdir -p "$tree"/{host,lab} "$tree/usr/lib/modules"
echo director >"$tree/etc/hostname"
printf '127.0.0.1 localhost director\n' >"$tree/etc/hosts"
# Without one, systemd takes every boot for the first.
echo 00000000000000000000000000000c0d >"$tree/etc/machine-id"
: >"$tree/etc/fstab"
