/**
 * The one list that the original and we are run on: a virtual service with one real server for each case,
 * each real server on an address of its own.
 */
import { services as words } from "../../support/services.ts";
import { dataCases } from "./data-cases.ts";
import { mailCases } from "./mail-cases.ts";
import { otherCases } from "./other-cases.ts";
import type { Case, Script, Tls, Verdict } from "./target.ts";
import { udpCases } from "./udp-cases.ts";
import { webCases } from "./web-cases.ts";

export interface Target extends Case {
  readonly service: string;
  /** `http: gone` */
  readonly title: string;
  readonly address: string;
  /** As `ipvsadm -L -n` names the virtual service: `TCP 10.7.0.1:10001`. */
  readonly virtual: string;
  readonly realPort: number;
  /** The virtual service's lines of a configuration file. */
  readonly block: string;
}

/** All addresses of the real servers are in these networks. */
export const networks = { 4: "10.9.0.0/16", 6: "fd09::/64" } as const;

const cases = { ...mailCases, ...webCases, ...dataCases, ...udpCases, ...otherCases };

export const targets: readonly Target[] = Object.entries(cases).flatMap(([service, list], row) =>
  list.map((it, column) => targetOf(service, it, row + 1, column + 1)),
);

/**
 * The services, in parts that each have a test file of their own, so that the two emulated kernels share them. A part
 * has as many groups as the original shall have processes: it checks one server after the other, and some keep it
 * waiting.
 */
export const parts = {
  mail: [
    ["imap", "none"],
    ["imaps", "smtp", "submission"],
    ["pop", "pops", "nntp"],
  ],
  web: [
    ["http", "http_proxy"],
    ["https", "simpletcp", "sip"],
  ],
  data: [
    ["ldap", "ldaps", "mysql", "pgsql"],
    ["dns", "ftp", "radius"],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly string[])[]>>;
export type Part = keyof typeof parts;

export const targetsOf = (services: readonly string[]): readonly Target[] =>
  targets.filter(({ service }) => services.includes(service));

function targetOf(service: string, it: Case, row: number, column: number): Target {
  const { family = 4, protocol = "tcp", port = words.get(service)?.port ?? 0 } = it;
  const isFour = family === 4;
  const address = isFour ? `10.9.${row}.${column}` : `fd09::${row}:${column}`;
  const host = isFour ? address : `[${address}]`;
  const virtual = `${isFour ? "10.7.0.1" : "[fd07::1]"}:${10_000 + row * 100 + column}`;
  const suffix = isFour ? "" : "6";
  const lines = [
    `real${suffix}=${host}:${port} masq${it.own === undefined ? "" : ` ${it.own}`}`,
    `service=${service}`,
    `protocol=${protocol}`,
    ...(it.lines ?? []).map((line) => line.replaceAll("REAL", host)),
  ];
  return {
    ...it,
    service,
    title: `${service}: ${it.name}`,
    address,
    virtual: `${protocol.toUpperCase()} ${virtual}`,
    realPort: port,
    block: [`virtual${suffix}=${virtual}`, ...lines.map((line) => `    ${line}`), ""].join("\n"),
  };
}

export interface Limits {
  readonly timeoutSeconds: number;
  readonly intervalSeconds: number;
}

/** Ends with a virtual service that the original says to look at once all the others have been. */
export function configuration(list: readonly Target[], limits: Limits): string {
  const globals = [
    `checktimeout=${limits.timeoutSeconds}`,
    `negotiatetimeout=${limits.timeoutSeconds}`,
    `checkinterval=${limits.intervalSeconds}`,
    "failurecount=1",
    "quiescent=no",
    // Else the original first adds every server that it will find dead.
    "readdquiescent=yes",
    "",
  ];
  const last = "virtual=10.7.0.2:9\n    real=10.9.0.1:9 masq\n    checktype=on\n";
  return [...globals, ...list.map(({ block }) => block), last].join("\n");
}

/** One server, as service-servers.mjs takes it. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly script: Script;
  readonly tls?: Tls;
}

const listener = (
  { address, protocol = "tcp" }: Target,
  { port, server, tls }: { port: number; server: Script; tls?: Tls | undefined },
): Listener => ({ address, port, protocol, script: server, ...(tls ? { tls } : {}) });

export const listenersOf = (list: readonly Target[]): readonly Listener[] =>
  list.flatMap((it) => [
    listener(it, { ...it, port: it.realPort }),
    ...(it.beside ? [listener(it, it.beside)] : []),
  ]);

/** @returns the verdict that is expected of one of the two */
export const expectedOf = ({ verdict }: Case, who: "original" | "ours"): Verdict =>
  typeof verdict === "string" ? verdict : verdict[who];
