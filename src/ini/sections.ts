import { isIPv4 } from "node:net";
import { suggestion } from "../config/text/suggestion.ts";
import { canonicalAddress, formatEndpoint } from "../model/address.ts";
import { type LogFormat, type LogLevel, logFormats, logLevels } from "../model/log-target.ts";
import type { Place } from "../model/place.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { AlertRoute } from "./alert-settings.ts";
import { type SyncSettings, syncKeys, type TimeoutSettings, timeoutKeys } from "./kernel-keys.ts";
import { type MetricsSettings, metricsKeys } from "./metrics-keys.ts";
import { type RoleSettings, roleKeys } from "./role-keys.ts";
import { type WebSettings, webKeys } from "./web-keys.ts";

/** What `ldirectord.cf` has no words for: the optional `ldirectord-ng.ini` beside it. */
export interface IniSettings {
  /** Where the IPVS table is: the kernel's, or one in memory, which forwards nothing. */
  readonly backend: "kernel" | "embedded";
  /** Between two looks at the table for changes by others. */
  readonly rereadMs: number;
  /** Where the pid file goes. */
  readonly rundir: string;
  /** Entries in systemd's journal beside the log that `logfile` names. auto: for a service whose standard error is the journal. */
  readonly journal: "auto" | "yes" | "no";
  /** Of a log file and of standard output; syslog has the text anyhow. */
  readonly logFormat: LogFormat;
  /** How much is written to every log. */
  readonly logLevel: LogLevel;
  /** The longest that `stop` waits for the clean table. */
  readonly stopTimeoutMs: number;
  /** Whether a fallbackcommand that was told `start` is told `stop` when the daemon stops. */
  readonly saysStopAtEnd: boolean;
  /** Of the servers that `smtp=` names. */
  readonly smtpPort: number;
  /** Services whose password goes out over TLS, or not at all; whether there are such is seen with the checks. */
  readonly demandTls?: { readonly services: readonly string[]; readonly place: Place };
  /** Whose sockets the checks use that can do with either: see checks/lib/engine. */
  readonly engine: "native" | "node";
  /** Threads that check beside the main one; auto: by the load. */
  readonly threads: "auto" | number;
  /** By `[virtual …]`. */
  readonly virtuals?: readonly VirtualSettings[];
  /** Of the kernel's sync daemon. Without it, it is left alone; */
  readonly sync?: SyncSettings;
  /** and so are those of the kernel's timeouts that are not set. */
  readonly timeouts?: TimeoutSettings;
  /** Without it, every director is the active one. */
  readonly role?: RoleSettings;
  /** Of the control socket, or `off`. Default: see controlSocketPath. */
  readonly controlSocket?: string;
  /** Where what operators have ordered outlives the daemon. */
  readonly stateDir: string;
  /** The folder of the file of health. Without it there is none. */
  readonly healthDir?: string;
  /** Percent of its real servers below which a virtual service is degraded. Without it, one is enough. */
  readonly healthShare?: number;
  /** A program that is told each word of health. Without it, none is. */
  readonly healthHook?: string;
  readonly healthHookTimeoutMs: number;
  /** Without a place to listen at there are none. */
  readonly metrics?: MetricsSettings;
  /** Of the page for people. Without a place to listen at there is none. */
  readonly page?: WebSettings;
  /** Takes a mail on its standard input, called with -t. Default: where the original looks. */
  readonly mailProgram?: string;
  /** Whether `emailalert` of the `ldirectord.cf` is obeyed. */
  readonly sendsOriginalMail: boolean;
  /** By `[alert …]`. */
  readonly alerts?: readonly AlertRoute[];
}

export const iniDefaults: IniSettings = {
  backend: "kernel",
  rereadMs: 5_000,
  rundir: "/var/run",
  journal: "auto",
  logFormat: "text",
  logLevel: "info",
  stopTimeoutMs: 30_000,
  saysStopAtEnd: false,
  smtpPort: 25,
  engine: "native",
  threads: 0,
  stateDir: "/var/lib/ldirectord",
  healthHookTimeoutMs: 10_000,
  sendsOriginalMail: true,
};

/** One `[virtual ADDRESS:PORT]` or `[virtual MARK]`: every virtual service of that address, or mark. */
export interface VirtualSettings {
  /** As the log names a virtual service: see serviceName. */
  readonly name: string;
  /** Where the section begins. */
  readonly place: Place;
  /** In place of the file's own `service=`. */
  readonly service?: { readonly word: string; readonly place: Place };
}

/** @param before what the file has said so far */
type Read = (
  text: string,
  place: Place,
  before: IniSettings,
) => Result<Partial<IniSettings>, string>;

/** Keys of one setting that has parts. */
const within = <K extends "sync" | "timeouts" | "role" | "metrics" | "page">(
  setting: K,
  keys: Readonly<
    Record<string, (text: string, place: Place) => Result<NonNullable<IniSettings[K]>, string>>
  >,
): Readonly<Record<string, Read>> =>
  Object.fromEntries(
    Object.entries(keys).map(([name, read]): [string, Read] => [
      name,
      (text, place, before) => {
        const part = read(text, place);
        return part.ok ? ok({ [setting]: { ...before[setting], ...part.value } }) : part;
      },
    ]),
  );

const seconds =
  (key: "rereadMs" | "stopTimeoutMs" | "healthHookTimeoutMs", max: number): Read =>
  (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : 0;
    if (number >= 1 && number <= max) return ok({ [key]: number * 1000 });
    return err(`"${text}" is not a number of seconds from 1 to ${max}`);
  };

const absolutePath =
  (key: "rundir" | "mailProgram" | "stateDir" | "healthDir" | "healthHook"): Read =>
  (text) =>
    text.startsWith("/") ? ok({ [key]: text }) : err(`"${text}" is not an absolute path`);

const yesNo =
  (key: "saysStopAtEnd" | "sendsOriginalMail"): Read =>
  (text) =>
    text === "yes" || text === "no"
      ? ok({ [key]: text === "yes" })
      : err(`"${text}" is neither yes nor no`);

/** Of the threads of `[checks]`. */
export const mostThreads = 8;
const engines = ["native", "node"] as const;
const backends = ["kernel", "embedded"] as const;
const journals = ["auto", "yes", "no"] as const;

/** What one part of the daemon may be told. */
export interface Section {
  readonly name: string;
  readonly keys: Readonly<Record<string, Read>>;
  /** Those keys that only a start takes up, with their settings. */
  readonly atStart?: Readonly<Record<string, keyof IniSettings>>;
}

export const sections: readonly Section[] = [
  {
    name: "table",
    keys: {
      backend: (text) => {
        const backend = backends.find((known) => known === text);
        if (backend !== undefined) return ok({ backend });
        return err(`"${text}" is neither kernel nor embedded${suggestion(text, backends)}`);
      },
      "reread-seconds": seconds("rereadMs", 3600),
    },
    atStart: { backend: "backend" },
  },
  {
    name: "daemon",
    keys: {
      rundir: absolutePath("rundir"),
      "stop-timeout-seconds": seconds("stopTimeoutMs", 3600),
      "fallbackcommand-at-stop": yesNo("saysStopAtEnd"),
    },
    atStart: { rundir: "rundir" },
  },
  {
    name: "log",
    keys: {
      journal: (text) => {
        const journal = journals.find((known) => known === text);
        if (journal !== undefined) return ok({ journal });
        return err(`"${text}" is neither auto nor yes nor no`);
      },
      format: (text) => {
        const logFormat = logFormats.find((known) => known === text);
        if (logFormat !== undefined) return ok({ logFormat });
        return err(`"${text}" is neither text nor json${suggestion(text, logFormats)}`);
      },
      level: (text) => {
        const logLevel = logLevels.find((known) => known === text);
        if (logLevel !== undefined) return ok({ logLevel });
        const hint = suggestion(text, logLevels) || `; levels are ${logLevels.join(", ")}`;
        return err(`"${text}" is no level of the log${hint}`);
      },
    },
    atStart: { journal: "journal", format: "logFormat", level: "logLevel" },
  },
  {
    name: "checks",
    keys: {
      "demand-tls": (text, place) =>
        ok({ demandTls: { place, services: text.split(/[\s,]+/).filter((word) => word !== "") } }),
      engine: (text) => {
        const engine = engines.find((known) => known === text);
        if (engine !== undefined) return ok({ engine });
        return err(`"${text}" is neither native nor node${suggestion(text, engines)}`);
      },
      threads: (text) => {
        if (text === "auto") return ok({ threads: text });
        if (/^\d+$/.test(text) && Number(text) <= mostThreads) return ok({ threads: Number(text) });
        return err(`"${text}" is neither auto nor a number from 0 to ${mostThreads}`);
      },
    },
    atStart: { engine: "engine", threads: "threads" },
  },
  {
    name: "email",
    keys: {
      "smtp-port": (text) => {
        const port = /^\d+$/.test(text) ? Number(text) : 0;
        if (port >= 1 && port <= 65_535) return ok({ smtpPort: port });
        return err(`"${text}" is not a port from 1 to 65535`);
      },
      program: absolutePath("mailProgram"),
      original: yesNo("sendsOriginalMail"),
    },
  },
  { name: "role", keys: within("role", roleKeys) },
  { name: "sync", keys: within("sync", syncKeys) },
  { name: "timeouts", keys: within("timeouts", timeoutKeys) },
  { name: "metrics", keys: within("metrics", metricsKeys) },
  { name: "page", keys: within("page", webKeys) },
  {
    name: "control",
    keys: {
      socket: (text) => {
        if (text === "off" || text.startsWith("/")) return ok({ controlSocket: text });
        return err(`"${text}" is neither an absolute path nor off`);
      },
      state: absolutePath("stateDir"),
    },
    atStart: { socket: "controlSocket", state: "stateDir" },
  },
  {
    name: "health",
    keys: {
      directory: absolutePath("healthDir"),
      share: (text) => {
        const share = /^\d{1,3}%$/.test(text) ? Number.parseInt(text, 10) : 0;
        if (share >= 1 && share <= 100) return ok({ healthShare: share });
        return err(`"${text}" is not a share from 1% to 100%; write 50%`);
      },
    },
  },
  {
    name: "health-hook",
    keys: {
      command: absolutePath("healthHook"),
      "timeout-seconds": seconds("healthHookTimeoutMs", 3600),
    },
  },
];

/** The keys of a `[virtual …]`. */
export const virtualKeys = ["service"] as const;

const maxMark = 0xffff_ffff;

/**
 * The name of a `[virtual …]` as the log writes it: `[FD00::0001]:80` is `[fd00::1]:80`.
 * @returns what is wrong with it, when it is neither an address and a port nor a mark
 */
export function readVirtualName(text: string): Result<string, string> {
  const mark = /^\d+$/.test(text) ? Number(text) : 0;
  if (mark >= 1 && mark <= maxMark) return ok(String(mark));
  const [, six, four = "", digits = ""] = /^(?:\[([^\][]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = digits === "" ? -1 : Number(digits);
  const address = six === undefined ? four : canonicalAddress(six);
  const isAddress = address !== undefined && (six === undefined ? isIPv4(address) : !isIPv4(six));
  if (isAddress && port >= 0 && port <= 65_535) return ok(formatEndpoint({ address, port }));
  return err(
    `"${text}" is neither an address with a port nor a firewall mark; write [virtual 192.0.2.1:80], [virtual [2001:db8::1]:80] or [virtual 5]`,
  );
}

/** The keys that a reload changed and only a start takes up, unless it had them so: `[table] backend`. */
export const waitsForStart = (
  started: IniSettings,
  before: IniSettings,
  next: IniSettings,
): readonly string[] =>
  sections.flatMap(({ name, atStart = {} }) =>
    Object.entries(atStart)
      .filter(([, key]) => next[key] !== before[key] && next[key] !== started[key])
      .map(([key]) => `[${name}] ${key}`),
  );
