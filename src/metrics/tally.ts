import type { EventFields, EventName } from "../log/events/events.ts";
import type { LogTap } from "../log/tapped-log.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import { type ServiceKey, serviceId } from "../model/virtual-service.ts";

/** What was counted of one virtual service. */
export interface ServiceTally {
  readonly drift: number;
  readonly down: number;
  readonly up: number;
  readonly failures: number;
  readonly softFailures: number;
  /** By the real server, as the file writes it. */
  readonly failuresOf: ReadonlyMap<string, number>;
}

type Counts = { -readonly [K in keyof Omit<ServiceTally, "failuresOf">]: number } & {
  readonly failuresOf: Map<string, number>;
};

const nothing: ServiceTally = {
  drift: 0,
  down: 0,
  up: 0,
  failures: 0,
  softFailures: 0,
  failuresOf: new Map(),
};

type Heard = { readonly [N in EventName]?: (values: EventFields<N>) => void };

/** Counts what is logged of virtual services. */
export class Tally implements LogTap {
  readonly #services = new Map<string, Counts>();
  readonly #heard: Heard = {
    "drift-found": ({ virtual }) => this.#of(virtual).drift++,
    "service-down": ({ virtual }) => this.#of(virtual).down++,
    "service-up": ({ virtual }) => this.#of(virtual).up++,
    "soft-failure": ({ virtual }) => this.#of(virtual).softFailures++,
    "real-failed": ({ virtual, real }) => this.#failed(this.#of(virtual), real),
  };

  onEvent<N extends EventName>(name: N, values: EventFields<N>): void {
    const heard: ((values: EventFields<N>) => void) | undefined = this.#heard[name];
    heard?.(values);
  }

  of(id: string): ServiceTally {
    return this.#services.get(id) ?? nothing;
  }

  /** Forgets all that is of none of these. @param services by `serviceId`, their real servers as the file writes them */
  keep(services: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const [id, { failuresOf }] of this.#services) {
      const servers = services.get(id);
      if (servers === undefined) this.#services.delete(id);
      for (const server of failuresOf.keys()) {
        if (servers?.has(server) === false) failuresOf.delete(server);
      }
    }
  }

  #of(virtual: ServiceKey): Counts {
    const id = serviceId(virtual);
    const known = this.#services.get(id) ?? { ...nothing, failuresOf: new Map() };
    this.#services.set(id, known);
    return known;
  }

  #failed(counts: Counts, real: Endpoint): void {
    const server = formatEndpoint(real);
    counts.failures++;
    counts.failuresOf.set(server, (counts.failuresOf.get(server) ?? 0) + 1);
  }
}
