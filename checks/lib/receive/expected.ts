/** What an answer is expected to have in it, and the search for it. */

import type { Endpoint } from "../../../src/model/address.ts";
import { err, ok, type Result } from "../../../src/model/result.ts";
import type { PreparedProbe, StaysDown } from "../../check.ts";
import { oneLine } from "../detail.ts";
import type { RunSignal } from "../run-signal.ts";
import { DownNow } from "../stream/dialogue.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import { createLane, type Found, type Lane, starved, type Wanted } from "./search-lane.ts";

/** The search of one probe. What it gives and takes is latin1: one character a byte. */
export interface Search {
  /** As written in the file. */
  readonly receive: string;
  /**
   * @returns the first of `texts` that fits
   * @throws DownNow when none was found in the time that a search may take; LocalFault when that was our doing
   */
  firstOf(texts: readonly string[]): Promise<string | undefined>;
  /** As firstOf, of the lines of `text`, each with its line feed. */
  firstLineOf(text: string): Promise<string | undefined>;
}

/** `receive`, understood. */
export interface Expected {
  /** Begins with the probe, whose whole time is `timeoutMs`. */
  search(target: Endpoint, signal: RunSignal, timeoutMs: number): Search;
}

/**
 * What a check that knows `receive` prepares.
 * @param rest the other settings, understood, or all that is wrong with them
 * @param make is given nothing expected where there is no `receive`: then anything will do
 */
export function preparing<T>(
  receive: string | undefined,
  rest: Result<T, readonly string[]>,
  make: (rest: T, expected: Expected | undefined) => PreparedProbe | StaysDown,
): Result<PreparedProbe | StaysDown, readonly string[]> {
  const understood = expectedOf(receive);
  if (!understood.ok) return rest.ok ? understood : err([...understood.error, ...rest.error]);
  if (!rest.ok) return rest;
  const { value } = understood;
  return ok("staysDown" in value ? value : make(rest.value, value.expected));
}

/** @returns nothing expected without `receive` */
export function expectedOf(
  receive: string | undefined,
): Result<{ readonly expected?: Expected } | StaysDown, readonly string[]> {
  if (receive === undefined) return ok({});
  const compiled = compilePattern(receive);
  if (!compiled.ok) return err([`receive: ${compiled.error}`]);
  const { value } = compiled;
  if ("staysDown" in value) return ok({ staysDown: `receive: ${value.staysDown}` });
  const expected: Expected = {
    search: (target, signal, timeoutMs) =>
      createSearch(value, { owner: target.address, signal, timeoutMs }),
  };
  return ok({ expected });
}

/**
 * What the event loop spends on one probe's searches: instructions of the compiled program times bytes of
 * text. The slowest seen is 350 ns for one of them (RE2 making up its automaton, on a busy machine), so it
 * is about 20 ms at the worst.
 */
export const loopBudget = 60_000;
/** What a search costs before its first byte, in bytes. */
const overheadBytes = 16;
/** Before the end of the probe's time, for what is ours must be said before it. */
const marginMs = 50;

/** Most searches take less. Who takes longer waits for others like it, and not before them. */
const quickMs = 50;
/** For each of two engines. */
const slowMs = 1_000;
let lanes: { readonly quick: Lane; readonly slow: Lane } | undefined;

interface Asking {
  readonly owner: string;
  readonly signal: RunSignal;
  readonly timeoutMs: number;
}

export const costOf = (size: number, bytes: number, texts: number): number =>
  size * (bytes + texts * overheadBytes);

export function createSearch(
  { text: receive, literal, re2, javaScript }: Pattern,
  { owner, signal, timeoutMs }: Asking,
): Search {
  const deadline = performance.now() + timeoutMs - marginMs;
  let budget = loopBudget;

  const fits = (text: string): boolean =>
    literal === undefined ? re2?.program.test(text) === true : text.includes(literal);

  /** Takes it off the budget when it is within. */
  const isCheap = (bytes: number, texts: number): boolean => {
    if (literal !== undefined) return true;
    const cost = re2 === undefined ? Number.POSITIVE_INFINITY : costOf(re2.size, bytes, texts);
    if (cost > budget) return false;
    budget -= cost;
    return true;
  };

  const elsewhere = async (text: string, ends: Wanted["ends"]): Promise<string | undefined> => {
    const wanted = { owner, signal, deadline, text, ends, javaScript, re2: re2?.source };
    const found = await searchInThread(wanted);
    if (found === "nothing") return undefined;
    if (found === "starved") throw starved();
    if (found === "too-long") {
      const what = `whether receive "${receive}" is in ${text.length} bytes would take too long to find out`;
      throw new DownNow("timeout", oneLine(what, 300));
    }
    return text.slice(...found);
  };

  return {
    receive,
    firstOf: async (texts) => {
      const bytes = texts.reduce((sum, text) => sum + text.length, 0);
      if (isCheap(bytes, texts.length)) return texts.find(fits);
      let end = 0;
      const ends = Uint32Array.from(texts, (text) => (end += text.length));
      return elsewhere(texts.join(""), ends);
    },
    firstLineOf: async (text) => {
      if (literal !== undefined) return lineAround(text, literal);
      if (re2 !== undefined && re2.size * text.length <= budget) {
        const lines = text.split(/(?<=\n)/);
        if (isCheap(text.length, lines.length)) return lines.find(fits);
      }
      return elsewhere(text, "lines");
    },
  };
}

/** The first line with `literal` in it. */
function lineAround(text: string, literal: string): string | undefined {
  const at = text.indexOf(literal);
  if (at < 0) return undefined;
  const end = text.indexOf("\n", at) + 1;
  return text.slice(text.lastIndexOf("\n", at - 1) + 1, end === 0 ? undefined : end);
}

async function searchInThread(wanted: Wanted): Promise<Found> {
  lanes ??= { quick: createLane(quickMs), slow: createLane(slowMs) };
  const found = await lanes.quick.search(wanted);
  return found === "too-long" || found === "starved" ? lanes.slow.search(wanted) : found;
}
