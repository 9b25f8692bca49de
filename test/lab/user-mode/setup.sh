# Sourced by ../setup.sh: Debian's kernel that runs as a process, and what it needs to do so on today's processors.
mapfile -t missing < <(missing_of gcc:gcc "/usr/include/*/sys/ptrace.h:libc6-dev")
bring "${missing[@]}"
linux=$cache/user-mode
fetched "$linux" user-mode-linux
[[ -e $linux/lib ]] || ln -s usr/lib/uml "$linux/lib"
version=$(ls "$linux/lib/modules")
[[ -e $linux/lib/modules/$version/modules.dep ]] || depmod -b "$linux" "$version"
if [[ ! $linux/registers.so -nt $here/user-mode/registers.c ]]; then
  gcc -O2 -Wall -shared -fPIC -o "$linux/registers.so.new" "$here/user-mode/registers.c" || cannot "gcc could not compile registers.c"
  mv "$linux/registers.so.new" "$linux/registers.so"
fi
