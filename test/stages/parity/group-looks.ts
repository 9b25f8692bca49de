import { type Deviation, deviations, type Seen } from "./compare.ts";
import type { Block, Blocks } from "./group-blocks.ts";
import { monitorLines, programLines, smtpLines } from "./mails.ts";
import type { Rig } from "./rig.ts";
import type { Side } from "./side.ts";
import { tableLines } from "./table.ts";

export const logFile = "/srv/parity.log";

/** What each case's part has come to. */
type Look = ReadonlyMap<Block, Seen>;

export interface Compared {
  /** By case, how ours differs from the original, or from its record. */
  readonly found: ReadonlyMap<Block, readonly Deviation[]>;
  /** What the original did, where it runs. */
  readonly original: Look | undefined;
}

/** Looks at what both programs of a group have come to. */
export class GroupLooks {
  readonly #rig: Rig;
  /** Ours, and the original where it runs. */
  readonly #sides: readonly Side[];
  readonly #blocks: Blocks;

  constructor(rig: Rig, sides: readonly Side[], blocks: Blocks) {
    this.#rig = rig;
    this.#sides = sides;
    this.#blocks = blocks;
  }

  /** How often each has asked every server. */
  async rounds(): Promise<readonly number[]> {
    return Promise.all(
      this.#sides.map(async ({ machine }) => (await this.#rig.told(machine)).rounds),
    );
  }

  /** @param isNet only where the step ends is compared, not the way there */
  async compare(isNet: boolean, moment: string): Promise<Compared> {
    const [ours, original] = await Promise.all(this.#sides.map((side) => this.#look(side, isNet)));
    const found = this.#blocks.all.map((block): [Block, readonly Deviation[]] => {
      const seen = original?.get(block) ?? block.recorded.original(moment);
      return [block, seen === undefined ? [] : deviations(seen, ours?.get(block) ?? {})];
    });
    return { found: new Map(found), original };
  }

  /** The step is over. */
  pass(): void {
    for (const side of this.#sides) side.pass(logFile);
  }

  async #look(side: Side, isNet: boolean): Promise<Look> {
    const { machine, story } = side;
    const news = side.news(logFile);
    const log = isNet ? story.net(news) : story.exact(news);
    const { requests, mails } = await this.#rig.told(machine);
    const table = tableLines(await machine.table());
    const sent = [
      ...smtpLines(mails, story.met),
      ...programLines(machine.read("/srv/sendmail.calls")),
    ];
    const monitored = machine.files("/srv/", /^monitor\./).flatMap(monitorLines);
    const calls = machine.read("/srv/calls").split("\n");
    return new Map(
      this.#blocks.all.map((block) => {
        const own = (line: string): boolean => this.#blocks.ownerOf(line) === block;
        return [
          block,
          {
            table: table.filter(own),
            log: log.filter(own),
            requests: requests.filter(own).sort(),
            // Reminders: how many depends on time.
            mails: distinct(sent).filter(own),
            monitorfile: distinct(monitored).filter(own),
            calls: distinct(calls).filter(own),
          },
        ];
      }),
    );
  }
}

const distinct = (lines: readonly string[]): string[] => [...new Set(lines)];
