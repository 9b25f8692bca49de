import type { Verdict } from "../../checks/check.ts";
import type { Logger } from "../log/logger.ts";
import type { MonitorSpec } from "./plan.ts";
import type { ProbeOutcome } from "./probes/runner.ts";
import { type Health, step, upFresh } from "./state.ts";

/** The newest thing heard of one real server. */
export interface LastOutcome {
  /** Epoch milliseconds. */
  at: number;
  readonly outcome: ProbeOutcome;
  /** `between`: one of the connects of `checktype=N`. */
  readonly probeKind: "main" | "between";
}

/** What holds it out: a file in maintenancedir, or an operator's order. */
export interface Held {
  readonly by: "file" | "order";
  /** The file's; or whose order it is, and why. */
  readonly name: string;
}

/** What the supervisor keeps of one real server in one virtual service. */
export interface Monitor {
  readonly spec: MonitorSpec;
  readonly health: Health;
  readonly held: Held | undefined;
  readonly last: LastOutcome | undefined;
  /** The newest of them that was a verdict; it is `last`, unless local trouble came after it. */
  readonly lastVerdict: LastOutcome | undefined;
  /** Epoch milliseconds: from when on it has counted as it does, maintenance being a way to count. */
  readonly since: number;
}

/** What a server counts as before its first verdict. @param now epoch milliseconds */
function initialHealth(spec: MonitorSpec, adopted: "up" | undefined, now: number): Health {
  const { source } = spec;
  switch (source.kind) {
    case "fixed":
      return source.state === "up" ? upFresh : { state: "down", since: now };
    case "adopted":
      return adopted === "up" ? upFresh : { state: "down", since: now };
    case "probe":
      return adopted === "up" ? upFresh : { state: "unknown" };
  }
}

/**
 * What is still believed after a reload: up stays up and down stays down whatever became of the check.
 * Failures counted by another check do not count.
 */
function carriedHealth(
  old: Monitor,
  spec: MonitorSpec,
  adopted: "up" | undefined,
  now: number,
): Health {
  const { health } = old;
  if (spec.source.kind === "fixed") {
    return health.state === spec.source.state && health.state === "down"
      ? health
      : initialHealth(spec, adopted, now);
  }
  if (spec.source.kind === "adopted") {
    return health.state === "unknown" ? initialHealth(spec, adopted, now) : settled(health);
  }
  if (old.spec.source.kind === "probe" && old.spec.source.probe.id === spec.source.probe.id) {
    return health;
  }
  return settled(health);
}

const settled = (health: Health): Health => (health.state === "up" ? upFresh : health);

/** What is believed when maintenance ends: nothing, unless nobody will ever ask the server. */
export const healthAfterMaintenance = (monitor: Pick<Monitor, "spec" | "health">): Health =>
  monitor.spec.source.kind === "probe" ? { state: "unknown" } : monitor.health;

/** The monitor once it is held out, or by something else, or by nothing any more. @param at epoch milliseconds */
export function withHold(monitor: Monitor, held: Held | undefined, at: number): Monitor {
  if (held !== undefined) return { ...monitor, held, since: monitor.held ? monitor.since : at };
  return { ...monitor, held, health: healthAfterMaintenance(monitor), since: at };
}

/** The monitor after one outcome. Only a verdict moves its health. @param at epoch milliseconds */
export function absorb(
  monitor: Monitor,
  outcome: ProbeOutcome,
  asked: "main" | "between",
  at: number,
): Monitor {
  if (outcome.kind === "cut-short") return monitor;
  if (outcome.kind === "local-fault")
    return { ...monitor, last: { at, outcome, probeKind: asked } };
  const health = step(monitor.health, outcome.verdict, monitor.spec.failureCount, at);
  const verdict = withoutPage(outcome.verdict);
  const last: LastOutcome = { at, outcome: { ...outcome, verdict }, probeKind: asked };
  const since = health.state === monitor.health.state ? monitor.since : at;
  return { ...monitor, health, last, lastVerdict: last, since };
}

/** A page that was not as expected is written down, not kept. */
function withoutPage(verdict: Verdict): Verdict {
  if (verdict.monitored === undefined) return verdict;
  const { monitored: _, ...rest } = verdict;
  return rest;
}

/**
 * Whether a verdict is up once more, as the last one was. Then the monitor stays, and only when it was is noted, in its
 * place: nearly all verdicts are of this kind, and what is made anew of each would have to be collected.
 */
export function saysAgain(
  { health, last, lastVerdict }: Monitor,
  outcome: ProbeOutcome,
  asked: LastOutcome["probeKind"],
  at: number,
): boolean {
  if (health.state !== "up" || health.failures > 0 || last !== lastVerdict) return false;
  if (outcome.kind !== "verdict" || last?.outcome.kind !== "verdict") return false;
  const [before, now] = [last.outcome.verdict, outcome.verdict];
  if (!now.up || !before.up || now.detail !== before.detail || last.probeKind !== asked)
    return false;
  last.at = at;
  last.outcome.durationMs = outcome.durationMs;
  return true;
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
  const hadFailed = before.state === "down" || (before.state === "up" && before.failures > 0);
  if (verdict.up ? !hadFailed : before.state === "down") return;

  const { real, virtual } = spec;
  if (verdict.up) {
    log.event("soft-failures-reset", { real, virtual });
  } else if (after.state === "up") {
    const { failures } = after;
    const limit = spec.failureCount;
    log.event("soft-failure", { real, virtual, failures, limit });
  } else {
    const { reason, detail } = verdict;
    const check = spec.source.kind === "probe" ? spec.source.probe.name : "";
    const ms = Math.round(durationMs);
    log.event("real-failed", { real, virtual, check, reason, detail, durationMs: ms });
    // It had no row to lose, whose loss would be the warning.
    if (before.state === "unknown") log.event("real-found-down", { real, virtual });
  }
}

/** What is believed from now on of who was watched before (`old`), or was not. */
export const healthFor = (
  spec: MonitorSpec,
  old: Monitor | undefined,
  adopted: "up" | undefined,
  now: number,
): Health => (old ? carriedHealth(old, spec, adopted, now) : initialHealth(spec, adopted, now));
