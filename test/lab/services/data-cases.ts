/** ldap, ldaps, mysql, pgsql. */
import { type Case, type Cases, gone, onlyOurs, type Script, silent } from "./target.ts";

const ldap: Script = { kind: "ldap" };
const bind = (passwd: string): readonly string[] => [
  'login="cn=checker,dc=lab"',
  `passwd="${passwd}"`,
];
const base = ['request="dc=lab"', 'receive="dc=lab"'];
const notLdap: Script = { kind: "lines", greeting: "220 lab" };

const ldapCommon: readonly Case[] = [
  {
    name: "login accepted, the entry is there",
    server: ldap,
    lines: [...bind("right"), ...base],
    verdict: "up",
  },
  {
    name: "wrong answer: the text is not in the DN",
    server: ldap,
    lines: ['request="dc=lab"', 'receive="dc=other"'],
    verdict: "down",
  },
  { name: "refused login", server: ldap, lines: [...bind("wrong"), ...base], verdict: "down" },
  { name: "silent", server: silent, lines: base, verdict: "down" },
  { name: "gone", server: gone, lines: base, verdict: "down" },
];
const ldapCases: readonly Case[] = [
  ...ldapCommon,
  { name: "anonymous, the entry is there", server: ldap, lines: base, verdict: "up" },
  { name: "no request set: the root entry", server: ldap, verdict: "up" },
  { name: "the root entry, receive set", server: ldap, lines: ['receive="."'], verdict: "down" },
  { name: "the entry is missing", server: ldap, lines: ['request="dc=missing"'], verdict: "down" },
  { name: "another protocol's greeting", server: notLdap, lines: base, verdict: "down" },
  { name: "the entry is there, over IPv6", server: ldap, family: 6, lines: base, verdict: "up" },
];
const ldapsCases: readonly Case[] = [
  ...ldapCommon.map(
    (it): Case => (it.server === ldap ? { ...it, tls: { certificate: "good" } } : it),
  ),
  ...(["otherName", "expired", "selfSigned"] as const).map((certificate): Case => {
    const names = {
      otherName: "certificate for another name",
      expired: "expired certificate",
      selfSigned: "self-signed certificate",
    };
    return {
      name: names[certificate],
      server: ldap,
      lines: base,
      tls: { certificate },
      verdict: "up",
    };
  }),
  { name: "no TLS on the port", server: ldap, lines: base, verdict: "down" },
];

/** @param passwd of the login `checker` */
const sql = (passwd: string, database: string, request: string): readonly string[] => [
  'login="checker"',
  `passwd="${passwd}"`,
  `database="${database}"`,
  `request="${request}"`,
];
const right = sql("right", "site", "SELECT 1");

const sqlCases = (kind: "mysql" | "pgsql", overIpv6: Case["verdict"]): readonly Case[] => [
  { name: "login accepted, the query has a row", server: { kind }, lines: right, verdict: "up" },
  {
    name: "wrong answer: the query has no row",
    server: { kind },
    lines: sql("right", "site", "SELECT 1 WHERE false"),
    verdict: "down",
  },
  {
    name: "the query fails",
    server: { kind },
    lines: sql("right", "site", "SELECT 1 FROM missing"),
    verdict: "down",
  },
  {
    name: "the database is missing",
    server: { kind },
    lines: sql("right", "missing", "SELECT 1"),
    verdict: "down",
  },
  {
    name: "refused login",
    server: { kind },
    lines: sql("wrong", "site", "SELECT 1"),
    verdict: "down",
  },
  { name: "too many connections", server: { kind, isFull: true }, lines: right, verdict: "down" },
  {
    name: "another protocol's greeting",
    server: { kind: "lines", greeting: { last: "SSH-2.0-lab" } },
    lines: right,
    verdict: "down",
  },
  { name: "silent", server: silent, lines: right, verdict: "down" },
  { name: "gone", server: gone, lines: right, verdict: "down" },
  {
    name: "login accepted, over IPv6",
    server: { kind },
    family: 6,
    lines: right,
    verdict: overIpv6,
  },
];

export const dataCases: Cases = {
  ldap: ldapCases,
  ldaps: ldapsCases,
  mysql: sqlCases("mysql", "up"),
  pgsql: sqlCases(
    "pgsql",
    onlyOurs("the original hands the address to a library that does not take brackets", "4.10"),
  ),
};
