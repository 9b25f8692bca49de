import { randomBytes } from "node:crypto";
import { type Endpoint, formatEndpoint, formatHost } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import { type Check, down, up, type Verdict } from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import { DownNow, dialogue, maxLineBytes, type Session } from "./lib/dialogue.ts";
import { verdictOf } from "./lib/fault.ts";
import { askUdp } from "./lib/udp.ts";

/**
 * SIP: an OPTIONS request, over TCP or UDP as the virtual service is; up when the final response is
 * 200. RFC 3261 §11. Over UDP it is sent once.
 */
const sip: Check = {
  services: ["sip"],
  needsPort: true,
  prepare({ login = "", protocol, negotiateTimeoutMs }) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the request's line
    if (/[\x00-\x20<>]/.test(login))
      return err([`login: "${login}" has a character that no SIP address can carry`]);
    return ok({
      timeoutMs: negotiateTimeoutMs,
      sameness: JSON.stringify([protocol, login]),
      probe: async (target, signal) => {
        const call = {
          transport: protocol,
          login: login || formatHost(target.address),
          ...newIds(),
        };
        if (protocol === "tcp")
          return dialogue(target, { signal }, (session) => talk(session, call));
        try {
          return await askUdp(target, signal, {
            ask: (local) => Buffer.from(optionsRequest(local, call)),
            read: (datagram) => judge(headOf(datagram), call),
          });
        } catch (error) {
          if (error instanceof DownNow) return error.verdict;
          return verdictOf(error);
        }
      },
    });
  },
};
export default sip;

interface Call {
  readonly transport: "tcp" | "udp";
  /** What follows `sip:`, of the one who asks and of the one asked. */
  readonly login: string;
  readonly branch: string;
  readonly tag: string;
  readonly callId: string;
}

/** Fresh for each probe: a proxy takes what it has seen before for a retransmission. */
const newIds = () => ({
  // The first seven characters say that it is unique. RFC 3261 §8.1.1.7.
  branch: `z9hG4bK${randomBytes(8).toString("hex")}`,
  tag: randomBytes(4).toString("hex"),
  callId: randomBytes(8).toString("hex"),
});

const optionsRequest = (local: Endpoint, { transport, login, branch, tag, callId }: Call): string =>
  [
    `OPTIONS sip:${login} SIP/2.0`,
    `Via: SIP/2.0/${transport.toUpperCase()} ${formatEndpoint(local)};branch=${branch}`,
    "Max-Forwards: 70",
    `To: <sip:${login}>`,
    `From: <sip:${login}>;tag=${tag}`,
    `Call-ID: ${callId}`,
    "CSeq: 63104 OPTIONS",
    `Contact: <sip:${login}>`,
    "Accept: application/sdp",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");

/** Status line and headers, one a line. */
type Head = readonly string[];

async function talk(session: Session, call: Call): Promise<Verdict> {
  session.send(optionsRequest(session.local, call));
  for (;;) {
    const head: string[] = [];
    let headBytes = 0;
    for (let line = await session.line(); line !== "" || head.length === 0; ) {
      // A blank line before a message is a keep-alive's answer. RFC 5626 §3.5.1.
      if (line !== "") head.push(line);
      if (head.length === 1 && !isStatusLine(line)) return noSip(line);
      // Each line costs more than it weighs.
      headBytes += line.length;
      if (headBytes > maxLineBytes) return down("protocol", "the headers never end");
      line = await session.line();
    }
    const verdict = judge(head, call);
    if (verdict !== undefined) return verdict;
    await skip(session, Number(header(head, /^(?:Content-Length|l)\s*:\s*(\d+)/i) ?? 0));
  }
}

async function skip(session: Session, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; ) {
    const got = (await session.bytes(Math.min(left, maxLineBytes))).length;
    if (got === 0) throw new DownNow("closed", "closed before the end of a response");
    left -= got;
  }
}

const headOf = (datagram: Buffer): Head =>
  (
    datagram
      .toString("latin1")
      .replace(/^[\r\n]+/, "")
      .split(/\r?\n\r?\n/)[0] ?? ""
  ).split(/\r?\n/);

const isStatusLine = (line: string): boolean => /^SIP\/2\.0 \d{3}(?: |$)/i.test(line);

/** @returns undefined when it is no final response, or one to somebody else's request */
function judge(head: Head, { callId }: Call): Verdict | undefined {
  const line = head[0] ?? "";
  if (!isStatusLine(line)) return noSip(line);
  const status = line.slice(8, 11);
  const answered = header(head, /^(?:Call-ID|i)\s*:\s*(\S+)/i);
  if (status.startsWith("1") || (answered !== undefined && answered !== callId)) return undefined;
  const text = oneLine(bytesAsText(line));
  return status === "200" ? up(text) : down("status", text);
}

const header = (head: Head, wanted: RegExp): string | undefined =>
  head.map((line) => wanted.exec(line)?.[1]).find((value) => value !== undefined);

const noSip = (line: string): Verdict =>
  down("protocol", oneLine(`no SIP response: ${JSON.stringify(oneLine(bytesAsText(line), 60))}`));
