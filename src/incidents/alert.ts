import type { AlertRoute } from "../ini/alert-settings.ts";
import { Book, type Rules } from "./book.ts";
import { cronMatches, Digest } from "./deliver/digest.ts";
import { Lane, type Send } from "./deliver/lane.ts";
import { atMost, byDigest, oneByOne, type Pace } from "./deliver/pace.ts";
import { type Means, senderFor } from "./deliver/senders.ts";
import type { AlertState } from "./state.ts";
import { nameOf, type Trouble } from "./trouble.ts";

/** One `[alert …]` that runs: its incidents, and the way to its receiver. */
export interface Alert {
  readonly route: AlertRoute;
  readonly book: Book;
  readonly lane: Lane;
  readonly digest: Digest | undefined;
  /** Tells its receiver at once, past all that waits. */
  readonly send: Send;
  /** Whether it is to hear of this. */
  wants(trouble: Trouble): boolean;
}

/** @param before what it has from an earlier daemon, or from before a reload */
export async function createAlert(
  route: AlertRoute,
  means: Means,
  before: AlertState | undefined,
  onChange: () => void,
): Promise<Alert> {
  const { receiver, name } = route;
  const send = senderFor(route, means);
  let pace: Pace = oneByOne;
  let digest: Digest | undefined;
  if (receiver.to === "mail" && receiver.digest !== undefined) {
    const matches = await cronMatches(receiver.digest.cron);
    // One that is none was refused with its file.
    digest = new Digest(matches ?? (() => false), Date.now(), before?.seen);
    pace = byDigest(digest);
  } else if (receiver.to === "mail" && receiver.atMost !== undefined) {
    pace = atMost(receiver.atMost);
  }
  // It takes its time to load: not when there is something to tell.
  if (receiver.to === "webhook") await import("undici");
  return {
    route,
    book: new Book(rulesOf(route), before?.book),
    lane: new Lane({
      ...{ alert: name, log: means.log, send, pace, onChange },
      waiting: before?.waiting ?? [],
    }),
    digest,
    send,
    wants: wanting(route.virtuals),
  };
}

const rulesOf = ({ severity, waitMs, updateMs, receiver }: AlertRoute): Rules => ({
  ...{ severity, waitMs, updateMs },
  isRepeated: receiver.to === "webhook" && receiver.format === "alertmanager",
});

/** What outlives the daemon of it; undefined: there is nothing to remember. */
export function stateOf({ book, lane, digest }: Alert): AlertState | undefined {
  const { state } = book;
  const isEmpty =
    state.incidents.length + state.gatherings.length + state.recent.length + lane.waiting.length ===
    0;
  if (isEmpty) return undefined;
  return {
    ...{ book: state, waiting: lane.waiting },
    ...(digest !== undefined && { seen: digest.seen }),
  };
}

/** Names with `*` for any letters. Without patterns: every service, and the director's own trouble. */
function wanting(patterns: readonly string[] | undefined): Alert["wants"] {
  if (patterns === undefined) return () => true;
  const known = new Map<string, boolean>();
  return ({ service }) => {
    if (service === undefined) return false;
    const before = known.get(service);
    if (before !== undefined) return before;
    const is = patterns.some((pattern) => fits(nameOf(service), pattern));
    known.set(service, is);
    return is;
  };
}

/** In time that grows with both lengths at most. */
export function fits(name: string, pattern: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.endsWith(last) && name.length - last.length >= at;
}
