#!/usr/bin/env bash
# Brings what the kernel tests need, once: programs from Debian's packages, and a kernel that has IPVS, unpacked
# (never installed) into a cache. Prints the cache's name. Run again, it looks and does nothing.
#
#   setup.sh --host        programs only, for a host whose own kernel has IPVS
#   setup.sh --user-mode   a kernel that runs as a process (user-mode/)
#   setup.sh --emulated    a kernel in an emulated machine (emulated/)
#
# LAB_CACHE names the cache; else it is ldirectord-ng-lab in the user's cache directory.
# Exit 77: something is missing and may not be installed here; the last line says what would help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what="kernel tests"
. "$here/../support/debian.sh"
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ldirectord-ng-lab}
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

# The original and what it loads, which the services' verdicts are compared with, are files.
mapfile -t missing < <(
  missing_of bird:bird2 ip:iproute2 ipvsadm:ipvsadm iptables-legacy-restore:iptables keepalived:keepalived openssl:openssl perl:perl rsync:rsync \
    ssh:openssh-client /usr/sbin/sshd:openssh-server python3:python3 \
    strace:strace sysctl:procps \
    tc:iproute2 unshare:util-linux /usr/sbin/ldirectord:ldirectord \
    /usr/share/perl5/Net/INET6Glue.pm:libnet-inet6glue-perl \
    /usr/share/perl5/LWP/Protocol/https.pm:liblwp-protocol-https-perl \
    "/usr/lib/x86_64-linux-gnu/perl5/*/DBD/mysql.pm:libdbd-mysql-perl" \
    "/usr/lib/x86_64-linux-gnu/perl5/*/DBD/Pg.pm:libdbd-pg-perl"
)
bring "${missing[@]}"
case ${1:-} in
  --host) ;;
  --user-mode | --emulated)
    [[ $(uname -m) == x86_64 ]] ||
      cannot "the kernel that is brought is for x86_64 only; a host with IPVS runs them as: sudo modprobe ip_vs && sudo npm run test:kernel"
    # The kernel brings its modules as files, and starts without any of this machine's.
    mapfile -t missing < <(missing_of modprobe:kmod)
    bring "${missing[@]}"
    fetched "$cache/busybox" busybox-static
    . "$here/${1#--}/setup.sh"
    ;;
  *) cannot "unknown: $*" ;;
esac
echo "$cache"
