/** `ldirectorctl explain`: why a real server is in, out, or at its weight. */
import type { CheckResult } from "../../health/history.ts";
import { printable } from "../../model/one-line.ts";
import { sayTime } from "../../orders/say-order.ts";
import type { Explanation } from "../../status/explain.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { type Screen, wrapped } from "../screen.ts";
import { withDaemon } from "../with-daemon.ts";

export const explainCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("explain")
    .argument(
      "<real>",
      "the real server: 10.0.0.3:80, or 10.0.0.3 for every port, or its name in the file",
    )
    .argument("[virtual]", "only in this virtual service")
    .option("--json", "as JSON, with the results and the words that were exchanged")
    .description(
      "says why a real server is in, out, or at its weight, and what would bring it back",
    )
    .addHelpText(
      "after",
      "\nExit: 0 told, 1 there is no such server, 3 no daemon, 64 wrong command line.",
    )
    .action(
      withDaemon<SharedOptions & { json?: boolean }>(
        context,
        async (daemon, { json }, [what, virtual]) => {
          const { body } = await daemon.ask("GET", "/v1/explain", { query: { what, virtual } });
          const { rows } = body as { rows: readonly Explanation[] };
          if (json === true) screen.out(`${JSON.stringify(body)}\n`);
          else screen.out(`${rows.map((row) => textOf(row, screen)).join("\n")}`);
          return 0;
        },
      ),
    );
};

function textOf(row: Explanation, screen: Screen): string {
  const { server, service, sentences, remedy, place, results } = row;
  const title = service === "" ? server : `${server} in ${service}`;
  const lines = [
    `${title}:`,
    ...sentences.map((sentence) => wrapped(screen, `  ${sentence}`, "  ")),
    ...(remedy === undefined ? [] : [wrapped(screen, `  To change that: ${remedy}`, "  ")]),
    ...(place === undefined ? [] : [`  In the file: ${place}`]),
    ...(service === "" ? [] : [`  In the table: ${row.row ?? "no row"}`]),
    ...(results.length === 0 ? [] : ["  Its last results, newest first:"]),
    ...results.flatMap((result) => resultLines(result, screen)),
  ];
  return `${lines.map((line) => line.split("\n").map(printable).join("\n")).join("\n")}\n`;
}

function resultLines(
  { at, durationMs, result, detail, words = [] }: CheckResult,
  screen: Screen,
): string[] {
  const took = durationMs === undefined ? "" : `${Math.round(durationMs)} ms`;
  const line = `    ${sayTime(at)} ${took.padStart(8)}  ${result}: ${detail}`;
  return [line, ...words.map((each) => `      ${each}`)].map((text) => cut(text, screen));
}

const cut = (text: string, { columns }: Screen): string =>
  columns === undefined || text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
