/**
 * The show behind `npm start`. Without a word: a few web servers on loopback, a real ldirectord.cf, and a story
 * told to it. With a file's name: that file, its real checks, and a table that exists only in memory.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadChecks } from "../../checks/registry.ts";
import { startDaemon } from "../../src/daemon.ts";
import { EmbeddedIpvs } from "../../src/ipvs/embedded-ipvs.ts";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";
import { openKernelIpvs } from "../../src/ipvs/open-kernel.ts";
import { createLogger } from "../../src/log/create-logger.ts";
import { ctime } from "../../src/log/ctime.ts";
import { linesOf } from "../../src/log/record.ts";
import { prepare, type Ready } from "../../src/prepare.ts";
import { frameOf, Screen } from "./screen.ts";
import { tellStory } from "./story.ts";
import { webServer } from "./web-servers.ts";

/** From dist/examples/demo/: the file stands with the sources. */
const ownFile = join(import.meta.dirname, "../../../examples/demo/ldirectord.cf");
/** Set for the process that runs in a network namespace of its own. */
const marker = "LDIRECTORD_NG_DEMO_NAMESPACE";
const redrawMs = 200;

/** @returns the exit code */
export async function main(words: readonly string[]): Promise<number> {
  const [file] = words;
  if (words.length > 1 || file?.startsWith("-")) {
    process.stderr.write("usage: npm start [-- path/to/ldirectord.cf]\n");
    return 255;
  }
  if (file !== undefined) {
    const why = "a dry run: nothing is changed on this machine";
    return show(resolve(process.env["INIT_CWD"] ?? ".", file), new EmbeddedIpvs(), why, false);
  }
  if (process.env[marker] !== undefined) {
    const why =
      "the kernel's, in a network namespace of its own: this machine's table is not touched";
    return show(ownFile, await openKernelIpvs(), why, true);
  }
  const obstacle = whyNotKernel();
  if (obstacle === undefined) return inNamespace();
  return show(ownFile, new EmbeddedIpvs(), `in memory, for ${obstacle}`, true);
}

/** The kernel's table is in reach without harm only where nothing has to be loaded, and none of it is the host's. */
function whyNotKernel(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may drive the kernel's";
  if (!existsSync("/proc/net/ip_vs")) return "this kernel has no ip_vs loaded (modprobe ip_vs)";
  if (!["/usr/bin/unshare", "/bin/unshare"].some(existsSync)) return "unshare(1) is missing";
  return undefined;
}

/** This program again, where a table of its own is. */
function inNamespace(): Promise<number> {
  const inside = `ip link set lo up && exec "$0" "$@"`;
  const command = ["--net", "sh", "-c", inside, process.execPath, ...process.argv.slice(1)];
  const child = spawn("unshare", command, {
    stdio: "inherit",
    env: { ...process.env, [marker]: "1" },
  });
  // Ctrl-C reaches it by the terminal; a kill of ours alone does not.
  process.on("SIGINT", () => undefined).on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((done) => {
    child.on("error", () => done(1));
    child.on("exit", (code) => done(code ?? 1));
  });
}

async function show(path: string, ipvs: Ipvs, table: string, isStory: boolean): Promise<number> {
  const lines: string[] = [];
  const log = createLogger([
    {
      write: ({ time, text }) => {
        for (const line of linesOf(text)) lines.push(`[${ctime(time)}] ${line}`);
      },
      close: () => undefined,
    },
  ]);
  const checks = await loadChecks();
  const read = async () => {
    const found = await prepare(path, checks);
    return isStory || !found.ok ? found : withoutCommands(found);
  };
  const prepared = await read();
  if (!prepared.ok) {
    for (const { text } of prepared.problems) process.stderr.write(`${text}\n`);
    return 2;
  }
  for (const { text } of prepared.warnings) lines.push(text);

  const servers = isStory
    ? [
        webServer("web1", "127.20.0.1", 18080),
        webServer("web2", "127.20.0.2", 18080),
        webServer("web3", "127.20.0.3", 18080),
      ]
    : [];
  const sorry = isStory ? [webServer("the sorry server", "127.20.0.9", 18080)] : [];
  const everyone = [...servers, ...sorry];
  const closing = new AbortController();
  const end = () => closing.abort();
  process.on("SIGINT", end).on("SIGTERM", end).on("SIGHUP", end);
  try {
    await Promise.all(everyone.map((server) => server.start()));
    const daemon = await startDaemon({ log, ipvs, prepared, prepareAgain: read });
    const screen = new Screen(process.stdout);
    let chapter = isStory ? "" : "Edit the file: with autoreload=yes it is read again.";
    const title = [`ldirectord-ng runs ${path} · Ctrl-C ends`, `The table: ${table}`];
    const draw = async () =>
      screen.show(frameOf(title, chapter, await ipvs.list(), daemon.snapshot(), lines));
    const redraw = setInterval(() => void draw(), redrawMs);
    const say = (text: string) => {
      chapter = text;
    };
    await (isStory ? tellStory(servers, say, closing.signal) : aborted(closing.signal));
    clearInterval(redraw);
    await draw();
    await daemon.stop("INT");
    screen.end(lines);
    return 0;
  } catch (error) {
    process.stderr.write(`npm start: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    await Promise.all(everyone.map((server) => server.stop()));
  }
}

/** A dry run asks the real servers, and starts nothing that acts: no fallbackcommand, no callback. */
function withoutCommands(ready: Ready): Ready {
  const { callback, ...config } = ready.config;
  const virtuals = config.virtuals.map(({ fallbackCommand, ...virtual }) => virtual);
  return { ...ready, config: { ...config, virtuals } };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
