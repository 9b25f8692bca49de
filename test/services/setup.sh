#!/usr/bin/env bash
# Brings the real servers that test/services meets, from Debian's packages. None of them is started, none of its
# system services is touched; the tests run each on loopback with a folder of its own. Run again, it looks and
# does nothing.
#
# SERVICES_CACHE names the folder for what is only unpacked; else it is ldirectord-ng-services in the user's cache
# directory (test/services/lib/unpacked.ts says the same).
# Exit 77: something is missing and may not be installed here; the last line says what would help.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
cache=${SERVICES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ldirectord-ng-services}

# To install: package, then what it is for.
to_install="
apache2-bin           # http, https
bind9                 # dns
dnsmasq-base          # dns
dovecot-imapd         # imap, imaps
dovecot-pop3d         # pop, pops
freeradius            # radius
iputils-ping          # ping
kamailio              # sip
mariadb-server        # mysql
nginx-light           # http, https
openssl               # certificates
postfix               # smtp, submission
postgresql            # pgsql
proftpd-core          # ftp
slapd                 # ldap, ldaps
socat                 # simpletcp
systemd               # journald; on a machine that has it nothing is installed
squid                 # http_proxy
tinyproxy-bin         # http_proxy
inn2-inews            # inn2 below needs it
libcanlock3           # inn2 below needs it
libwrap0              # vsftpd below needs it
"
# To unpack into the cache, because it cannot be installed beside the others or on a host without a domain.
to_unpack="
inn2                  # nntp
vsftpd                # ftp
"

cannot() {
  echo "service tests: $*" >&2
  exit 77
}

names() {
  sed 's/ *#.*//; /^$/d' <<<"$1"
}

find_missing() {
  local package
  missing=() packed=()
  for package in $(names "$to_install"); do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  for package in $(names "$to_unpack"); do
    [[ -d $cache/$package ]] || packed+=("$package")
  done
}

command -v dpkg-query >/dev/null || cannot "these need Debian's packages, and there is no dpkg here"
find_missing
((${#missing[@]} + ${#packed[@]})) || exit 0
((EUID == 0)) || cannot "missing here: ${missing[*]} ${packed[*]}; to bring them without starting any: sudo bash test/services/setup.sh"

mkdir -p "$cache"
exec 9>/run/ldirectord-ng-test-services.lock
flock 9
find_missing

# Debian asks this program before a package may start its service. 101: it may not.
policy=/usr/sbin/policy-rc.d
kept=
restore() {
  if [[ -n $kept ]]; then
    cp -p "$kept" "$policy"
    rm "$kept"
  else
    rm -f "$policy"
  fi
}

install() {
  # postfix else asks which kind of site this is, and is then set up as one.
  ! command -v debconf-set-selections >/dev/null ||
    debconf-set-selections <<<"postfix postfix/main_mailer_type select No configuration"
  apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends "${missing[@]}" >&2
}

# unpack PACKAGE
unpack() {
  local tmp
  tmp=$(mktemp -d "$cache/fetch.XXXXXX")
  # apt drops root to its own user for a download, which must then be able to write here.
  if ! (cd "$tmp" && apt-get -o APT::Sandbox::User=root download -q "$1" >&2); then
    rm -r "$tmp"
    return 1
  fi
  dpkg -x "$tmp"/*.deb "$tmp/tree" && mv "$tmp/tree" "$cache/$1" && rm -r "$tmp"
}

# Lists may be missing or older than the archive: they are fetched only when the first try fails.
refresh() {
  apt-get -o DPkg::Lock::Timeout=300 update -q >&2
}

if ((${#missing[@]})); then
  if [[ -e $policy ]]; then
    kept=$(mktemp)
    cp -p "$policy" "$kept"
  fi
  trap restore EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  install || { refresh && install; } || cannot "apt-get could not install: ${missing[*]}"
fi
for package in ${packed[@]+"${packed[@]}"}; do
  unpack "$package" || { refresh && unpack "$package"; } || cannot "could not fetch $package"
done
