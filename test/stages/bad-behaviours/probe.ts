/** One probe of one bad server, and what is wrong with what came of it. */
import type { CheckSettings, PreparedProbe } from "../../../checks/check.ts";
import { type CheckRegistry, loadChecks } from "../../../checks/registry.ts";
import type { Endpoint } from "../../../src/model/address.ts";
import { prepared } from "../../unit/checks/probing.ts";
import { type Behaviour, behaviours } from "./behaviours.ts";
import { lateMs, type Measured } from "./measure.ts";
import { type Row, table } from "./table.ts";

export const registry: CheckRegistry = await loadChecks();

export const rows = Object.entries(table).map(([name, row]) => ({ name, row }));

export const behavioursOf = ({ said }: Row): readonly Behaviour[] =>
  behaviours.filter((behaviour) => behaviour in said);

export const saidOf = ({ said }: Row, behaviour: Behaviour): readonly string[] => {
  const expected = said[behaviour] ?? [];
  return typeof expected === "string" ? [expected] : expected;
};

/**
 * @param name of a row: a service, or a check's file
 * @param settings may have times of their own
 */
export function probeOf(
  name: string,
  settings: Partial<CheckSettings> | undefined,
  target: Endpoint,
  timeoutMs: number,
): PreparedProbe {
  const service = name.replace(/ \(.*/, "");
  const check = registry.byService(service) ?? registry.files().get(service);
  if (check === undefined) throw new Error(`no check answers for ${service}`);
  return prepared(check, {
    checkTimeoutMs: timeoutMs,
    negotiateTimeoutMs: timeoutMs,
    ...settings,
    service,
    real: target,
  });
}

/** What is wrong with one probe, in words. */
export function problemsOf(
  { verdict, tookMs, settledMs, listenersLeft }: Measured,
  expected: readonly string[],
  timeoutMs: number,
): readonly string[] {
  const said = verdict.up ? "up" : verdict.reason;
  const problems: string[] = [];
  if (!expected.includes(said))
    problems.push(`${said} (${verdict.detail}) instead of ${expected.join(" or ")}`);
  for (const [what, ms] of [
    ["said", tookMs],
    ["settled", settledMs],
  ] as const) {
    if (ms > timeoutMs + lateMs) problems.push(`${what} after ${ms} ms of ${timeoutMs}`);
  }
  if (listenersLeft > 0) problems.push(`${listenersLeft} listeners left on the signal`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (/[\x00-\x1f\x7f-\x9f]/.test(verdict.detail))
    problems.push(`not one clean line: ${JSON.stringify(verdict.detail)}`);
  return problems;
}
