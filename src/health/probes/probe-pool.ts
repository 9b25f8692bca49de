import type { CheckResult } from "../history.ts";
import type { MonitorSpec, ProbeSpec } from "../plan.ts";
import { type LoopOptions, ProbeLoop } from "./probe-loop.ts";

/** The probes that run: one loop for all virtual services that ask the same of the same server. Ids are probes'. */
export class ProbePool {
  readonly #options: LoopOptions;
  readonly #onEnd: (id: string) => void;
  readonly #loops = new Map<string, ProbeLoop>();
  /** Loops that were told to end and still clean up. */
  readonly #ending = new Map<string, Promise<unknown>>();
  /** Those that have no outcome yet. */
  readonly #fresh = new Set<string>();
  readonly #waitingForFirst = new Set<() => void>();

  /** @param onEnd a probe ends; its last run may still clean up */
  constructor(options: LoopOptions, onEnd: (id: string) => void) {
    this.#options = options;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#loops.size;
  }

  ids(): Iterable<string> {
    return this.#loops.keys();
  }

  /** Its newest results, newest first. */
  resultsOf(id: string): readonly CheckResult[] {
    return this.#loops.get(id)?.history.results() ?? [];
  }

  monitorsOf(id: string): readonly string[] {
    return this.#loops.get(id)?.monitors ?? [];
  }

  /** From now on the probes of these. Who was there before keeps its timers. @returns the new ones, for `start` */
  replace(specs: readonly MonitorSpec[]): readonly ProbeLoop[] {
    const wanted = new Map<string, { readonly probe: ProbeSpec; readonly monitors: string[] }>();
    for (const { id, source } of specs) {
      if (source.kind !== "probe") continue;
      const entry = wanted.get(source.probe.id);
      if (entry === undefined) wanted.set(source.probe.id, { probe: source.probe, monitors: [id] });
      else entry.monitors.push(id);
    }
    for (const id of [...this.#loops.keys()]) if (!wanted.has(id)) this.#end(id);
    const added: ProbeLoop[] = [];
    for (const [id, { probe, monitors }] of wanted) {
      const kept = this.#loops.get(id);
      if (kept === undefined) {
        const loop = new ProbeLoop(probe, this.#options, monitors);
        this.#loops.set(id, loop);
        this.#fresh.add(id);
        added.push(loop);
      } else {
        kept.spec = probe;
        kept.monitors = monitors;
      }
    }
    return added;
  }

  /** Each once the one before it with its id has cleaned up. */
  start(added: readonly ProbeLoop[]): void {
    for (const loop of added) {
      const before = this.#ending.get(loop.spec.id);
      if (before === undefined) loop.start();
      else void before.then(() => loop.start());
    }
  }

  /** Nobody waits for its word. */
  hold(id: string): void {
    this.#loops.get(id)?.hold();
    this.heard(id);
  }

  release(id: string): void {
    this.#loops.get(id)?.release();
  }

  /** It has had an outcome, or needs none. */
  heard(id: string): void {
    this.#fresh.delete(id);
    if (this.#fresh.size > 0 || this.#waitingForFirst.size === 0) return;
    for (const resolve of this.#waitingForFirst) resolve();
    this.#waitingForFirst.clear();
  }

  /** Settles when every probe of now has had an outcome, or is held, or gone. */
  firstRound(): Promise<void> {
    if (this.#fresh.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForFirst.add(resolve));
  }

  /** Ends all; settles when none is under way any more. */
  async stop(): Promise<void> {
    for (const id of [...this.#loops.keys()]) this.#end(id);
    await Promise.all(this.#ending.values());
  }

  #end(id: string): void {
    const loop = this.#loops.get(id);
    if (loop === undefined) return;
    this.#loops.delete(id);
    this.#onEnd(id);
    this.heard(id);
    const ended = Promise.all([this.#ending.get(id), loop.stop()]);
    // Who came after it with its id, and ended too, never ran: it was to start after this.
    this.#ending.set(
      id,
      ended.then(() => this.#ending.delete(id)),
    );
  }
}
