/** `ldirectorctl status`: every virtual service and real server, the removed ones too. */
import { setTimeout as wait } from "node:timers/promises";
import type { ServiceState, Snapshot } from "../../status/snapshot.ts";
import type { DaemonClient } from "../client.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { type Counted, countedRows } from "../counted-rows.ts";
import { restrictTo } from "../restrict.ts";
import type { Screen } from "../screen.ts";
import { statusText } from "../status-text.ts";
import { withDaemon } from "../with-daemon.ts";

interface StatusOptions extends SharedOptions {
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Fit for monitoring: as its plugins end. */
const exitCodes = { fine: 0, down: 1, nobody: 2 } as const;

export const statusCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("status")
    .argument("[what]", "a virtual service or a real server: only that")
    .option("--watch", "draw it anew in place, until you end it")
    .option("--json", "the snapshot, as docs/control.md describes it")
    .description("every virtual service and real server: state, reason, weight, and who decided")
    .addHelpText(
      "after",
      "\nExit: 0 all well, 1 something is down, 2 a service has nobody, 3 no daemon, 64 wrong command line.",
    )
    .action(
      withDaemon<StatusOptions>(context, async (daemon, { watch, json }, [what]) => {
        if (watch === true) return watching(daemon, what, screen);
        const snapshot = restrictTo((await daemon.ask("GET", "/v1/status")).body as Snapshot, what);
        if (snapshot === undefined) {
          screen.err(`no virtual service and no real server is ${what}\n`);
          return 64;
        }
        if (json === true) screen.out(`${JSON.stringify(snapshot)}\n`);
        else screen.out(statusText(snapshot, await countedRows(daemon), screen));
        return exitCodeOf(snapshot.services);
      }),
    );
};

function exitCodeOf(services: readonly ServiceState[]): number {
  const named = services.filter(({ isLeaving }) => !isLeaving);
  if (named.some(({ usable }) => usable === "none")) return exitCodes.nobody;
  const isDown = named.some(
    ({ servers, refused }) => refused.length > 0 || servers.some(({ state }) => state === "down"),
  );
  return isDown ? exitCodes.down : exitCodes.fine;
}

const lookEveryMs = 1_000;
/** Of a large table, an answer takes its time: we take no more than this part of the daemon's. */
const timesItsCost = 20;

/** Until the process is ended, or the daemon. */
async function watching(
  daemon: DaemonClient,
  what: string | undefined,
  screen: Screen,
): Promise<number> {
  let tag: string | undefined;
  for (;;) {
    const from = performance.now();
    const reply = await daemon.ask("GET", "/v1/status", { query: { unless: tag } });
    if (reply.body !== undefined) {
      tag = reply.header("snapshot-tag");
      const snapshot = restrictTo(reply.body as Snapshot, what);
      const counted: Counted | undefined = await countedRows(daemon);
      const text =
        snapshot === undefined
          ? `there is no ${what} now\n`
          : statusText(snapshot, counted, screen);
      screen.out(screen.columns === undefined ? `${text}\n` : redrawn(text, screen));
    }
    await wait(Math.max(lookEveryMs, timesItsCost * (performance.now() - from)));
  }
}

/** What fits, from the top of the screen, over what was there. */
function redrawn(text: string, { rows = 24 }: Screen): string {
  const lines = text.split("\n");
  const shown =
    lines.length > rows
      ? [...lines.slice(0, rows - 2), "… and more: name a service to see it"]
      : lines;
  return `\x1b[H${shown.map((line) => `${line}\x1b[K`).join("\n")}\x1b[J`;
}
