import type { Verdict } from "../../checks/check.ts";

/**
 * What we believe of one real server in one virtual service.
 *
 *   unknown ──up──► up ──failure n < N──► up (n failures)
 *      │            ▲ ▲────────up──────────┘    │
 *    failure        └──────────up──── down ◄────┘ failure N
 *      └───────────────────────────────▲
 *
 * `unknown` has no row with weight of its own making: a server enters by a verdict, or by adoption (a weight
 * above 0 in the table found at start counts as `up` with no failures).
 */
export type Health =
  | { readonly state: "unknown" }
  | { readonly state: "up"; readonly failures: number }
  | { readonly state: "down"; readonly since: number };

/** One for all. */
export const upFresh: Health = { state: "up", failures: 0 };

/** @param now epoch milliseconds; passed in so that the function stays pure */
export function step(health: Health, verdict: Verdict, failureCount: number, now: number): Health {
  if (verdict.up) return upFresh;
  if (health.state === "down") return health;
  if (health.state === "unknown") return { state: "down", since: now };
  const failures = health.failures + 1;
  return failures < failureCount ? { state: "up", failures } : { state: "down", since: now };
}
