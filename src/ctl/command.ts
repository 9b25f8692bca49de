import type { Command } from "commander";
import type { Screen } from "./screen.ts";

/** What a command of ldirectorctl is given beside its own words. */
export interface CtlContext {
  readonly screen: Screen;
  /** The exit code, once it is known. Without it, 0. */
  readonly finish: (exitCode: number) => void;
}

/** Options that stand before the command. */
export interface SharedOptions {
  /** By `-c`. */
  readonly config?: string;
}

/** Adds one command to the program: its words, its help, and what it does. One a file, in commands/. */
export type CtlCommand = (program: Command, context: CtlContext) => void;
