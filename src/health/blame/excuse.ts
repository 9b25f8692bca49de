import { down } from "../../../checks/check.ts";
import type { ProbeOutcome } from "../probes/runner.ts";

export type LocalFaultOutcome = Extract<ProbeOutcome, { readonly kind: "local-fault" }>;

/**
 * Trouble on our way to a server. Clients share it: IPVS forwards by the same routes, over the same links.
 * What the way is not the reason of (EMFILE, no name server, a check's own library) is ours alone.
 */
const onTheWay: ReadonlySet<string> = new Set([
  "link-down",
  "link-was-down",
  "no-address",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EACCES",
  "EINVAL",
  "ENETDOWN",
  "EPERM",
]);

/** Every check of every server needs these: who alone does not get them, for long, does something to us. */
const neededByAll: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EAGAIN",
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "EAI_MEMORY",
  // In line for the thread that searches, or for a name server.
  "EBUSY",
  "LOOKUP_QUEUE",
  "loop-lag",
]);

/** What one server may be alone with so long. */
const aloneMs = 60_000;

/** What surrounds a run that local trouble spoiled. Times are of the monotonic clock. */
export interface Circumstances {
  readonly nowMs: number;
  /** When the first run started that was spoiled, with no verdict of this probe in between. */
  readonly sinceMs: number;
  /** The probe's interval and timeout together: within so long comes its next outcome. */
  readonly roundMs: number;
  /** When another server last answered whose way is well now. */
  readonly othersAnsweredMs: number | undefined;
  /** No other server has this trouble. */
  readonly isAlone: boolean;
}

/**
 * Whose trouble it is, and what that is worth:
 *
 *   on the way, which the clients share          ours alone
 *     │                                            │
 *     ├─ others answer ──────────► down            ├─ alone with it for a minute and a round, while
 *     │                                            │  others answer ─────────────────────────► down
 *     └─ nobody does ─► no verdict                 └─ else ─► no verdict, told each minute
 *          └─ for a round ───────► down
 *
 * "Others answer": since the trouble began; or in the last round, where we see for ourselves that their way is
 * well and this one is not. Of a firewall of ours (EPERM) we see nothing. That a link was down, and is back,
 * says nothing of what clients meet now, whoever else answers.
 *
 * The next outcome comes within a round, so nothing is held for longer than two: 2 × (interval + timeout).
 */
export function judge(outcome: LocalFaultOutcome, around: Circumstances): ProbeOutcome {
  const { code, detail, durationMs = 0 } = outcome;
  const { nowMs, sinceMs, roundMs, othersAnsweredMs = Number.NEGATIVE_INFINITY } = around;
  const heldMs = nowMs - sinceMs;
  const out = (why: string): ProbeOutcome => {
    const verdict = down("unreachable", `${why}: ${code}: ${detail}`);
    return { kind: "verdict", verdict, durationMs };
  };
  if (!onTheWay.has(code)) {
    const isItsDoing =
      neededByAll.has(code) &&
      around.isAlone &&
      othersAnsweredMs >= sinceMs &&
      heldMs >= aloneMs + roundMs;
    return isItsDoing ? out("this server alone cannot be asked") : outcome;
  }
  if (heldMs >= roundMs) return out("our own trouble, and it lasts");
  if (code === "link-was-down") return outcome;
  const enough = code === "EPERM" ? sinceMs : Math.min(sinceMs, nowMs - roundMs);
  return othersAnsweredMs >= enough ? out("our own trouble, while others answer") : outcome;
}
