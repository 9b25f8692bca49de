/** What one real server's checkers ask, in our words. We have one check for each. */
import type { Findings } from "../finding.ts";
import type { Checker, Program, RealServer, VirtualServer } from "../model.ts";
import { isPlainWord, type Line } from "./lines.ts";
import { isSayable, type Page, pageOf } from "./page.ts";
import { timingLines } from "./timing.ts";

/** How one real server is asked. */
export interface Check {
  /** What a virtual service says once for all of its real servers. */
  readonly lines: readonly Line[];
  /** What a real server may have of its own. */
  readonly page?: Page;
}

export interface CheckedServer {
  readonly real: RealServer;
  readonly virtual: VirtualServer;
  readonly protocol: "tcp" | "udp" | "fwm";
  /** What the table has; 0 below a mark. */
  readonly port: number;
}

/** What says the most of a server first. */
const order: readonly Checker["asks"]["kind"][] = [
  "https",
  "http",
  "smtp",
  "dns",
  "misc",
  "tcp",
  "ping",
  "udp",
  "other",
];

export function checkOf(server: CheckedServer, findings: Findings): Check {
  const { real } = server;
  const checkers = [...real.checkers].sort(
    (a, b) => order.indexOf(a.asks.kind) - order.indexOf(b.asks.kind),
  );
  let taken: { readonly checker: Checker; readonly check: Check } | undefined;
  for (const checker of checkers) {
    if (taken === undefined) {
      const check = sayable(checker, server, findings);
      if (check !== undefined) taken = { checker, check };
    } else if (!isCovered(checker, taken.checker, server)) {
      const meaning = `a second checker beside ${taken.checker.what}: here one decides`;
      findings.lost(
        checker,
        checker.what,
        meaning,
        "checktype=external, with a program that asks both",
      );
    }
  }
  if (taken !== undefined) return taken.check;
  const [first] = checkers;
  if (first === undefined) return { lines: [["checktype", "on"]] };
  const near = nearest(server, first);
  return { lines: [...near, ...timingLines(first, [real, server.virtual], findings)] };
}

const askedPort = (checker: Checker, { real, port }: CheckedServer): number =>
  checker.port?.value ?? real.server.port ?? port;

/** That the port answers at all is known with what is asked there. */
const isCovered = (checker: Checker, by: Checker, server: CheckedServer): boolean =>
  checker.asks.kind === "tcp" &&
  /^(https?|smtp)$/.test(by.asks.kind) &&
  askedPort(checker, server) === askedPort(by, server);

/** What is left of a check that can not be said: whether the server is there. */
function nearest(server: CheckedServer, checker: Checker): readonly Line[] {
  const port = askedPort(checker, server);
  if (server.protocol === "udp" || port === 0) return [["checktype", "ping"]];
  return [["checktype", "connect"], ...portLines(checker, server)];
}

const portLines = (checker: Checker, server: CheckedServer): readonly Line[] => {
  const asked = askedPort(checker, server);
  return asked === server.port || asked === 0 ? [] : [["checkport", String(asked)]];
};

const toPing = "so the server is pinged";

/** @returns undefined when our files can not say it, which is told */
function sayable(checker: Checker, server: CheckedServer, findings: Findings): Check | undefined {
  const { asks, what } = checker;
  const lost = (meaning: string, near?: string): undefined => {
    findings.lost(checker, what, meaning, near);
    return undefined;
  };
  const withTiming = (lines: readonly Line[]): readonly Line[] => [
    ...lines,
    ...portLines(checker, server),
    ...timingLines(checker, [server.real, server.virtual], findings),
  ];
  switch (asks.kind) {
    case "tcp":
      if (server.protocol === "udp") {
        return lost(
          `a service of UDP has no check that only connects, ${toPing}`,
          "service= and what it needs",
        );
      }
      if (askedPort(checker, server) === 0) {
        return lost(`there is no port to ask, ${toPing}`, "checktype=connect and checkport=");
      }
      return { lines: withTiming([["checktype", "connect"]]) };
    case "ping":
      return {
        lines: withTiming([["checktype", "ping"]]).filter(([name]) => name !== "checkport"),
      };
    case "smtp":
      return { lines: withTiming([...negotiate("smtp")]) };
    case "dns":
      return { lines: withTiming(dnsLines(checker, asks, server, findings)) };
    case "misc": {
      const why = whyNoCommand(asks);
      if (why !== undefined) {
        findings.lost(asks.words, asks.words.what, why.meaning, why.near);
        return undefined;
      }
      const [program = ""] = asks.words.value;
      return {
        lines: [
          ["checktype", "external"],
          ["checkcommand", program],
          ...timingLines(checker, [server.real, server.virtual], findings),
        ],
      };
    }
    case "http":
    case "https":
      return web(checker, server, findings, withTiming);
    case "udp": {
      const near =
        "service=simpletcp with request= and receive=, for a server that answers with text";
      return lost(
        `a datagram is sent, and what comes back counts; here the server is pinged`,
        near,
      );
    }
    case "other":
      return lost(
        "there is nothing like this checker here, so it is only seen whether the server is there",
        "maintenancedir, or a program, by checktype=external",
      );
  }
}

const negotiate = (service: string): readonly Line[] => [
  ["checktype", "negotiate"],
  ["service", service],
];

function dnsLines(
  checker: Checker,
  { type, name }: { readonly type: string; readonly name: string },
  { protocol }: CheckedServer,
  findings: Findings,
): readonly Line[] {
  if (protocol === "tcp") {
    findings.lost(
      checker,
      checker.what,
      "it asks by UDP; here DNS is asked by the protocol of the virtual service, TCP",
    );
  }
  const isRoot = /^\.?$/.test(name);
  if (isRoot) return negotiate("dns");
  const isAddress = type === "A" || type === "AAAA";
  if (!isAddress || !isPlainWord(name)) {
    const meaning = `addresses alone can be asked for here, not ${type} of ${name}: the root's name servers are asked for, and any answer without an error is up`;
    findings.lost(checker, checker.what, meaning, `request="a name that has an address"`);
    return negotiate("dns");
  }
  return [...negotiate("dns"), ["request", `"${name.replace(/\.?$/, ".")}"`]];
}

function whyNoCommand({
  words: { value },
  isDynamic,
}: Program): { readonly meaning: string; readonly near: string } | undefined {
  const [program = "", ...rest] = value;
  if (isDynamic) {
    const meaning =
      "its exit code is a weight, too; here 0 is up and all else is down, so it is not run: it is only seen whether the server is there";
    return { meaning, near: "checkcommand= a program that ends with 0 or 1" };
  }
  if (rest.length > 0) {
    const meaning =
      "it is run with arguments; checkcommand takes none, so it is not run: it is only seen whether the server is there";
    const near = `checkcommand= a script of two lines, "#!/bin/sh" and 'exec ${program} …': it finds the real server's address in "$3", its port in "$4"`;
    return { meaning, near };
  }
  if (isPlainWord(program)) return undefined;
  const meaning = "its name has a character that checkcommand can not hold, so it is not run";
  return { meaning, near: "checkcommand= a link to it" };
}

function web(
  checker: Checker,
  { real, virtual }: CheckedServer,
  findings: Findings,
  withTiming: (lines: readonly Line[]) => readonly Line[],
): Check | undefined {
  const { asks } = checker;
  if (asks.kind !== "http" && asks.kind !== "https") return undefined;
  const url = asks.urls.find(isSayable);
  for (const other of asks.urls) {
    if (other === url) continue;
    const place = other.statusCodes ?? other;
    if (isSayable(other)) {
      const meaning = "a further page: one is asked for here, so this one is left out";
      findings.lost(
        other,
        `url { path ${other.path} }`,
        meaning,
        "a page that tells whether all is well",
      );
    } else {
      const meaning = "only 2xx is up here, so the page is not asked for";
      findings.lost(
        place,
        other.statusCodes?.what ?? other.path,
        meaning,
        "another path, or a program, by checktype=external",
      );
    }
  }
  if (url === undefined) return undefined;
  if (asks.kind === "https") {
    const meaning =
      "any certificate is taken; service=https wants one that an authority of the system's has signed, else the server is down";
    const near =
      "SSL_CERT_FILE in the environment of the service names further authorities; checktype=connect does without TLS";
    findings.lost(checker, checker.what, meaning, near);
  }
  const host = url.virtualhost ?? real.virtualhost ?? virtual.virtualhost;
  const isHost = host !== undefined && isPlainWord(host.value);
  if (host !== undefined && !isHost) {
    findings.lost(host, host.what, "the name has a character that virtualhost can not hold");
  }
  const lines: readonly Line[] = [
    ...negotiate(asks.kind),
    ...(isHost ? [["virtualhost", host.value] as const] : []),
  ];
  return { lines: withTiming(lines), page: pageOf(url, findings) };
}
