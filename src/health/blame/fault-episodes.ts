import type { Logger } from "../../log/logger.ts";

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
  /** Address by probe, of those that have not answered since. */
  readonly probes: Map<string, string>;
  /** Those of them that are without a verdict; the others were judged by what clients meet. */
  readonly waiting: Set<string>;
  readonly timer: NodeJS.Timeout;
  lost: number;
}

const tellEveryMs = 60_000;

/**
 * One log line when a kind of local trouble begins, one each minute while it leaves probes without a verdict,
 * and one when it is over: when every probe it hit has had an answer, or is no longer wanted. Thousands of probes
 * may run into EMFILE in one second.
 */
export class FaultEpisodes {
  readonly #log: Logger;
  readonly #byCode = new Map<string, Episode>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param now epoch milliseconds @param isHeld it had no verdict */
  hit(
    probe: { readonly id: string; readonly address: string },
    fault: { readonly code: string; readonly detail: string },
    isHeld: boolean,
    now: number,
  ): void {
    const { code, detail } = fault;
    const episode = this.#byCode.get(code) ?? this.#begin(code, detail, now);
    // It waits for one thing at a time.
    for (const { waiting } of this.#byCode.values()) waiting.delete(probe.id);
    episode.probes.set(probe.id, probe.address);
    if (isHeld) {
      episode.lost++;
      episode.waiting.add(probe.id);
    }
  }

  /** Whether no server but the one at `address` has this trouble. */
  isAlone(code: string, address: string): boolean {
    for (const other of this.#byCode.get(code)?.probes.values() ?? []) {
      if (other !== address) return false;
    }
    return true;
  }

  /** The probe had an answer, or is gone. */
  settled(probeId: string): void {
    for (const [code, episode] of this.#byCode) {
      episode.waiting.delete(probeId);
      if (!episode.probes.delete(probeId) || episode.probes.size > 0) continue;
      this.#byCode.delete(code);
      clearInterval(episode.timer);
      this.#log.event("local-fault-over", { fault: code, lost: episode.lost });
    }
  }

  current(): readonly LocalFault[] {
    return [...this.#byCode].map(([code, { detail, since, lost, waiting }]) => ({
      code,
      detail,
      since,
      lost,
      waiting: waiting.size,
    }));
  }

  #begin(code: string, detail: string, since: number): Episode {
    let minutes = 0;
    const timer = setInterval(() => {
      minutes++;
      const { lost, waiting } = episode;
      if (waiting.size === 0) return;
      this.#log.event("local-fault-lasts", { fault: code, minutes, lost, waiting: waiting.size });
    }, tellEveryMs);
    timer.unref();
    const episode: Episode = {
      detail,
      since,
      probes: new Map(),
      waiting: new Set(),
      timer,
      lost: 0,
    };
    this.#byCode.set(code, episode);
    this.#log.event("local-fault", { fault: code, detail });
    return episode;
  }
}
