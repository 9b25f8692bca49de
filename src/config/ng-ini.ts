import { dirname, join } from "node:path";
import { parse } from "ini";
import { err, ok, type Result } from "../model/result.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { suggestion } from "./nearest.ts";
import { readRegularFile } from "./read-file.ts";

/** What `ldirectord.cf` has no words for: the optional `ldirectord-ng.ini` beside it. */
export interface NgIni {
  /** Where the IPVS table is: the kernel's, or one in memory (a dry run). */
  readonly backend: "kernel" | "embedded";
  /** Between two looks at the table for changes by others. */
  readonly rereadMs: number;
  /** Where the pid file goes. */
  readonly rundir: string;
  /** Entries in systemd's journal beside the log that `logfile` names. auto: when systemd started us. */
  readonly journal: "auto" | "yes" | "no";
  /** The longest that `stop` waits for the clean table. */
  readonly stopTimeoutMs: number;
  /** Of the servers that `smtp=` names. */
  readonly smtpPort: number;
  /** Takes a mail on its standard input, called with -t. Default: where the original looks. */
  readonly mailProgram?: string;
}

export const iniDefaults: NgIni = {
  backend: "kernel",
  rereadMs: 5_000,
  rundir: "/var/run",
  journal: "auto",
  stopTimeoutMs: 30_000,
  smtpPort: 25,
};

export const iniPath = (cfPath: string): string => join(dirname(cfPath), "ldirectord-ng.ini");

type Read = (text: string) => Result<Partial<NgIni>, string>;

const seconds =
  (key: "rereadMs" | "stopTimeoutMs", max: number): Read =>
  (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : 0;
    if (number >= 1 && number <= max) return ok({ [key]: number * 1000 });
    return err(`"${text}" is not a number of seconds from 1 to ${max}`);
  };

const absolutePath =
  (key: "rundir" | "mailProgram"): Read =>
  (text) =>
    text.startsWith("/") ? ok({ [key]: text }) : err(`"${text}" is not an absolute path`);

const backends = ["kernel", "embedded"] as const;
const journals = ["auto", "yes", "no"] as const;

/** One row per key of each section. */
const keys: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  table: {
    backend: (text) => {
      const backend = backends.find((known) => known === text);
      if (backend !== undefined) return ok({ backend });
      return err(`"${text}" is neither kernel nor embedded${suggestion(text, backends)}`);
    },
    "reread-seconds": seconds("rereadMs", 3600),
  },
  daemon: {
    rundir: absolutePath("rundir"),
    "stop-timeout-seconds": seconds("stopTimeoutMs", 3600),
  },
  log: {
    journal: (text) => {
      const journal = journals.find((known) => known === text);
      if (journal !== undefined) return ok({ journal });
      return err(`"${text}" is neither auto nor yes nor no`);
    },
  },
  email: {
    "smtp-port": (text) => {
      const port = /^\d+$/.test(text) ? Number(text) : 0;
      if (port >= 1 && port <= 65_535) return ok({ smtpPort: port });
      return err(`"${text}" is not a port from 1 to 65535`);
    },
    program: absolutePath("mailProgram"),
  },
};

/** The settings beside `cfPath`; the defaults when there is no such file. */
export async function loadIni(cfPath: string): Promise<Result<NgIni, readonly Diagnostic[]>> {
  let text: string;
  try {
    text = (await readRegularFile(iniPath(cfPath))).toString();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return ok(iniDefaults);
    const why = error instanceof Error ? error.message : String(error);
    return err([diagnostic(0, 0, undefined, `can not be read: ${why}`)]);
  }
  return parseIni(text);
}

/** Pure. Unknown sections and keys are errors: a setting that is not obeyed must not look obeyed. */
export function parseIni(text: string): Result<NgIni, readonly Diagnostic[]> {
  const values = asRecord(parse(text));
  const diagnostics: Diagnostic[] = [];
  let settings = iniDefaults;
  let section: string | undefined;
  for (const { line, column, kind, name } of entries(text)) {
    const tell = (message: string) => diagnostics.push(diagnostic(line, column, name, message));
    if (kind === "section") {
      section = name;
      if (!Object.hasOwn(keys, name)) {
        const hint =
          suggestion(name, Object.keys(keys)) || knownWords("section", Object.keys(keys));
        tell(`no such section${hint}`);
      }
      continue;
    }
    if (section === undefined) {
      tell("stands outside every section; begin with [table] or [daemon]");
      continue;
    }
    const known = Object.hasOwn(keys, section) ? keys[section] : undefined;
    if (known === undefined) continue;
    const read = Object.hasOwn(known, name) ? known[name] : undefined;
    if (read === undefined) {
      const hint = suggestion(name, Object.keys(known)) || knownWords("key", Object.keys(known));
      tell(`no such key in [${section}]${hint}`);
      continue;
    }
    const value = read(String(asRecord(values[section])[name] ?? ""));
    if (value.ok) settings = { ...settings, ...value.value };
    else tell(value.error);
  }
  return diagnostics.length > 0 ? err(diagnostics) : ok(settings);
}

interface Entry {
  readonly line: number;
  readonly column: number;
  readonly kind: "section" | "key";
  readonly name: string;
}

/** Where sections and keys stand: the `ini` package gives values without places. */
function entries(text: string): Entry[] {
  return text.split(/\r?\n/).flatMap((raw, i): Entry[] => {
    const [, blanks = "", body = ""] = /^(\s*)(.*?)\s*$/s.exec(raw) ?? [];
    if (body === "" || /^[;#]/.test(body)) return [];
    const place = { line: i + 1, column: blanks.length + 1 };
    const section = /^\[([^\]]*)\]/.exec(body)?.[1]?.trim();
    if (section !== undefined) return [{ ...place, kind: "section", name: section }];
    return [{ ...place, kind: "key", name: (/^[^=]*/.exec(body)?.[0] ?? "").trim() }];
  });
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? { ...value } : {};

const knownWords = (what: string, words: readonly string[]): string =>
  `; ${what}s are ${words.join(", ")}`;

const diagnostic = (
  line: number,
  column: number,
  name: string | undefined,
  message: string,
): Diagnostic => ({
  severity: "error",
  line,
  column,
  ...(name === undefined ? {} : { directive: name }),
  legacyLine: line,
  message,
  order: line,
});
