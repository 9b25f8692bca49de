import type { TableDest } from "../../src/ipvs/ipvs.ts";

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/**
 * Whom the kernel would send the next connection to: its weighted round robin (net/netfilter/ipvs/ip_vs_wrr.c). A
 * row with weight 0 gets none.
 */
export class WeightedRoundRobin {
  #at = -1;
  #weight = 0;

  next(dests: readonly TableDest[]): TableDest | undefined {
    const weights = dests.map(({ weight }) => weight);
    const most = Math.max(0, ...weights);
    if (most === 0) return undefined;
    const step = weights.reduce(gcd, 0);
    for (;;) {
      this.#at++;
      if (this.#at >= dests.length) {
        this.#at = 0;
      }
      if (this.#at === 0) {
        this.#weight -= step;
        if (this.#weight <= 0) this.#weight = most;
      }
      const dest = dests[this.#at];
      if (dest !== undefined && dest.weight >= this.#weight) return dest;
    }
  }
}
