import type { Verdict } from "../../checks/check.ts";
import type { Logger } from "../log/logger.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceName } from "../model/virtual-service.ts";
import type { MonitorSpec } from "./plan.ts";
import type { Outcome } from "./runner.ts";
import { type Health, step } from "./state.ts";

/** The newest thing heard of one real server. */
export interface LastOutcome {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly outcome: Outcome;
  /** `between`: one of the connects of `checktype=N`. */
  readonly asked: "main" | "between";
}

/** What the supervisor keeps of one real server in one virtual service. */
export interface Monitor {
  readonly spec: MonitorSpec;
  readonly health: Health;
  /** The maintenance file that holds it out. */
  readonly file: string | undefined;
  readonly last: LastOutcome | undefined;
}

const upFresh: Health = { phase: "up", failures: 0 };

/** What a server counts as before its first verdict. @param now epoch milliseconds */
export function initialHealth(spec: MonitorSpec, adopted: "up" | undefined, now: number): Health {
  const { source } = spec;
  switch (source.kind) {
    case "fixed":
      return source.phase === "up" ? upFresh : { phase: "down", since: now };
    case "adopted":
      return adopted === "up" ? upFresh : { phase: "down", since: now };
    case "probe":
      return adopted === "up" ? upFresh : { phase: "unknown" };
  }
}

/**
 * What is still believed after a reload: up stays up and down stays down whatever became of the check.
 * Failures counted by another check do not count.
 */
export function carriedHealth(
  old: Monitor,
  spec: MonitorSpec,
  adopted: "up" | undefined,
  now: number,
): Health {
  const { health } = old;
  if (spec.source.kind === "fixed") {
    return health.phase === spec.source.phase && health.phase === "down"
      ? health
      : initialHealth(spec, adopted, now);
  }
  if (spec.source.kind === "adopted") {
    return health.phase === "unknown" ? initialHealth(spec, adopted, now) : settled(health);
  }
  if (old.spec.source.kind === "probe" && old.spec.source.probe.id === spec.source.probe.id) {
    return health;
  }
  return settled(health);
}

const settled = (health: Health): Health =>
  health.phase === "up" && health.failures > 0 ? upFresh : health;

/** What is believed when maintenance ends: nothing, unless nobody will ever ask the server. */
export const healthAfterMaintenance = (monitor: Monitor): Health =>
  monitor.spec.source.kind === "probe" ? { phase: "unknown" } : monitor.health;

/** The monitor after one outcome. Only a verdict moves its health. @param at epoch milliseconds */
export function absorb(
  monitor: Monitor,
  outcome: Outcome,
  asked: "main" | "between",
  at: number,
): Monitor {
  if (outcome.kind === "cut-short") return monitor;
  if (outcome.kind === "local-fault") return { ...monitor, last: { at, outcome, asked } };
  const health = step(monitor.health, outcome.verdict, monitor.spec.failureCount, at);
  // A page that was not as expected is written down, not kept.
  const { monitored: _, ...verdict } = outcome.verdict;
  return { ...monitor, health, last: { at, outcome: { ...outcome, verdict }, asked } };
}

/** Logs what a verdict did to a monitor's health; nothing when it did nothing. */
export function report(
  log: Logger,
  { spec, health: before }: Monitor,
  after: Health,
  verdict: Verdict,
  durationMs: number,
): void {
  // As the original, which keeps its count while a server is down; and never for a fresh one.
  const hadFailed = before.phase === "down" || (before.phase === "up" && before.failures > 0);
  if (verdict.up ? !hadFailed : before.phase === "down") return;

  const real = formatEndpoint(spec.real);
  if (verdict.up) {
    log.event("soft-failures-reset", { real, virtual: spec.serviceId });
  } else if (after.phase === "up") {
    const { failures } = after;
    const limit = spec.failureCount;
    log.event("soft-failure", { real, virtual: spec.serviceId, failures, limit });
  } else {
    const { reason, detail } = verdict;
    const virtual = serviceName(spec.virtual);
    const check = spec.source.kind === "probe" ? spec.source.probe.name : "";
    const ms = Math.round(durationMs);
    log.event("real-failed", { real, virtual, check, reason, detail, durationMs: ms });
  }
}
