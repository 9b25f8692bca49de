#!/usr/bin/env bash
# What the package tests need: Debian's tools, and a small root of each Debian, kept in ~/.cache. Exits with 77 and
# says why where it may not.
set -uo pipefail
what="package tests"
. "$(dirname "${BASH_SOURCE[0]}")/../debian.sh"
((EUID == 0)) || cannot "they want root, for chroots of Debian 12 and 13"
mapfile -t missing < <(
  missing_of debootstrap:debootstrap dpkg-deb:dpkg lintian:lintian rpmbuild:rpm mandoc:mandoc man:man-db \
    strip:binutils unshare:util-linux
)
bring "${missing[@]}"

cache=${PACKAGE_CACHE:-$HOME/.cache/ldirectord-ng-package}
mirror=$(mirror) || exit
mkdir -p "$cache"
for suite in bookworm trixie; do
  [[ -e $cache/$suite.tar ]] && continue
  echo "package tests: making a root of Debian $suite"
  root=$cache/$suite.root.$$
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$cache/$suite.log" 2>&1 ||
    cannot "debootstrap of $suite failed: $(tail -1 "$cache/$suite.log")"
  # Nobody shall start what is installed but the test itself.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  tar -C "$root" --numeric-owner -cf "$cache/$suite.tar.$$" . && mv "$cache/$suite.tar.$$" "$cache/$suite.tar"
  rm -rf "$root"
done
