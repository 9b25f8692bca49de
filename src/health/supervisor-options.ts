import type { Verdict } from "../../checks/check.ts";
import type { Logger } from "../log/logger.ts";
import type { LocalLink } from "./blame/local-link.ts";
import type { ReverseLookup } from "./maintenance/hostnames.ts";
import type { LastOutcome } from "./monitor.ts";
import type { MonitorSpec } from "./plan.ts";
import type { Limits } from "./probes/permits.ts";
import type { ThreadOptions } from "./threads/probe-threads.ts";

export interface SupervisorOptions {
  readonly log: Logger;
  /**
   * A real server of this virtual service went up, down, or in or out of maintenance. Never called from `replace`.
   */
  readonly onChange: (serviceId: string) => void;
  /** Each verdict, once for each virtual service that it counts in, before it counts. */
  readonly onVerdict?: (
    spec: MonitorSpec,
    verdict: Verdict,
    asked: LastOutcome["probeKind"],
    durationMs: number,
  ) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Monotonic, milliseconds. */
  readonly clock?: () => number;
  readonly limits?: Limits;
  readonly lag?: { lostMs(): number };
  readonly readDirectory?: (path: string) => Promise<readonly string[]>;
  readonly lookup?: ReverseLookup;
  /** Without it, every silence is the real server's. */
  readonly ownLink?: LocalLink;
  /** Without it, all is asked by this thread. */
  readonly threads?: ThreadOptions | undefined;
}
