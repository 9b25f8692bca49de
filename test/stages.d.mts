import type { TestProjectInlineConfiguration } from "vitest/config";

type Project = NonNullable<TestProjectInlineConfiguration["test"]>;

/** One row of the table in stages.mjs. */
export interface Stage {
  /** The word that `node test/run.mjs` takes. */
  readonly name: string;
  readonly title: string;
  /** `npm run …`; none: it is part of another, or of `npm test`. */
  readonly script?: string;
  /** What it shows, as README.md and test/README.md say it. */
  readonly shows: string;
  /** What it needs besides node_modules. */
  readonly needs?: string;
  readonly runs: "change" | "ci" | "nightly";
  /** On two cores, with nothing else to do. */
  readonly minutes: number;
  /** How many it keeps busy; none said: all. What is left is for the stages after it. */
  readonly processors?: number;
  /** It gives way to what runs beside it. */
  readonly isPatient?: boolean;
  readonly how: "tool" | "vitest" | "lab" | "machine";
  /** Of `tool`: a program of node_modules, with its arguments. */
  readonly tool?: readonly string[];
  /** Of all others: vitest's project, as vitest.config.ts has it. */
  readonly project?: Project;
  /** Of `vitest`: a script that brings what is needed, and exits with 77 where it may not. */
  readonly setUp?: string;
  readonly onBundledNode?: boolean;
  /** Of `vitest`: in a network of its own. */
  readonly isAlone?: boolean;
  /** Parts of its files' names, when it is run with others; by itself it has all. */
  readonly files?: readonly string[];
  /** Of `lab`: options of test/lab/run.mjs; and what it is told by its environment. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** That the times here are of, and that stages share. */
export const processors: number;
/** Parity without a kernel. */
export const onHost: Readonly<Record<string, string>>;
/** Parts of the names of parity's files that are recorded. */
export const recordedFiles: readonly string[];
export const stages: readonly Stage[];
/** The lines of README.md's table, and of test/README.md's. */
export const readmeLines: () => string[];
export const allLines: () => string[];
