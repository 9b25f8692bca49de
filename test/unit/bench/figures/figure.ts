import type { Figure } from "../../../../bench/figures/statistics.mjs";

/** A figure of the bench. */
export const figure = (more: Partial<Figure> = {}): Figure => ({
  of: "connect",
  row: "connect",
  at: "1,000/s",
  what: "CPU a check",
  unit: "µs",
  values: { ours: [60, 40], keepalived: [40] },
  ...more,
});
