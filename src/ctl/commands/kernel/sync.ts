/** `ldirectorctl sync`: the kernel's sync daemons. */
import { Argument } from "commander";
import type { SyncDaemon, SyncState } from "../../../ipvs/sync-daemon.ts";
import { printable } from "../../../model/one-line.ts";
import type { DaemonClient } from "../../client.ts";
import type { CtlCommand, SharedOptions } from "../../command.ts";
import { textTable } from "../../kernel/text-table.ts";
import { withDaemon } from "../../with-daemon.ts";
import { asJson, wholeNumber } from "../../words.ts";

interface SyncOptions extends SharedOptions, Partial<Omit<SyncDaemon, "state" | "maxBytes">> {
  readonly json?: boolean;
  readonly maxlen?: number;
}

export const syncCommand: CtlCommand = (program, context) => {
  const command = program
    .command("sync")
    .addArgument(new Argument("[what]").choices(["status", "start", "stop"]).default("status"))
    .addArgument(new Argument("[state]").choices(["master", "backup", "both"]))
    .option("--interface <name>", "of start: by which connections are told")
    .option("--id <number>", "of start: who belongs together", wholeNumber(0, 255))
    .option(
      "--maxlen <bytes>",
      "of start: the most that is told at once",
      wholeNumber(1024, 65_487),
    )
    .option("--group <address>", "of start: the multicast address")
    .option("--port <number>", "of start: the UDP port", wholeNumber(1, 65_535))
    .option("--ttl <number>", "of start: how many routers it may pass", wholeNumber(1, 255))
    .option("--json", "one object")
    .description("tells which sync daemons of the kernel run; starts or stops them")
    .addHelpText("after", "\nExit: 0 fine, 1 refused, 3 no daemon, 64 wrong command line.")
    .action(
      withDaemon<SyncOptions>(context, async (daemon, options, [what, state]) => {
        if (what === "start") {
          if (state === undefined || options.interface === undefined) {
            command.error("error: start wants master, backup or both, and --interface");
          }
          await start(daemon, statesOf(state), options);
        }
        if (what === "stop") await stop(daemon, state);
        const { daemons } = await running(daemon);
        context.screen.out(options.json ? asJson({ daemons }) : syncText(daemons));
        return 0;
      }),
    );
};

const statesOf = (state: string | undefined): readonly SyncState[] =>
  state === "master" || state === "backup" ? [state] : ["master", "backup"];

const running = async (daemon: DaemonClient) =>
  (await daemon.ask("GET", "/v1/sync")).body as { readonly daemons: readonly SyncDaemon[] };

async function start(
  daemon: DaemonClient,
  states: readonly SyncState[],
  { interface: name, id, maxlen, group, port, ttl }: SyncOptions,
): Promise<void> {
  // What is undefined is not in the JSON.
  const body = { interface: name, id, maxBytes: maxlen, group, port, ttl };
  for (const state of states) await daemon.ask("POST", "/v1/sync", { body: { state, ...body } });
}

/** Without a state: what runs, if anything does. */
async function stop(daemon: DaemonClient, state: string | undefined): Promise<void> {
  const states =
    state === undefined
      ? (await running(daemon)).daemons.map((each) => each.state)
      : statesOf(state);
  for (const each of states) await daemon.ask("DELETE", "/v1/sync", { query: { state: each } });
}

function syncText(daemons: readonly SyncDaemon[]): string {
  if (daemons.length === 0) return "no sync daemon runs\n";
  const titles = ["STATE", "INTERFACE", "ID", "GROUP", "PORT", "TTL", "MAXLEN"];
  const rows = daemons.map(({ state, interface: name, id, group, port, ttl, maxBytes }) =>
    [state, name, id, group, port, ttl, maxBytes].map((it) => printable(String(it ?? "-"))),
  );
  return textTable(
    titles.map((title) => ({ title })),
    rows,
  );
}
