/**
 * The daemon of the show: a process of its own, so that it can be restarted, with the daemon's own parts. What it
 * logs and believes goes to the show, which draws it. Its table is the kernel's, or one that the show holds.
 *
 *   director.js FILE kernel|linked [ADDRESS:PORT of the page]
 */
import { closeSync, openSync } from "node:fs";
import { loadChecks } from "../../checks/registry.ts";
import { originalVersion } from "../../src/commands/texts.ts";
import { directorOf } from "../../src/control/of-daemon.ts";
import { type Daemon, startDaemon } from "../../src/daemon/daemon.ts";
import { prepare } from "../../src/daemon/prepare.ts";
import { openKernelIpvs } from "../../src/ipvs/open-kernel.ts";
import { createLogger } from "../../src/log/create-logger.ts";
import type { Severity } from "../../src/log/events/event.ts";
import { RecordRing } from "../../src/log/sinks/ring.ts";
import { keepPage } from "../../src/page/keep-page.ts";
import { serve } from "../../src/process/serve.ts";
import { type Report, reportOf } from "./report.ts";
import { LinkedTable, type TableAnswer, type TableCall } from "./table-link.ts";

/** To the daemon. `hoard`: have no file descriptor left. `release`: have them again. `report`: say what you know. */
export type ToDirector =
  | TableAnswer
  | { readonly kind: "hoard" }
  | { readonly kind: "release" }
  | { readonly kind: "report" };
/** From it. */
export type FromDirector =
  | TableCall
  | { readonly kind: "report"; readonly report: Report }
  | {
      readonly kind: "log";
      readonly time: number;
      readonly severity: Severity;
      readonly name: string;
      readonly text: string;
    };

/** Without the show there is nothing to stay for. */
const endWithoutShowMs = 2_000;

const [path = "", where, pageAt] = process.argv.slice(2);
const send = (message: FromDirector): void => {
  if (process.connected) process.send?.(message);
};
const linked = where === "kernel" ? undefined : new LinkedTable(send);
const hoarded: number[] = [];

/** Takes every descriptor that this process may still have. */
function hoard(): void {
  try {
    for (;;) hoarded.push(openSync("/dev/null", "r"));
  } catch {
    // EMFILE: that was the last.
  }
}

let daemon: Daemon | undefined;
process.on("message", (message: ToDirector) => {
  switch (message.kind) {
    case "table":
      linked?.receive(message);
      break;
    case "report":
      void daemon?.snapshot().then((it) => send({ kind: "report", report: reportOf(it) }));
      break;
    case "hoard":
      hoard();
      break;
    case "release":
      for (const descriptor of hoarded.splice(0)) closeSync(descriptor);
  }
});
let isDone = false;
process.on("disconnect", () => {
  if (isDone) return;
  linked?.lose();
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), endWithoutShowMs).unref();
});

const records = new RecordRing();
const log = createLogger([
  records,
  {
    write: ({ time, severity, name, text }) => send({ kind: "log", time, severity, name, text }),
    close: () => undefined,
  },
]);
const checks = await loadChecks();

async function start(): Promise<Daemon> {
  const read = () => prepare(path, checks);
  const prepared = await read();
  if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
  const ipvs = linked ?? (await openKernelIpvs());
  log.event("daemon-started-foreground", { version: originalVersion, pid: process.pid });
  daemon = await startDaemon({ log, ipvs, prepared, prepareAgain: read });
  return pageAt === undefined ? daemon : withPage(daemon, pageAt);
}

/** The daemon, and its page for as long as it runs. */
async function withPage(running: Daemon, listen: string): Promise<Daemon> {
  const parts = {
    ...{ daemon: running, records, addressOf: () => undefined },
    prepareTexts: (from: string, readFile: (path: string) => Promise<Uint8Array>) =>
      prepare(from, checks, { readFile }),
  };
  const page = keepPage(directorOf(parts), log);
  await page.follow({ listen });
  const closing = (end: (signal: string) => Promise<void>) => async (signal: string) => {
    await page.close();
    await end(signal);
  };
  return { ...running, stop: closing(running.stop), handOver: closing(running.handOver) };
}

process.exitCode = await serve({ log, start, onReady: () => Promise.resolve() });
isDone = true;
if (process.connected) process.disconnect();
