import type { Case, Difference, Group } from "./case.ts";
import { printDeviation, unexplained } from "./compare.ts";
import type { Block } from "./group-blocks.ts";
import type { Compared, GroupLooks } from "./group-looks.ts";
import { nameIn } from "./places.ts";
import type { OriginalRecord } from "./record.ts";

/** After both have asked every server again: so long may one need until it has done the same. */
const patienceMs = Number(process.env["PARITY_PATIENCE_MS"] ?? 60_000);
const everyMs = 250;

/** What is waited for. */
interface Wait {
  /** Only where the step ends is compared, not the way there. */
  readonly isNet: boolean;
  /** So often has each to ask every server again, */
  readonly rounds: number;
  /** from where it stood then; from now on without it. */
  readonly since?: readonly number[];
  readonly stepNames?: ReadonlyMap<Block, string>;
}

/** Waits for the end of each step, and notes in the blocks how ours differs then. */
export class GroupSettle {
  readonly #group: Group;
  readonly #looks: GroupLooks;
  readonly #record: OriginalRecord;
  #moments = 0;

  constructor(group: Group, looks: GroupLooks, record: OriginalRecord) {
    this.#group = group;
    this.#looks = looks;
    this.#record = record;
  }

  /**
   * Waits until each has asked every server so often again, and then until ours agrees with the original, and the
   * original with its record. What is recorded stays as it is for some rounds.
   */
  async settle(name: string, { isNet, rounds, since, stepNames }: Wait): Promise<void> {
    this.#moments += 1;
    const moment = `${this.#moments} ${name}`;
    const begin = performance.now();
    const before = since ?? (await this.#looks.rounds());
    let end = performance.now() + 10 * patienceMs;
    const hasAskedSince = (now: readonly number[], then: readonly number[]): boolean =>
      now.every((count, i) => count >= (then[i] ?? 0) + rounds);
    let hasAsked = rounds === 0;
    let last = { text: "", rounds: before };
    if (hasAsked) end = performance.now() + patienceMs;
    for (;;) {
      const now = await this.#looks.rounds();
      if (!hasAsked && hasAskedSince(now, before)) {
        hasAsked = true;
        end = performance.now() + patienceMs;
      }
      const isOver = performance.now() > end;
      if (hasAsked || isOver) {
        const compared = await this.#looks.compare(isNet, moment);
        const wrong = this.#differing(compared);
        const did = [...(compared.original?.values() ?? [])];
        const text = this.#record.mode === "write" ? JSON.stringify(did) : "";
        const isSteady = text === "" || (text === last.text && hasAskedSince(now, last.rounds));
        if (text !== last.text) last = { text, rounds: now };
        if ((wrong === 0 && !isStale(moment, compared) && isSteady) || isOver) {
          noteOriginal(name, moment, compared);
          this.#note(name, compared, hasAsked ? "" : " (not asked often enough)", stepNames);
          this.#looks.pass();
          const seconds = Math.round((performance.now() - begin) / 1000);
          console.log(`${this.#group.name}: ${name}: ${seconds} s, ${wrong} cases differ`);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
  #accepted(it: Case): readonly Difference[] {
    return [...(it.differs ?? []), ...(this.#group.differs ?? [])];
  }

  /** @returns how many cases differ without a reason */
  #differing({ found }: Compared): number {
    const wrong = [...found].filter(
      ([{ it }, list]) => unexplained(list, this.#accepted(it)).length > 0,
    );
    return wrong.length;
  }

  #note(
    name: string,
    { found }: Compared,
    remark: string,
    stepNames: Wait["stepNames"] = new Map(),
  ): void {
    for (const [block, list] of found) {
      block.found.push(...list);
      const step = stepNames.get(block);
      for (const deviation of unexplained(list, this.#accepted(block.it))) {
        const line = nameIn(block.places, printDeviation(deviation));
        block.failures.push(`${name}${step ? ` (${step})` : ""}${remark}: ${line}`);
      }
    }
  }
}

/** Whether the original that runs does otherwise than the one that was recorded. */
const isStale = (moment: string, { original }: Compared): boolean =>
  [...(original ?? [])].some(([{ recorded }, seen]) => recorded.stale(moment, seen).length > 0);

/** What is to be recorded, or differs from what is. */
function noteOriginal(name: string, moment: string, { original }: Compared): void {
  if (original === undefined) return;
  for (const [{ recorded, places, failures }, seen] of original) {
    recorded.note(moment, seen);
    const stale = recorded.stale(moment, seen);
    failures.push(...stale.map((line) => `${name}: ${nameIn(places, line)}`));
  }
}
