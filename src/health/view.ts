import type { Endpoint } from "../model/address.ts";
import type { Health } from "./state.ts";

/** What the table's side may ask of the health side. Both answers are from memory. */
export interface HealthView {
  /** @param real as the file writes it. `unknown` for a pair that is not watched. */
  health(serviceId: string, real: Endpoint): Health;
  /** The name of the maintenance file that holds this real server out, if one does. */
  maintenance(serviceId: string, real: Endpoint): string | undefined;
}
