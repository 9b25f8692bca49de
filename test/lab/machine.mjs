// A machine with a kernel of its own: boots, shows its console line by line, and is gone when it has switched itself
// off.
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
 * @param machine { command, args, env } of a process that is the machine
 * @param limitMs after which it is switched off
 * @returns { console, ranOut }: all it printed, and whether the limit ended it
 */
export async function boot(name, { command, args, env }, limitMs) {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  running.add(child);
  let said = "";
  const show = lineWriter(name);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      said += text;
      show(text);
    });
  }
  let ranOut = false;
  const timer = setTimeout(() => {
    ranOut = true;
    child.kill("SIGKILL");
  }, limitMs);
  await new Promise((resolve) => {
    child.on("error", resolve);
    child.on("close", resolve);
  });
  clearTimeout(timer);
  running.delete(child);
  return { console: said, ranOut };
}

/** What a firmware and a kernel say at every boot. */
const isNoise =
  /^(SeaBIOS|Booting from ROM|reboot: |SELinux: |Failed to initialize ubd|mmapper_init|\s*$)/;

/** Writes whole lines to our output, each with the machine's name, without what a serial console adds. */
function lineWriter(name) {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the firmware's escape sequences
      const plain = line.replace(/\x1b(\[[?\d;]*[A-Za-z]|c)/g, "");
      if (!isNoise.test(plain)) console.log(`${name} | ${plain}`);
    }
  };
}
