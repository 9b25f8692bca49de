#!/usr/bin/env bash
# Brings the machine that the daemon is at home in, once: a Debian with systemd, Pacemaker and the original's package,
# as the image of a disk in the lab's cache. The image is made again when what it is made from has changed. Prints its
# name.
#
#   setup.sh CACHE   as test/lab/setup.sh prints it
#
# Exit 77: something is missing and may not be installed here; the last line says what would help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=surroundings
. "$here/../../support/debian.sh"
((EUID == 0)) || cannot "debootstrap needs root: sudo npm run test:surroundings"
mapfile -t missing < <(missing_of debootstrap:debootstrap mkfs.ext4:e2fsprogs)
bring "${missing[@]}"

cache=$1/surroundings
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
made_from=$(sha256sum <"$here/machine/debian.sh" | cut -c1-16)
if [[ $(cat "$cache/root.from" 2>/dev/null) != "$made_from" ]]; then
  mirror=$(mirror)
  tree=$(mktemp -d "$cache/tree.XXXXXX")
  trap 'rm -rf "$tree"' EXIT
  chmod 755 "$tree"
  # A thousand lines that nobody wants while all is well.
  bash "$here/machine/debian.sh" "$tree" "$mirror" >"$cache/debian.log" 2>&1 ||
    { tail -20 "$cache/debian.log" >&2; cannot "the Debian for the machine could not be put together: $cache/debian.log"; }
  rm -f "$cache/root.img"
  truncate -s 3G "$cache/root.new"
  mkfs.ext4 -q -O ^has_journal,^metadata_csum -E lazy_itable_init=1,nodiscard -d "$tree" "$cache/root.new"
  mv "$cache/root.new" "$cache/root.img"
  echo "$made_from" >"$cache/root.from"
fi
echo "$cache/root.img"
