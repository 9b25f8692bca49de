/**
 * The one list that the original and we are run on: a virtual service with one real server for each case,
 * each real server on an address of its own.
 */
import { portOfService } from "../../../src/model/service-ports.ts";
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
 * The services, in as many groups as the original shall have processes: it checks one server after the other, and
 * some keep it waiting. Each group has about as long to wait.
 */
export const groups: readonly (readonly string[])[] = [
  ["imap", "none"],
  ["imaps", "smtp", "submission"],
  ["pop", "pops", "nntp", "sip"],
  ["http", "https", "http_proxy", "simpletcp"],
  ["ldap", "ldaps", "mysql", "pgsql"],
  ["dns", "ftp", "radius"],
];

function targetOf(service: string, it: Case, row: number, column: number): Target {
  const { family = 4, protocol = "tcp", port = portOfService(service) ?? 0 } = it;
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

export const listeners: readonly Listener[] = targets.flatMap(
  ({ address, realPort, protocol = "tcp", server, tls, beside }) => [
    { address, port: realPort, protocol, script: server, ...(tls ? { tls } : {}) },
    ...(beside
      ? [
          {
            address,
            port: beside.port,
            protocol,
            script: beside.server,
            ...(beside.tls ? { tls: beside.tls } : {}),
          },
        ]
      : []),
  ],
);

/** @returns the verdict that is expected of one of the two */
export const expectedOf = ({ verdict }: Case, who: "original" | "ours"): Verdict =>
  typeof verdict === "string" ? verdict : verdict[who];
