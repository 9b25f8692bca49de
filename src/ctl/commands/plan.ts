/** `ldirectorctl plan`: what a file would change, were it taken up now. Changes nothing. */
import type { Command } from "commander";
import { loadChecks } from "../../../checks/registry.ts";
import { findFile } from "../../commands/find-file.ts";
import { iniPath } from "../../config/ini-path.ts";
import { readRegularFile } from "../../config/read-file.ts";
import { decoding } from "../../config/text/decode.ts";
import { atOnce } from "../../config/turns.ts";
import { prepare, type Ready } from "../../daemon/prepare.ts";
import { IpvsUnavailableError, NetlinkError } from "../../errors.ts";
import { noOrders, type OrdersView } from "../../health/view.ts";
import type { IniSettings } from "../../ini/sections.ts";
import { lookAtKernel } from "../../ipvs/look-at-kernel.ts";
import { printable } from "../../model/one-line.ts";
import { readState } from "../../orders/state.ts";
import { StateFile } from "../../orders/state-file.ts";
import { planStart } from "../../plan/from-now.ts";
import type { Plan } from "../../plan/plan.ts";
import { instanceName } from "../../process/instance.ts";
import { connect, NoDaemon, Refused } from "../client.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { mistakesText } from "../mistakes.ts";
import { planText } from "../plan-text.ts";
import type { Screen } from "../screen.ts";

interface PlanOptions extends SharedOptions {
  readonly json?: boolean;
}

export const planCommand: CtlCommand = (program, { screen, finish }) => {
  program
    .command("plan")
    .argument("[file]", "the ldirectord.cf; behind -c FILE: in place of that one, for its daemon")
    .option("--json", "for scripts: the plan as one object")
    .description("tells what a file would change in the table and elsewhere, and changes nothing")
    .addHelpText(
      "after",
      "\nExit: 0 nothing would change, 1 error, 2 changes, 64 wrong command line.",
    )
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      try {
        finish(await plan(file, options, screen));
      } catch (error) {
        if (!isExpected(error)) throw error;
        screen.err(`${printable(error.message)}\n`);
        finish(exitCodes.error);
      }
    });
};

const exitCodes = { same: 0, error: 1, changes: 2 } as const;

const isExpected = (error: unknown): error is Error =>
  [NoDaemon, Refused, IpvsUnavailableError, NetlinkError].some((kind) => error instanceof kind);

/** @returns the exit code */
async function plan(
  given: string | undefined,
  { json = false, config }: PlanOptions,
  screen: Screen,
): Promise<number> {
  const name = given ?? config;
  const { path, cause } = findFile(name);
  if (path === undefined) {
    const why = cause === undefined ? "" : `: ${cause}`;
    screen.err(`Config file ${printable(name ?? "ldirectord.cf")} not found${why}\n`);
    return exitCodes.error;
  }
  const files = new Files(path, config === undefined ? path : (findFile(config).path ?? path));
  const next = await prepare(path, await loadChecks(), { readFile: files.read });
  if (!next.ok) {
    screen.err(mistakesText(next.found));
    return exitCodes.error;
  }
  const { plan: made, notes } = await planByDaemon(config ?? given, files, next);
  if (json) screen.out(`${JSON.stringify({ version: 1, ...made }, undefined, 2)}\n`);
  else screen.out(planText(made, notes, screen));
  return made.changes.length > 0 ? exitCodes.changes : exitCodes.same;
}

interface Made {
  readonly plan: Plan;
  /** What there is to say of where it is from. */
  readonly notes: readonly string[];
}

/** Of the daemon that runs; where none does, of a start. @param name of its file */
async function planByDaemon(name: string | undefined, files: Files, next: Ready): Promise<Made> {
  try {
    const daemon = await connect(name);
    try {
      const { body } = await daemon.ask("POST", "/v1/plan", { body: files.texts() });
      return {
        plan: body as Plan,
        notes: ["This is what the daemon that runs would do, at a reload"],
      };
    } finally {
      await daemon.close();
    }
  } catch (error) {
    if (!(error instanceof NoDaemon && error.isNone)) throw error;
    return planByStart(name, next, printable(error.message));
  }
}

async function planByStart(name: string | undefined, next: Ready, why: string): Promise<Made> {
  const notes = [`${why}: this is what a start would do`];
  const orders = await ordersLeft(next.ini, instanceName(name));
  if (next.ini.backend === "embedded") return { plan: await planStart(next, [], orders), notes };
  const rows = await lookAtKernel();
  if (rows === undefined) notes.push("Module ip_vs is not loaded: the table is taken as empty");
  return { plan: await planStart(next, rows ?? [], orders), notes };
}

/** What a start would obey of the orders before it: of a file that it would set aside, nothing. */
async function ordersLeft({ stateDir }: IniSettings, instance: string): Promise<OrdersView> {
  try {
    const bytes = await readRegularFile(new StateFile(stateDir, instance).path);
    return readState(bytes.toString(), Date.now());
  } catch {
    return noOrders;
  }
}

/** The file, and the ini of the one that it is to replace; with their texts, once read. */
class Files {
  readonly #path: string;
  readonly #replaced: string;
  readonly #texts = new Map<string, string>();

  constructor(path: string, replaced: string) {
    this.#path = path;
    this.#replaced = replaced;
  }

  readonly read = async (path: string): Promise<Uint8Array> => {
    const isIni = path === iniPath(this.#path);
    const bytes = await readRegularFile(isIni ? iniPath(this.#replaced) : path);
    this.#texts.set(path, atOnce(decoding(bytes)).text);
    return bytes;
  };

  texts(): { readonly path: string; readonly cf: string; readonly ini?: string } {
    const ini = this.#texts.get(iniPath(this.#path));
    const cf = this.#texts.get(this.#path) ?? "";
    return { path: this.#path, cf, ...(ini !== undefined && { ini }) };
  }
}
