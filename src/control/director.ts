import type { Plan } from "../plan/plan.ts";
import type { SerialSnapshot } from "./shared-snapshot.ts";

/** What the control socket may ask of the daemon, and have it do. */
export interface Director {
  /** Shared by all that ask about the same time. */
  serialSnapshot(): Promise<SerialSnapshot>;
  /** What these texts would change, were they found where the files are. @throws Refusal when they cannot run */
  plan(texts: FileTexts): Promise<Plan>;
}

/** A configuration that whoever asks has read: nobody makes a daemon of root's read a file. */
export interface FileTexts {
  /** What it is called in what is told of it. */
  readonly path: string;
  /** Of the `ldirectord.cf`, */
  readonly cf: string;
  /** and of the `ldirectord-ng.ini`. Absent: there is none. */
  readonly ini?: string | undefined;
}
