import type { TableRow } from "../ipvs/ipvs.ts";
import type { ServiceKey, VirtualService } from "../model/virtual-service.ts";
import { type DesiredService, desired, type Inputs } from "./desired.ts";
import { type ServiceHand, stillCounting } from "./hand.ts";

/** All that is remembered of one virtual service of ours. */
export interface Slot {
  readonly id: string;
  readonly key: ServiceKey;
  /** undefined: the configuration before named it, this one does not; it is to be deleted. */
  virtual: VirtualService | undefined;
  /** The rows as last asked of the kernel. */
  wanted: DesiredService | undefined;
  /** The rows as last read or written. */
  actual: TableRow | undefined;
  /** An answer was lost or made no sense: `actual` may be wrong until the next look. */
  isInDoubt: boolean;
  hand: ServiceHand | undefined;
  /** What fallbackcommand was last told. */
  fallback: FallbackState | undefined;
  /** Changes that the kernel refuses just now, as the log named them. */
  readonly refused: Set<string>;
}

export type FallbackState = "start" | "stop";

export const emptySlot = (id: string, key: ServiceKey): Slot => ({
  id,
  key,
  virtual: undefined,
  wanted: undefined,
  actual: undefined,
  isInDoubt: false,
  hand: undefined,
  fallback: undefined,
  refused: new Set(),
});

/** One service's next step, fixed before the kernel is asked: a reload meanwhile does not alter it. */
export interface Plan {
  readonly slot: Slot;
  readonly virtual: VirtualService | undefined;
  readonly before: DesiredService | undefined;
  readonly after: DesiredService | undefined;
  /** Set when fallbackcommand is to be told. */
  readonly edge: FallbackState | undefined;
}

/** Works out what the service should be now, and remembers it in `slot`. */
export function planNext(slot: Slot, inputs: Omit<Inputs, "hand">): Plan {
  const { virtual, wanted: before } = slot;
  if (virtual === undefined) {
    slot.wanted = undefined;
    return { slot, virtual, before, after: undefined, edge: undefined };
  }
  const plain = desired(virtual, inputs);
  slot.hand = stillCounting(slot.hand, plain);
  slot.wanted = slot.hand === undefined ? plain : desired(virtual, { ...inputs, hand: slot.hand });
  const state = plain.isFallbackOn ? "start" : "stop";
  const edge = state === slot.fallback ? undefined : state;
  slot.fallback = state;
  return { slot, virtual, before, after: slot.wanted, edge };
}
