import type { Endpoint } from "../model/address.ts";
import type { Health } from "./state.ts";

/** What an operator has said of a real server's weight: none any more, or another one than the file. */
export type Steering =
  | {
      readonly kind: "drain";
      /** Its row is to go, not to stay with weight 0. */
      readonly isRemoved: boolean;
    }
  | { readonly kind: "weight"; readonly weight: number };

/** What the table's side may ask of the health side. All answers are from memory. */
export interface HealthView {
  /** @param real as the file writes it. `unknown` for a pair that is not watched. */
  health(serviceId: string, real: Endpoint): Health;
  /** What holds this real server out, if anything does: the name of a maintenance file, or whose order it is. */
  maintenance(serviceId: string, real: Endpoint): string | undefined;
  /** undefined: nobody has said anything. */
  steering(serviceId: string, real: Endpoint): Steering | undefined;
}

/** What operators have ordered, as far as health and the table follow it. */
export interface OrdersView {
  /** Whose order holds this real server out, as maintenance does. */
  hold(serviceId: string, real: Endpoint): string | undefined;
  steering(serviceId: string, real: Endpoint): Steering | undefined;
}

export const noOrders: OrdersView = { hold: () => undefined, steering: () => undefined };
