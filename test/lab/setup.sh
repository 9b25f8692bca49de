#!/usr/bin/env bash
# Brings what the kernel tests need, once: programs from Debian's packages, and a kernel that has IPVS, unpacked
# (never installed) into a cache. Prints the cache's name. Run again, it looks and does nothing.
#
#   setup.sh           for the emulated kernel
#   setup.sh --host    programs only, for a host whose own kernel has IPVS
#   setup.sh --original …   and the original with its Perl modules; no service of it is started
#
# LAB_CACHE names the cache; else it is ldirectord-ng-lab in the user's cache directory.
# Exit 77: something is missing and may not be installed here; the last line says what would help.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ldirectord-ng-lab}

cannot() {
  echo "kernel tests: $*" >&2
  exit 77
}

original=
if [[ ${1:-} == --original ]]; then
  original=" ldirectord:ldirectord"
  shift
fi

# program:package
wanted="ip:iproute2 ipvsadm:ipvsadm nft:nftables openssl:openssl strace:strace sysctl:procps unshare:util-linux$original"
if [[ ${1:-} != --host ]]; then
  wanted+=" qemu-system-x86_64:qemu-system-x86 cpio:cpio modprobe:kmod flock:util-linux xz:xz-utils"
fi
missing=()
for pair in $wanted; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done

if ((${#missing[@]})); then
  command -v apt-get >/dev/null || cannot "missing here: ${missing[*]} (Debian's names); install them, then: npm run test:kernel"
  ((EUID == 0)) || cannot "to run them: sudo apt-get install -y --no-install-recommends ${missing[*]} && npm run test:kernel"
  install=(apt-get install -qy --no-install-recommends "${missing[@]}")
  # Debian's way to say that nothing is to be started by its installation.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    undo() { rm -f "$policy"; }
    trap undo EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  # Lists may be missing or older than the archive: fetch them only when the first try fails.
  "${install[@]}" >&2 || { apt-get update -q >&2 && "${install[@]}" >&2; } ||
    cannot "apt-get could not install: ${missing[*]}"
  if declare -F undo >/dev/null; then
    undo
    trap - EXIT
  fi
fi
[[ ${1:-} == --host ]] && exit 0

[[ $(uname -m) == x86_64 ]] || cannot "the emulated kernel is made for x86_64 only; a host with IPVS runs them as: sudo modprobe ip_vs && sudo npm run test:kernel"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

# fetch DIRECTORY PACKAGE: unpacks the package below DIRECTORY
fetch() {
  command -v apt-get >/dev/null || cannot "no apt-get here to fetch $2; a host with IPVS runs them as: sudo modprobe ip_vs && sudo npm run test:kernel"
  local into=$1 package=$2 tmp
  tmp=$(mktemp -d "$cache/fetch.XXXXXX")
  # apt drops root to its own user for a download, which must then be able to write here.
  if ! (cd "$tmp" && apt-get -o APT::Sandbox::User=root download -q "$package" >&2); then
    rm -r "$tmp"
    return 1
  fi
  dpkg -x "$tmp"/*.deb "$tmp/tree" && mv "$tmp/tree" "$into" && rm -r "$tmp"
}

newest_kernel() {
  apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: //p' | head -1
}

refresh() {
  ((EUID == 0)) || cannot "the package lists are missing or old: sudo apt-get update && npm run test:kernel"
  apt-get update -q >&2 || cannot "apt-get update failed"
}

if [[ ! -d $cache/kernel ]]; then
  image=$(newest_kernel)
  if [[ -z $image ]] || ! fetch "$cache/kernel" "$image"; then
    refresh
    image=$(newest_kernel)
    [[ -n $image ]] || cannot "these package lists know no linux-image-amd64 (Debian); a host with IPVS runs them as: sudo modprobe ip_vs && sudo npm run test:kernel"
    fetch "$cache/kernel" "$image" || cannot "could not fetch $image"
  fi
fi
if [[ ! -d $cache/busybox ]]; then
  fetch "$cache/busybox" busybox-static || { refresh && fetch "$cache/busybox" busybox-static; } ||
    cannot "could not fetch busybox-static"
fi

# Of 400 MB a tenth is of use: no network card is emulated, no disk, no screen.
for part in "$cache"/kernel/usr/share "$cache"/kernel/{usr/,}lib/modules/*/kernel/{sound,arch/*/kvm,drivers/{[!nvc]*,net/*/,video}}; do
  [[ ! -e $part || $part == */drivers/base ]] || rm -r "$part"
done

# Newer packages keep their modules below usr/lib, where neither depmod nor modprobe look.
[[ -e $cache/kernel/lib ]] || ln -s usr/lib "$cache/kernel/lib"
version=$(ls "$cache/kernel/lib/modules")
[[ -e $cache/kernel/lib/modules/$version/modules.dep ]] || depmod -b "$cache/kernel" "$version"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
made_from=$(cat "$here/setup.sh" "$here/init.sh" | sha256sum | cut -c1-16)
if [[ $(cat "$cache/initrd.from" 2>/dev/null) != "$version $made_from" ]]; then
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree"/{bin,mod,proc,sys,dev,host,new,up}
  install -m 755 "$(find "$cache/busybox" -path "*bin/busybox")" "$tree/bin/busybox"
  install -m 755 "$here/init.sh" "$tree/init"
  for module in virtio_pci virtio-rng 9pnet_virtio 9p overlay; do
    modprobe -d "$cache/kernel" -S "$version" --show-depends "$module" | awk '/^insmod/{print $2}'
  done | awk '!seen[$0]++' | while read -r file; do
    name=$(basename "$file")
    case $file in
      *.xz) name=${name%.xz} && xz -dc "$file" >"$tree/mod/$name" ;;
      *) cp "$file" "$tree/mod/$name" ;;
    esac
    echo "$name" >>"$tree/order"
  done
  (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$cache/initrd.new"
  mv "$cache/initrd.new" "$cache/initrd.gz"
  ln -sf "$(cd "$cache" && ls kernel/boot/vmlinuz-*)" "$cache/vmlinuz"
  echo "$version $made_from" >"$cache/initrd.from"
fi
echo "$cache"
