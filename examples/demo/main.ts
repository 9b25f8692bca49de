/**
 * The show behind `npm start`. Without a word: a few web servers on loopback, a real ldirectord.cf, and a story
 * told of it. With a file's name: that file, its real checks, and a table that exists only in memory.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { EmbeddedIpvs } from "../../src/ipvs/embedded-ipvs.ts";
import { openKernelIpvs } from "../../src/ipvs/open-kernel.ts";
import { dryRun } from "./dry-run.ts";
import { openScreen, type Screen } from "./screen.ts";
import { playShow } from "./show.ts";

/** Set for the process that runs in a network namespace of its own. */
const namespaceMarker = "LDIRECTORD_NG_DEMO_NAMESPACE";
/** `0.1`: a tenth of the time to look. For who has seen it before: the tests. */
const paceName = "LDIRECTORD_NG_DEMO_PACE";

/** @returns the exit code */
export async function main(words: readonly string[]): Promise<number> {
  const [file] = words;
  if (words.length > 1 || file?.startsWith("-")) {
    process.stderr.write("usage: npm start [-- path/to/ldirectord.cf]\n");
    return 255;
  }
  const isStory = file === undefined;
  const obstacle = isStory ? whyNotKernel() : undefined;
  const isInside = process.env[namespaceMarker] !== undefined;
  if (isStory && !isInside && obstacle === undefined) return inNamespace();

  const ending = new AbortController();
  const end = () => ending.abort();
  process.on("SIGINT", end).on("SIGTERM", end).on("SIGHUP", end);
  // Nobody reads any more (`npm start | head`), which is as good as Ctrl-C.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  const open = () => openScreen(process.stdout, process.env);
  let screen: Screen | undefined;
  try {
    if (!isStory) {
      return await dryRun(resolve(process.env["INIT_CWD"] ?? ".", file), open, ending.signal);
    }
    const ipvs = isInside ? await openKernelIpvs() : new EmbeddedIpvs();
    screen = open();
    await playShow({
      screen,
      ipvs,
      isKernel: isInside,
      table: isInside ? "the kernel's, in a network of its own" : `in memory (${obstacle})`,
      pace: Number(process.env[paceName] ?? 1),
      signal: ending.signal,
    });
    ipvs.close();
    return 0;
  } catch (error) {
    screen?.close();
    process.stderr.write(`npm start: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    screen?.close();
  }
}

/** The kernel's table is in reach without harm only where nothing has to be loaded, and none of it is the host's. */
function whyNotKernel(): string | undefined {
  if (process.getuid?.() !== 0) return "this is not root";
  if (!existsSync("/proc/net/ip_vs")) return "no ip_vs here";
  if (!["/usr/bin/unshare", "/bin/unshare"].some(existsSync)) return "no unshare here";
  return undefined;
}

/** This program again, where a table of its own is. */
function inNamespace(): Promise<number> {
  const inside = `ip link set lo up && exec "$0" "$@"`;
  const command = ["--net", "sh", "-c", inside, process.execPath, ...process.argv.slice(1)];
  const child = spawn("unshare", command, {
    stdio: "inherit",
    env: { ...process.env, [namespaceMarker]: "1" },
  });
  // Ctrl-C reaches it by the terminal; a kill of ours alone does not.
  process.on("SIGINT", () => undefined).on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((done) => {
    child.on("error", () => done(1));
    child.on("exit", (code) => done(code ?? 1));
  });
}
