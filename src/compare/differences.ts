import { changed, type Field } from "../plan/change.ts";
import { lineChanges } from "./line-changes.ts";
import type { Side, SideFile, SideValues } from "./side.ts";

/** Where two directors differ. */
export type DifferencePart = "file" | "verdicts" | "table" | "orders";

/** One thing in which they do, in words for each; absent: that one has nothing there. */
export interface Difference {
  readonly part: DifferencePart;
  /** The file's name; the virtual service; the order. */
  readonly of: string;
  /** The real server, or its row; absent: it is about the whole. */
  readonly real?: string;
  /** Of a file: which line, in that one. */
  readonly line?: number;
  readonly here?: string;
  readonly there?: string;
}

/** All of them, by part; in each in the order of `here`, then what is only there. */
export const differences = (here: Side, there: Side): readonly Difference[] => [
  ...fileDifferences(here.files.cf, there.files.cf),
  ...fileDifferences(here.files.ini, there.files.ini),
  ...verdictDifferences(here, there),
  ...tableDifferences(here, there),
  ...orderDifferences(here, there),
];

/** Those of `second` that were there at the first look, too: what was only a moment's is none. */
export function lasting(
  first: readonly Difference[],
  second: readonly Difference[],
): readonly Difference[] {
  const before = new Set(first.map(subjectOf));
  return second.filter((each) => before.has(subjectOf(each)));
}

const subjectOf = ({ part, of, real }: Difference): string => JSON.stringify([part, of, real]);

function fileDifferences(
  here: SideFile | undefined,
  there: SideFile | undefined,
): readonly Difference[] {
  if (here?.fingerprint === there?.fingerprint) return [];
  const part = "file";
  const of = (here ?? there)?.name ?? "";
  const isThere = "it is there";
  if (here === undefined) return [{ part, of, there: isThere }];
  if (there === undefined) return [{ part, of, here: isThere }];
  const lines = lineChanges(here.lines, there.lines);
  if (lines.length > 0) return lines.map((change) => ({ part, of, ...change }));
  const unseen = (fingerprint: string) =>
    `something that is not shown (a secret, the end of a line): fingerprint ${fingerprint.slice(0, 8)}`;
  return [{ part, of, here: unseen(here.fingerprint), there: unseen(there.fingerprint) }];
}

type Verdict = Side["verdicts"][number];

function verdictDifferences(here: Side, there: Side): readonly Difference[] {
  const nameOf = ({ virtual, server }: Verdict) => JSON.stringify([virtual, server]);
  return pairs(here.verdicts, there.verdicts, nameOf).flatMap(([a, b]): readonly Difference[] => {
    const { virtual: of, server: real } = a ?? b;
    const tell = (words: (verdict: Verdict) => string) =>
      differing({ part: "verdicts", of, real }, a && words(a), b && words(b));
    const byState = tell(({ state, reason }) =>
      reason === undefined ? state : `${state} (${reason})`,
    );
    if (byState.length > 0) return byState;
    return tell(({ state, decidedBy }) => `${state}, weight by ${decidedBy}`);
  });
}

function tableDifferences(here: Side, there: Side): readonly Difference[] {
  const services = pairs(here.table, there.table, ({ virtual }) => virtual);
  return services.flatMap(([a, b]): readonly Difference[] => {
    const of = (a ?? b).virtual;
    const head = valueDifferences({ part: "table", of }, a?.values, b?.values);
    if (a === undefined || b === undefined) return head;
    const rows = pairs(a.rows, b.rows, ({ row }) => row);
    return [
      ...head,
      ...rows.flatMap(([x, y]) => {
        const [one, other] = alike(x?.values, y?.values);
        return valueDifferences({ part: "table", of, real: (x ?? y).row }, one, other);
      }),
    ];
  });
}

/** A real server that is one of the directors is `local` to that one, whatever the file says. */
function alike(
  a: SideValues | undefined,
  b: SideValues | undefined,
): readonly [SideValues | undefined, SideValues | undefined] {
  const { forwarding } = a ?? {};
  if (a === undefined || b === undefined || forwarding === b["forwarding"]) return [a, b];
  if (forwarding !== "local" && b["forwarding"] !== "local") return [a, b];
  return [a, { ...b, ...(forwarding !== undefined && { forwarding }) }];
}

function orderDifferences(here: Side, there: Side): readonly Difference[] {
  return pairs(here.orders, there.orders, ({ what }) => what).flatMap(([a, b]) => {
    const of = (a ?? b).what;
    if (a !== undefined && b !== undefined) {
      return valueDifferences({ part: "orders", of }, a.values, b.values);
    }
    return differing({ part: "orders", of }, a?.said, b?.said);
  });
}

type Subject = Pick<Difference, "part" | "of" | "real">;

/** Of two that are both there, only what differs. */
function valueDifferences(
  subject: Subject,
  here: SideValues | undefined,
  there: SideValues | undefined,
): readonly Difference[] {
  const mapOf = (values: SideValues | undefined) => new Map(Object.entries(values ?? {}));
  const fields = changed(mapOf(here), mapOf(there));
  const words = (side: "before" | "after") =>
    fields.map((field) => `${field.name} ${valueIn(field, side)}`).join(", ");
  if (here === undefined || there === undefined) {
    return differing(subject, here && words("before"), there && words("after"));
  }
  return differing(subject, words("before"), words("after"));
}

const valueIn = (field: Field, side: "before" | "after"): string | number =>
  field[side] ?? "not set";

const differing = (
  subject: Subject,
  here: string | undefined,
  there: string | undefined,
): readonly Difference[] =>
  here === there
    ? []
    : [{ ...subject, ...(here !== undefined && { here }), ...(there !== undefined && { there }) }];

type Pair<T> = readonly [T, T | undefined] | readonly [undefined, T];

/** What stands under the same name in both lists; of several, one. */
function pairs<T>(
  here: readonly T[],
  there: readonly T[],
  nameOf: (it: T) => string,
): readonly Pair<T>[] {
  const byName = (list: readonly T[]) => new Map(list.map((it) => [nameOf(it), it] as const));
  const [ofHere, ofThere] = [byName(here), byName(there)];
  return [
    ...[...ofHere].map(([name, it]): Pair<T> => [it, ofThere.get(name)]),
    ...[...ofThere].flatMap(([name, it]): readonly Pair<T>[] =>
      ofHere.has(name) ? [] : [[undefined, it]],
    ),
  ];
}
