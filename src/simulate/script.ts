import type { DownReason } from "../../checks/check.ts";
import { suggestion } from "../config/text/suggestion.ts";
import { canonicalAddress } from "../model/address.ts";
import { readDuration } from "../model/duration.ts";
import { err, ok, type Result } from "../model/result.ts";

/** A real server as the script names it; without a port: on every port. */
export interface Named {
  readonly address: string;
  readonly port?: number;
}

/** How a server answers from then on. */
export type Answer =
  | { readonly kind: "up" }
  | { readonly kind: "down"; readonly reason: DownReason }
  | { readonly kind: "slow"; readonly ms: number };

type Act =
  | { readonly kind: "answer"; readonly real: Named; readonly answer: Answer }
  | { readonly kind: "maintenance"; readonly real: Named; readonly isOn: boolean }
  | { readonly kind: "reload"; readonly file: string };

export interface Step {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly act: Act;
  /** 1-based. */
  readonly line: number;
  /** 1-based, of the server or the file. */
  readonly column: number;
  /** As written. */
  readonly text: string;
}

export interface Script {
  /** In their order. */
  readonly steps: readonly Step[];
  /** Milliseconds. */
  readonly until: number;
}

/** 1-based. */
export interface ScriptProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const downReasons = [
  "refused",
  "unreachable",
  "timeout",
  "closed",
  "tls",
  "protocol",
  "auth",
  "status",
  "mismatch",
  "internal",
] as const satisfies readonly DownReason[];

const maxSteps = 10_000;
const maxMs = 7 * 86_400_000;
/** Without `until` it goes on for so long after the last line. */
const usualRestMs = 60_000;

interface Word {
  readonly text: string;
  readonly column: number;
}

class Wrong extends Error {
  readonly column: number;
  constructor(column: number, message: string) {
    super(message);
    this.column = column;
  }
}

/** All lines, or all that is wrong with them. The language is docs/simulate.md's. */
export function parseScript(text: string): Result<Script, readonly ScriptProblem[]> {
  const problems: ScriptProblem[] = [];
  const steps: Step[] = [];
  let now = 0;
  let until: number | undefined;
  for (const [nth, raw] of text.split(/\r?\n/).entries()) {
    const line = nth + 1;
    const words = wordsOf(raw);
    const [first] = words;
    if (first === undefined) continue;
    try {
      if (steps.length >= maxSteps) throw new Wrong(1, `more than ${maxSteps} lines`);
      if (until !== undefined)
        throw new Wrong(first.column, "comes behind until, which is the end");
      const rest = first.text === "at" ? words.slice(2) : words;
      if (first.text === "at") now = timeOf(words[1], first, now);
      if (first.text === "until") {
        until = timeOf(words[1], first, now);
        noMore(words[2]);
      } else
        steps.push({
          at: now,
          line,
          text: rest.map((it) => it.text).join(" "),
          ...actOf(rest, first),
        });
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      problems.push({ line, column: error.column, message: error.message });
      if (steps.length >= maxSteps) break;
    }
  }
  return problems.length > 0 ? err(problems) : ok({ steps, until: until ?? now + usualRestMs });
}

/** Behind `#` is a comment. */
const wordsOf = (line: string): readonly Word[] =>
  [...line.replace(/(^|\s)#.*$/, "").matchAll(/\S+/g)].map(({ 0: text, index }) => ({
    text,
    column: index + 1,
  }));

function timeOf(word: Word | undefined, before: Word, now: number): number {
  const ms = word && readDuration(word.text);
  if (ms === undefined) {
    const said = word === undefined ? "no time" : `"${word.text}" is no time`;
    throw new Wrong((word ?? before).column, `${said}; write ${before.text} 10s, or 1m30s`);
  }
  const { column = 1 } = word ?? {};
  if (ms < now) throw new Wrong(column, "is earlier than the line before it");
  if (ms > maxMs) throw new Wrong(column, "is more than seven days: 7d is the longest");
  return ms;
}

function actOf(
  words: readonly Word[],
  before: Word,
): { readonly act: Act; readonly column: number } {
  const [first, second, third] = words;
  if (first === undefined) throw new Wrong(before.column, `says nothing; write ${forms}`);
  if (first.text === "reload") {
    if (second === undefined) throw new Wrong(first.column, "names no file; write reload next.cf");
    noMore(third);
    return { act: { kind: "reload", file: second.text }, column: second.column };
  }
  if (first.text === "maintenance") {
    const real = realOf(second, first);
    if (third?.text !== "on" && third?.text !== "off") {
      const place = third ?? second ?? first;
      throw new Wrong(place.column, `write maintenance ${second?.text} on, or off`);
    }
    noMore(words[3]);
    const isOn = third.text === "on";
    return { act: { kind: "maintenance", real, isOn }, column: second?.column ?? 1 };
  }
  const real = realOf(first, first);
  return {
    act: { kind: "answer", real, answer: answerOf(second, third, first) },
    column: first.column,
  };
}

const forms = "10.0.0.3:80 down, 10.0.0.3:80 up, maintenance 10.0.0.3 on or reload next.cf";
const verbs = ["down", "up", "slow"];

function answerOf(verb: Word | undefined, how: Word | undefined, real: Word): Answer {
  if (verb?.text === "up") {
    noMore(how);
    return { kind: "up" };
  }
  if (verb?.text === "slow") {
    const ms = how && readDuration(how.text);
    if (ms !== undefined) return { kind: "slow", ms };
    throw new Wrong((how ?? verb).column, `write how long it takes: ${real.text} slow 3s`);
  }
  if (verb?.text === "down") return { kind: "down", reason: reasonOf(how) };
  const said =
    verb === undefined ? "says nothing of it" : `"${verb.text}" is none of down, up, slow`;
  const hint = suggestion(verb?.text ?? "", verbs) || `; write ${forms}`;
  throw new Wrong((verb ?? real).column, `${said}${hint}`);
}

function reasonOf(word: Word | undefined): DownReason {
  if (word === undefined) return "refused";
  const reason = downReasons.find((it) => it === word.text);
  if (reason !== undefined) return reason;
  const hint = suggestion(word.text, downReasons) || `; reasons are ${downReasons.join(", ")}`;
  throw new Wrong(word.column, `"${word.text}" is no reason${hint}`);
}

function realOf(word: Word | undefined, before: Word): Named {
  const { text, column } = word ?? { text: "", column: before.column };
  const [, bracketed, dotted, digits] =
    /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = canonicalAddress(bracketed ?? dotted ?? text);
  if (address === undefined || Number(digits ?? 0) > 65_535) {
    throw new Wrong(column, `"${text}" is no real server's address; write ${forms}`);
  }
  return { address, ...(digits !== undefined && { port: Number(digits) }) };
}

function noMore(word: Word | undefined): void {
  if (word !== undefined) throw new Wrong(word.column, `"${word.text}" is one word too many`);
}
