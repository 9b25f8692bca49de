/** ftp, simpletcp, sip, none. */
import {
  type Case,
  type Cases,
  gone,
  onlyOriginal,
  onlyOurs,
  type Script,
  silent,
} from "./target.ts";

const udp = { protocol: "udp" } as const;

// ---- ftp ----

const ftp: Script = { kind: "ftp", files: { "/status": "all is well" } };
const ftpLogin = ['login="checker"', 'passwd="right"'];
const status = ['request="status"', 'receive="all is well"'];
const noReceive = "without receive the original takes nothing, not even a word, for right";
const ftpCases: readonly Case[] = [
  { name: "the file has the text", server: ftp, lines: [...ftpLogin, ...status], verdict: "up" },
  {
    name: "the file has the text, over IPv6",
    server: ftp,
    family: 6,
    lines: [...ftpLogin, ...status],
    verdict: "up",
  },
  {
    name: "the file has another text",
    server: ftp,
    lines: [...ftpLogin, 'request="status"', 'receive="my own"'],
    verdict: "down",
  },
  {
    name: "the file is missing",
    server: ftp,
    lines: [...ftpLogin, 'request="missing"', 'receive="all is well"'],
    verdict: "down",
  },
  {
    name: "refused login",
    server: ftp,
    lines: ['login="checker"', 'passwd="wrong"', ...status],
    verdict: "down",
  },
  {
    name: "another protocol's greeting",
    server: { kind: "lines", greeting: "SSH-2.0-lab" },
    lines: [...ftpLogin, ...status],
    verdict: "down",
  },
  {
    name: "greeting 421",
    server: { kind: "lines", greeting: { last: "421 full" } },
    lines: [...ftpLogin, ...status],
    verdict: "down",
  },
  { name: "silent", server: silent, lines: [...ftpLogin, ...status], verdict: "down" },
  { name: "gone", server: gone, lines: [...ftpLogin, ...status], verdict: "down" },
  {
    name: "no receive set, the file is there",
    server: ftp,
    lines: [...ftpLogin, 'request="status"'],
    verdict: "up",
  },
  {
    name: "no receive set, the file is missing",
    server: ftp,
    lines: [...ftpLogin, 'request="missing"'],
    verdict: onlyOriginal(noReceive, "K4"),
  },
  {
    name: "no receive set, refused login",
    server: ftp,
    lines: ['login="checker"', 'passwd="wrong"'],
    verdict: onlyOriginal(noReceive, "K4"),
  },
  {
    name: "no receive set, silent",
    server: silent,
    lines: ftpLogin,
    verdict: onlyOriginal(noReceive, "K4"),
  },
  {
    name: "no receive set, gone",
    server: gone,
    lines: ftpLogin,
    verdict: onlyOriginal(noReceive, "K4"),
  },
  {
    name: "a server that gives files passively only",
    server: { kind: "ftp", files: { "/status": "all is well" }, without: ["PORT", "EPRT"] },
    lines: [...ftpLogin, ...status],
    verdict: onlyOurs(
      "the original has the server connect to the director; passive is what clients and firewalls expect",
      "4.5",
    ),
  },
  {
    name: "a server that gives files actively only",
    server: { kind: "ftp", files: { "/status": "all is well" }, without: ["PASV", "EPSV"] },
    lines: [...ftpLogin, ...status],
    verdict: "up",
  },
];

// ---- sip ----

const sipReply = (...lines: readonly string[]): string =>
  [...lines, "Content-Length: 0", "", ""].join("\r\n");
const sipTcp = (...lines: readonly string[]): Script => ({
  kind: "once",
  end: "\r\n\r\n",
  answers: [["^OPTIONS sip:", { last: sipReply(...lines) }]],
});
const sipUdp = (...replies: readonly string[]): Script => ({
  kind: "sip",
  replies: replies.map((it) => sipReply(it)),
});
const ok = "SIP/2.0 200 OK";
const trying = "SIP/2.0 100 Trying";
const provisional = "a provisional response says that the real one is on its way (RFC 3261, 7.2)";
const sipCases: readonly Case[] = [
  { name: "200", server: sipTcp(ok), verdict: "up" },
  { name: "200 over IPv6", server: sipTcp(ok), family: 6, verdict: "up" },
  { name: "wrong answer: 404", server: sipTcp("SIP/2.0 404 Not Found"), verdict: "down" },
  { name: "503", server: sipTcp("SIP/2.0 503 Service Unavailable"), verdict: "down" },
  { name: "refused login: 401", server: sipTcp("SIP/2.0 401 Unauthorized"), verdict: "down" },
  { name: "another protocol's answer", server: sipTcp("HTTP/1.1 200 OK"), verdict: "down" },
  { name: "silent", server: silent, verdict: "down" },
  { name: "gone", server: gone, verdict: "down" },
  { ...udp, name: "over UDP: 200", server: sipUdp(ok), verdict: "up" },
  {
    ...udp,
    name: "over UDP: wrong answer: 404",
    server: sipUdp("SIP/2.0 404 Not Found"),
    verdict: "down",
  },
  {
    ...udp,
    name: "over UDP: 503",
    server: sipUdp("SIP/2.0 503 Service Unavailable"),
    verdict: "down",
  },
  {
    ...udp,
    name: "over UDP: 200 to nobody's request",
    server: { kind: "datagrams", replies: [sipReply(ok)] },
    verdict: onlyOriginal(
      "what does not repeat the request's Via, Call-ID and CSeq, as servers must (RFC 3261, 8.2.6.2), may be forged",
      "4.5",
    ),
  },
  { ...udp, name: "over UDP: silent", server: silent, verdict: "down" },
  { ...udp, name: "over UDP: gone", server: gone, verdict: "down" },
  {
    ...udp,
    name: "over UDP: 100, then 200",
    server: sipUdp(trying, ok),
    verdict: onlyOurs(provisional, "4.5"),
  },
  {
    name: "100, then 200",
    server: sipTcp(trying, "Content-Length: 0", "", ok),
    verdict: onlyOurs(provisional, "4.5"),
  },
  {
    name: "200 with other words than OK",
    server: sipTcp("SIP/2.0 200 Fine"),
    verdict: onlyOurs("the words are for people (RFC 3261, 7.2)", "4.5"),
  },
];

// ---- simpletcp ----

const port = 7000;
const says = (reply: string): Script => ({
  kind: "once",
  end: "\n",
  answers: [["^ping", { last: reply }]],
});
const ping = 'request="ping\\n"';
const simpletcpCases: readonly Case[] = [
  {
    port,
    name: "the line fits",
    server: says("pong\n"),
    lines: [ping, 'receive="^pong"'],
    verdict: "up",
  },
  {
    port,
    name: "the line fits, over IPv6",
    server: says("pong\n"),
    family: 6,
    lines: [ping, 'receive="^pong"'],
    verdict: "up",
  },
  {
    port,
    name: "the second line fits",
    server: says("hello\npong\n"),
    lines: [ping, 'receive="^pong"'],
    verdict: "up",
  },
  {
    port,
    name: "the last line fits, cut off by the end",
    server: says("hello\npong"),
    lines: [ping, 'receive="^pong"'],
    verdict: "up",
  },
  {
    port,
    name: "wrong answer: no line fits",
    server: says("hello\n"),
    lines: [ping, 'receive="^pong"'],
    verdict: "down",
  },
  {
    port,
    name: "the end without an answer",
    server: says(""),
    lines: [ping, 'receive="^pong"'],
    verdict: "down",
  },
  { port, name: "silent", server: silent, lines: [ping, 'receive="^pong"'], verdict: "down" },
  { port, name: "gone", server: gone, lines: [ping, 'receive="^pong"'], verdict: "down" },
  {
    port,
    name: "no receive set, an answer comes",
    server: { kind: "once", end: "", answers: [["", { last: "pong\n" }]] },
    lines: ['request="ping"'],
    verdict: "up",
  },
  {
    port,
    name: "no receive set, \\n in the request, an answer comes",
    server: says("pong\n"),
    lines: [ping],
    verdict: onlyOurs(
      "Perl takes an empty pattern for the last one that matched: here the one for \\n",
      "K24",
    ),
  },
  {
    ...udp,
    port,
    name: "over UDP: the line fits",
    server: { kind: "datagrams", replies: ["pong\n"] },
    lines: [ping, 'receive="^pong"'],
    verdict: "up",
  },
  {
    ...udp,
    port,
    name: "over UDP: wrong answer",
    server: { kind: "datagrams", replies: ["hello\n"] },
    lines: [ping, 'receive="^pong"'],
    verdict: "down",
  },
  {
    ...udp,
    port,
    name: "over UDP: silent",
    server: silent,
    lines: [ping, 'receive="^pong"'],
    verdict: "down",
  },
  {
    ...udp,
    port,
    name: "over UDP: gone",
    server: gone,
    lines: [ping, 'receive="^pong"'],
    verdict: "down",
  },
  {
    ...udp,
    port,
    name: "over UDP: the answer fits, and has no line feed",
    server: { kind: "datagrams", replies: ["pong"] },
    lines: [ping, 'receive="^pong"'],
    verdict: onlyOurs("the end of a datagram is the end of its line", "K24"),
  },
];

export const otherCases: Cases = {
  ftp: ftpCases,
  sip: sipCases,
  simpletcp: simpletcpCases,
  none: [{ name: "gone", server: gone, port: 7000, verdict: "up" }],
};
