# Sourced by ../setup.sh: Debian's kernels that run as a process, each in a folder of the cache with a script that
# starts it.
#
#   user-mode-next   the newest that Debian has. Its processes are held by seccomp, which takes a third of the time. It
#                    needs a newer C library than this machine's, which it brings: by a name without a folder, for the
#                    kernel's own file must be what is started, not its loader.
#   user-mode        this Debian's own. Its processes are held by ptrace, as it is done everywhere.
#
# machine.mjs takes the first that boots.

# modules_of FOLDER: makes them findable for modprobe
modules_of() {
  local version
  [[ -e $1/lib ]] || ln -s usr/lib/uml "$1/lib"
  version=$(ls "$1/lib/modules")
  [[ -e $1/lib/modules/$version/modules.dep.bin ]] || depmod -b "$1" "$version"
}

# start_script FOLDER COMMAND...
start_script() {
  local folder=$1
  shift
  printf '#!/bin/sh\ncd "%s" && exec env %s "$@"\n' "$folder" "$*" >"$folder/start.new"
  chmod 755 "$folder/start.new"
  mv "$folder/start.new" "$folder/start"
}

next=$cache/user-mode-next
if [[ ! -e $next/start ]] && { [[ -d $next ]] || fetch_from forky "$next" user-mode-linux libc6; }; then
  library=$next/usr/lib/x86_64-linux-gnu
  cp "$library/ld-linux-x86-64.so.2" "$next/ld.so"
  perl -0pe 's{/lib64/ld-linux-x86-64\.so\.2}{"ld.so" . "\0" x 22}e' "$next/usr/bin/linux.uml" >"$next/linux"
  chmod 755 "$next/ld.so" "$next/linux"
  modules_of "$next"
  start_script "$next" "LD_LIBRARY_PATH=$library" ./linux seccomp=auto
fi

own=$cache/user-mode
fetched "$own" user-mode-linux
modules_of "$own"
mapfile -t missing < <(missing_of gcc:gcc "/usr/include/*/sys/ptrace.h:libc6-dev")
bring "${missing[@]}"
if [[ ! $own/registers.so -nt $here/user-mode/registers.c ]]; then
  gcc -O2 -Wall -shared -fPIC -o "$own/registers.so.new" "$here/user-mode/registers.c" || cannot "gcc could not compile registers.c"
  mv "$own/registers.so.new" "$own/registers.so"
fi
start_script "$own" "LD_PRELOAD=$own/registers.so" usr/bin/linux.uml
