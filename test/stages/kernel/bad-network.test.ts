/**
 * What a network does to a check: packets that vanish, that are refused by a router, that are lost or come twice.
 * The servers are right, and stand in a namespace behind a wire of their own.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Endpoint } from "../../../src/model/address.ts";
import { run } from "../../lab/command.ts";
import { ipIn, runIn, uniqueName } from "../../lab/namespace.ts";
import { addRules } from "../../lab/network.ts";
import { until } from "../../lab/until.ts";
import { openSockets } from "../../unit/checks/probing.ts";
import { type Certificates, makeRigCertificates } from "../bad-behaviours/certificates.ts";
import { type BadServer, type Host, startHost } from "../bad-behaviours/host.ts";
import { measured } from "../bad-behaviours/measure.ts";
import { probeOf, problemsOf, rows } from "../bad-behaviours/probe.ts";
import type { Row } from "../bad-behaviours/table.ts";

const servers = { name: uniqueName("servers") };
const families = ["10.66.0", "fd00:66:"] as const;
type Family = (typeof families)[number];
/** Last parts of the servers' addresses; each has its own fate. */
const right = 2;
const blackHole = 3;
const refusals = [
  // What a router or a firewall says (iptables' words), on which family; what TCP and UDP make of it. Some of it UDP
  // may not take for final (linux: icmp_err_convert, icmpv6_err_convert; RFC 1122 §4.1.3.3), and waits on.
  [10, families[0], "icmp-host-unreachable", "unreachable", "timeout"],
  [11, families[0], "icmp-net-unreachable", "unreachable", "timeout"],
  [12, families[0], "icmp-admin-prohibited", "unreachable", "unreachable"],
  [13, families[0], "icmp-proto-unreachable", "unreachable", "unreachable"],
  [14, families[0], "icmp-port-unreachable", "refused", "refused"],
  [20, families[1], "icmp6-no-route", "unreachable", "timeout"],
  [21, families[1], "icmp6-adm-prohibited", "unreachable", "unreachable"],
  [22, families[1], "icmp6-addr-unreachable", "unreachable", "timeout"],
  [23, families[1], "icmp6-port-unreachable", "refused", "refused"],
] as const;

const addressOf = (family: Family, last: number): string =>
  family === "10.66.0" ? `${family}.${last}` : `${family}:${last}`;
let host: Host | undefined;
let certificates: Certificates;
const trusted = process.env["SSL_CERT_FILE"];
const wire = uniqueName("w").slice(-15);

beforeAll(async () => {
  certificates = makeRigCertificates();
  process.env["SSL_CERT_FILE"] = certificates.caFile;
  await run("ip", ["netns", "add", servers.name]);
  await run("ip", [
    "link",
    "add",
    wire,
    "type",
    "veth",
    "peer",
    "name",
    "wire",
    "netns",
    servers.name,
  ]);
  await run("ip", ["link", "set", wire, "up"]);
  await run("ip", ["addr", "add", "10.66.0.1/24", "dev", wire]);
  await run("ip", ["addr", "add", "fd00:66::1/64", "dev", wire, "nodad"]);
  const lasts = [right, blackHole, ...refusals.map(([last]) => last)];
  await ipIn(servers, [
    "link set lo up",
    "link set wire up",
    ...lasts.flatMap((last) => [
      `addr add ${addressOf("10.66.0", last)}/24 dev wire`,
      `addr add ${addressOf("fd00:66:", last)}/64 dev wire nodad`,
    ]),
  ]);
  for (const family of families) {
    const own = refusals.filter(([, its]) => its === family);
    await addRules(servers, family === "10.66.0" ? "iptables" : "ip6tables", "filter", [
      `-A INPUT -d ${addressOf(family, blackHole)} -j DROP`,
      ...own.map(
        ([last, , words]) =>
          `-A INPUT -d ${addressOf(family, last)} -j REJECT --reject-with ${words}`,
      ),
    ]);
  }
  // Refusals are limited in number by default, and here they are what is asked for.
  await runIn(servers, "sysctl", ["-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"]);
  host = await startHost(["ip", "netns", "exec", servers.name]);
  // Each check's first run loads its library, which holds up all the others; ping's opens what it keeps.
  for (const family of families) {
    const address = addressOf(family, blackHole);
    await meetAll(
      [...quick, ping],
      () => [],
      300,
      () => ({ address, port: 9 }),
    );
  }
});

afterAll(async () => {
  if (trusted === undefined) delete process.env["SSL_CERT_FILE"];
  else process.env["SSL_CERT_FILE"] = trusted;
  await host?.[Symbol.asyncDispose]();
  await run("ip", ["netns", "del", servers.name]);
  certificates[Symbol.dispose]();
});

/** Those that start a process each, which on an emulated processor holds up all the others: one after the other. */
const slow = rows.filter(({ name }) => name.startsWith("external"));
const quick = rows.filter((row) => !slow.includes(row));

/** A busy host may hold us up for a quarter of it; then the run proves nothing and is done again. */
const timeoutMs = 4000;

/** All of them against the same fate, at once. @returns what was wrong, in words */
async function meetAll(
  all: readonly { readonly name: string; readonly row: Row }[],
  expected: (name: string, row: Row) => readonly string[],
  timeoutMs: number,
  target: (name: string, row: Row) => Endpoint | Promise<Endpoint>,
): Promise<readonly string[]> {
  const problems = await Promise.all(
    all.map(async ({ name, row }) => {
      const endpoint = await target(name, row);
      const probe = probeOf(name, row.settings, endpoint, timeoutMs);
      try {
        const found = problemsOf(await measured(probe, endpoint), expected(name, row), timeoutMs);
        return found.map((problem) => `${name}: ${problem}`);
      } catch (error) {
        return [`${name}: ${error}: ${error instanceof Error ? error.cause : ""}`];
      }
    }),
  );
  return problems.flat();
}

/** A right server for each. */
async function withServers<T>(
  address: string,
  work: (target: (name: string) => Endpoint) => Promise<T>,
): Promise<T> {
  const open = new Map<string, BadServer>();
  try {
    for (const { name, row } of quick) {
      const server = await host?.open({
        conversation: row.conversation,
        transport: row.transport,
        behaviour: "non-UTF-8",
        address,
        ...(row.isTls === true ? { tls: certificates.good } : {}),
      });
      if (server !== undefined) open.set(name, server);
    }
    return await work((name) => open.get(name)?.endpoint ?? { address, port: 1 });
  } finally {
    await Promise.all([...open.values()].map((server) => server[Symbol.asyncDispose]()));
  }
}

const usual = ({ said }: Row): string => {
  const word = said["non-UTF-8"] ?? "up";
  return typeof word === "string" ? word : (word[0] ?? "up");
};
const ping = {
  name: "ping",
  row: { conversation: "", transport: "udp", said: {} } satisfies Row,
};

async function nothingIsLeft(before: number): Promise<void> {
  await until(
    () => Promise.resolve(openSockets().length),
    (count) => count <= before,
    "as many sockets as before",
    5000,
  );
}

test.for(families)("in a black hole every check is out of time, in time: %s", async (family) => {
  const target = (): Endpoint => ({ address: addressOf(family, blackHole), port: 9 });
  const before = openSockets().length;
  const problems = [await meetAll([...quick, ping], () => ["timeout"], timeoutMs, target)];
  for (const it of slow) problems.push(await meetAll([it], () => ["timeout"], timeoutMs, target));
  expect(problems.flat()).toEqual([]);
  await nothingIsLeft(before);
});

test.for(refusals)("%i: %s answers %s", async ([last, family, , overTcp, overUdp]) => {
  const address = addressOf(family, last);
  const before = openSockets().length;
  const problems = await meetAll(
    quick,
    (_name, { transport }) => [transport === "tcp" ? overTcp : overUdp],
    timeoutMs,
    () => ({ address, port: 9 }),
  );
  expect(problems).toEqual([]);
  await nothingIsLeft(before);
});

describe("on a bad wire", () => {
  const both = async (...words: readonly string[]): Promise<void> => {
    await run("tc", ["qdisc", "replace", "dev", wire, "root", "netem", ...words]);
    await runIn(servers, "tc", ["qdisc", "replace", "dev", "wire", "root", "netem", ...words]);
  };

  test.for(families)("that doubles every packet every check says the usual: %s", async (family) => {
    const problems = await withServers(addressOf(family, right), async (target) => {
      await both("duplicate", "100%");
      return meetAll(quick, (_name, row) => [usual(row)], 8000, target);
    });
    expect(problems).toEqual([]);
  });

  test.for(families)(
    "that loses three in ten every check says the usual, or is out of time: %s",
    async (family) => {
      const before = openSockets().length;
      const problems = await withServers(addressOf(family, right), async (target) => {
        await both("loss", "30%");
        return meetAll(quick, (_name, row) => [usual(row), "timeout"], 5000, target);
      });
      await both("loss", "0%");
      expect(problems).toEqual([]);
      await nothingIsLeft(before);
    },
  );
});
