import type { HealthView } from "../health/view.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";

interface LastReminder {
  /** Monotonic, milliseconds. */
  readonly at: number;
  /** How the mail named it. */
  readonly as: string;
}

interface Inaccessible {
  readonly virtual: VirtualService;
  /** `10.0.0.3:80` */
  readonly real: string;
}

/** Remembers of which servers that are down somebody has been told, and when. Times are the caller's. */
export class Reminders {
  readonly #view: HealthView;
  readonly #told = new Map<string, LastReminder>();

  constructor(view: HealthView) {
    this.#view = view;
  }

  /** @param real as the file writes it @param as how it was named: by the address of its row */
  told(service: string, real: Endpoint, as: string, now: number): void {
    this.#told.set(keyOf(service, real), { at: now, as });
  }

  /** Those that are down and of whom nobody has been told yet; now they count as told. */
  untold(virtuals: readonly VirtualService[], now: number): readonly Inaccessible[] {
    return this.#down(virtuals).flatMap(({ virtual, key, as, told }) => {
      if (told !== undefined) return [];
      this.#told.set(key, { at: now, as });
      return [{ virtual, real: as }];
    });
  }

  /** Those for whom it is time again; now they count as told. Who is up again is forgotten. */
  due(virtuals: readonly VirtualService[], now: number): readonly Inaccessible[] {
    return this.#down(virtuals).flatMap(({ virtual, key, as, told }) => {
      const everyMs = virtual.alerts?.reminderMs ?? 0;
      if (told !== undefined && (everyMs === 0 || now - told.at < everyMs - earlyMs)) return [];
      this.#told.set(key, { at: now, as: told?.as ?? as });
      return told === undefined ? [] : [{ virtual, real: told.as }];
    });
  }

  /** Forgets all that these do not name. */
  keep(virtuals: readonly VirtualService[]): void {
    const named = new Set(
      virtuals.flatMap(({ key, reals }) => {
        const service = serviceId(key);
        return reals.map(({ endpoint }) => keyOf(service, endpoint));
      }),
    );
    for (const key of this.#told.keys()) if (!named.has(key)) this.#told.delete(key);
  }

  #down(virtuals: readonly VirtualService[]) {
    return virtuals.flatMap((virtual) => {
      const service = serviceId(virtual.key);
      return virtual.reals.flatMap(({ endpoint }) => {
        const key = keyOf(service, endpoint);
        const { state: phase } = this.#view.health(service, endpoint);
        const isDrained = this.#view.steering(service, endpoint)?.kind === "drain";
        const isPlanned = isDrained || this.#view.maintenance(service, endpoint) !== undefined;
        if (isPlanned || phase !== "down") {
          if (!isPlanned && phase === "up") this.#told.delete(key);
          return [];
        }
        return [{ virtual, key, as: formatEndpoint(endpoint), told: this.#told.get(key) }];
      });
    });
  }
}

/** Timers are not exact: one that fires this much early is on time. */
const earlyMs = 500;

const keyOf = (service: string, real: Endpoint): string => `${service} ${formatEndpoint(real)}`;
