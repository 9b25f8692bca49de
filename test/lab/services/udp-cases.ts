/** dns, radius. */
import {
  type Case,
  type Cases,
  type DnsReply,
  gone,
  onlyOurs,
  type Script,
  silent,
} from "./target.ts";

// ---- dns ----

const zone: Readonly<Record<string, DnsReply>> = {
  "www.lab.example A": { records: [["A", "10.1.2.3"]] },
  "alias.lab.example A": {
    records: [
      ["CNAME", "www.lab.example"],
      ["A", "10.1.2.3"],
    ],
  },
  "six.lab.example A": {},
  "six.lab.example AAAA": { records: [["AAAA", "fd00::3"]] },
  "3.2.1.10.in-addr.arpa PTR": { records: [["PTR", "www.lab.example"]] },
  "failing.lab.example A": { code: 2 },
  "refused.lab.example A": { code: 5 },
  " NS": { code: 5 },
};
const dns: Script = { kind: "dns", zone };
const udp = { protocol: "udp" } as const;
const asksFor = (name: string, ...receive: readonly string[]): readonly string[] => [
  `request="${name}"`,
  ...receive.map((it) => `receive="${it}"`),
];
const dnsCases: readonly Case[] = [
  {
    ...udp,
    name: "the address",
    server: dns,
    lines: asksFor("www.lab.example", "10.1.2.3"),
    verdict: "up",
  },
  {
    ...udp,
    name: "the address, behind an alias",
    server: dns,
    lines: asksFor("alias.lab.example", "10.1.2.3"),
    verdict: "up",
  },
  {
    ...udp,
    name: "another address",
    server: dns,
    lines: asksFor("www.lab.example", "10.9.9.9"),
    verdict: "down",
  },
  {
    ...udp,
    name: "NXDOMAIN",
    server: dns,
    lines: asksFor("missing.lab.example", "10.1.2.3"),
    verdict: "down",
  },
  {
    ...udp,
    name: "SERVFAIL",
    server: dns,
    lines: asksFor("failing.lab.example", "10.1.2.3"),
    verdict: "down",
  },
  {
    ...udp,
    name: "REFUSED",
    server: dns,
    lines: asksFor("refused.lab.example", "10.1.2.3"),
    verdict: "down",
  },
  {
    ...udp,
    name: "the name of an address (PTR)",
    server: dns,
    lines: asksFor("10.1.2.3", "www.lab"),
    verdict: "up",
  },
  {
    ...udp,
    name: "another name of an address (PTR)",
    server: dns,
    lines: asksFor("10.1.2.3", "ftp.lab"),
    verdict: "down",
  },
  {
    ...udp,
    name: "silent",
    server: silent,
    lines: asksFor("www.lab.example", "10.1.2.3"),
    verdict: "down",
  },
  {
    ...udp,
    name: "gone",
    server: gone,
    lines: asksFor("www.lab.example", "10.1.2.3"),
    verdict: "down",
  },
  {
    ...udp,
    name: "no receive set, NXDOMAIN",
    server: dns,
    lines: asksFor("missing.lab.example"),
    verdict: "down",
  },
  {
    ...udp,
    name: "the address, over IPv6",
    server: dns,
    family: 6,
    lines: asksFor("www.lab.example", "10.1.2.3"),
    verdict: "up",
  },
  {
    name: "over TCP: the address",
    server: dns,
    lines: asksFor("www.lab.example", "10.1.2.3"),
    verdict: "up",
  },
  {
    name: "over TCP: another address",
    server: dns,
    lines: asksFor("www.lab.example", "10.9.9.9"),
    verdict: "down",
  },
  {
    name: "over TCP: gone",
    server: gone,
    lines: asksFor("www.lab.example", "10.1.2.3"),
    verdict: "down",
  },
  {
    ...udp,
    name: "an IPv6 address (AAAA)",
    server: dns,
    lines: asksFor("six.lab.example", "fd00::3"),
    verdict: onlyOurs("the original asks for A records only", "4.7"),
  },
  {
    ...udp,
    name: "no receive set, an address comes",
    server: dns,
    lines: asksFor("www.lab.example"),
    verdict: onlyOurs("without receive nothing is good enough for the original", "4.7"),
  },
  {
    ...udp,
    name: "neither request nor receive set",
    server: dns,
    verdict: onlyOurs("it answers, and nothing more was wanted", "4.7"),
  },
  {
    ...udp,
    name: "a name without a dot, which the director's search list completes",
    server: dns,
    lines: asksFor("www", "10.1.2.3"),
    verdict: "up",
  },
];

// ---- radius ----

const radius: Script = { kind: "radius", secret: "shared" };
const asChecker = (passwd: string): readonly string[] => [
  'login="checker"',
  `passwd="${passwd}"`,
  'secret="shared"',
];
const radiusCases: readonly Case[] = [
  { ...udp, name: "Access-Accept", server: radius, lines: asChecker("right"), verdict: "up" },
  {
    ...udp,
    name: "refused login: Access-Reject",
    server: radius,
    lines: asChecker("wrong"),
    verdict: "down",
  },
  {
    ...udp,
    name: "wrong answer: signed with another secret",
    server: { kind: "radius", secret: "other" },
    lines: asChecker("right"),
    verdict: "down",
  },
  { ...udp, name: "silent", server: silent, lines: asChecker("right"), verdict: "down" },
  { ...udp, name: "gone", server: gone, lines: asChecker("right"), verdict: "down" },
  {
    ...udp,
    name: "a server that wants a Message-Authenticator",
    server: { kind: "radius", secret: "shared", wantsSignature: true },
    lines: asChecker("right"),
    verdict: onlyOurs(
      "servers hardened against CVE-2024-3596 drop requests without one; the original never sends it",
      "4.7",
    ),
  },
];

export const udpCases: Cases = { dns: dnsCases, radius: radiusCases };
