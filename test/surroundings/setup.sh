#!/usr/bin/env bash
# Brings the machine that the daemon is at home in, once: a Debian with systemd, Pacemaker and the original's package,
# as the image of a disk in the lab's cache, beside the kernel that test/lab/setup.sh has put there. Prints the cache's
# name. The image is made again when one of the files it is made from has changed.
#
# Exit 77: something is missing and may not be installed here; the last line says what would help.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

cannot() {
  echo "surroundings: $*" >&2
  exit 77
}

((EUID == 0)) || cannot "debootstrap needs root: sudo npm run test:surroundings"
lab=$(bash "$here/../lab/setup.sh")
missing=()
for pair in debootstrap:debootstrap mkfs.ext4:e2fsprogs; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if ((${#missing[@]})); then
  command -v apt-get >/dev/null || cannot "missing here: ${missing[*]} (Debian's names)"
  install=(apt-get install -qy --no-install-recommends "${missing[@]}")
  "${install[@]}" >&2 || { apt-get update -q >&2 && "${install[@]}" >&2; } ||
    cannot "apt-get could not install: ${missing[*]}"
fi

cache=$lab/surroundings
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

made_from=$(cat "$here"/machine/{debian.sh,lab.service} | sha256sum | cut -c1-16)
if [[ $(cat "$cache/root.from" 2>/dev/null) != "$made_from" ]]; then
  tree=$(mktemp -d "$cache/tree.XXXXXX")
  trap 'rm -rf "$tree"' EXIT
  chmod 755 "$tree"
  # A thousand lines that nobody wants while all is well.
  bash "$here/machine/debian.sh" "$tree" >"$cache/debian.log" 2>&1 ||
    { tail -20 "$cache/debian.log" >&2; cannot "the Debian for the machine could not be put together: $cache/debian.log"; }
  rm -f "$cache/root.img"
  truncate -s 3G "$cache/root.new"
  mkfs.ext4 -q -O ^has_journal,^metadata_csum -E lazy_itable_init=1,nodiscard -d "$tree" "$cache/root.new"
  mv "$cache/root.new" "$cache/root.img"
  echo "$made_from" >"$cache/root.from"
  rm -rf "$tree"
  trap - EXIT
fi

version=$(ls "$lab/kernel/lib/modules")
made_from=$(cat "$here"/setup.sh "$here"/machine/init.sh | sha256sum | cut -c1-16)
if [[ $(cat "$cache/initrd.from" 2>/dev/null) != "$version $made_from" ]]; then
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree"/{bin,mod,proc,sys,dev,new}
  install -m 755 "$(find "$lab/busybox" -path "*bin/busybox")" "$tree/bin/busybox"
  install -m 755 "$here/machine/init.sh" "$tree/init"
  for module in virtio_pci virtio-rng 9pnet_virtio 9p crc32c_generic ext4 nd_pmem virtio_pmem; do
    modprobe -d "$lab/kernel" -S "$version" --show-depends "$module" | awk '/^insmod/{print $2}'
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
  echo "$version $made_from" >"$cache/initrd.from"
fi
echo "$lab"
