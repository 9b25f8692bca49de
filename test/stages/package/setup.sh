#!/usr/bin/env bash
# What the package tests need: Debian's tools, and a small root of each Debian, kept in ~/.cache. Exits with 77 and
# says why where it may not.
set -uo pipefail
what="package tests"
. "$(dirname "${BASH_SOURCE[0]}")/../../support/debian.sh"
((EUID == 0)) || cannot "they want root, for chroots of Debian 12 and 13"
mapfile -t missing < <(
  missing_of debootstrap:debootstrap mmdebstrap:mmdebstrap cpio:cpio dpkg-deb:dpkg lintian:lintian rpmbuild:rpm mandoc:mandoc man:man-db \
    strip:binutils unshare:util-linux
)
bring "${missing[@]}"

cache=${PACKAGE_CACHE:-$HOME/.cache/ldirectord-ng-package}
mirror=$(mirror) || exit
mkdir -p "$cache"

# make_root SUITE
make_root() {
  local suite=$1 root=$cache/$1.root.$BASHPID
  echo "package tests: making a root of Debian $suite"
  trap "rm -rf '$root' '$root.tar'" EXIT
  # In half the time; where it may not, the older one, which asks less of the machine.
  if ! mmdebstrap --variant=minbase "$suite" "$root.tar" "$mirror" >"$cache/$suite.log" 2>&1; then
    debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$cache/$suite.log" 2>&1 ||
      cannot "debootstrap of $suite failed: $(tail -1 "$cache/$suite.log")"
    tar -C "$root" --numeric-owner -cf "$root.tar" .
  fi
  mv "$root.tar" "$cache/$suite.tar"
}
making=()
for suite in bookworm trixie; do
  [[ -e $cache/$suite.tar ]] && continue
  (make_root "$suite") &
  making+=($!)
done
status=0
for pid in "${making[@]}"; do wait "$pid" || status=$?; done
exit "$status"
