# Shared by the setup.sh of each kind of test: brings Debian's packages, and starts none of them. To be sourced, with
# `what` set to whose tests they are.
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# cannot REASON: ends with the code of what may not be done here
cannot() {
  echo "$what: skipped: $*" >&2
  exit 77
}

# missing_of PROGRAM-OR-FILE:PACKAGE...: prints the packages of those that are not here
missing_of() {
  local pair
  for pair; do
    if [[ $pair == /* ]]; then
      compgen -G "${pair%%:*}" >/dev/null || echo "${pair##*:}"
    else
      command -v "${pair%%:*}" >/dev/null || echo "${pair##*:}"
    fi
  done
}

# Lists may be missing or older than the archive: they are fetched only when a first try has failed.
refresh() {
  ((EUID == 0)) || cannot "the package lists are missing or old: sudo apt-get update"
  apt-get -o DPkg::Lock::Timeout=300 update -q >&2 || cannot "apt-get update failed"
}

# bring PACKAGE...: installs them
bring() {
  (($#)) || return 0
  command -v apt-get >/dev/null || cannot "missing here: $* (Debian's names)"
  ((EUID == 0)) || cannot "missing here: $*; to bring them without starting any: sudo bash $0"
  # Debian asks this program before a package may start its service. 101: it may not.
  local policy=/usr/sbin/policy-rc.d kept= status=0
  local install=(apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends "$@")
  exec 8>/run/ldirectord-ng-tests.lock
  flock 8
  if [[ -e $policy ]]; then kept=$(mktemp) && mv "$policy" "$kept"; fi
  # What was there comes back, however this ends.
  trap "rm -f $policy; ${kept:+mv $kept $policy}" EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  "${install[@]}" >&2 || { refresh && "${install[@]}" >&2; } || status=1
  rm -f "$policy"
  [[ -z $kept ]] || mv "$kept" "$policy"
  trap - EXIT
  exec 8>&-
  ((status == 0)) || cannot "apt-get could not install: $*"
}

# mirror: prints where Debian's packages come from: DEBIAN_MIRROR, or else where this machine has its own from
mirror() {
  local found=${DEBIAN_MIRROR:-}
  [[ -n $found ]] || found=$(apt-get indextargets --format '$(SITE)' | grep -v security | head -1) || true
  [[ -n $found ]] || cannot "apt knows no source of packages: set DEBIAN_MIRROR"
  echo "$found"
}

# fetch FOLDER PACKAGE... [-- APT-OPTION...]: unpacks the packages into the folder, which must not be there
fetch() {
  local into=$1 tmp packages=()
  shift
  command -v apt-get >/dev/null || cannot "no apt-get here to fetch $1"
  while (($#)) && [[ $1 != -- ]]; do packages+=("$1") && shift; done
  mkdir -p "${into%/*}"
  tmp=$(mktemp -d "${into%/*}/fetch.XXXXXX")
  # apt drops root to its own user for a download, which must then be able to write here.
  if ! (cd "$tmp" && apt-get -o APT::Sandbox::User=root "${@:2}" download -q "${packages[@]}" >&2); then
    rm -r "$tmp"
    return 1
  fi
  local package
  for package in "$tmp"/*.deb; do dpkg -x "$package" "$tmp/tree" || return; done
  mv "$tmp/tree" "$into" && rm -r "$tmp"
}

# fetched FOLDER PACKAGE: the same, unless it is there already
fetched() {
  [[ -d $1 ]] || fetch "$@" || { refresh && fetch "$@"; } || cannot "could not fetch $2"
}

# fetch_from SUITE FOLDER PACKAGE...: the same from another Debian than this machine's; nothing of apt's own is touched
fetch_from() {
  local suite=$1 into=$2 apt status=0
  shift 2
  apt=$(mktemp -d)
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" >"$apt/sources.list"
  local options=(
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" update -q >&2 && fetch "$into" "$@" -- "${options[@]}" || status=1
  rm -r "$apt"
  return "$status"
}
