import type { Config } from "../config/config.ts";
import type { AlertRoute } from "../ini/alert-settings.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { WebSettings } from "../ini/web-keys.ts";
import { formatEndpoint } from "../model/address.ts";
import type { Alerts } from "../model/alerts.ts";
import type { Secret } from "../model/secret.ts";
import type { CheckType, VirtualService } from "../model/virtual-service.ts";
import type { Part } from "./change.ts";

/** One setting: where it shows, its directive, and its value as the file would write it; undefined: there is none. */
export interface Setting<T> {
  readonly part: Exclude<Part, "table">;
  readonly directive: string;
  readonly write: (value: T) => string | number | undefined;
}

/** For each field of a value its setting; "elsewhere": shown by the table, by another row, or nothing of its own. */
export type Settings<T> = {
  readonly [K in keyof Required<T>]: Setting<NonNullable<T[K]>> | "elsewhere";
};

const plain = (part: Setting<never>["part"], directive: string) => ({
  part,
  directive,
  write: (value: string | number) => value,
});
const yesNo = (part: Setting<never>["part"], directive: string) => ({
  part,
  directive,
  write: (value: boolean) => (value ? "yes" : "no"),
});
const seconds = (part: Setting<never>["part"], directive: string) => ({
  part,
  directive,
  write: (ms: number) => ms / 1000,
});
/** What it is is never told. */
const secret = (directive: string) => ({
  part: "checks" as const,
  directive,
  write: (value: Secret) => String(value),
});

export const virtualSettings: Settings<VirtualService> = {
  key: "elsewhere",
  reals: "elsewhere",
  isIncomplete: "elsewhere",
  scheduler: "elsewhere",
  schedulerFlags: "elsewhere",
  persistence: "elsewhere",
  isOnePacket: "elsewhere",
  alerts: "elsewhere",
  line: "elsewhere",
  places: "elsewhere",
  checkType: { part: "checks", directive: "checktype", write: checkTypeText },
  service: plain("checks", "service"),
  checkPort: plain("checks", "checkport"),
  checkCommand: plain("checks", "checkcommand"),
  request: plain("checks", "request"),
  receive: plain("checks", "receive"),
  httpMethod: plain("checks", "httpmethod"),
  virtualHost: plain("checks", "virtualhost"),
  login: plain("checks", "login"),
  passwd: secret("passwd"),
  database: plain("checks", "database"),
  secret: secret("secret"),
  checkTimeoutMs: seconds("checks", "checktimeout"),
  negotiateTimeoutMs: seconds("checks", "negotiatetimeout"),
  checkIntervalMs: seconds("checks", "checkinterval"),
  checkCount: plain("checks", "checkcount"),
  failureCount: plain("checks", "failurecount"),
  isQuiescent: yesNo("settings", "quiescent"),
  isCleanStop: yesNo("settings", "cleanstop"),
  monitorFile: plain("settings", "monitorfile"),
  fallback: {
    part: "settings",
    directive: "fallback",
    write: ({ endpoint, forwarding }) => `${formatEndpoint(endpoint)} ${forwarding}`,
  },
  fallbackCommand: plain("commands", "fallbackcommand"),
};

function checkTypeText(checkType: CheckType): string {
  return typeof checkType === "string" ? checkType : String(checkType.turns);
}

export const alertSettings: Settings<Alerts> = {
  to: plain("alerts", "emailalert"),
  from: plain("alerts", "emailalertfrom"),
  smtp: plain("alerts", "smtp"),
  during: {
    part: "alerts",
    directive: "emailalertstatus",
    write: (phases) => [...phases].sort().join(","),
  },
  reminderMs: seconds("alerts", "emailalertfreq"),
  serviceName: plain("alerts", "servicename"),
  comment: plain("alerts", "comment"),
};

export const globalSettings: Settings<Config> = {
  path: "elsewhere",
  virtuals: "elsewhere",
  isAutoreload: yesNo("settings", "autoreload"),
  isReaddQuiescent: yesNo("settings", "readdquiescent"),
  isSupervised: yesNo("settings", "supervised"),
  checkIntervalMs: seconds("settings", "checkinterval"),
  callback: plain("commands", "callback"),
  execute: {
    part: "commands",
    directive: "execute",
    write: (names) => names.join(", ") || undefined,
  },
  maintenanceDir: plain("settings", "maintenancedir"),
  log: {
    part: "settings",
    directive: "logfile",
    write: (target) => (target.kind === "file" ? target.path : target.facility),
  },
};

export const iniSettings: Settings<IniSettings> = {
  backend: plain("settings", "[table] backend"),
  rereadMs: seconds("settings", "[table] reread-seconds"),
  rundir: plain("settings", "[daemon] rundir"),
  stopTimeoutMs: seconds("settings", "[daemon] stop-timeout-seconds"),
  saysStopAtEnd: yesNo("settings", "[daemon] fallbackcommand-at-stop"),
  journal: plain("settings", "[log] journal"),
  logFormat: plain("settings", "[log] format"),
  logLevel: plain("settings", "[log] level"),
  demandTls: {
    part: "checks",
    directive: "[checks] demand-tls",
    write: ({ services }) => services.join(" "),
  },
  engine: plain("checks", "[checks] engine"),
  threads: plain("checks", "[checks] threads"),
  smtpPort: plain("alerts", "[email] smtp-port"),
  mailProgram: plain("alerts", "[email] program"),
  sendsOriginalMail: yesNo("alerts", "[email] original"),
  alerts: {
    part: "alerts",
    directive: "[alert]",
    write: (routes) => routes.map(alertText).join("; "),
  },
  controlSocket: plain("settings", "[control] socket"),
  stateDir: plain("settings", "[control] state"),
  healthDir: plain("settings", "[health] directory"),
  healthShare: {
    part: "settings",
    directive: "[health] share",
    write: (share) => `${share}%`,
  },
  healthHook: plain("commands", "[health-hook] command"),
  healthHookTimeoutMs: seconds("commands", "[health-hook] timeout-seconds"),
  sync: {
    part: "settings",
    directive: "[sync]",
    write: ({ start, ...more }) => [`start = ${start?.word ?? "off"}`, ...wordsOf(more)].join(", "),
  },
  role: {
    part: "settings",
    directive: "[role]",
    write: ({ follow, intervalMs }) =>
      [
        ...(follow === undefined ? [] : [`follow = ${Object.values(follow).join(" ")}`]),
        ...(intervalMs === undefined ? [] : [`interval-seconds = ${intervalMs / 1000}`]),
      ].join(", "),
  },
  timeouts: { part: "settings", directive: "[timeouts]", write: (all) => wordsOf(all).join(", ") },
  page: {
    part: "settings",
    directive: "[page]",
    write: (web) => webWords(web).join(", "),
  },
  metrics: {
    part: "settings",
    directive: "[metrics]",
    write: ({ servers, maxServers, ...web }) =>
      [
        ...webWords(web),
        ...(servers === undefined ? [] : [`servers = ${servers ? "yes" : "no"}`]),
        ...(maxServers === undefined ? [] : [`max-servers = ${maxServers}`]),
      ].join(", "),
  },
  virtuals: "elsewhere",
};

/** Without the path of a URL, which may be as good as a password. */
const alertText = ({ name, receiver, ...route }: AlertRoute): string => {
  const { to, ...how } = receiver;
  const shown = to === "webhook" ? { ...how, url: new URL(receiver.url).origin } : how;
  return `${name} by ${to}: ${JSON.stringify({ ...route, ...shown }, withoutPlaces)}`;
};

const withoutPlaces = (key: string, value: unknown): unknown =>
  key === "place" ? undefined : value;

const webWords = ({ listen, token, tokenFile, hosts }: WebSettings): readonly string[] => [
  ...(listen === undefined ? [] : [`listen = ${listen}`]),
  ...(token === undefined ? [] : [`token = ${token}`]),
  ...(tokenFile === undefined ? [] : [`token-file = ${tokenFile}`]),
  ...(hosts === undefined ? [] : [`host = ${hosts.join(" ")}`]),
];

const wordsOf = (values: object): readonly string[] =>
  Object.entries(values).map(([name, value]) => `${name} = ${value}`);
