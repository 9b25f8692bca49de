#!/usr/bin/env bash
# Brings the real servers that test/stages/services meets, from Debian's packages. None of them is started, none of its
# system services is touched; the tests run each on loopback with a folder of its own. Run again, it looks and
# does nothing.
#
# SERVICES_CACHE names the folder for what is only unpacked; else it is ldirectord-ng-services in the user's cache
# directory (test/stages/services/lib/unpacked.ts says the same).
# Exit 77: something is missing and may not be installed here; the last line says what would help.
set -euo pipefail
what="service tests"
. "$(dirname "${BASH_SOURCE[0]}")/../../support/debian.sh"
cache=${SERVICES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ldirectord-ng-services}

# To install: package, then what it is for.
to_install="
apache2-bin           # http, https
bind9                 # dns
dnsmasq-base          # dns
chromium              # the page
fonts-dejavu-core     # the page: chromium brings none
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
prometheus            # metrics, and promtool
redis-server          # redis
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

names() {
  sed 's/ *#.*//; /^$/d' <<<"$1"
}

command -v dpkg-query >/dev/null || cannot "these need Debian's packages, and there is no dpkg here"
missing=()
for package in $(names "$to_install"); do
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
if ((${#missing[@]} && EUID == 0)) && command -v debconf-set-selections >/dev/null; then
  # postfix else asks which kind of site this is, and is then set up as one.
  debconf-set-selections <<<"postfix postfix/main_mailer_type select No configuration"
fi
bring "${missing[@]}"
for package in $(names "$to_unpack"); do fetched "$cache/$package" "$package"; done
