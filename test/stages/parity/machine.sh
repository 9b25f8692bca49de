# The first process of one director: mount and process namespaces of its own, so that both programs find the same paths
# and cannot meet. Reads numbers; runs the command in the file of that number, and prints its exit code.
#   machine.sh OWN-FOLDER
own=$1
mount --make-rprivate /
mkdir -p "$own"/{ha.d,log,run/daemon,srv/maintenance}
[[ -d /run/daemon ]] && mount --bind /run/daemon "$own/run/daemon"
mount --rbind "$own/run" /run
mount --bind "$own/ha.d" /etc/ha.d
mount --bind "$own/log" /var/log
mount --bind "$own/srv" /srv
mount --bind "$own/hosts" /etc/hosts
# A /dev of its own, for a /dev/log of its own.
mkdir "$own/dev" && mount -t tmpfs dev "$own/dev"
for it in null zero full random urandom tty; do touch "$own/dev/$it" && mount --bind "/dev/$it" "$own/dev/$it"; done
ln -s /proc/self/fd "$own/dev/fd"
mount --rbind "$own/dev" /dev
# A mailer that keeps what it is given, and our program (or the inner loop's table) in the original's place.
for pair in sendmail:/usr/sbin/sendmail ldirectord:/usr/sbin/ldirectord ipvsadm:/sbin/ipvsadm; do
  [[ -e $own/${pair%%:*} ]] && mount --bind "$own/${pair%%:*}" "${pair#*:}"
done
hostname director
# The original would start itself once more to set this.
export PERLIO=perlio HOSTNAME=director
cd /srv || exit 1
# For commands: how often /srv/check was called, as $checks. Without a process: the daemons would have to wait for it.
asked() {
  local line
  checks=0
  [[ -e /srv/calls ]] || return
  while read -r line; do [[ $line == "check "* ]] && ((checks += 1)); done </srv/calls
}
echo ready
while read -r number; do
  (. "$own/command.$number") >"$own/out.$number" 2>"$own/err.$number" </dev/null
  echo "$number $?"
done
