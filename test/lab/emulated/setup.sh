# Sourced by ../setup.sh: Debian's kernel for an emulated machine, and its first files.
mapfile -t missing < <(missing_of qemu-system-x86_64:qemu-system-x86 cpio:cpio xz:xz-utils)
bring "${missing[@]}"

newest_kernel() {
  apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: //p' | head -1
}
if [[ ! -d $cache/kernel ]]; then
  image=$(newest_kernel)
  [[ -n $image ]] || { refresh && image=$(newest_kernel); }
  [[ -n $image ]] || cannot "these package lists know no linux-image-amd64 (Debian)"
  fetched "$cache/kernel" "$image"
fi

# Of 400 MB a tenth is of use: no network card is emulated, no disk, no screen.
for part in "$cache"/kernel/usr/share "$cache"/kernel/{usr/,}lib/modules/*/kernel/{sound,arch/*/kvm,drivers/{[!nvc]*,net/*/,video}}; do
  [[ ! -e $part || $part == */drivers/base ]] || rm -r "$part"
done

# Newer packages keep their modules below usr/lib, where neither depmod nor modprobe look.
[[ -e $cache/kernel/lib ]] || ln -s usr/lib "$cache/kernel/lib"
version=$(ls "$cache/kernel/lib/modules")
[[ -e $cache/kernel/lib/modules/$version/modules.dep ]] || depmod -b "$cache/kernel" "$version"

made_from="$version $(cat "$here"/emulated/{init,setup}.sh | sha256sum | cut -c1-16)"
if [[ $(cat "$cache/initrd.from" 2>/dev/null) != "$made_from" ]]; then
  tree=$(mktemp -d)
  mkdir -p "$tree"/{bin,mod,proc,sys,dev,host,new,up}
  install -m 755 "$(find "$cache/busybox" -path "*bin/busybox")" "$tree/bin/busybox"
  install -m 755 "$here/emulated/init.sh" "$tree/init"
  # In the order in which they are loaded.
  for module in virtio_pci virtio-rng 9pnet_virtio 9p overlay; do
    modprobe -d "$cache/kernel" -S "$version" --show-depends "$module" | awk '/^insmod/{print $2}'
  done | awk '!seen[$0]++' | while read -r module; do
    name=$(basename "$module")
    case $module in
      *.xz) name=${name%.xz} && xz -dc "$module" >"$tree/mod/$name" ;;
      *) cp "$module" "$tree/mod/$name" ;;
    esac
    echo "$name" >>"$tree/order"
  done
  (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$cache/initrd.new"
  rm -r "$tree"
  mv "$cache/initrd.new" "$cache/initrd.gz"
  echo "$made_from" >"$cache/initrd.from"
fi
ln -sf "$(cd "$cache" && ls kernel/boot/vmlinuz-*)" "$cache/vmlinuz"
