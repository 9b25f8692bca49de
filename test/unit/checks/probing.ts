/** What the tests of checks share: settings, and a runner that stands in for the daemon's. */
import { readdirSync, readlinkSync } from "node:fs";
import type { Check, CheckSettings, PreparedProbe, Verdict } from "../../../checks/check.ts";
import type { Endpoint } from "../../../src/model/address.ts";
import { endpoint, tcp } from "../../support/builders.ts";

export const settings = (changes: Partial<CheckSettings> = {}): CheckSettings => ({
  service: "http",
  virtual: tcp("192.0.2.1:80"),
  real: endpoint("127.0.0.1:80"),
  protocol: "tcp",
  checkCommand: "/bin/true",
  httpMethod: "GET",
  checkTimeoutMs: 5000,
  negotiateTimeoutMs: 5000,
  checkCount: 1,
  ...changes,
});

export function prepared(check: Check, changes: Partial<CheckSettings> = {}): PreparedProbe {
  const result = check.prepare(settings(changes));
  if (!result.ok) throw new Error(result.error.join("\n"));
  if (!("probe" in result.value)) throw new Error(JSON.stringify(result.value));
  return result.value;
}

export interface Outcome {
  /** Without `monitored`. undefined: it rejected. */
  readonly verdict?: Verdict;
  /** What it has to say for a monitorfile. */
  readonly monitored?: string | undefined;
  readonly error?: unknown;
  readonly isCut: boolean;
  /** Turns of the event loop from the abort until the probe settled; that many are few where nothing is waited for. */
  readonly lateTurns: number;
}

/** Runs a probe and cuts it after `afterMs`, as the daemon does at its deadline. */
export async function outcome(
  { probe }: PreparedProbe,
  target: Endpoint,
  afterMs = 5000,
): Promise<Outcome> {
  const controller = new AbortController();
  let lateTurns = 0;
  let turn: NodeJS.Immediate | undefined;
  const count = (): void => {
    lateTurns++;
    turn = setImmediate(count);
  };
  const timer = setTimeout(() => {
    turn = setImmediate(count);
    controller.abort(new Error("cut by the test"));
  }, afterMs);
  try {
    const { monitored, ...verdict } = await probe(target, controller.signal);
    return { verdict, monitored, isCut: controller.signal.aborted, lateTurns };
  } catch (error) {
    return { error, isCut: controller.signal.aborted, lateTurns };
  } finally {
    clearTimeout(timer);
    clearImmediate(turn);
  }
}

/** The verdict of a probe that must give one. */
export async function verdict(
  check: Check,
  target: Endpoint,
  changes: Partial<CheckSettings> = {},
): Promise<Verdict> {
  const result = await outcome(prepared(check, changes), target);
  if (result.verdict === undefined) throw result.error;
  return result.verdict;
}

/** In one word: `up`, the reason it is down, or `no verdict`. */
export const word = ({ verdict: said }: Outcome): string => {
  if (said === undefined) return "no verdict";
  return said.up ? "up" : said.reason;
};

/** This process's open sockets and pipes. */
export const openSockets = (): readonly string[] =>
  readdirSync("/proc/self/fd")
    .flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return [];
      }
    })
    .filter((name) => name.startsWith("socket:") || name.startsWith("pipe:"))
    .sort();

/** Waits for `holds`, which some event of the system makes true soon. */
export async function eventually(holds: () => boolean, withinMs = 10_000): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
