import type { Logger } from "../log/logger.ts";

/** Trouble of this machine's own that is going on. */
export interface LocalFault {
  readonly code: string;
  /** Of the first probe it hit. */
  readonly detail: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** Runs that had no verdict because of it. */
  readonly lost: number;
  /** Probes that still have had no verdict since. */
  readonly waiting: number;
}

interface Episode {
  readonly detail: string;
  readonly since: number;
  readonly probes: Set<string>;
  lost: number;
}

/**
 * One log line when a kind of local trouble begins and one when it is over: when every probe it hit has had
 * its verdict, or is no longer wanted. Thousands of probes may run into EMFILE in one second.
 */
export class FaultEpisodes {
  readonly #log: Logger;
  readonly #byCode = new Map<string, Episode>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param now epoch milliseconds */
  lost(probeId: string, code: string, detail: string, now: number): void {
    let episode = this.#byCode.get(code);
    if (episode === undefined) {
      episode = { detail, since: now, probes: new Set(), lost: 0 };
      this.#byCode.set(code, episode);
      this.#log.event("local-fault", { fault: code, detail });
    }
    episode.lost++;
    episode.probes.add(probeId);
  }

  /** The probe had a verdict, or is gone. */
  settled(probeId: string): void {
    for (const [code, episode] of this.#byCode) {
      if (!episode.probes.delete(probeId) || episode.probes.size > 0) continue;
      this.#byCode.delete(code);
      this.#log.event("local-fault-over", { fault: code, lost: episode.lost });
    }
  }

  current(): readonly LocalFault[] {
    return [...this.#byCode].map(([code, { detail, since, lost, probes }]) => ({
      code,
      detail,
      since,
      lost,
      waiting: probes.size,
    }));
  }
}
