#!/usr/bin/env bash
# What the package tests need: Debian's tools, and a small root of each Debian, kept in ~/.cache. Exits with 77 and
# says why where it may not.
set -uo pipefail
unavailable() {
  echo "package tests: skipped: $1" >&2
  exit 77
}
[[ $(id -u) == 0 ]] || unavailable "wants root, for chroots of Debian 12 and 13"
command -v apt-get >/dev/null || unavailable "wants a Debian with apt-get"

declare -A tools=(
  [debootstrap]=debootstrap [dpkg-deb]=dpkg [lintian]=lintian [rpmbuild]=rpm [mandoc]=mandoc [man]=man-db
  [strip]=binutils [unshare]=util-linux
)
missing=()
for tool in "${!tools[@]}"; do command -v "$tool" >/dev/null || missing+=("${tools[$tool]}"); done
if ((${#missing[@]})); then
  echo "package tests: installing ${missing[*]}"
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q \
    --no-install-recommends "${missing[@]}" >/dev/null || unavailable "cannot install ${missing[*]}"
fi

cache=${PACKAGE_CACHE:-$HOME/.cache/ldirectord-ng-package}
# Where this machine has its own packages from.
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' | grep -v security | head -1)}
[[ -n $mirror ]] || unavailable "apt knows no source of packages: set DEBIAN_MIRROR"
mkdir -p "$cache"
for suite in bookworm trixie; do
  [[ -e $cache/$suite.tar ]] && continue
  echo "package tests: making a root of Debian $suite"
  root=$cache/$suite.root.$$
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$cache/$suite.log" 2>&1 ||
    unavailable "debootstrap of $suite failed: $(tail -1 "$cache/$suite.log")"
  # Nobody shall start what is installed but the test itself.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  tar -C "$root" --numeric-owner -cf "$cache/$suite.tar.$$" . && mv "$cache/$suite.tar.$$" "$cache/$suite.tar"
  rm -rf "$root"
done
