import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import type { Endpoint } from "../src/model/address.ts";
import { err, ok, type Result } from "../src/model/result.ts";
import { type Check, type CheckSettings, down, up, type Verdict } from "./check.ts";
import { oneLine } from "./lib/detail.ts";
import { DownNow, dialogue, type Session } from "./lib/dialogue.ts";
import {
  type DnsAnswer,
  type DnsRecord,
  decodeAnswer,
  encodeQuery,
  labelsOf,
  nameText,
  type Question,
  recordType,
  reverseLabels,
} from "./lib/dns-message.ts";
import { verdictOf } from "./lib/fault.ts";
import { compilePattern, type Pattern } from "./lib/pattern.ts";
import { againEvery, askUdp } from "./lib/udp.ts";

/**
 * DNS: the addresses of the name `request`, or the name of the address `request`, as this server tells
 * them. Up when one of them fits `receive`; without `receive`, when there is any record. RFC 1035.
 */
const dns: Check = {
  services: ["dns"],
  needsPort: true,
  prepare(settings) {
    const { receive, negotiateTimeoutMs } = settings;
    const pattern = receive === undefined ? undefined : compilePattern(receive);
    const wanted = wantedOf(settings);
    const problems: string[] = [];
    if (pattern?.ok === false) problems.push(`receive: ${pattern.error}`);
    if (!wanted.ok) problems.push(`request: ${wanted.error}`);
    if (!wanted.ok || problems.length > 0) return err(problems);

    const expected: Expected | undefined =
      pattern?.ok === true ? { pattern: pattern.value, text: receive ?? "" } : undefined;
    const ask =
      transportOf(settings) === "tcp" ? askByTcp : askByUdp(againEvery(negotiateTimeoutMs));
    return ok({
      timeoutMs: negotiateTimeoutMs,
      sameness: JSON.stringify([transportOf(settings), wanted.value, receive]),
      probe: async (target, signal) => {
        try {
          return await judge(wanted.value, expected, (question) => ask(question, target, signal));
        } catch (error) {
          if (error instanceof DownNow && !signal.aborted) return error.verdict;
          return verdictOf(error);
        }
      },
    });
  },
};
export default dns;

interface Expected {
  readonly pattern: Pattern;
  readonly text: string;
}

interface Wanted {
  readonly labels: readonly string[];
  /** In the order asked; the next only if the answer before it is not enough. */
  readonly types: readonly Question["type"][];
  /** No name to ask for, and nothing to expect: any answer will do, also that it does not answer for the root. */
  readonly isLiveness: boolean;
}

function wantedOf({ request = "/", receive }: CheckSettings): Result<Wanted, string> {
  const name = request.replace(/^\//, "");
  if (isIP(name) !== 0 && !name.includes("%"))
    return ok({ labels: reverseLabels(name), types: ["PTR"], isLiveness: false });
  const labels = labelsOf(name);
  if (!labels.ok) return labels;
  const isLiveness = labels.value.length === 0 && receive === undefined;
  return ok({ labels: labels.value, types: isLiveness ? ["NS"] : ["A", "AAAA"], isLiveness });
}

/** A firewall mark says nothing about the protocol; a DNS server always has UDP. */
const transportOf = ({ virtual, protocol }: CheckSettings): "tcp" | "udp" =>
  virtual.kind === "fwmark" ? "udp" : protocol;

const matched: ReadonlySet<string> = new Set(["A", "AAAA", "PTR"]);

async function judge(
  { labels, types, isLiveness }: Wanted,
  expected: Expected | undefined,
  ask: (question: Question) => Promise<DnsAnswer>,
): Promise<Verdict> {
  const name = nameText(labels) || ".";
  const seen: DnsRecord[] = [];
  for (const type of types) {
    const { responseCode, records } = await ask({ labels, type });
    if (isLiveness && (responseCode === 0 || responseCode === refused))
      return { ...up(`answers (${codeText(responseCode)})`), monitored: "Success" };
    if (responseCode !== 0) return down("status", `${codeText(responseCode)} for ${type} ${name}`);
    seen.push(...records);
    const good = records.find(
      (record) =>
        expected === undefined ||
        (matched.has(record.type) && expected.pattern.matches(record.value)),
    );
    if (good !== undefined) {
      return { ...up(oneLine(`${name} ${good.type} ${good.value}`)), monitored: "Success" };
    }
  }
  const asked = types.join(" or ");
  const values = seen.filter(({ type }) => matched.has(type)).map(({ value }) => value);
  if (values.length === 0) return down("mismatch", oneLine(`no ${asked} record for ${name}`));
  const text = values.length > 8 ? `${values.slice(0, 8).join(", ")}, …` : values.join(", ");
  const what = `${name} is ${text}: none fits receive "${expected?.text ?? ""}"`;
  return { ...down("mismatch", oneLine(what, 300)), monitored: "Response mismatch" };
}

const refused = 5;
const codes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const codeText = (code: number): string => codes[code] ?? `response code ${code}`;

type Ask = (question: Question, target: Endpoint, signal: AbortSignal) => Promise<DnsAnswer>;

/** A datagram; by TCP when the answer has no room in one, or what there is of it when TCP does not work. */
const askByUdp =
  (againEveryMs: number): Ask =>
  async (question, target, signal) => {
    const id = randomInt(0x10000);
    const query = encodeQuery(id, question);
    const answer = await askUdp(target, signal, {
      ask: () => query,
      read: (datagram) => {
        if (datagram.length >= 2 && datagram.readUInt16BE(0) !== id) return undefined;
        const decoded = decodeAnswer(datagram);
        if (!decoded.ok) throw new DownNow("protocol", `no DNS answer: ${decoded.error}`);
        return repeats(decoded.value, question) ? decoded.value : undefined;
      },
      againEveryMs,
    });
    if (!answer.isTruncated) return answer;
    try {
      return await askByTcp(question, target, signal);
    } catch (error) {
      if (error instanceof DownNow && answer.records.length > 0) return answer;
      throw error;
    }
  };

/** Each message has its length before it. RFC 1035 §4.2.2. */
const askByTcp: Ask = async (question, target, signal) => {
  const id = randomInt(0x10000);
  const query = encodeQuery(id, question);
  let answer: DnsAnswer | undefined;
  const verdict = await dialogue(target, { signal }, async (session) => {
    session.send(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]));
    const length = (await exactly(session, 2)).readUInt16BE(0);
    const decoded = decodeAnswer(await exactly(session, length));
    if (!decoded.ok) return down("protocol", `no DNS answer: ${decoded.error}`);
    if (decoded.value.id !== id || !repeats(decoded.value, question))
      return down("protocol", "the answer is to another question");
    answer = decoded.value;
    return up("");
  });
  if (answer !== undefined) return answer;
  throw verdict.up
    ? new Error("a dialogue without an answer")
    : new DownNow(verdict.reason, verdict.detail);
};

async function exactly(session: Session, bytes: number): Promise<Buffer> {
  let text = "";
  while (text.length < bytes) {
    const more = await session.bytes(bytes - text.length);
    if (more === "") throw new DownNow("closed", "closed before the end of an answer");
    text += more;
  }
  return Buffer.from(text, "latin1");
}

/** Whether an answer is to this question. A server that fails early may not repeat it. */
const repeats = ({ question, responseCode }: DnsAnswer, { labels, type }: Question): boolean =>
  question === undefined
    ? responseCode !== 0
    : question.type === recordType[type] &&
      question.name.toLowerCase() === nameText(labels).toLowerCase();
