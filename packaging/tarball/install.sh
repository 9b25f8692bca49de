#!/bin/sh
# Installs ldirectord-ng from this folder. Existing configuration files stay as they are.
# Needs Node.js 20 or newer as /usr/bin/node or /usr/local/bin/node.
# Usage: ./install.sh            DESTDIR=… is respected
set -e
cd "$(dirname "$0")/root"

find . ! -type d | while read -r file; do
  target=$DESTDIR/${file#./}
  case $file in
    ./etc/*) [ ! -e "$target" ] && [ ! -L "$target" ] || continue ;;
  esac
  mkdir -p "${target%/*}"
  cp -Pp "$file" "$target.new"
  mv -f "$target.new" "$target"
done
[ -z "$DESTDIR" ] || exit 0

getent group ldirectord >/dev/null || groupadd --system ldirectord
getent passwd ldirectord >/dev/null ||
  useradd --system --gid ldirectord --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ldirectord
if [ -d /run/systemd/system ]; then
  systemd-tmpfiles --create ldirectord.conf
  systemctl daemon-reload
  journalctl --update-catalog
fi
echo "Installed. Configure /etc/ha.d/ldirectord.cf; then: systemctl enable --now ldirectord, or ldirectord start"
