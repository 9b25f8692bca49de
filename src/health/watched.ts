import type { Steps } from "../config/turns.ts";
import type { Monitor } from "./monitor.ts";
import type { MonitorSpec } from "./plan.ts";
import { type Adopt, type Replacement, replacement, takeAgain } from "./replacement.ts";

/** Every real server of a virtual service that is watched, and what is believed of it. */
export class Watched {
  #monitors = new Map<string, Monitor>();
  /** Ids of the monitors of each real server's address; made when somebody asks, for hardly anybody does. */
  #byAddress: ReadonlyMap<string, readonly string[]> | undefined;
  /** While their replacement is made ready: ids of the monitors that something has happened to. */
  #moved: Set<string> | undefined;

  get(id: string): Monitor | undefined {
    return this.#monitors.get(id);
  }

  /** Of those at `address`, or all. */
  ids(address?: string): Iterable<string> {
    if (address === undefined) return this.#monitors.keys();
    this.#byAddress ??= idsByAddress(this.#monitors);
    return this.#byAddress.get(address) ?? [];
  }

  /** In the place of the one with its id. */
  keep(monitor: Monitor): void {
    this.#monitors.set(monitor.spec.id, monitor);
    this.#moved?.add(monitor.spec.id);
  }

  /** Any of these is believed to be up. */
  isAnyUp(ids: readonly string[]): boolean {
    return ids.some((id) => this.#monitors.get(id)?.health.state === "up");
  }

  /** Makes other specs ready, some at a time; nothing is changed by it. @param now epoch milliseconds @returns does it */
  *replacing(specs: readonly MonitorSpec[], adopt: Adopt, now: number): Steps<() => Replacement> {
    const moved = new Set<string>();
    this.#moved = moved;
    const next = yield* replacement(specs, this.#monitors, adopt, now);
    return () => {
      takeAgain(next, moved, this.#monitors, adopt, now);
      this.#moved = undefined;
      this.#monitors = next.monitors;
      this.#byAddress = undefined;
      return next;
    };
  }
}

function idsByAddress(monitors: ReadonlyMap<string, Monitor>): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [id, { spec }] of monitors) {
    const { address } = spec.real;
    const beside = found.get(address);
    if (beside === undefined) found.set(address, [id]);
    else beside.push(id);
  }
  return found;
}
