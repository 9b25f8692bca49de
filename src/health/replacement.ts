import type { Steps } from "../config/turns.ts";
import type { Endpoint } from "../model/address.ts";
import { healthFor, type Monitor } from "./monitor.ts";
import type { MonitorSpec } from "./plan.ts";

export type Adopt = (spec: MonitorSpec) => "up" | undefined;

/** Who is watched once other specs hold. */
export interface Replacement {
  /** In the file's order. */
  readonly monitors: Map<string, Monitor>;
  readonly addresses: ReadonlySet<string>;
  readonly reals: readonly Endpoint[];
  /** Ids of those that were not watched before. */
  readonly added: readonly string[];
}

const stepServers = 50;

/** Some real servers at a time. @param before who is watched now @param now epoch milliseconds */
export function* replacement(
  specs: readonly MonitorSpec[],
  before: ReadonlyMap<string, Monitor>,
  adopt: Adopt,
  now: number,
): Steps<Replacement> {
  const monitors = new Map<string, Monitor>();
  const added: string[] = [];
  const addresses = new Set<string>();
  const reals: Endpoint[] = [];
  for (const [i, spec] of specs.entries()) {
    if (i % stepServers === 0) yield;
    const { id, real } = spec;
    const old = before.get(id);
    if (old === undefined) added.push(id);
    addresses.add(real.address);
    reals.push(real);
    monitors.set(id, monitorFor(spec, old, adopt, now));
  }
  return { monitors, addresses, reals, added };
}

/** Those of which something was heard since. @param before who is watched now */
export function takeAgain(
  { monitors }: Replacement,
  ids: Iterable<string>,
  before: ReadonlyMap<string, Monitor>,
  adopt: Adopt,
  now: number,
): void {
  for (const id of ids) {
    const spec = monitors.get(id)?.spec;
    if (spec !== undefined) monitors.set(id, monitorFor(spec, before.get(id), adopt, now));
  }
}

/** Who was watched before (`old`), or was not, by another spec. @param now epoch milliseconds */
function monitorFor(
  spec: MonitorSpec,
  old: Monitor | undefined,
  adopt: Adopt,
  now: number,
): Monitor {
  const health = healthFor(spec, old, adopt(spec), now);
  const isSame = old !== undefined && (old.held !== undefined || old.health.state === health.state);
  return {
    spec,
    health,
    held: old?.held,
    last: old?.last,
    lastVerdict: old?.lastVerdict,
    since: isSame ? old.since : now,
  };
}
