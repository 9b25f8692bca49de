import { join } from "node:path";

/** A machine that QEMU emulates. LAB_ACCEL=kvm lets this machine's processor run it. */
export function emulatedMachine({ cache, memory, processors, share }) {
  const shares = {
    host: { path: "/", isReadOnly: true },
    modules: { path: `${cache}/kernel/lib/modules`, isReadOnly: true },
    lab: { path: share, isReadOnly: false },
  };
  const args = [
    // A /dev/kvm that can be opened has been seen to hang the guest: only on request.
    ...(process.env.LAB_ACCEL === "kvm"
      ? ["-accel", "kvm", "-cpu", "host"]
      : ["-accel", "tcg,thread=multi"]),
    ...["-smp", String(processors), "-m", memory],
    ...["-display", "none", "-monitor", "none", "-no-reboot", "-nodefaults"],
    ...["-serial", "stdio", "-device", "virtio-rng-pci"],
    ...["-kernel", join(cache, "vmlinuz"), "-initrd", join(cache, "initrd.gz")],
    ...Object.entries(shares).flatMap(([tag, { path, isReadOnly }]) => [
      "-virtfs",
      `local,path=${path},mount_tag=${tag},security_model=none` +
        // Of the host's whole tree, which may be several file systems.
        (isReadOnly ? ",readonly=on,multidevs=remap" : ""),
    ]),
    ...["-append", "console=ttyS0 panic=-1 quiet no_timer_check"],
  ];
  return { command: "qemu-system-x86_64", args, env: {} };
}
