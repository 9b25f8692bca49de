/** `ldirectorctl compare`: where this director and another differ. Changes nothing. */
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { findFile } from "../../commands/find-file.ts";
import { ownVersion } from "../../commands/texts.ts";
import { differences, lasting } from "../../compare/differences.ts";
import { notesOn } from "../../compare/notes.ts";
import type { Side } from "../../compare/side.ts";
import { sideOf, type Told } from "../../compare/side-of.ts";
import { printable } from "../../model/one-line.ts";
import type { Snapshot } from "../../status/snapshot.ts";
import { connect, NoDaemon, Refused } from "../client.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { type Compared, compareText } from "../compare/compare-text.ts";
import { NoOtherSide, type OtherSide, otherSide } from "../compare/other-side.ts";
import type { Screen } from "../screen.ts";
import { asJson, wholeNumber } from "../words.ts";

interface CompareOptions extends SharedOptions {
  readonly dump?: boolean;
  readonly json?: boolean;
  readonly patience: number;
}

export const compareCommand: CtlCommand = (program, { screen, finish }) => {
  program
    .command("compare")
    .argument("[other]", "the other director: a host for ssh, a FILE.json of --dump, or - for that")
    .option("--dump", "this director's own side, as JSON")
    .option(
      "--patience <seconds>",
      "what differs is looked at once more, so much later",
      wholeNumber(0, 600),
      3,
    )
    .option("--json", "for scripts: the differences as one object")
    .description(
      "tells where this director and another differ in files, verdicts, table and orders",
    )
    .addHelpText(
      "after",
      "\nExit: 0 the same, 1 they differ, 2 they could not be compared, 64 wrong command line.",
    )
    .action(async (other: string | undefined, _options: unknown, command: Command) => {
      try {
        finish(await compare(other, command.optsWithGlobals<CompareOptions>(), screen));
      } catch (error) {
        if (!isExpected(error)) throw error;
        screen.err(`${printable(error.message)}\n`);
        finish(exitCodes.notCompared);
      }
    });
};

const exitCodes = { same: 0, differ: 1, notCompared: 2, usage: 64 } as const;

const isExpected = (error: unknown): error is Error =>
  [NoDaemon, Refused, NoOtherSide].some((kind) => error instanceof kind);

/** @returns the exit code @throws NoDaemon, Refused, NoOtherSide */
async function compare(
  other: string | undefined,
  { dump = false, json = false, patience, config }: CompareOptions,
  screen: Screen,
): Promise<number> {
  if (dump === (other !== undefined)) {
    screen.err("name the other director, or say --dump\n");
    return exitCodes.usage;
  }
  if (other === undefined) {
    screen.out(`${JSON.stringify(await ownSide(config))}\n`);
    return exitCodes.same;
  }
  const there = otherSide(other, config && (findFile(config).path ?? config));
  if (there === undefined) {
    screen.err(`${printable(other)} is no host's name; a file has a / in it or ends in .json\n`);
    return exitCodes.usage;
  }
  const compared = await comparing(config, there, patience * 1000);
  if (json) screen.out(jsonOf(compared));
  else screen.out(compareText(compared, screen));
  return compared.differences.length > 0 ? exitCodes.differ : exitCodes.same;
}

/** What only one look finds is a moment's: one of the two is a check ahead. */
async function comparing(
  config: string | undefined,
  other: OtherSide,
  patienceMs: number,
): Promise<Compared> {
  const look = async (): Promise<Compared> => {
    const [here, there] = await Promise.all([ownSide(config), other.read()]);
    return { here, there, differences: differences(here, there), notes: notesOn(here, there) };
  };
  const first = await look();
  if (first.differences.length === 0 || patienceMs === 0) return first;
  await wait(patienceMs);
  const second = await look();
  return { ...second, differences: lasting(first.differences, second.differences) };
}

/** @throws NoDaemon, Refused */
async function ownSide(config: string | undefined): Promise<Side> {
  const daemon = await connect(config);
  try {
    const status = await daemon.ask("GET", "/v1/status");
    const table = await daemon.ask("GET", "/v1/table");
    const files = await daemon.ask("GET", "/v1/files");
    return sideOf({
      host: hostname(),
      program: ownVersion(),
      snapshot: status.body as Snapshot,
      table: (table.body as { readonly services: Told["table"] }).services,
      files: (files.body as { readonly files: Told["files"] }).files,
    });
  } finally {
    await daemon.close();
  }
}

function jsonOf({ here, there, differences: found, notes }: Compared): string {
  const of = ({ host, program }: Side) => ({ host, program });
  return asJson({
    isSame: found.length === 0,
    here: of(here),
    there: of(there),
    differences: found,
    notes,
  });
}
