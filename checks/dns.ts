import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import type { Endpoint } from "../src/model/address.ts";
import { err, ok, type Result } from "../src/model/result.ts";
import { type Check, type CheckSettings, down, up, type Verdict } from "./check.ts";
import { oneLine } from "./lib/detail.ts";
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
} from "./lib/dns/dns-message.ts";
import { namesToTry, type SearchList, systemSearchList } from "./lib/dns/search-list.ts";
import { verdictFrom } from "./lib/fault.ts";
import { preparing, type Search } from "./lib/receive/expected.ts";
import { withoutSlash } from "./lib/request.ts";
import type { RunSignal } from "./lib/run-signal.ts";
import { DownNow, dialogue, type Session } from "./lib/stream/dialogue.ts";
import { againEvery, askUdp } from "./lib/udp.ts";

/**
 * DNS: the addresses of the name `request`, or the name of the address `request`, as this server tells
 * them. Up when one of them fits `receive`; without `receive`, when there is any record. RFC 1035.
 * @param searchList what completes a name without a dot
 */
export const dnsWith = (searchList: SearchList): Check => ({
  services: [{ name: "dns", port: 53, goesWithUdp: true }],
  needsPort: true,
  prepare(settings) {
    const { receive, negotiateTimeoutMs } = settings;
    const ask =
      transportOf(settings) === "tcp" ? askByTcp : askByUdp(againEvery(negotiateTimeoutMs));
    return preparing(receive, wantedOf(settings, searchList), (wanted, expected) => ({
      timeoutMs: negotiateTimeoutMs,
      probeKey: JSON.stringify([transportOf(settings), wanted, receive]),
      probe: (target, signal) =>
        verdictFrom(signal, () => {
          const search = expected?.search(target, signal, negotiateTimeoutMs);
          return judge(wanted, search, (question) => ask(question, target, signal));
        }),
      monitorWords: () => "Connection timed out",
    }));
  },
});
// Read once, when the daemon starts: a probe waits for no file. The original's library does the same.
export default dnsWith(await systemSearchList());

interface Wanted {
  /** In the order asked; the next only if the one before it has no records. Never empty. */
  readonly names: readonly (readonly string[])[];
  /** In the order asked; the next only if the answer before it is not enough. */
  readonly types: readonly Question["type"][];
  /** No name to ask for, and nothing to expect: any answer will do, also that it does not answer for the root. */
  readonly isLiveness: boolean;
}

function wantedOf(
  { request = "/", receive }: CheckSettings,
  searchList: SearchList,
): Result<Wanted, readonly string[]> {
  const name = withoutSlash(request);
  if (isIP(name) !== 0 && !name.includes("%"))
    return ok({ names: [reverseLabels(name)], types: ["PTR"], isLiveness: false });
  const labels = labelsOf(name);
  if (!labels.ok) return err([`request: ${labels.error}`]);
  const isLiveness = labels.value.length === 0 && receive === undefined;
  const types = isLiveness ? (["NS"] as const) : (["A", "AAAA"] as const);
  // A suffix that makes it no name is the system's mistake: it is left out.
  const names = labels.value.length === 0 ? [] : namesToTry(name, searchList).map(labelsOf);
  const good = names.flatMap((each) => (each.ok ? [each.value] : []));
  return ok({ names: good.length > 0 ? good : [labels.value], types, isLiveness });
}

/** A firewall mark says nothing about the protocol; a DNS server always has UDP. */
const transportOf = ({ virtual, protocol }: CheckSettings): "tcp" | "udp" =>
  virtual.kind === "fwmark" ? "udp" : protocol;

const matched: ReadonlySet<string> = new Set(["A", "AAAA", "PTR"]);

type AskOne = (question: Question) => Promise<DnsAnswer>;

/** The first name that has records decides; when none has, the first one's verdict stands. */
async function judge(
  { names, types, isLiveness }: Wanted,
  search: Search | undefined,
  ask: AskOne,
): Promise<Verdict> {
  let first: Verdict | undefined;
  for (const labels of names) {
    const { verdict, hasRecords } = await judgeName(labels, types, isLiveness, search, ask);
    if (verdict.up || hasRecords) return verdict;
    first ??= verdict;
  }
  if (first === undefined) throw new Error("a question without a name");
  return first;
}

async function judgeName(
  labels: readonly string[],
  types: Wanted["types"],
  isLiveness: boolean,
  search: Search | undefined,
  ask: AskOne,
): Promise<{ readonly verdict: Verdict; readonly hasRecords: boolean }> {
  const name = nameText(labels) || ".";
  const seen: DnsRecord[] = [];
  const say = (verdict: Verdict) => ({ verdict, hasRecords: seen.length > 0 });
  for (const type of types) {
    const { responseCode, records } = await ask({ labels, type });
    if (isLiveness && (responseCode === 0 || responseCode === refused))
      return say({ ...up(`answers (${codeText(responseCode)})`), monitored: "Success" });
    if (responseCode !== 0)
      return say(down("status", `${codeText(responseCode)} for ${type} ${name}`));
    seen.push(...records);
    const good = await firstGood(records, search);
    if (good !== undefined) {
      const said = up(oneLine(`${name} ${good.type} ${good.value}`));
      return say({ ...said, monitored: "Success" });
    }
  }
  const asked = types.join(" or ");
  const values = seen.filter(({ type }) => matched.has(type)).map(({ value }) => value);
  if (values.length === 0) return say(down("mismatch", oneLine(`no ${asked} record for ${name}`)));
  const text = values.length > 8 ? `${values.slice(0, 8).join(", ")}, …` : values.join(", ");
  const what = `${name} is ${text}: none fits receive "${search?.receive ?? ""}"`;
  return say({ ...down("mismatch", oneLine(what, 300)), monitored: "Response mismatch" });
}

/** Among equals the first, so it does not matter which of two records has the value. */
async function firstGood(
  records: readonly DnsRecord[],
  search: Search | undefined,
): Promise<DnsRecord | undefined> {
  if (search === undefined) return records[0];
  const candidates = records.filter(({ type }) => matched.has(type));
  const value = await search.firstOf(candidates.map((record) => record.value));
  return candidates.find((record) => record.value === value);
}

const refused = 5;
const codes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const codeText = (code: number): string => codes[code] ?? `response code ${code}`;

type Ask = (question: Question, target: Endpoint, signal: RunSignal) => Promise<DnsAnswer>;

/**
 * A datagram, and what has not its id and its question is passed over: it may be forged. By TCP when the answer has
 * no room in one, or what there is of it when TCP does not work.
 */
const askByUdp =
  (againEveryMs: number): Ask =>
  async (question, target, signal) => {
    const id = randomInt(0x10000);
    const query = encodeQuery(id, question);
    const answer = await askUdp(target, signal, {
      ask: () => query,
      read: (datagram) => {
        if (datagram.length < 2 || datagram.readUInt16BE(0) !== id) return undefined;
        const decoded = decodeAnswer(datagram);
        return decoded.ok && repeats(decoded.value, question) ? decoded.value : undefined;
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
    const { responseCode, question: repeated } = decoded.value;
    // Over our own connection, a server that fails early may leave the question out.
    const isShort = repeated === undefined && responseCode !== 0;
    if (decoded.value.id !== id || !(isShort || repeats(decoded.value, question)))
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

/** Whether an answer is to this question. */
const repeats = ({ question }: DnsAnswer, { labels, type }: Question): boolean =>
  question !== undefined &&
  question.type === recordType[type] &&
  question.name.toLowerCase() === nameText(labels).toLowerCase();
