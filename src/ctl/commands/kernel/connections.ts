/** `ldirectorctl connections`: who is connected to what, as the kernel has it. */
import { Option } from "commander";
import { suggestion } from "../../../config/text/suggestion.ts";
import type { Connections } from "../../../ipvs/connections.ts";
import { printable } from "../../../model/one-line.ts";
import type { Snapshot } from "../../../status/snapshot.ts";
import { type DaemonClient, Refused } from "../../client.ts";
import type { CtlCommand, SharedOptions } from "../../command.ts";
import { connectionQuery } from "../../kernel/connection-query.ts";
import {
  type ConnectionSort,
  connectionSorts,
  connectionsText,
  sortedConnections,
} from "../../kernel/connections-text.ts";
import { namesIn } from "../../kernel/names-in.ts";
import type { Screen } from "../../screen.ts";
import { withDaemon } from "../../with-daemon.ts";
import { asJson, wholeNumber } from "../../words.ts";

interface ConnectionOptions extends SharedOptions {
  readonly json?: boolean;
  readonly sort: ConnectionSort;
  readonly top: number;
}

/** As many as the daemon gives at once. */
const most = 10_000;

export const connectionsCommand: CtlCommand = (program, context) => {
  program
    .command("connections")
    .argument("[server]", "a virtual service, or a real server: with its port or without")
    .addOption(
      new Option("--sort <column>", "within each virtual service and real server")
        .choices(connectionSorts)
        .default("client"),
    )
    .option("--top <number>", "so many; the others are counted", wholeNumber(1, most), 100)
    .option("--json", "one object")
    .description("tells who is connected to which real server")
    .addHelpText("after", "\nExit: 0 fine, 1 no such server, or refused, 3 no daemon.")
    .action(
      withDaemon<ConnectionOptions>(context, (daemon, options, [word]) =>
        connections(daemon, options, word, context.screen),
      ),
    );
};

async function connections(
  daemon: DaemonClient,
  { json = false, sort, top }: ConnectionOptions,
  word: string | undefined,
  screen: Screen,
): Promise<number> {
  let query: Readonly<Record<string, string>> = {};
  if (word !== undefined) {
    const { services } = (await daemon.ask("GET", "/v1/status")).body as Snapshot;
    const asked = connectionQuery(services, word);
    if (!asked.ok)
      throw new Refused(`${printable(asked.error)}${suggestion(word, namesIn(services))}`);
    query = asked.value;
  }
  // All that can be had: what comes first of them is known when they are sorted.
  const reply = await daemon.ask("GET", "/v1/connections", {
    query: { ...query, most: String(most) },
  });
  const all = reply.body as Connections;
  const told = { ...all, found: sortedConnections(all.found, sort).slice(0, top) };
  screen.out(json ? asJson(told) : connectionsText(told));
  return 0;
}
