/** `ldirectorctl doctor`: whether this host is set up to be the director of a file. Changes nothing. */
import type { Command } from "commander";
import { loadChecks } from "../../../checks/registry.ts";
import { withInstances } from "../../commands/with-instances.ts";
import { type Examination, examine, type Finding, type Unseen } from "../../doctor/examine.ts";
import { gather } from "../../doctor/gather/gather.ts";
import type { Mend } from "../../doctor/rule.ts";
import type { IniSettings } from "../../ini/sections.ts";
import { printable } from "../../model/one-line.ts";
import type { VirtualService } from "../../model/virtual-service.ts";
import { instanceName, pidFilePath } from "../../process/instance.ts";
import { readPidFile } from "../../process/pid-file.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { coloured, type Screen, wrapped } from "../screen.ts";

interface DoctorOptions extends SharedOptions {
  readonly json?: boolean;
}

export const doctorCommand: CtlCommand = (program, { screen, finish }) => {
  program
    .command("doctor")
    .argument("[file]", "the ldirectord.cf that this host directs by")
    .option("--json", "an object with all that was looked at")
    .description("tells what is wrong with this host as a director, and how to mend it")
    .addHelpText("after", "\nExit: 0 fine, 1 advice, 2 faults, 64 wrong command line.")
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      finish(await doctor(file, command.optsWithGlobals<DoctorOptions>(), screen));
    });
};

const exitCodes = { fine: 0, advice: 1, faults: 2 } as const;

/** @param given the file; undefined: as `ldirectord` looks for it @returns the exit code */
async function doctor(
  given: string | undefined,
  { json = false, config }: DoctorOptions,
  screen: Screen,
): Promise<number> {
  const file = given ?? config;
  const directed = await directedBy(file, screen);
  if (directed === undefined) return exitCodes.faults;
  const examination = examine(await gather(directed.virtuals, directed.daemonPid, directed.ini));
  const { findings, unseen } = examination;
  const count = (severity: Finding["severity"]): number =>
    findings.filter((each) => each.severity === severity).length;
  const counts = { checks: findings.length, faults: count("fault"), advice: count("advice") };
  if (json) {
    const told = { version: 1, paths: directed.paths, ...counts, findings, unseen };
    screen.out(`${JSON.stringify(told, undefined, 2)}\n`);
  } else screen.out(textOf(examination, counts, screen));
  if (counts.faults > 0) return exitCodes.faults;
  return counts.advice > 0 ? exitCodes.advice : exitCodes.fine;
}

interface Directed {
  readonly paths: readonly string[];
  readonly virtuals: readonly VirtualService[];
  readonly daemonPid?: number;
  /** The first file's: those of a folder share it. */
  readonly ini?: IniSettings;
}

/** What the file and its instances want. @returns undefined when one cannot be read: that has been told */
async function directedBy(file: string | undefined, screen: Screen): Promise<Directed | undefined> {
  const paths: string[] = [];
  const virtuals: VirtualService[] = [];
  let daemonPid: number | undefined;
  let ini: IniSettings | undefined;
  for await (const each of withInstances(file, await loadChecks())) {
    if (each instanceof Error) screen.err(`${each.message}\n`);
    else if (!each.read.ok) {
      const path = printable(each.path);
      screen.err(`${path}: ldirectord refuses it; see ldirectorctl check ${path}\n`);
    }
    if (each instanceof Error || !each.read.ok) return undefined;
    daemonPid ??= pidOf(pidFilePath(each.read.ini.rundir, instanceName(file)));
    ini ??= each.read.ini;
    paths.push(each.path);
    virtuals.push(...each.read.config.virtuals);
  }
  return {
    paths,
    virtuals,
    ...(daemonPid === undefined ? {} : { daemonPid }),
    ...(ini === undefined ? {} : { ini }),
  };
}

function pidOf(pidFile: string): number | undefined {
  try {
    const found = readPidFile(pidFile);
    return found.state === "running" ? found.pid : undefined;
  } catch {
    return undefined; // not for us to read
  }
}

interface Counts {
  readonly checks: number;
  readonly faults: number;
  readonly advice: number;
}

/** Of either kind: what is more stands in the JSON. */
const maxTold = 100;

function textOf(
  { findings, unseen }: Examination,
  { checks, faults, advice }: Counts,
  screen: Screen,
): string {
  const bad = findings.filter(({ severity }) => severity !== "fine");
  const more = [bad, unseen].reduce((sum, { length }) => sum + Math.max(0, length - maxTold), 0);
  const counts = [
    ...(faults > 0 ? [coloured(screen, "red", `${faults} fault${faults === 1 ? "" : "s"}`)] : []),
    ...(advice > 0 ? [coloured(screen, "yellow", `${advice} advice`)] : []),
    `${checks - faults - advice} fine`,
  ].join(", ");
  const left = unseen.length === 0 ? "" : `; ${unseen.length} could not be made`;
  return [
    ...bad.slice(0, maxTold).map((each) => findingText(each, screen)),
    ...unseen.slice(0, maxTold).map((each) => unseenText(each, screen)),
    ...(more > 0 ? [`… and ${more} more: see --json\n`] : []),
    `${checks} check${checks === 1 ? "" : "s"}: ${counts}${left}\n`,
  ].join("");
}

function findingText({ id, severity, what, why, mend }: Finding, screen: Screen): string {
  const kind = coloured(screen, severity === "fault" ? "red" : "yellow", severity);
  const told = [
    wrapped(screen, `${kind}: ${id}: ${printable(what)}`),
    ...(why === undefined ? [] : [wrapped(screen, `    ${why}`)]),
  ];
  return `${[...told, ...mendLines(mend)].join("\n")}\n`;
}

function unseenText({ id, what, why, mend }: Unseen, screen: Screen): string {
  const told = wrapped(screen, `not seen: ${id}: ${printable(what)}: ${printable(why)}`);
  return `${[told, ...mendLines(mend)].join("\n")}\n`;
}

/** Never broken: they are to be copied. */
function mendLines(mend: Mend | undefined): readonly string[] {
  if (mend === undefined) return [];
  const place = mend.on === undefined ? [] : [`    on ${printable(mend.on)}:`];
  return [...place, ...mend.commands.map((command) => `        ${printable(command)}`)];
}
