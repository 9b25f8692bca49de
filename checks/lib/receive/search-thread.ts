/** What runs in the thread of its own that searches what would hold up the event loop. */

/** A pattern in the words of one engine or both, and what to search. */
export interface Order {
  readonly id: number;
  /** Fast, exact, and endless on some texts. */
  readonly javaScript?: string | undefined;
  /** Slower, and its time grows with the text alone. */
  readonly re2?: string | undefined;
  readonly text: string;
  /** Where each piece of `text` ends; "lines": behind each line feed. A piece is searched by itself. */
  readonly ends: Uint32Array | "lines";
  /** For each engine. */
  readonly limitMs: number;
}

export interface Reply {
  readonly id: number;
  /** The first piece in which the pattern is found: from, to. "too-long": no engine came to an end. */
  readonly found: readonly [from: number, to: number] | "nothing" | "too-long";
  /** What it took of a processor; of the clock, where the system does not say. */
  readonly cpuMs: number;
}

/**
 * Its source text is all that the thread is given, so that it runs from TypeScript, JavaScript and a bundle
 * alike: it uses nothing from around it.
 * @param load the thread's `require`
 */
export function searchThread(load: NodeJS.Require): void {
  const { parentPort, workerData } = load(
    "node:worker_threads",
  ) as typeof import("node:worker_threads");
  const { Script } = load("node:vm") as typeof import("node:vm");
  const { readFileSync, readlinkSync } = load("node:fs") as typeof import("node:fs");
  const { setPriority } = load("node:os") as typeof import("node:os");

  // The event loop comes first where there is one processor for both. To Linux a thread is a process here.
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), 5);
  } catch {}

  const cpuMs = (): number => {
    try {
      return Number.parseInt(readFileSync("/proc/thread-self/schedstat", "latin1"), 10) / 1e6;
    } catch {
      return performance.now();
    }
  };

  /** Only what runs in a script can be ended after a time: it calls this. */
  let task = (): void => {};
  Object.assign(globalThis, { runTask: () => task() });
  const script = new Script("runTask()");

  /** @returns false when it did not come to an end */
  const within = (limitMs: number, work: () => void): boolean => {
    task = work;
    try {
      script.runInThisContext({ timeout: limitMs });
      return true;
    } catch (error) {
      // V8 gives up where it would need too much memory to go back, or for the pattern itself.
      const isEnded =
        error instanceof RangeError ||
        error instanceof SyntaxError ||
        (error instanceof Error &&
          "code" in error &&
          error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT");
      if (isEnded) return false;
      throw error;
    }
  };

  interface Tester {
    test(text: string): boolean;
  }
  /** Compiled, by engine and source. Emptied when full. */
  const testers = new Map<string, Tester>();
  const testerOf = (engine: "javaScript" | "re2", source: string): Tester => {
    const key = `${engine} ${source}`;
    let tester = testers.get(key);
    if (tester === undefined) {
      if (engine === "javaScript") tester = new RegExp(source);
      else {
        const { RE2JS } = load(workerData.re2js) as typeof import("re2js");
        tester = RE2JS.compile(source, RE2JS.LOOKBEHINDS);
      }
      if (testers.size >= 200) testers.clear();
      testers.set(key, tester);
    }
    return tester;
  };

  const firstPiece = ({ text, ends }: Order, tester: Tester): Reply["found"] => {
    for (let from = 0, place = 0; ; place++) {
      let to = ends === "lines" ? text.indexOf("\n", from) + 1 : ends[place];
      if (to === undefined || (ends === "lines" && from === text.length)) return "nothing";
      if (ends === "lines" && to === 0) to = text.length;
      if (tester.test(text.slice(from, to))) return [from, to];
      from = to;
    }
  };

  parentPort?.on("message", (order: Order) => {
    const before = cpuMs();
    let found: Reply["found"] = "too-long";
    for (const engine of ["javaScript", "re2"] as const) {
      const source = order[engine];
      if (source === undefined) continue;
      // Before the time runs: a library whose loading is cut short stays broken.
      const tester = testerOf(engine, source);
      const isDone = within(order.limitMs, () => {
        found = firstPiece(order, tester);
      });
      if (isDone) break;
    }
    const reply: Reply = { id: order.id, found, cpuMs: cpuMs() - before };
    parentPort?.postMessage(reply);
  });
}
