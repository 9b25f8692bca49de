import * as v from "valibot";
import { fieldName } from "../../log/events/fields.ts";
import type { KeptRecord, RecordRing } from "../../log/sinks/ring.ts";
import { printable } from "../../model/one-line.ts";
import { route } from "../route.ts";

/** A digit or more, that make a number which can be counted to. */
const count = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "not a whole number"), v.transform(Number));

/** So many are made to text at once. */
const atOnce = 100;

export const eventRoutes = [
  route({
    method: "GET",
    path: "/v1/events",
    summary: "what was logged, a line of JSON each, oldest first",
    query: v.strictObject({
      since: v.optional(
        v.pipe(count, v.description("epoch milliseconds; without it, all that is kept")),
      ),
      after: v.optional(v.pipe(count, v.description("only those after the one of this number"))),
      follow: v.optional(
        v.pipe(v.literal("yes"), v.description("and what comes, until you hang up")),
      ),
    }),
    answer: "lines, each with number, time, severity, event, text and the event's own fields",
    run: ({ records }, { query, signal }) => ({
      kind: "pieces",
      type: "application/x-ndjson",
      isEndless: query.follow !== undefined,
      pieces: linesOf(records, {
        from: Math.max(
          query.after ?? 0,
          query.since === undefined ? 0 : records.before(query.since),
        ),
        isFollowing: query.follow !== undefined,
        signal,
      }),
    }),
  }),
];

interface Wish {
  readonly from: number;
  readonly isFollowing: boolean;
  readonly signal: AbortSignal;
}

async function* linesOf(
  records: RecordRing,
  { from, isFollowing, signal }: Wish,
): AsyncGenerator<Uint8Array> {
  let last = from;
  for (;;) {
    const some = records.after(last, atOnce);
    if (some.length > 0) {
      last = some.at(-1)?.number ?? last;
      yield Buffer.from(some.map(lineOf).join(""));
    } else if (isFollowing && !signal.aborted) await records.next(signal);
    if (signal.aborted || (some.length === 0 && !isFollowing)) return;
  }
}

function lineOf({ number, time, severity, name, text, fields }: KeptRecord): string {
  const own = Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      fieldName(field).toLowerCase(),
      typeof value === "string" ? printable(value) : value,
    ]),
  );
  const line = { number, time, severity, event: name, text: printable(text), fields: own };
  return `${JSON.stringify(line)}\n`;
}
