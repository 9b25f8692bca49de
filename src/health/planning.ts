import type { Config } from "../config/config.ts";
import type { Steps } from "../config/turns.ts";
import { err, ok, type Result } from "../model/result.ts";
import { type CheckLookup, type MonitorSpec, type PlanProblem, plan } from "./plan.ts";
import { ProbeIds } from "./probe-ids.ts";

/** A check may take its time to prepare a pattern: so many of them are one step. */
const stepServers = 20;

/** `plan`, some real servers at a time. */
export function* planning(
  { virtuals }: Pick<Config, "virtuals">,
  checks: CheckLookup,
): Steps<Result<readonly MonitorSpec[], readonly PlanProblem[]>> {
  const ids = new ProbeIds();
  const specs: MonitorSpec[] = [];
  const problems = new Map<string, PlanProblem>();
  for (const virtual of virtuals) {
    for (let from = 0; from < virtual.reals.length; from += stepServers) {
      yield;
      const reals = virtual.reals.slice(from, from + stepServers);
      const isAll = reals.length === virtual.reals.length;
      const planned = plan({ virtuals: [isAll ? virtual : { ...virtual, reals }] }, checks, ids);
      if (planned.ok) specs.push(...planned.value);
      else for (const each of planned.error) problems.set(JSON.stringify(each), each);
    }
  }
  return problems.size > 0 ? err([...problems.values()]) : ok(specs);
}
