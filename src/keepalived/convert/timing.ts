import type { Findings } from "../finding.ts";
import type { Checker, RealServer, Timing, VirtualServer } from "../model.ts";
import type { Said } from "../values.ts";
import type { Line } from "./lines.ts";

/** keepalived's, in seconds. */
const defaults = { delayLoop: 60, connectTimeout: 5, retry: 1, delayBeforeRetry: 1 };

const retries = { dns: 3, misc: 0 } as const;
const longest = 2_147_483;

/** When and how long a checker asks. A checker's own words count, then its real server's, then the virtual server's. */
export function timingLines(
  checker: Checker,
  levels: readonly [RealServer, VirtualServer],
  findings: Findings,
): readonly Line[] {
  const { kind } = checker.asks;
  const saidOf = (key: keyof Timing): Said<number> | undefined =>
    [checker, ...levels].map(({ timing }) => timing[key]).find((value) => value !== undefined);

  const delayLoop = saidOf("delayLoop")?.value ?? defaults.delayLoop;
  const retry =
    saidOf("retry")?.value ?? (kind === "dns" || kind === "misc" ? retries[kind] : defaults.retry);
  const timeout =
    checker.asks.kind === "misc"
      ? (checker.asks.timeout?.value ?? delayLoop)
      : (saidOf("connectTimeout")?.value ?? defaults.connectTimeout);
  for (const key of ["delayLoop", "connectTimeout"] as const) {
    const each = saidOf(key);
    if (each !== undefined && whole(each.value) !== each.value) {
      findings.differs(each, each.what, `seconds are whole here: ${whole(each.value)}`);
    }
  }

  const before = saidOf("delayBeforeRetry");
  const usual =
    kind === "dns" ? delayLoop : kind.startsWith("http") ? 3 : defaults.delayBeforeRetry;
  const pause = before?.value ?? usual;
  if (retry > 0 && pause < delayLoop) {
    const later = `after ${pause} s; here after checkinterval=${whole(delayLoop)}, so it is down ${Math.round(retry * (delayLoop - pause))} s later`;
    const meaning = `a server that has failed is asked again ${later}`;
    const near = `checkinterval=${whole(pause)} is as quick, and asks those that are up as often`;
    if (before === undefined) findings.differs(checker, checker.what, meaning, near);
    else findings.lost(before, before.what, meaning, near);
  }
  return [
    ["checkinterval", String(whole(delayLoop))],
    ["checktimeout", String(whole(timeout))],
    ...(retry > 0 ? [["failurecount", String(retry + 1)] as const] : []),
  ];
}

const whole = (value: number): number => Math.min(Math.max(1, Math.ceil(value)), longest);
