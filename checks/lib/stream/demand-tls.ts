/** `[checks] demand-tls` of ldirectord-ng.ini: services whose password no listener, and no server without a good certificate, gets. */
import { ok } from "../../../src/model/result.ts";
import type { Check } from "../../check.ts";
import type { CheckRegistry } from "../../registry.ts";

interface Demanding extends CheckRegistry {
  readonly demandTls?: readonly string[];
}

/** @param services words; of those that nothing can be demanded of, nothing is */
export function demandingTls(checks: CheckRegistry, services: readonly string[]): Demanding {
  if (services.length === 0) return checks;
  return {
    ...checks,
    demandTls: services,
    byService: (name) => {
      const check = checks.byService(name);
      const { tlsOnDemand } = checks.services().get(name) ?? {};
      const isDemanded = tlsOnDemand !== undefined && services.includes(name);
      return check !== undefined && isDemanded ? demanding(name, check, tlsOnDemand) : check;
    },
  };
}

const demanding = (name: string, check: Check, manner: true | string): Check => ({
  ...check,
  prepare(settings) {
    if (manner === true) return check.prepare({ ...settings, demandsTls: true });
    if ((settings.passwd?.reveal() ?? "") === "") return check.prepare(settings);
    return ok({
      staysDown: `demand-tls names ${name}, which sends passwd in the clear: service=${manner} does not`,
    });
  },
});
