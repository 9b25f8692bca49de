import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArguments } from "./arguments.ts";
import { instanceName } from "./instance.ts";

/**
 * Whether that process is an ldirectord, ours or the original, that was started for `instance`. A pid comes round
 * again: whoever edits `ldirectord.cf`, asks systemd for `ldirectord.service` or starts us from a shell must not be
 * taken for the daemon, and be killed by `stop`.
 */
export function isDirector(pid: number, instance: string): boolean {
  // In a container our own pid comes round at once, and that of the command that starts us.
  if (pid === process.pid || (process.connected && pid === process.ppid)) return false;
  return isDaemonOf(commandLine(pid), instance);
}

/** Whether that process is the original, which knows other signals. */
export const isOriginal = (pid: number): boolean => isPerl(commandLine(pid)[0] ?? "");

/** @returns the words; none for a process that is gone, or a zombie */
function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replace(/\0+$/, "").split("\0");
  } catch {
    return [];
  }
}

/** Pure. An ldirectord that only asks, stops or tells is none; nor is the daemon of another instance. */
export function isDaemonOf(argv: readonly string[], instance: string): boolean {
  const words = wordsOfDirector(argv);
  if (words === undefined) return false;
  const called = parseArguments(words.map((word) => Buffer.from(word, "latin1").toString()));
  if (called.kind === "usage") return true; // called by a name that it gave itself
  if (called.kind !== "run" || !starting.has(called.command)) return false;
  return instanceName(called.config) === instance;
}

const starting: ReadonlySet<string> = new Set(["start", "restart", "try-restart"]);

/**
 * The one rule for who is an ldirectord; packaging/files/is-director is the same for the shell. The process is
 * called so itself, or an interpreter that was given the program of that name to run: `ldirectord PROGRAM web.cf
 * start`, `node /usr/sbin/ldirectord start`, `perl -w /usr/sbin/ldirectord start`.
 * @returns the words behind the program's name; undefined for any other process
 */
export function wordsOfDirector(argv: readonly string[]): readonly string[] | undefined {
  const [first = "", ...rest] = argv;
  const at = rest.findIndex((word) => !word.startsWith("-"));
  const words = at < 0 ? [] : rest.slice(at + 1);
  if (isProgram(first) || first.startsWith("ldirectord ")) return words;
  const isRun = at >= 0 && isProgram(rest[at] ?? "") && (isPerl(first) || isNode(first));
  return isRun ? words : undefined;
}

const isProgram = (word: string): boolean => basename(word) === "ldirectord";
const isPerl = (word: string): boolean => /^perl[\d.]*$/.test(basename(word));
const isNode = (word: string): boolean => /^node(?:js)?[\d.]*$/.test(basename(word));
