#!/usr/bin/env bash
# Brings the real servers that test/services meets, from Debian's packages. None of them is started, none of its
# system services is touched; the tests run each on loopback with a folder of its own. Run again, it looks and
# does nothing.
#
# Exit 77: something is missing and may not be installed here; the last line says what would help.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# package, then what it is for
packages() {
  sed 's/ *#.*//; /^$/d' <<'LIST'
apache2-bin           # http, https
bind9                 # dns
dnsmasq-base          # dns
dovecot-imapd         # imap, imaps
dovecot-pop3d         # pop, pops
freeradius            # radius
inn2                  # nntp
kamailio              # sip
mariadb-server        # mysql
nginx-light           # http, https
openssl               # certificates
postfix               # smtp, submission
postgresql            # pgsql
proftpd-core          # ftp
slapd                 # ldap, ldaps
socat                 # simpletcp
squid                 # http_proxy
tinyproxy-bin         # http_proxy
vsftpd                # ftp
LIST
}

cannot() {
  echo "service tests: $*" >&2
  exit 77
}

find_missing() {
  mapfile -t missing < <(
    packages | while read -r package; do
      [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
    done
  )
}

command -v dpkg-query >/dev/null || cannot "these need Debian's packages, and there is no dpkg here"
find_missing
((${#missing[@]})) || exit 0
((EUID == 0)) || cannot "missing here: ${missing[*]}; to install them without starting any: sudo bash test/services/setup.sh"

exec 9>/run/ldirectord-ng-test-services.lock
flock 9
find_missing
((${#missing[@]})) || exit 0

# Debian asks this program before a package may start its service. 101: it may not.
policy=/usr/sbin/policy-rc.d
kept=
if [[ -e $policy ]]; then
  kept=$(mktemp)
  cp -p "$policy" "$kept"
fi
restore() {
  if [[ -n $kept ]]; then
    cp -p "$kept" "$policy"
    rm "$kept"
  else
    rm -f "$policy"
  fi
}
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

# postfix else asks which kind of site this is, and is then set up as one.
! command -v debconf-set-selections >/dev/null ||
  debconf-set-selections <<<"postfix postfix/main_mailer_type select No configuration"

install=(apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends "${missing[@]}")
# Lists may be missing or older than the archive: fetch them only when the first try fails.
"${install[@]}" >&2 || { apt-get update -q >&2 && "${install[@]}" >&2; } ||
  cannot "apt-get could not install: ${missing[*]}"
