import type { DaemonPhase } from "../model/alerts.ts";

export interface Phase {
  now(): DaemonPhase;
  /**
   * `phase` lasts until `firstRound` settles, then it is `running` again; unless something else has begun
   * meanwhile. @param onEnd called while it still is `phase`
   */
  begin(phase: "starting" | "reloading", firstRound: Promise<void>, onEnd: () => void): void;
  /** Nothing comes after it. */
  beginStopping(): void;
}

/**
 * What the daemon is about:
 *
 *   starting ──first round──► running ◄──first round── reloading ◄── reload
 *                                └──────────stop──────────► stopping
 */
export function createPhase(): Phase {
  let phase: DaemonPhase = "starting";
  let latest: Promise<void> | undefined;

  return {
    now: () => phase,
    begin(next, firstRound, onEnd) {
      if (phase === "stopping") return;
      phase = next;
      latest = firstRound;
      void firstRound.then(() => {
        if (latest !== firstRound || phase === "stopping") return;
        onEnd();
        phase = "running";
      });
    },
    beginStopping() {
      phase = "stopping";
    },
  };
}
