/** `ldirectorctl stats` and `rate`: what the kernel has counted of each row, and how much comes just now. */
import { type Command, Option } from "commander";
import { suggestion } from "../../../config/text/suggestion.ts";
import { printable } from "../../../model/one-line.ts";
import type { Snapshot } from "../../../status/snapshot.ts";
import { type DaemonClient, Refused } from "../../client.ts";
import type { CtlCommand, CtlContext, SharedOptions } from "../../command.ts";
import {
  type CountedService,
  type CountersAnswer,
  counted,
  type Measure,
  only,
  rates,
  sorted,
  totals,
} from "../../kernel/counted.ts";
import { countedText } from "../../kernel/counted-text.ts";
import { namesIn } from "../../kernel/names-in.ts";
import type { Screen } from "../../screen.ts";
import { withDaemon } from "../../with-daemon.ts";
import { asJson, wholeNumber } from "../../words.ts";

interface CountedOptions extends SharedOptions {
  readonly json?: boolean;
  readonly sort?: string;
  readonly top?: number;
}

export const statsCommand: CtlCommand = (program, context) => {
  const command = program
    .command("stats")
    .description("tells what the kernel has counted of each row since it was added");
  showCounted(command, context, totals);
};

export const rateCommand: CtlCommand = (program, context) => {
  const command = program
    .command("rate")
    .description("tells how much comes a second, by the kernel's own averages of some seconds");
  showCounted(command, context, rates);
};

function showCounted(command: Command, context: CtlContext, measures: readonly Measure[]): void {
  const words = measures.map(({ word }) => word);
  command
    .argument("[server]", "a virtual service, or a real server: with its port or without")
    .addOption(
      new Option("--sort <column>", "the most first; default: by name").choices(["name", ...words]),
    )
    .option("--top <number>", "so many services, and servers of each", wholeNumber(1, 1_000_000))
    .option("--json", "one object, all numbers in full")
    .addHelpText("after", "\nExit: 0 fine, 1 no such server, or refused, 3 no daemon.")
    .action(
      withDaemon<CountedOptions>(context, (daemon, options, [word]) =>
        show(daemon, options, word, measures, context.screen),
      ),
    );
}

async function show(
  daemon: DaemonClient,
  { json = false, sort, top }: CountedOptions,
  word: string | undefined,
  measures: readonly Measure[],
  screen: Screen,
): Promise<number> {
  const [counters, status] = [
    await daemon.ask("GET", "/v1/counters"),
    await daemon.ask("GET", "/v1/status"),
  ];
  const all = counted(counters.body as CountersAnswer, status.body as Snapshot);
  const asked = only(all, word);
  if (word !== undefined && asked.length === 0) {
    throw new Refused(`no row is of ${printable(word)}${suggestion(word, namesIn(all))}`);
  }
  const rows = sorted(
    asked,
    measures.find((measure) => measure.word === sort),
  );
  if (json) screen.out(asJson({ services: cut(rows, top) }));
  else screen.out(countedText(rows, measures, top));
  return 0;
}

const cut = (services: readonly CountedService[], top: number | undefined) =>
  services.slice(0, top).map((service) => ({ ...service, servers: service.servers.slice(0, top) }));
