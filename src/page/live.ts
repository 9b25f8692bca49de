import { setTimeout as wait } from "node:timers/promises";
import { inTurns } from "../config/turns.ts";
import type { Director } from "../control/director.ts";
import { Shared } from "../http/shared.ts";
import type { KeptRecord } from "../log/sinks/ring.ts";
import { stackOf } from "../model/error-text.ts";
import { Parts, type Rendered } from "./parts.ts";
import { rendering, type Scene } from "./render.ts";
import { sharesOf } from "./shares.ts";
import { StateHistory } from "./state-history.ts";
import { isTold, shownRecords } from "./views/timeline.ts";

/** What is shown now. */
export interface Shown {
  readonly scene: Scene;
  readonly rendered: Rendered;
  /** Names it, and goes before what comes after it: see Parts. */
  readonly tag: string;
}

export interface Live {
  shown(): Promise<Shown>;
  /** Events for one that has what `tag` names, until `signal` aborts. */
  follow(tag: string, signal: AbortSignal): AsyncGenerator<Uint8Array | string>;
  stop(): void;
}

export interface LiveOptions {
  readonly director: Director;
  readonly host: string;
  /** Another one after another start. */
  readonly epoch: string;
  readonly onBug: (stack: string) => void;
  /** What was noted before. */
  readonly history?: StateHistory;
}

/** Between two looks at all, when nothing is logged; while nobody looks, at the strips alone. */
const tickMs = { watched: 5_000, idle: 60_000 } as const;
/** What is logged so soon after a look waits for the next. */
const gatherMs = { watched: 150, idle: 1_000 } as const;
/** Of a large table a look takes its time, the processor's: never more than this part of all. */
const timesItsCost = 8;
/** Who asked for the page so long ago has gone, or comes again. */
const watchedForMs = 15_000;
/** Read from the log at once. */
const recordsAtOnce = 1_000;

/**
 * What the page shows, kept new while it is open somewhere: one look at the daemon for all who look at the page, when
 * something was logged, and now and then. While it is open nowhere, only who is up or down is noted.
 */
export function keepLive(options: LiveOptions): Live {
  const { director, host, epoch, onBug, history = new StateHistory() } = options;
  const parts = new Parts(epoch);
  const ending = new AbortController();
  const waiting = new Set<() => void>();
  let records: readonly KeptRecord[] = [];
  let lastRecord = 0;
  let viewers = 0;
  let askedAt = Number.NEGATIVE_INFINITY;

  const manner = () =>
    viewers > 0 || performance.now() - askedAt < watchedForMs ? "watched" : "idle";

  const noted = async () => {
    const snapshot = await director.snapshot();
    history.note(snapshot);
    return snapshot;
  };
  const readRecords = () => {
    for (;;) {
      const some = director.records.after(lastRecord, recordsAtOnce);
      lastRecord = some.at(-1)?.number ?? lastRecord;
      records = [...records, ...some.filter(isTold)].slice(-shownRecords);
      if (some.length < recordsAtOnce) return;
    }
  };
  // What the kernel counts is shown where it tells.
  const counters = new Shared(() => director.kernel.counters().then(sharesOf, () => new Map()));
  const onDisk = new Shared(() => director.onDisk());

  const looked = new Shared(async (): Promise<Shown> => {
    readRecords();
    const [snapshot, shares, disk] = await Promise.all([noted(), counters.get(), onDisk.get()]);
    const scene = { host, snapshot, history, shares, onDisk: disk, records };
    const rendered = await inTurns(rendering(scene));
    parts.update(rendered);
    return { scene, rendered, tag: parts.tag };
  });
  const look = async () => {
    looked.outdate();
    await looked.get();
    for (const tell of [...waiting]) tell();
  };

  /** Settles with the next record that has not been seen, or in so long. */
  const news = async (ms: number) => {
    if (director.records.after(lastRecord, 1).length > 0) return;
    const over = new AbortController();
    const end = () => over.abort();
    ending.signal.addEventListener("abort", end);
    await Promise.race([
      director.records.next(over.signal),
      wait(ms, undefined, { signal: over.signal, ref: false }).catch(() => undefined),
    ]);
    ending.signal.removeEventListener("abort", end);
    over.abort();
  };
  const keepOn = async () => {
    while (!ending.signal.aborted) {
      const from = process.cpuUsage();
      if (manner() === "watched") await look();
      else {
        readRecords();
        await noted();
      }
      const { user, system } = process.cpuUsage(from);
      const pause = Math.max(gatherMs[manner()], (timesItsCost * (user + system)) / 1_000);
      await wait(pause, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      await news(tickMs[manner()]);
    }
  };
  // The daemon goes on whatever becomes of the page.
  const keeping = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await keepOn();
      } catch (error) {
        onBug(stackOf(error));
        await wait(tickMs.idle, undefined, { signal: ending.signal, ref: false }).catch(
          () => undefined,
        );
      }
    }
  };
  void keeping();

  const nextLook = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const settle = () => {
        waiting.delete(settle);
        signal.removeEventListener("abort", settle);
        resolve();
      };
      waiting.add(settle);
      signal.addEventListener("abort", settle);
      if (signal.aborted) settle();
    });

  return {
    shown: () => {
      askedAt = performance.now();
      return looked.get();
    },
    async *follow(tag, signal) {
      viewers++;
      try {
        let seen = parts.versionOf(tag);
        yield "retry: 2000\n\n";
        while (!signal.aborted && !ending.signal.aborted) {
          const { version } = parts;
          yield seen < version ? parts.since(seen) : `event: same\ndata: ${Date.now()}\n\n`;
          seen = version;
          await nextLook(signal);
        }
      } finally {
        viewers--;
      }
    },
    stop: () => {
      ending.abort();
      for (const tell of [...waiting]) tell();
    },
  };
}
