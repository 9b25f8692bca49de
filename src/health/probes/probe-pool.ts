import { atOnce, type Steps } from "../../config/turns.ts";
import type { CheckResult } from "../history.ts";
import type { MonitorSpec, ProbeSpec } from "../plan.ts";
import { type LoopOptions, ProbeLoop } from "./probe-loop.ts";

interface Wanted {
  readonly probe: ProbeSpec;
  readonly monitors: string[];
}

interface Replaced {
  /** For `start`. */
  readonly added: readonly ProbeLoop[];
  /** Ids of the new ones, and of those whose word others wait for than before. */
  readonly changed: readonly string[];
}

const stepSpecs = 100;

const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

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
    return atOnce(this.replacing(specs))().added;
  }

  /** Makes `replace` ready, some at a time; nothing is changed by it. @returns does it */
  *replacing(specs: readonly MonitorSpec[]): Steps<() => Replaced> {
    const wanted = new Map<string, Wanted>();
    for (const [i, { id, source }] of specs.entries()) {
      if (i % stepSpecs === 0) yield;
      if (source.kind !== "probe") continue;
      const entry = wanted.get(source.probe.id);
      if (entry !== undefined) entry.monitors.push(id);
      else wanted.set(source.probe.id, { probe: source.probe, monitors: [id] });
    }
    const gone: string[] = [];
    for (const [i, id] of [...this.#loops.keys()].entries()) {
      if (i % stepSpecs === 0) yield;
      if (!wanted.has(id)) gone.push(id);
    }
    const kept: { readonly loop: ProbeLoop; readonly wanted: Wanted }[] = [];
    const added: ProbeLoop[] = [];
    const changed: string[] = [];
    for (const [id, each] of wanted) {
      if ((kept.length + added.length) % stepSpecs === 0) yield;
      const loop = this.#loops.get(id);
      if (loop !== undefined) kept.push({ loop, wanted: each });
      else added.push(new ProbeLoop(each.probe, this.#options, each.monitors));
      if (loop === undefined || !areSame(loop.monitors, each.monitors)) changed.push(id);
    }
    return () => {
      for (const id of gone) this.#end(id);
      for (const { loop, wanted: each } of kept) {
        loop.spec = each.probe;
        loop.monitors = each.monitors;
      }
      for (const loop of added) {
        this.#loops.set(loop.spec.id, loop);
        this.#fresh.add(loop.spec.id);
      }
      return { added, changed };
    };
  }

  /**
   * Each once the one before it with its id has cleaned up.
   * @param isServing whose real server has traffic already: it can wait for those that serve nobody until they are asked
   */
  start(added: readonly ProbeLoop[], isServing: (loop: ProbeLoop) => boolean = () => false): void {
    const serving = new Set(added.filter(isServing));
    const border = 1 - serving.size / added.length;
    const first = { probes: added.length, from: 0, to: border };
    const second = { probes: added.length, from: border, to: 1 };
    for (const loop of added) {
      const round = serving.has(loop) ? second : first;
      const before = this.#ending.get(loop.spec.id);
      if (before === undefined) loop.start(round);
      else void before.then(() => loop.start(round));
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
