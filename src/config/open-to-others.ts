import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Diagnostic } from "./diagnostics.ts";
import { iniPath } from "./ini-path.ts";
import type { DirectiveName } from "./text/directives.ts";
import { type Draft, diagnose, type Setting } from "./values/read-settings.ts";

/** Directives whose value is run. */
const programs: readonly DirectiveName[] = ["checkcommand", "fallbackcommand", "callback"];

/**
 * Warnings about what others may write to: the configuration, the ini beside it, the programs that it names. Who can
 * change one of those decides what the daemon does, and it is mostly root. A program that is not there is none of ours.
 */
export async function openToOthers(path: string, draft: Draft): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const file of [path, iniPath(path)]) {
    const who = (await whoElseWrites(file)) ?? (await whoElseWrites(dirname(file), true));
    if (who === undefined) continue;
    // A folder is told once.
    if (found.some(({ message }) => message.startsWith(who))) continue;
    const message = `${who}, and with it what ldirectord does`;
    found.push({ severity: "warning", line: 0, column: 0, legacyLine: 0, message, order: 0 });
  }
  const settings = [draft.globals, ...draft.virtuals.map((virtual) => virtual.settings)];
  const named = settings.flatMap((each) => programs.flatMap((name) => each.get(name) ?? []));
  for (const setting of named) {
    const who = await whoElseWrites(programOf(setting));
    if (who === undefined) continue;
    const message = `${who}, and ldirectord runs it`;
    found.push(diagnose(setting.statement, { severity: "warning", message }));
  }
  return found;
}

/** Without its arguments. */
const programOf = ({ value }: Setting): string => String(value).split(/\s/)[0] ?? "";

/**
 * Everybody, or a group that is neither root's nor that of who runs this.
 * @returns the begin of a sentence; undefined when there is nobody else, or no such file
 */
async function whoElseWrites(path: string, isFolder = false): Promise<string | undefined> {
  if (!path.startsWith("/")) return undefined;
  const found = await stat(path).catch(() => undefined);
  // A sticky folder lets nobody replace what is another's.
  if (found === undefined || (isFolder && (found.mode & 0o1000) !== 0)) return undefined;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
  if ((found.mode & 0o002) !== 0) return `everybody may change ${path} (mode ${mode}; chmod o-w)`;
  if ((found.mode & 0o020) === 0 || [0, process.getgid?.()].includes(found.gid)) return undefined;
  return `group ${found.gid} may change ${path} (mode ${mode}; chmod g-w)`;
}
