import type { BookState } from "./book.ts";
import type { Notice } from "./notice.ts";

/** Of one alert, what outlives the daemon. */
export interface AlertState {
  readonly book: BookState;
  /** Not told yet. */
  readonly waiting: readonly Notice[];
  /** Of a digest: see Digest. */
  readonly seen?: number;
}

export type AlertStates = ReadonlyMap<string, AlertState>;

/** undefined: there is nothing to remember. */
export function stateText(states: AlertStates, savedAt: number): string | undefined {
  if (states.size === 0) return undefined;
  const alerts = [...states].map(([of, state]) => ({ name: of, ...state }));
  return `${JSON.stringify({ version: 1, savedAt, alerts })}\n`;
}
