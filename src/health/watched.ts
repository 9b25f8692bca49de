import type { Steps } from "../config/turns.ts";
import type { Monitor } from "./monitor.ts";
import type { MonitorSpec } from "./plan.ts";
import { type Adopt, monitorFor, type Replacement, replacement } from "./replacement.ts";

/** Every real server of a virtual service that is watched, and what is believed of it. */
export class Watched {
  #monitors = new Map<string, Monitor>();
  /** Ids of the monitors of each real server's address. */
  #byAddress = new Map<string, string[]>();
  /** Ids of the monitors that something has happened to while their replacement is made ready. */
  #moved = new Set<string>();

  get(id: string): Monitor | undefined {
    return this.#monitors.get(id);
  }

  /** Of those at `address`, or all. */
  ids(address?: string): Iterable<string> {
    return address === undefined ? this.#monitors.keys() : (this.#byAddress.get(address) ?? []);
  }

  /** In the place of the one with its id. */
  keep(monitor: Monitor): void {
    this.#monitors.set(monitor.spec.id, monitor);
    this.#moved.add(monitor.spec.id);
  }

  /** Any of these is believed to be up. */
  isAnyUp(ids: readonly string[]): boolean {
    return ids.some((id) => this.#monitors.get(id)?.health.state === "up");
  }

  /** Makes other specs ready, some at a time; nothing is changed by it. @param now epoch milliseconds @returns does it */
  *replacing(
    specs: readonly MonitorSpec[],
    adopt: Adopt,
    now: number,
  ): Steps<() => Omit<Replacement, "monitors" | "byAddress">> {
    const moved = new Set<string>();
    this.#moved = moved;
    const { monitors, byAddress, ...next } = yield* replacement(specs, this.#monitors, adopt, now);
    return () => {
      for (const id of moved) {
        const spec = monitors.get(id)?.spec;
        if (spec === undefined) continue;
        monitors.set(id, monitorFor(spec, this.#monitors.get(id), adopt, now));
      }
      this.#monitors = monitors;
      this.#byAddress = byAddress;
      return next;
    };
  }
}
