import type { Case, Group } from "./case.ts";
import type { Deviation } from "./compare.ts";
import { type Places, placesOf } from "./places.ts";
import type { CaseRecord, OriginalRecord } from "./record.ts";

/** One case's part of a group's run. */
export interface Block {
  readonly it: Case;
  readonly places: Places;
  /** Its part of the file now. */
  text: string;
  readonly found: Deviation[];
  readonly failures: string[];
  readonly recorded: CaseRecord;
}

/** A group's cases, and the daemon, which has the lines that are no case's own. */
export class Blocks {
  readonly ofCases: readonly Block[];
  readonly daemon: Block;

  /** @param first number of the first case's places; the others follow */
  constructor(group: Group, record: OriginalRecord, first: number) {
    // What a case meets of the others: the globals, and which step is a reload.
    const { globals, tail, life, cases } = group;
    const steps = cases.map((it) => it.steps ?? []);
    const shape = Array.from({ length: Math.max(0, ...steps.map((it) => it.length)) }, (_, i) => ({
      isReload: steps.some((it) => it[i]?.edit !== undefined),
      rounds: Math.max(2, ...steps.map((it) => it[i]?.rounds ?? 0)),
    }));
    const blockOf = (it: Case, places: Places, given: readonly Case[]): Block => {
      const inputs = given.map(({ file, before, steps }) => ({ file, before, steps }));
      const { number, hosts } = places;
      const recorded = record.of(it.name, { globals, tail, life, shape, number, hosts, inputs });
      const failures = [...recorded.lacks];
      return { it, places, text: places.resolve(it.file), found: [], failures, recorded };
    };
    this.ofCases = cases.map((it, i) => blockOf(it, placesOf(first + i), [it]));
    const daemon = { name: `${group.name}: the daemon`, file: "" };
    this.daemon = blockOf(daemon, placesOf(3999), cases);
  }

  get all(): readonly Block[] {
    return [...this.ofCases, this.daemon];
  }

  /** By the first of a case's addresses or marks that stands in the line. */
  ownerOf(line: string): Block {
    const four = /\b10\.(?:[67]|1[6-9]|2\d|30)\.\d+\.\d+/.exec(line)?.[0].split(".").map(Number);
    const six = /\bfd0[79]::([\da-f]+)/.exec(line)?.[1];
    const mark = /(?:\(|-f |: | of |fwm6?:)(\d{4})\b(?!:\d)/.exec(line)?.[1];
    let number = -1;
    if (four) {
      const [, net = 0, third = 0, fourth = 0] = four;
      number = net < 16 ? third * 256 + fourth : (net - 16) * 256 + third;
    } else if (six) number = Number.parseInt(six, 16) - 1;
    else if (mark) number = (Number(mark) - 1001) % 4000;
    return this.ofCases.find(({ places }) => places.number === number) ?? this.daemon;
  }
}

/** Every real server and fallback that the case's texts name, on port 80 and where they say. */
export function serversOf({ it, places }: Block): (readonly [string, number])[] {
  const text = [it.file, ...(it.steps ?? []).map(({ edit }) => edit ?? "")].join("\n");
  const named = new Map<string, readonly [string, number]>();
  const add = (address: string, port: number): void => {
    named.set(`${address} ${port}`, [address, port]);
  };
  for (const [, bracketed, bare, port] of text.matchAll(
    /(?:\[((?:RS\d|SORRY)v6)\]|\b(RS\d|SORRY)\b)(?::(\d+))?/g,
  )) {
    const [address] = places.endpoint(bracketed ? `[${bracketed}]` : (bare ?? ""));
    add(address, 80);
    if (port && Number(port) > 0) add(address, Number(port));
  }
  for (const [, port] of text.matchAll(/checkport\s*=\s*(\d+)/g)) {
    for (const [address] of [...named.values()]) add(address, Number(port));
  }
  if (/->/.test(text)) for (let i = 1; i <= 7; i += 1) add(places.resolve(`RS${i}`), 80);
  return [...named.values()];
}
