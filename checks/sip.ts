import { randomBytes, randomInt } from "node:crypto";
import { type Endpoint, formatEndpoint, formatHost } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import { type Check, down, up, type Verdict } from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import { verdictFrom } from "./lib/fault.ts";
import { DownNow, dialogue, maxLineBytes, type Session } from "./lib/stream/dialogue.ts";
import { askUdp } from "./lib/udp.ts";

/**
 * SIP: an OPTIONS request, over TCP or UDP as the virtual service is; up when the final response is
 * 200. RFC 3261 §11. Over UDP it is sent once, and what does not repeat its Via, Call-ID and CSeq, as every
 * response must (§8.2.6.2), is somebody's forgery or somebody else's: it is passed over.
 */
const sip: Check = {
  services: [
    {
      name: "sip",
      port: 5060,
      goesWithUdp: true,
      defaults: (hostname) => ({ login: `ldirectord@${hostname}` }),
    },
  ],
  needsPort: true,
  prepare({ login = "", protocol, negotiateTimeoutMs }) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the request's line
    if (/[\x00-\x20<>]/.test(login))
      return err([`login: "${login}" has a character that no SIP address can carry`]);
    return ok({
      timeoutMs: negotiateTimeoutMs,
      probeKey: JSON.stringify([protocol, login]),
      probe: async (target, signal) => {
        const call = {
          transport: protocol,
          login: login || formatHost(target.address),
          ...newIds(),
        };
        if (protocol === "tcp")
          return dialogue(target, { signal }, (session) => talk(session, call));
        return verdictFrom(signal, () =>
          askUdp(target, signal, {
            ask: (local) => Buffer.from(optionsRequest(local, call)),
            read: (datagram) => (isOurs(datagram, call) ? judge(headOf(datagram)) : undefined),
          }),
        );
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
  /** RFC 3261 §8.1.1.5: below 2^31. */
  readonly sequence: number;
}

/** Fresh for each probe: a proxy takes what it has seen before for a retransmission. Nobody else can know them. */
const newIds = () => ({
  // The first seven characters say that it is unique. RFC 3261 §8.1.1.7.
  branch: `z9hG4bK${randomBytes(8).toString("hex")}`,
  tag: randomBytes(4).toString("hex"),
  callId: randomBytes(8).toString("hex"),
  sequence: randomInt(1, 2 ** 31),
});

const optionsRequest = (
  local: Endpoint,
  { transport, login, branch, tag, callId, sequence }: Call,
): string =>
  [
    `OPTIONS sip:${login} SIP/2.0`,
    `Via: SIP/2.0/${transport.toUpperCase()} ${formatEndpoint(local)};branch=${branch}`,
    "Max-Forwards: 70",
    `To: <sip:${login}>`,
    `From: <sip:${login}>;tag=${tag}`,
    `Call-ID: ${callId}`,
    `CSeq: ${sequence} OPTIONS`,
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
    const verdict = contradicts(head, call) ? undefined : judge(head);
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

/** More than the head of any response that makes sense. */
const maxHeadBytes = 16 * 1024;

/** A header may be folded: then its next line begins with a blank. RFC 3261 §7.3.1. */
const headOf = (datagram: Buffer): Head =>
  (
    datagram
      .toString("latin1", 0, maxHeadBytes)
      .replace(/^[\r\n]+/, "")
      .split(/\r?\n\r?\n/, 1)[0] ?? ""
  )
    .replace(/\r?\n[ \t]+/g, " ")
    .split(/\r?\n/);

const isStatusLine = (line: string): boolean => /^SIP\/2\.0 \d{3}(?: |$)/i.test(line);

const callIdOf = (head: Head): string | undefined => header(head, /^(?:Call-ID|i)\s*:\s*(\S+)/i);

/** The number, and the method that goes with it. */
const sequenceOf = (head: Head): string | undefined =>
  header(head, /^CSeq\s*:\s*(\d{1,10}\s+\w+)/i)?.replace(/\s+/, " ");

/** Of the Via on top, which is the asker's own. */
const branchOf = (head: Head): string | undefined =>
  /;\s*branch\s*=\s*([^\s;,]+)/i.exec(header(head, /^(?:Via|v)\s*:\s*([^,]*)/i) ?? "")?.[1];

/** A datagram may be from anybody. */
function isOurs(datagram: Buffer, { callId, sequence, branch }: Call): boolean {
  // A flood of others costs no more than this.
  if (!datagram.subarray(0, maxHeadBytes).includes(callId)) return false;
  const head = headOf(datagram);
  return (
    isStatusLine(head[0] ?? "") &&
    callIdOf(head) === callId &&
    sequenceOf(head) === `${sequence} OPTIONS` &&
    branchOf(head) === branch
  );
}

/** What comes over our own connection is the server's: a plain one may leave out the call, but not name another. */
const contradicts = (head: Head, { callId }: Call): boolean => {
  const answered = callIdOf(head);
  return answered !== undefined && answered !== callId;
};

/** @returns undefined when it is no final response */
function judge(head: Head): Verdict | undefined {
  const line = head[0] ?? "";
  const status = line.slice(8, 11);
  if (status.startsWith("1")) return undefined;
  const text = oneLine(bytesAsText(line));
  return status === "200" ? up(text) : down("status", text);
}

const header = (head: Head, wanted: RegExp): string | undefined =>
  head.map((line) => wanted.exec(line)?.[1]).find((value) => value !== undefined);

const noSip = (line: string): Verdict =>
  down("protocol", oneLine(`no SIP response: ${JSON.stringify(oneLine(bytesAsText(line), 60))}`));
