import type { Traffic } from "./traffic.ts";

/** What clients had of a trouble. */
export interface Measure {
  readonly failed: number;
  readonly of: number;
  /** Of the long connections. */
  readonly broken: number;
  readonly connections: number;
  /** From the trouble to the answer of the first request after the last that failed; 0 when none did. */
  readonly seconds: number;
  /** The longest that one of the long connections that live waited for an answer. */
  readonly silenceSeconds: number;
  /** The longest that the machine stood still, of which these figures are worse. */
  readonly stallSeconds: number;
  /** How often each thing happened in place of an answer, of requests and long connections. */
  readonly errors: Readonly<Record<string, number>>;
}

const round = (ms: number): number => Math.round(ms / 100) / 10;

/** @param troubleAt epoch milliseconds */
export function measureOf(traffic: Traffic, troubleAt: number): Measure {
  const { requests, connections } = traffic;
  const failed = requests.filter(([, took]) => took === null);
  const lastFailed = failed.at(-1)?.[0];
  const after =
    lastFailed === undefined
      ? undefined
      : requests.find(([at, took]) => at > lastFailed && took !== null);
  if (lastFailed !== undefined && after === undefined) {
    const last = requests.slice(-5).map(([at, took, error]) => `${at} ${error ?? `${took} ms`}`);
    throw new Error(
      `the traffic ended before the trouble did: ${failed.length} failed of ${requests.length}, and stood still for ${traffic.stallMs} ms; the last: ${last}`,
    );
  }
  const broken = connections.flatMap(({ broken }) => broken ?? []);
  const errors: Record<string, number> = {};
  for (const why of [...failed.map(([, , error]) => error ?? "no answer"), ...broken]) {
    errors[why] = (errors[why] ?? 0) + 1;
  }
  const alive = connections.filter(({ broken }) => broken === null);
  return {
    failed: failed.length,
    of: requests.length,
    broken: broken.length,
    connections: connections.length,
    seconds: after === undefined ? 0 : round(after[0] + (after[1] ?? 0) - troubleAt),
    silenceSeconds: round(Math.max(0, ...alive.map(({ silenceMs }) => silenceMs))),
    stallSeconds: round(traffic.stallMs),
    errors,
  };
}
