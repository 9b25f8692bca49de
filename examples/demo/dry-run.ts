import { setTimeout as pause } from "node:timers/promises";
import { loadChecks } from "../../checks/registry.ts";
import { inspectWhatIsRead } from "../../src/config/build/file-facts.ts";
import { startDaemon } from "../../src/daemon/daemon.ts";
import { prepare } from "../../src/daemon/prepare.ts";
import { EmbeddedIpvs } from "../../src/ipvs/embedded-ipvs.ts";
import { createLogger } from "../../src/log/create-logger.ts";
import { printable } from "../../src/model/one-line.ts";
import { Beats } from "./beats.ts";
import { panelOf, type Said } from "./frame.ts";
import { reportOf } from "./report.ts";
import type { Screen } from "./screen.ts";

const drawEveryMs = 200;
const keptLog = 200;

/**
 * An operator's own file: its real checks, and a table that exists only in memory. Nothing else acts.
 * @returns the exit code: 2 for a file that cannot be run
 */
export async function dryRun(
  path: string,
  openScreen: () => Screen,
  signal: AbortSignal,
): Promise<number> {
  const said: Said[] = [];
  const log = createLogger([
    {
      write: ({ time, severity, text }) => {
        said.push({ time, severity, text: printable(text) });
        said.splice(0, said.length - keptLog);
      },
      close: () => undefined,
    },
  ]);
  const checks = await loadChecks();
  const read = () => prepare(path, checks, { inspectFiles: inspectWhatIsRead });
  const prepared = await read();
  if (!prepared.ok) {
    for (const { text } of prepared.problems) process.stderr.write(`${text}\n`);
    return 2;
  }
  for (const { text } of prepared.warnings) log.event("config-warning", { text });

  const ipvs = new EmbeddedIpvs();
  const program = ["ldirectord"] as const;
  const parts = { log, ipvs, prepared, prepareAgain: read, isDryRun: true, program };
  const daemon = await startDaemon(parts);
  const screen = openScreen();
  const beats = new Beats();
  const title = [
    `ldirectord-ng runs ${path}   (Ctrl-C ends it)`,
    "Table: in memory. A dry run: nothing is changed on this machine.",
  ];
  const draw = async () => {
    const snapshot = await daemon.snapshot();
    const report = reportOf(snapshot);
    beats.note(report, Date.now());
    const services = panelOf(await ipvs.list(), report, beats);
    const { isAutoreload } = snapshot;
    const look = isAutoreload
      ? "Edit the file, and it is read again, for it says autoreload=yes."
      : "With autoreload=yes in the file, an edit of it would be read at once.";
    const head = "Real checks; what the table would be.";
    screen.show({ title, caption: { head, look }, services, log: [...said] });
  };
  try {
    while (!signal.aborted) {
      await draw();
      await pause(drawEveryMs, undefined, { signal }).catch(() => undefined);
    }
    return 0;
  } finally {
    await daemon.stop("INT");
    screen.close();
  }
}
