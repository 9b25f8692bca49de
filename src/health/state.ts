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
  | { readonly phase: "unknown" }
  | { readonly phase: "up"; readonly failures: number }
  | { readonly phase: "down"; readonly since: number };

/** @param now epoch milliseconds; passed in so that the function stays pure */
export function step(health: Health, verdict: Verdict, failureCount: number, now: number): Health {
  if (verdict.up) return { phase: "up", failures: 0 };
  if (health.phase === "down") return health;
  if (health.phase === "unknown") return { phase: "down", since: now };
  const failures = health.failures + 1;
  return failures < failureCount ? { phase: "up", failures } : { phase: "down", since: now };
}
