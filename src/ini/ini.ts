import { unsafe } from "ini";
import type { Diagnostic } from "../config/diagnostics.ts";
import { iniPath } from "../config/ini-path.ts";
import { readRegularFile } from "../config/read-file.ts";
import { suggestion } from "../config/text/suggestion.ts";
import { messageOf } from "../model/error-text.ts";
import { err, ok, type Result } from "../model/result.ts";
import {
  type AlertDraft,
  alertKeys,
  beginAlert,
  maxAlerts,
  readAlert,
  withKey,
} from "./alert-keys.ts";
import { syncLacks } from "./kernel-keys.ts";
import {
  type IniSettings,
  iniDefaults,
  readVirtualName,
  type Section,
  sections,
  type VirtualSettings,
  virtualKeys,
} from "./sections.ts";
import { webLacks } from "./web-keys.ts";

/** The settings beside `cfPath`; the defaults when there is no such file. */
export async function loadIni(
  cfPath: string,
  readFile: (path: string) => Promise<Uint8Array> = readRegularFile,
): Promise<Result<IniSettings, readonly Diagnostic[]>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(iniPath(cfPath));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return ok(iniDefaults);
    const why = messageOf(error);
    return err([iniProblem({ line: 0, column: 0 }, undefined, `can not be read: ${why}`)]);
  }
  return parseIni(Buffer.from(bytes).toString());
}

/** Pure. Unknown sections and keys are errors: a setting that is not obeyed must not look obeyed. */
export function parseIni(text: string): Result<IniSettings, readonly Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  const virtuals = new Map<string, VirtualSettings>();
  const alerts = new Map<string, AlertDraft>();
  let settings = iniDefaults;
  let section: Begun | "unknown" | undefined;
  for (const entry of entries(text)) {
    const { name, place } = entry;
    const tell = (message: string) => {
      diagnostics.push(iniProblem(place, name, message));
    };
    if (entry.kind === "section") {
      const begun = beginSection(entry, virtuals, alerts);
      if (!begun.ok) tell(begun.error);
      section = begun.ok ? begun.value : "unknown";
    } else if (section === undefined) {
      tell("stands outside every section; begin with [table] or [daemon]");
    } else if (section === "unknown") {
      // Told with its first line.
    } else if (isAlert(section)) {
      const key = alertKeys.find((known) => known === name);
      if (key === undefined) {
        tell(`no such key in [alert]${hintFor("key", name, alertKeys)}`);
        continue;
      }
      const { draft, trouble } = withKey(section, key, entry.value, place);
      if (trouble !== undefined) tell(trouble);
      section = draft;
      alerts.set(draft.name, draft);
    } else if ("place" in section) {
      const known = virtualKeys.find((key) => key === name);
      if (known === undefined) {
        tell(`no such key in [virtual]${hintFor("key", name, virtualKeys)}`);
        continue;
      }
      section = { ...section, [known]: { word: entry.value, place } };
      virtuals.set(section.name, section);
    } else {
      const { keys } = section;
      const read = Object.hasOwn(keys, name) ? keys[name] : undefined;
      const value = read?.(entry.value, place, settings);
      if (value === undefined) {
        tell(`no such key in [${section.name}]${hintFor("key", name, Object.keys(keys))}`);
      } else if (value.ok) settings = { ...settings, ...value.value };
      else tell(value.error);
    }
  }
  const lacking = syncLacks(settings.sync, settings.role);
  if (lacking !== undefined) diagnostics.push(iniProblem(lacking.place, "start", lacking.message));
  for (const open of [webLacks(settings.metrics), webLacks(settings.page)]) {
    if (open !== undefined) diagnostics.push(iniProblem(open.place, "listen", open.message));
  }
  const routes = [...alerts.values()].flatMap((draft) => {
    const read = readAlert(draft);
    if (read.ok) return [read.value];
    for (const { place, key, message } of read.error) {
      diagnostics.push(iniProblem(place, key, message));
    }
    return [];
  });
  if (diagnostics.length > 0) return err(diagnostics.sort((a, b) => a.line - b.line));
  return ok({
    ...settings,
    ...(virtuals.size > 0 && { virtuals: [...virtuals.values()] }),
    ...(routes.length > 0 && { alerts: routes }),
  });
}

type Begun = Section | VirtualSettings | AlertDraft;
const isAlert = (section: Begun): section is AlertDraft => "words" in section;

/** @param virtuals and @param alerts those that there are so far: a `[virtual …]`, an `[alert …]` is added to them */
function beginSection(
  { name, place }: Entry,
  virtuals: Map<string, VirtualSettings>,
  alerts: Map<string, AlertDraft>,
): Result<Begun, string> {
  const [, word = "", argument] = /^(\S*)(?:\s+(.*))?$/s.exec(name) ?? [];
  if (word === "virtual") {
    const named = readVirtualName(argument ?? "");
    if (!named.ok) return named;
    const before = virtuals.get(named.value);
    if (before !== undefined)
      return err(`the same virtual service as in line ${before.place.line}`);
    const begun = { name: named.value, place };
    virtuals.set(named.value, begun);
    return ok(begun);
  }
  if (word === "alert") {
    const begun = beginAlert(argument ?? "", place);
    if (!begun.ok) return begun;
    const before = alerts.get(begun.value.name);
    if (before !== undefined) return err(`the same name as in line ${before.place.line}`);
    if (alerts.size >= maxAlerts) return err(`there are ${maxAlerts} alerts already`);
    alerts.set(begun.value.name, begun.value);
    return begun;
  }
  const known = sections.find((section) => section.name === name);
  if (known !== undefined) return ok(known);
  const words = [...sections.map((section) => section.name), "virtual ADDRESS:PORT", "alert NAME"];
  return err(
    `no such section${suggestion(word, [...words, "virtual", "alert"]) || knownWords("section", words)}`,
  );
}

interface Entry {
  readonly place: { readonly line: number; readonly column: number };
  readonly kind: "section" | "key";
  readonly name: string;
  /** Of a key; `true` where the line has no `=`. */
  readonly value: string;
}

/**
 * Sections and keys with their places, values as the `ini` package reads them: it gives no places, and takes a section
 * name apart at its dots and ends it at its first bracket, which an address has both of.
 */
function entries(text: string): Entry[] {
  return text.split(/\r?\n/).flatMap((raw, i): Entry[] => {
    const [, blanks = "", body = ""] = /^(\s*)(.*?)\s*$/s.exec(raw) ?? [];
    if (body === "" || /^[;#]/.test(body)) return [];
    const place = { line: i + 1, column: blanks.length + 1 };
    const section = /^\[((?:[^\][]|\[[^\][]*\])*)\]\s*(?:[;#].*)?$/.exec(body)?.[1];
    // The package's own way to write a dot in a name.
    if (section !== undefined) {
      return [{ place, kind: "section", name: section.replaceAll("\\.", ".").trim(), value: "" }];
    }
    const [, name = "", equals, value = ""] = /^([^=]*)(=?)(.*)$/s.exec(body) ?? [];
    return [
      { place, kind: "key", name: name.trim(), value: equals === "=" ? unsafe(value) : "true" },
    ];
  });
}

const hintFor = (what: string, word: string, words: readonly string[]): string =>
  suggestion(word, words) || knownWords(what, words);

const knownWords = (what: string, words: readonly string[]): string =>
  `; ${what}s are ${words.join(", ")}`;

export const iniProblem = (
  { line, column }: Entry["place"],
  name: string | undefined,
  message: string,
  severity: Diagnostic["severity"] = "error",
): Diagnostic => ({
  severity,
  line,
  column,
  ...(name === undefined ? {} : { directive: name }),
  legacyLine: line,
  message,
  order: line,
});
