import { addressToBytes, bytesToAddress, formatEndpoint } from "../../model/address.ts";
import type { Place } from "../../model/place.ts";
import type { RealServer } from "../../model/real-server.ts";
import type { Findings } from "../diagnostics.ts";
import { numericAddress } from "../names/numeric-address.ts";
import type { Answers } from "../names/resolve.ts";
import { nameTrouble } from "../names/trouble.ts";
import type { Statement } from "../text/statement.ts";
import type { Steps } from "../turns.ts";
import { diagnose, type RealSetting, type VirtualDraft } from "../values/read-settings.ts";
import type { Problem } from "../values/reading.ts";
import type { RealTail } from "../values/real-tail.ts";

/** A range of more addresses than this is surely a slip. */
const maxRange = 65_536;

/** The real servers of one virtual service, ranges spread out, unique by address and port. */
export function* buildReals(
  virtual: VirtualDraft,
  answers: Answers,
  diagnostics: Findings,
): Steps<RealServer[]> {
  const reals = new Map<string, RealServer>();
  for (const setting of virtual.reals) {
    const order = Math.max(virtual.endOrder, setting.statement.line);
    const tell = (problem: Problem) =>
      diagnostics.push(diagnose(setting.statement, problem, order));
    for (const real of buildReal(setting, virtual.family, answers, tell)) {
      yield;
      const key = formatEndpoint(real.endpoint);
      const earlier = reals.get(key);
      if (earlier !== undefined) {
        const message = `${key} stands in line ${earlier.line} too; this line counts`;
        tell({ severity: "warning", message });
      }
      reals.set(key, real);
    }
  }
  return [...reals.values()];
}

/** Whether a name has no address now, nor had one before. */
export const isIncomplete = ({ reals, family }: VirtualDraft, answers: Answers): boolean =>
  reals
    .flatMap(({ draft }) => [draft?.host, draft?.endHost])
    .some((name) => {
      const trouble = name === undefined ? undefined : answers.trouble(name, family);
      return trouble !== undefined && trouble.lastKnown === undefined;
    });

/** In the order of the original's own tests: address, port, end of range, range, tail. */
function buildReal(
  { statement, draft }: RealSetting,
  family: 4 | 6,
  answers: Answers,
  tell: (problem: Problem) => void,
): RealServer[] {
  const fail = (legacy: string | undefined, message: string): [] => {
    tell({ severity: "error", message, ...(legacy === undefined ? {} : { legacy }) });
    return [];
  };
  const example = family === 6 ? "real6=[2001:db8::11]:80 gate 1" : "real=192.0.2.11:80 gate 1";
  if (draft === undefined) {
    const what = /\s/.test(statement.value.trim())
      ? "the address is not understood"
      : "the forwarding method is missing";
    const legacy = "invalid address for real server (wrong format)";
    return fail(legacy, `${what}; write ${example}`);
  }

  const { host, endHost } = draft;
  const first = answers.host(host, family);
  const port = answers.port(draft.port ?? "0", undefined);
  const last = endHost === undefined ? undefined : answers.host(endHost, family);
  for (const problem of draft.problems) tell(problem);
  const without = "the server is left out";
  const legacyHost = `invalid address (${host}) for real server (could not resolve host)`;
  const trouble = nameTrouble(host, family, answers, without, legacyHost);
  if (trouble !== undefined) tell(trouble);
  else if (!first.ok) fail(legacyHost, `"${host}": ${first.error}`);
  if (!port.ok) {
    const legacy = `invalid port (${draft.port}) for real server (could not resolve port)`;
    fail(legacy, `port "${draft.port}": ${port.error}`);
  }
  if (endHost !== undefined && last !== undefined) {
    const legacy = `invalid address (${endHost}) for real server (could not resolve end host)`;
    const endTrouble = nameTrouble(endHost, family, answers, without, legacy);
    if (endTrouble !== undefined) tell(endTrouble);
    else if (!last.ok) fail(legacy, `"${endHost}": ${last.error}`);
  }
  let addresses: string[] = [];
  if (first.ok && (last === undefined || last.ok)) {
    const isUnknown =
      answers.areStandIns && [host, endHost ?? ""].some((it) => !numericAddress(it, 4));
    const isRange = last !== undefined && !(isUnknown && family === 4);
    const range = isRange ? spread(first.value, last.value, family) : [first.value];
    if (Array.isArray(range)) addresses = range;
    else fail(range.legacy, range.message);
  }
  for (const problem of draft.tailProblems) tell(problem);
  const { tail } = draft;
  if (tail === undefined || !port.ok) return [];
  const { forwarding, weight, upperThreshold, lowerThreshold, ...asked } = tail;
  const { line } = statement;
  const places = tail.receive === undefined ? undefined : placesIn(statement, tail);
  const isPlain = Object.keys(asked).length === 0;
  return addresses.map((address) => {
    const endpoint = { address, port: port.value };
    // Of those that ask nothing of their own there are thousands, and what is spread is a larger object.
    const real = { endpoint, forwarding, weight, upperThreshold, lowerThreshold, line };
    return isPlain ? real : { ...real, ...asked, ...(places && { places }) };
  });
}

/** In the line as it is written, where tabs are still tabs; else where its value begins. */
function placesIn(
  { raw, line, valueColumn }: Statement,
  { request, receive }: RealTail,
): ReadonlyMap<string, Place> {
  const place = (at: number): Place => ({ line, column: at < 0 ? valueColumn : at + 1 });
  return new Map([
    ["request", place(raw.indexOf(`"${request}"`))],
    ["receive", place(raw.lastIndexOf(`"${receive}"`))],
  ]);
}

/** Every address from `first` to `last`, both included. */
function spread(
  first: string,
  last: string,
  family: 4 | 6,
): string[] | { legacy?: string; message: string } {
  if (family === 6) {
    const legacy = "Address range for IPv6 is not supported yet";
    return { legacy, message: "ranges work with IPv4 only; write one line for each server" };
  }
  const from = addressToBytes(first).readUInt32BE(0);
  const to = addressToBytes(last).readUInt32BE(0);
  if (from > to) {
    const legacy = `Invalid Range: ${first}-${last}: First value must be greater than or equal to the second value`;
    return { legacy, message: `the range runs backwards; write ${last}->${first}` };
  }
  if (to - from >= maxRange) {
    return { message: `a range of ${to - from + 1} servers is more than the ${maxRange} allowed` };
  }
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(from + i);
    return bytesToAddress(bytes);
  });
}
