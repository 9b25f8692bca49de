import type { Logger } from "../../log/logger.ts";
import { messageOf } from "../../model/error-text.ts";
import type { Asker, DueRun, Elsewhere } from "../probes/elsewhere.ts";
import { offsetOf } from "../probes/schedule.ts";
import { type OpenLine, ThreadHost } from "./host.ts";
import { alone, lookEveryMs, nextStanding, type Standing, spreadOver } from "./policy.ts";

export interface ThreadOptions {
  /** auto: by the load; else so many all the time, which then ask whatever can be asked by them. */
  readonly wanted: "auto" | number;
  /** At most so many, of auto. */
  readonly most: number;
  readonly open: OpenLine;
  /** Which part of the time since the last call the main loop was at work, 0 to 1. */
  readonly busy: () => number;
}

interface Around {
  readonly log: Logger;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  readonly onBug: (error: unknown) => void;
  readonly onAbandoned: () => void;
}

const tickMs = 1_000;
const ticksToLook = lookEveryMs / tickMs;
/** From the loss of a thread to the next start of one: twice as long each time, until none is lost for so long. */
const shortestPauseMs = 60_000;
const longestPauseMs = 3_600_000;

/** The threads that ask real servers beside the main one: how many there are, and who asks whom. */
export class ProbeThreads implements Elsewhere {
  readonly #options: ThreadOptions;
  readonly #around: Around;
  #standing: Standing;
  #hosts: ThreadHost[] = [];
  /** They are asked nothing any more, and end with their last run. */
  readonly #leaving = new Set<ThreadHost>();
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;
  #pauseMs = shortestPauseMs;
  /** By the clock. */
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #lostAt = Number.NEGATIVE_INFINITY;

  constructor(options: ThreadOptions, around: Around) {
    const { wanted } = options;
    this.#options = options;
    this.#around = around;
    this.#standing = wanted === "auto" ? alone : { ...alone, threads: wanted, share: 1 };
    this.#open("[checks] threads");
    options.busy();
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  /** How many there are, beside the main one. */
  get count(): number {
    return this.#hosts.length;
  }

  take(due: DueRun, asker: Asker): boolean {
    const { id, source } = due.spec;
    if (source === undefined || this.#hosts.length === 0) return false;
    // Not the fraction by which it is due: a thread's probes would all come at once.
    const place = offsetOf(`thread ${id}`) / this.#standing.share;
    const host = this.#hosts[Math.floor(place * this.#hosts.length)];
    if (host?.isReady !== true) return false;
    host.ask(due, asker);
    return true;
  }

  /** The probe with this id is gone. */
  forget(id: string): void {
    for (const host of this.#hosts) host.forget(id);
    for (const host of this.#leaving) host.forget(id);
  }

  /** When nothing is under way any more. */
  stop(): void {
    clearInterval(this.#timer);
    for (const host of [...this.#hosts, ...this.#leaving]) host.close();
    this.#hosts = [];
  }

  #tick(): void {
    for (const host of [...this.#hosts, ...this.#leaving]) host.look();
    for (const host of this.#leaving) {
      if (host.underWay > 0) continue;
      this.#leaving.delete(host);
      host.close();
    }
    if (this.#options.wanted !== "auto") this.#open("one was lost");
    else if (++this.#ticks % ticksToLook === 0) this.#weigh();
  }

  #weigh(): void {
    const { most, busy } = this.#options;
    const load = { main: busy(), threads: this.#hosts.map((host) => host.busy()) };
    const now = this.#around.clock();
    const before = this.#standing;
    // One that loads the checks does nothing else yet, and says nothing of what is needed.
    if (!this.#hosts.every(({ isReady }) => isReady)) return;
    this.#standing = nextStanding(before, load, now < this.#pausedUntil ? before.threads : most);
    if (this.#standing.threads < before.threads) this.#shut(load.main);
    this.#open(`the main loop is busy ${percent(load.main)} of the time`);
  }

  /** Until there are as many as there should be. */
  #open(why: string): void {
    const before = this.#hosts.length;
    const { log, clock, onBug, onAbandoned } = this.#around;
    while (this.#hosts.length < this.#standing.threads && clock() >= this.#pausedUntil) {
      try {
        const host: ThreadHost = new ThreadHost(this.#options.open, {
          onLost: (cause, runs) => this.#lost(host, cause, runs),
          onBug,
          onAbandoned,
        });
        this.#hosts.push(host);
      } catch (error) {
        this.#lost(undefined, messageOf(error), 0);
      }
    }
    const threads = this.#hosts.length;
    if (threads > before) log.event("probe-threads", { threads, before, why });
  }

  #shut(load: number): void {
    const before = this.#hosts.length;
    const ended = this.#hosts.splice(this.#standing.threads);
    for (const host of ended) this.#leaving.add(host);
    const why = `the main loop is busy ${percent(load)} of the time, and fewer can hold it`;
    this.#around.log.event("probe-threads", { threads: this.#hosts.length, before, why });
  }

  #lost(host: ThreadHost | undefined, cause: string, runs: number): void {
    const { log, clock } = this.#around;
    this.#hosts = this.#hosts.filter((each) => each !== host);
    if (host !== undefined) this.#leaving.delete(host);
    if (this.#options.wanted === "auto") {
      this.#standing = { ...alone, ...spreadOver(this.#hosts.length) };
    }
    const now = clock();
    if (now - this.#lostAt > longestPauseMs) this.#pauseMs = shortestPauseMs;
    this.#lostAt = now;
    this.#pausedUntil = now + this.#pauseMs;
    log.event("probe-thread-lost", { cause, runs, seconds: this.#pauseMs / 1000 });
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }
}

const percent = (part: number): string => `${Math.round(part * 100)} %`;
