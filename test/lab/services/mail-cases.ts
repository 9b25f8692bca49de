/** smtp, submission, pop, pops, imap, imaps, nntp. */
import {
  type Case,
  type Cases,
  gone,
  onlyOriginal,
  onlyOurs,
  type Reply,
  type Script,
  silent,
} from "./target.ts";

const login = ['login="checker"', 'passwd="right"'];
const refused = ['login="checker"', 'passwd="wrong"'];

// ---- smtp ----

const smtp = (greeting: Reply, ehlo = "250 hello", helo = "250 hello"): Script => ({
  kind: "lines",
  greeting,
  answers: [
    ["^EHLO ", ehlo],
    ["^HELO ", helo],
    ["^QUIT", { last: "221 bye" }],
  ],
});
const smtpCases: readonly Case[] = [
  {
    name: "greeting 220, EHLO accepted",
    server: smtp("220 lab ESMTP", "250-lab\r\n250-STARTTLS\r\n250 SIZE 1000"),
    verdict: "up",
  },
  { name: "the same over IPv6", server: smtp("220 lab ESMTP"), family: 6, verdict: "up" },
  {
    name: "greeting of several lines",
    server: smtp("220-lab\r\n220-patience\r\n220 ESMTP"),
    verdict: "up",
  },
  {
    name: "greeting after a second",
    server: { ...smtp("220 lab"), kind: "lines", greeting: "220 lab", delayMs: 1000 },
    verdict: "up",
  },
  { name: "EHLO refused, HELO accepted", server: smtp("220 lab", "502 no"), verdict: "up" },
  { name: "EHLO and HELO refused", server: smtp("220 lab", "502 no", "550 no"), verdict: "down" },
  { name: "greeting 421", server: smtp({ last: "421 not now" }), verdict: "down" },
  { name: "greeting 554", server: smtp("554 no"), verdict: "down" },
  { name: "another protocol's greeting", server: smtp("SSH-2.0-lab"), verdict: "down" },
  { name: "silent", server: silent, verdict: "down" },
  { name: "gone", server: gone, verdict: "down" },
];

// ---- pop ----

/** @param stat its answer */
const pop = (greeting: Reply, stat = "+OK 2 320"): Script => ({
  kind: "lines",
  greeting,
  answers: [
    ["^CAPA", "+OK\r\nTOP\r\nUSER\r\n."],
    ["^USER checker$", "+OK"],
    ["^PASS right$", "+OK welcome"],
    ["^STAT", stat],
    ["^QUIT", { last: "+OK bye" }],
    ["", "-ERR no"],
  ],
});
const noLogin = "without a login the original never looks";
const popCases: readonly Case[] = [
  { name: "login accepted", server: pop("+OK ready"), lines: login, verdict: "up" },
  { name: "no login set, greeting +OK", server: pop("+OK ready"), verdict: "up" },
  { name: "refused login", server: pop("+OK ready"), lines: refused, verdict: "down" },
  { name: "greeting -ERR", server: pop({ last: "-ERR full" }), lines: login, verdict: "down" },
  { name: "another protocol's greeting", server: pop("220 lab"), lines: login, verdict: "down" },
  { name: "silent", server: silent, lines: login, verdict: "down" },
  { name: "gone", server: gone, lines: login, verdict: "down" },
  {
    name: "no login set, greeting -ERR",
    server: pop({ last: "-ERR full" }),
    verdict: onlyOriginal(noLogin, "K4"),
  },
  {
    name: "no login set, another protocol's greeting",
    server: pop("220 lab"),
    verdict: onlyOriginal(noLogin, "K4"),
  },
  { name: "no login set, silent", server: silent, verdict: onlyOriginal(noLogin, "K4") },
  { name: "no login set, gone", server: gone, verdict: onlyOriginal(noLogin, "K4") },
  {
    name: "login accepted, over IPv6",
    server: pop("+OK ready"),
    lines: login,
    family: 6,
    verdict: onlyOurs("the original's library knows IPv4 only", "K14"),
  },
  {
    name: "login accepted, STAT refused",
    server: pop("+OK ready", "-ERR cannot read the mailbox"),
    lines: login,
    verdict: "up",
  },
];

/** Of a protocol that is in TLS from the first byte, when its library checks the name too. */
const certificateCases = (server: Script): readonly Case[] => [
  {
    name: "certificate for its address",
    server,
    lines: login,
    tls: { certificate: "good" },
    verdict: "up",
  },
  {
    name: "certificate for another name",
    server,
    lines: login,
    tls: { certificate: "otherName" },
    verdict: onlyOurs(
      "the original compares the name with the real server's address, which hardly any certificate has",
      "K5",
    ),
  },
  {
    name: "expired certificate",
    server,
    lines: login,
    tls: { certificate: "expired" },
    verdict: "down",
  },
  {
    name: "self-signed certificate",
    server,
    lines: login,
    tls: { certificate: "selfSigned" },
    verdict: "down",
  },
  {
    name: "refused login",
    server,
    lines: refused,
    tls: { certificate: "good" },
    verdict: "down",
  },
  { name: "no TLS on the port", server, lines: login, verdict: "down" },
  { name: "silent", server: silent, lines: login, verdict: "down" },
  { name: "gone", server: gone, lines: login, verdict: "down" },
];

const popsCases: readonly Case[] = [
  ...certificateCases(pop("+OK ready")),
  {
    name: "no login set, self-signed certificate",
    server: pop("+OK ready"),
    tls: { certificate: "selfSigned" },
    verdict: onlyOriginal(noLogin, "K4"),
  },
  { name: "no login set, gone", server: gone, verdict: onlyOriginal(noLogin, "K4") },
];

// ---- imap ----

const imap = (greeting: Reply): Script => ({
  kind: "lines",
  greeting,
  answers: [
    ['^(\\S+) LOGIN "?checker"? "right"$', "$1 OK welcome"],
    ['^(\\S+) LOGIN "odd one" "right"$', "$1 OK welcome"],
    ["^(\\S+) LOGIN ", "$1 NO who?"],
    ["^(\\S+) (LOGOUT|EXPUNGE|CLOSE|NOOP)", "* BYE bye\r\n$1 OK done"],
    ["^(\\S+) ", "$1 BAD what?"],
  ],
});
const ready = imap("* OK ready");
const ownPort = "the original asks port 143 (993 for imaps), whatever the configuration says";
const imapCases: readonly Case[] = [
  { name: "login accepted", server: ready, lines: login, verdict: "up" },
  { name: "no login set, greeting OK", server: ready, verdict: "up" },
  { name: "greeting PREAUTH", server: imap("* PREAUTH hello"), verdict: "up" },
  { name: "refused login", server: ready, lines: refused, verdict: "down" },
  { name: "greeting BYE", server: imap({ last: "* BYE full" }), verdict: "down" },
  {
    name: "greeting BYE, login set",
    server: imap({ last: "* BYE full" }),
    lines: login,
    verdict: "down",
  },
  { name: "another protocol's greeting", server: imap("220 lab"), verdict: "down" },
  { name: "silent", server: silent, verdict: "down" },
  { name: "gone", server: gone, verdict: "down" },
  {
    name: "alive on another port, which checkport names",
    server: gone,
    beside: { port: 1143, server: ready },
    lines: ["checkport=1143"],
    verdict: onlyOurs(ownPort, "K5"),
  },
  {
    name: "alive on the real server's own port 1143",
    server: ready,
    port: 1143,
    verdict: onlyOurs(ownPort, "K5"),
  },
  {
    name: "gone from its port 1143, something else alive on 143",
    server: gone,
    port: 1143,
    beside: { port: 143, server: ready },
    verdict: onlyOriginal(ownPort, "K5"),
  },
  {
    name: "a login with a blank in it",
    server: ready,
    lines: ['login="odd one"', 'passwd="right"'],
    verdict: onlyOurs("the original sends the login without quotes: two words", "4.5"),
  },
  {
    name: "login accepted, over IPv6",
    server: ready,
    lines: login,
    family: 6,
    verdict: onlyOurs("the original's library knows IPv4 only", "K14"),
  },
];
const imapsCases: readonly Case[] = [
  ...certificateCases(ready),
  {
    name: "alive on the real server's own port 1993",
    server: ready,
    port: 1993,
    tls: { certificate: "good" },
    verdict: onlyOurs(ownPort, "K5"),
  },
];

// ---- nntp ----

const nntp = (greeting: Reply): Script => ({ kind: "lines", greeting });
const nntpCases: readonly Case[] = [
  { name: "greeting 200", server: nntp("200 welcome"), verdict: "up" },
  { name: "greeting 200 over IPv6", server: nntp("200 welcome"), family: 6, verdict: "up" },
  { name: "greeting 201", server: nntp("201 no posting"), verdict: "up" },
  { name: "greeting 400", server: nntp({ last: "400 not now" }), verdict: "down" },
  { name: "greeting 502", server: nntp({ last: "502 not for you" }), verdict: "down" },
  { name: "another protocol's greeting", server: nntp("SSH-2.0-lab"), verdict: "down" },
  { name: "silent", server: silent, verdict: "down" },
  { name: "gone", server: gone, verdict: "down" },
];

export const mailCases: Cases = {
  smtp: smtpCases,
  submission: smtpCases.filter(({ name }) =>
    ["greeting 220, EHLO accepted", "greeting 554", "silent", "gone"].includes(name),
  ),
  pop: popCases,
  pops: popsCases,
  imap: imapCases,
  imaps: imapsCases,
  nntp: nntpCases,
};
