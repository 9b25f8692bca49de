import type { Health } from "../../../src/health/state.ts";
import type { HealthView, Steering } from "../../../src/health/view.ts";
import { type Endpoint, formatEndpoint } from "../../../src/model/address.ts";
import { type ServiceKey, serviceId } from "../../../src/model/virtual-service.ts";
import { endpoint } from "../../support/builders.ts";

const pairId = (id: string, server: Endpoint): string => `${id} ${formatEndpoint(server)}`;

/** Health as a test sets it: `unknown` until then. */
export class SetHealth implements HealthView {
  readonly #phases = new Map<string, Health["state"]>();
  readonly #steered = new Map<string, Steering>();
  readonly #held = new Set<string>();

  set(key: ServiceKey, server: string, phase: Health["state"]): void {
    this.#phases.set(pairId(serviceId(key), endpoint(server)), phase);
  }

  hold(key: ServiceKey, server: string, isHeld = true): void {
    const id = pairId(serviceId(key), endpoint(server));
    if (isHeld) this.#held.add(id);
    else this.#held.delete(id);
  }

  steer(key: ServiceKey, server: string, steering: Steering | undefined): void {
    const id = pairId(serviceId(key), endpoint(server));
    if (steering === undefined) this.#steered.delete(id);
    else this.#steered.set(id, steering);
  }

  steering(id: string, server: Endpoint): Steering | undefined {
    return this.#steered.get(pairId(id, server));
  }

  health(id: string, server: Endpoint): Health {
    const phase = this.#phases.get(pairId(id, server)) ?? "unknown";
    if (phase === "up") return { state: phase, failures: 0 };
    return phase === "down" ? { state: phase, since: 0 } : { state: phase };
  }

  maintenance(id: string, server: Endpoint): string | undefined {
    return this.#held.has(pairId(id, server)) ? "10.0.0.3" : undefined;
  }
}
