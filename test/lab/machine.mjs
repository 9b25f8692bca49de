// An emulated machine: boots, shows its console line by line, and is gone when it has switched itself off.
import { spawn } from "node:child_process";

/** Programs that must not outlive us: machines, and what else a runner adds. */
export const running = new Set();

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const child of running) child.kill("SIGKILL");
    process.exit(1);
  });
}

/** For a POSIX shell. */
export const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * LAB_ACCEL=kvm lets the machine's processor run the emulated kernel; LAB_MEMORY is its size (2G).
 * @param options.shares by tag: { path, isReadOnly } of a host's folder
 * @param options.disk an image that the machine sees as /dev/pmem0; what it writes there is lost
 * @param options.limitMs after which it is switched off
 * @returns { console, ranOut }: all it printed, and whether the limit ended it
 */
export async function boot({
  name,
  kernel,
  initrd,
  processors,
  shares,
  disk,
  limitMs,
  append = "",
}) {
  const memory = process.env.LAB_MEMORY ?? "2G";
  const args = [
    // A /dev/kvm that can be opened has been seen to hang the guest: only on request.
    ...(process.env.LAB_ACCEL === "kvm"
      ? ["-accel", "kvm", "-cpu", "host"]
      : ["-accel", "tcg,thread=multi"]),
    ...["-smp", String(processors), "-m", disk ? `${memory},slots=2,maxmem=16G` : memory],
    ...["-display", "none", "-monitor", "none", "-no-reboot", "-nodefaults"],
    ...["-serial", "stdio", "-device", "virtio-rng-pci"],
    ...["-kernel", kernel, "-initrd", initrd],
    ...Object.entries(shares).flatMap(([tag, { path, isReadOnly }]) => [
      "-virtfs",
      `local,path=${path},mount_tag=${tag},security_model=none` +
        // Of the host's whole tree, which may be several file systems.
        (isReadOnly ? ",readonly=on,multidevs=remap" : ""),
    ]),
    ...(disk
      ? [
          "-object",
          `memory-backend-file,id=disk,share=off,mem-path=${disk.path},size=${disk.bytes}`,
          ...["-device", "virtio-pmem-pci,memdev=disk"],
        ]
      : []),
    ...["-append", `console=ttyS0 panic=-1 quiet no_timer_check ${append}`],
  ];
  const qemu = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(qemu);
  let said = "";
  const show = lineWriter(name);
  for (const stream of [qemu.stdout, qemu.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      said += text;
      show(text);
    });
  }
  let ranOut = false;
  const timer = setTimeout(() => {
    ranOut = true;
    qemu.kill("SIGKILL");
  }, limitMs);
  await new Promise((resolve) => {
    qemu.on("error", resolve);
    qemu.on("close", resolve);
  });
  clearTimeout(timer);
  running.delete(qemu);
  return { console: said, ranOut };
}

/** Writes whole lines to our output, each with the machine's name, without what a serial console adds. */
function lineWriter(name) {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the firmware's escape sequences
      const plain = line.replace(/\x1b(\[[?\d;]*[A-Za-z]|c)/g, "");
      if (!/^(SeaBIOS|Booting from ROM|\s*$)/.test(plain)) console.log(`${name} | ${plain}`);
    }
  };
}
