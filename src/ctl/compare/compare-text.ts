/** Where two directors differ, for people. */
import type { Difference, DifferencePart } from "../../compare/differences.ts";
import type { Side } from "../../compare/side.ts";
import { oneLine, printable } from "../../model/one-line.ts";
import { coloured, type Screen, wrapped } from "../screen.ts";

export interface Compared {
  readonly here: Side;
  readonly there: Side;
  readonly differences: readonly Difference[];
  readonly notes: readonly string[];
}

const titles: Readonly<Record<DifferencePart, string>> = {
  file: "Files",
  verdicts: "Verdicts",
  table: "Table",
  orders: "Orders",
};
const parts = Object.keys(titles) as DifferencePart[];

/** Of each part: what is more stands in the JSON. */
const maxTold = 100;

export function compareText(compared: Compared, screen: Screen): string {
  const { here, there, differences, notes } = compared;
  const lines = [
    ...parts.flatMap((part) => section(part, differences, screen)),
    ...notes.map((note) => `note: ${note}`),
    summary(here, there, differences.length, screen),
  ];
  // All of it but our own words is from another machine.
  return lines.map((line) => `${wrapped(screen, line, "        ")}\n`).join("");
}

function section(
  part: DifferencePart,
  all: readonly Difference[],
  screen: Screen,
): readonly string[] {
  const its = all.filter((each) => each.part === part);
  if (its.length === 0) return [];
  const more = its.length - maxTold;
  return [
    titles[part],
    ...its.slice(0, maxTold).map((each) => lineOf(each, screen)),
    ...(more > 0 ? [`  … and ${more} more: see --json`] : []),
  ];
}

function lineOf({ of, real, line, here, there }: Difference, screen: Screen): string {
  if (line !== undefined) {
    const [place, text, colour] =
      here === undefined ? (["there", there, "green"] as const) : (["here", here, "red"] as const);
    return coloured(screen, colour, `  ${printable(of)}:${line} ${place}: ${shownLine(text)}`);
  }
  const what = [of, ...(real === undefined ? [] : [real])].map((it) => oneLine(it)).join(": ");
  if (here === undefined || there === undefined) {
    const place = here === undefined ? "there" : "here";
    return `  ${what}: only ${place}: ${oneLine(String(here ?? there), 1000)}`;
  }
  return `  ${what}: ${oneLine(here, 1000)} here, ${oneLine(there, 1000)} there`;
}

/** A line end of another system's is seen. */
const shownLine = (text = ""): string =>
  printable(text.replace(/\r$/, "\\r").replaceAll("\t", "    ")) || "(an empty line)";

function summary(here: Side, there: Side, count: number, screen: Screen): string {
  const [one, other] = [oneLine(here.host), oneLine(there.host)];
  if (count === 0) {
    const services = `${here.table.length} virtual service${here.table.length === 1 ? "" : "s"}`;
    return coloured(screen, "green", `${one} and ${other} are the same: ${services}`);
  }
  const differences = `${count} difference${count === 1 ? "" : "s"}`;
  return `${coloured(screen, "red", differences)} between ${one} (here) and ${other} (there)`;
}
