/**
 * What the original did, so that ours can be compared with it where the original does not run. A file of
 * test/support/recorded for each group, scene or list of readings; test/README.md says who reads and writes it when.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { originalProgram, type Who } from "../../lab/director.ts";
import { deviations, printDeviation, type Seen } from "./compare.ts";

export type RecordMode = "read" | "write" | "both" | "off";

interface RecordedCase {
  /** A sum of all that the programs were given in it. */
  readonly input: string;
  /** By moment: `2 step 1`. */
  readonly seen: Readonly<Record<string, Seen>>;
}

interface RecordFile {
  /** Which original it was. */
  readonly program: string;
  /** Of `leftOut` in story.ts: what of the original's was left out. */
  readonly leftOut: readonly string[];
  readonly cases: Readonly<Record<string, RecordedCase>>;
}

const recorded = fileURLToPath(new URL("../../support/recorded/", import.meta.url));
const readFrom = (): string => process.env["PARITY_RECORDED_FROM"] ?? recorded;
/** A lab's machine writes to another place than it reads from: its own disk goes with it. */
const writtenTo = (): string => process.env["PARITY_RECORDED_TO"] ?? readFrom();

const modes: readonly string[] = ["read", "write", "both", "off"] satisfies RecordMode[];

/** A case depends on those that share its daemon: where PARITY_ONLY chooses, no record holds. */
function wantedMode(): RecordMode {
  const { PARITY_RECORD: wanted = "off", PARITY_ONLY: only } = process.env;
  if (!modes.includes(wanted)) throw new Error(`PARITY_RECORD=${wanted}: known are ${modes}`);
  return only ? "off" : (wanted as RecordMode);
}

/** What the original itself says, and a sum of its text. */
function installedProgram(): string {
  if (!existsSync(originalProgram)) return "none";
  const text = readFileSync(originalProgram, "utf8");
  const version = /^\$VERSION_STR = "(.*)";/m.exec(text)?.[1] ?? "of no version";
  return `${version}, ${sumOf(text)}`;
}

const sumOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 16);

/** Without the kinds of which there is no line: most cases have but a few. */
const compact = (seen: Seen): Seen =>
  Object.fromEntries(Object.entries(seen).filter(([, lines]) => lines.length > 0));

const text = (value: unknown): string => JSON.stringify(value);

/** JSON with a line for each moment, so that a diff shows what has changed. */
function printed({ program, leftOut, cases }: RecordFile): string {
  const lines = Object.entries(cases).map(([name, { input, seen }]) => {
    const moments = Object.entries(seen).map(([moment, it]) => `  ${text(moment)}: ${text(it)}`);
    const head = ` ${text(name)}: {"input": ${text(input)}, "seen": {`;
    return [head, moments.join(",\n"), " }}"].join("\n");
  });
  const head = `{"program": ${text(program)}, "leftOut": ${text(leftOut)}, "cases": {`;
  return [head, lines.join(",\n"), "}}", ""].join("\n");
}

/** One case's part. */
export class CaseRecord {
  /** What is wrong with it altogether: that it is missing, or of another input or program. */
  readonly lacks: readonly string[];
  readonly #recorded: RecordedCase | undefined;
  readonly #mode: RecordMode;
  readonly input: string;
  readonly fresh: Record<string, Seen> = {};

  constructor(mode: RecordMode, input: string, recorded: RecordedCase | undefined, lack?: string) {
    this.#mode = mode;
    this.input = input;
    this.#recorded = recorded;
    this.lacks = lack !== undefined && (mode === "read" || mode === "both") ? [lack] : [];
  }

  /** What the original did, where it does not run; undefined when nobody knows, which is one of `lacks`. */
  original(moment: string): Seen | undefined {
    if (this.lacks.length > 0) return undefined;
    return this.#recorded?.seen[moment] ?? {};
  }

  /** What the original that runs does otherwise than the one that was recorded. */
  stale(moment: string, seen: Seen): readonly string[] {
    if (this.#mode !== "both" || this.lacks.length > 0) return [];
    return deviations(this.#recorded?.seen[moment] ?? {}, seen).map(
      ({ of, who, line }) =>
        `the record is stale (${who === "ours" ? "now" : "as recorded"}): ${printDeviation({ of, who: "original", line })}`,
    );
  }

  get isWritten(): boolean {
    return this.#mode === "write";
  }

  note(moment: string, seen: Seen): void {
    this.fresh[moment] = compact(seen);
  }
}

/** Of one group, scene or list. */
export class OriginalRecord {
  /** Who runs. */
  readonly who: readonly Who[];
  readonly mode: RecordMode;
  readonly #name: string;
  readonly #file: RecordFile | undefined;
  readonly #cases = new Map<string, CaseRecord>();

  private constructor(name: string, mode: RecordMode, file: RecordFile | undefined) {
    this.#name = name;
    this.mode = mode;
    this.#file = file;
    this.who = mode === "read" ? ["ours"] : ["ours", "original"];
  }

  /**
   * @param kind `groups`, `scenes`, `readings`
   * @param isRandom others each time, so that there is nothing to record
   */
  static open(kind: string, name: string, isRandom = false): OriginalRecord {
    const path = `${kind}/${name.replaceAll(/\W+/g, "-")}.json`;
    const wanted = isRandom ? "off" : wantedMode();
    const place = join(readFrom(), path);
    const file =
      wanted === "off" || wanted === "write" || !existsSync(place)
        ? undefined
        : (JSON.parse(readFileSync(place, "utf8")) as RecordFile);
    const isNew = wanted === "read" && file === undefined;
    if (isNew) console.log(`${name}: never recorded, so the original runs beside ours`);
    return new OriginalRecord(path, isNew ? "off" : wanted, file);
  }

  /** @param input all that the programs are given in it */
  of(name: string, input: unknown): CaseRecord {
    if (this.#cases.has(name)) throw new Error(`two cases have this name: ${name}`);
    const sum = sumOf(JSON.stringify(input));
    const recorded = this.#file?.cases[name];
    const made = new CaseRecord(this.mode, sum, recorded, this.#lack(recorded, sum));
    this.#cases.set(name, made);
    return made;
  }

  #lack(recorded: RecordedCase | undefined, sum: string): string | undefined {
    const how = "record it: npm run test:record -- and its file";
    if (recorded === undefined) return `not recorded; ${how}`;
    if (recorded.input !== sum) return `recorded with another input; ${how}`;
    if (this.mode === "both" && this.#file?.program !== installedProgram())
      return `recorded of ${this.#file?.program}, and this is ${installedProgram()}; ${how}`;
    return undefined;
  }

  /** What was left out of the comparison with what is recorded. */
  get leftOut(): readonly string[] {
    return this.mode === "read" ? (this.#file?.leftOut ?? []) : [];
  }

  /** Writes what was noted, if this is to be recorded. */
  close(leftOut: Iterable<string> = []): void {
    if (this.mode !== "write") return;
    const place = join(writtenTo(), this.#name);
    const cases = [...this.#cases].map(([name, { input, fresh }]): [string, RecordedCase] => [
      name,
      { input, seen: fresh },
    ]);
    const file: RecordFile = {
      program: installedProgram(),
      leftOut: [...leftOut].sort(),
      cases: Object.fromEntries(cases),
    };
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, printed(file));
  }
}
