import type { Who } from "../lab/director.ts";
import type { Bench, Pair } from "./bench.ts";
import type { Case, Difference, Event, Group, Step } from "./case.ts";
import {
  type Deviation,
  deviations,
  printDeviation,
  type Seen,
  unexplained,
  unmet,
} from "./compare.ts";
import { monitorLines, programLines, smtpLines } from "./mails.ts";
import {
  counter,
  mailServer,
  nameIn,
  type Places,
  placesOf,
  sorryForAll,
  sorryForAll6,
} from "./places.ts";
import { writePrograms } from "./programs.ts";
import { plainLines, Story } from "./story.ts";
import { tableLines } from "./table.ts";

const logFile = "/srv/parity.log";
const pidFile = "/var/run/ldirectord.parity.cf.pid";
/** After both have asked every server again: so long may one need until it has done the same. */
const patienceMs = Number(process.env["PARITY_PATIENCE_MS"] ?? 60_000);
const everyMs = 250;
const both: readonly Who[] = ["original", "ours"];

/** A case's failures, each with its step. */
export type Findings = ReadonlyMap<Case, readonly string[]>;

interface Block {
  readonly it: Case;
  readonly places: Places;
  /** Its part of the file now. */
  text: string;
  readonly found: Deviation[];
  readonly failures: string[];
}

/** How much of a log is old, and what it has told so far. */
interface Reading {
  lines: number;
  readonly story: Story;
}

/** Runs all cases of the group side by side on one pair of daemons, step by step. */
export class GroupRun {
  readonly #bench: Bench;
  readonly #group: Group;
  readonly #pair: Pair;
  readonly #blocks: readonly Block[];
  readonly #daemon: Block;
  readonly #readings: Record<Who, Reading> = {
    original: { lines: 0, story: new Story() },
    ours: { lines: 0, story: new Story() },
  };

  private constructor(bench: Bench, group: Group, pair: Pair, blocks: readonly Block[]) {
    this.#bench = bench;
    this.#group = group;
    this.#pair = pair;
    this.#blocks = blocks;
    // Lines of a log that are no case's own.
    this.#daemon = blockOf({ name: `${group.name}: the daemon`, file: "" }, placesOf(3999));
  }

  /** @param first number of the first case's places; the others follow */
  static async run(bench: Bench, group: Group, first: number): Promise<Findings> {
    const blocks = group.cases.map((it, i) => blockOf(it, placesOf(first + i)));
    const pair = await bench.pair(group.name, blocks.map(({ places }) => places.hosts).join(""));
    const run = new GroupRun(bench, group, pair, blocks);
    try {
      await run.#tell();
    } catch (error) {
      const why = `${group.name}: ${error instanceof Error ? error.message : String(error)}`;
      for (const block of run.#all) block.failures.push(why);
    } finally {
      await Promise.all([pair.original.close(), pair.ours.close()]);
    }
    return new Map(run.#all.map(({ it, failures }) => [it, failures]));
  }

  get #all(): readonly Block[] {
    return [...this.#blocks, this.#daemon];
  }

  async #tell(): Promise<void> {
    const opened = this.#blocks.flatMap(({ it, places }) => serversOf(it, places));
    await this.#bench.servers({ open: opened });
    for (const block of this.#blocks) await this.#happen(block, block.it.before ?? []);
    this.#writeFiles();
    for (const who of both) writePrograms(this.#pair[who]);
    await this.#each(async (machine) =>
      this.#readings[machine.who].story.know(await machine.table()),
    );
    await this.#start();
    await this.#settle("start", true, 2);
    const steps = Math.max(0, ...this.#blocks.map(({ it }) => it.steps?.length ?? 0));
    for (let i = 0; i < steps; i += 1) await this.#step(i);
    for (const what of this.#group.life ?? []) {
      if (what === "start") await this.#start();
      else await this.#end(what);
      await this.#settle(what, true, what === "start" ? 2 : 0);
    }
    if (!this.#group.life?.length) {
      await this.#end("stop");
      await this.#settle("stop", true, 0);
    }
    for (const { it, found, failures } of this.#all) {
      for (const { id } of unmet(found, it.differs ?? [])) {
        failures.push(`difference ${id} is listed, and was not met`);
      }
    }
    const everywhere = this.#all.flatMap(({ found }) => found);
    for (const { id } of unmet(everywhere, this.#group.differs ?? [])) {
      this.#daemon.failures.push(`difference ${id} is listed, and was not met`);
    }
  }

  #accepted(it: Case): readonly Difference[] {
    return [...(it.differs ?? []), ...(this.#group.differs ?? [])];
  }

  async #step(index: number): Promise<void> {
    const all = this.#blocks.flatMap((block): [Block, Step][] => {
      const step = block.it.steps?.[index];
      return step ? [[block, step]] : [];
    });
    const isReload = all.some(([, { edit }]) => edit !== undefined);
    const rounds = await this.#rounds();
    for (const [block, step] of all) {
      await this.#happen(block, step.events ?? []);
      if (step.edit !== undefined) block.text = block.places.resolve(step.edit);
    }
    if (isReload) {
      // Both look at the file now and then: neither shall find it changed before it is told to read it.
      await this.#each((machine) => machine.run(`kill -STOP $(cat ${pidFile})`));
      this.#writeFiles();
      await this.#each((machine) =>
        machine.run(`pid=$(cat ${pidFile}); kill -HUP $pid; kill -CONT $pid`),
      );
    }
    const wanted = Math.max(2, ...all.map(([, step]) => step.rounds ?? 0));
    const names = new Map(all.map(([block, step]) => [block, step.name]));
    await this.#settle(`step ${index + 1}`, isReload, wanted, names, rounds);
  }

  async #happen({ places }: Block, events: readonly Event[]): Promise<void> {
    for (const event of events) {
      if ("down" in event) await this.#bench.servers({ close: [places.endpoint(event.down)] });
      else if ("up" in event) await this.#bench.servers({ open: [places.endpoint(event.up)] });
      else if ("page" in event) {
        const [server, status, body] = event.page;
        await this.#bench.servers({ page: [places.resolve(server), status, body] });
      } else if ("fail" in event) {
        await this.#bench.servers({ fail: [places.resolve(event.fail[0]), event.fail[1]] });
      } else await this.#each((machine) => machine.run(places.resolve(event.hand)));
    }
  }

  #writeFiles(): void {
    const parts = this.#blocks.map(({ text }) => text);
    const count = `virtual=10.7.255.255:9\n    real=${counter}:9 gate\n    checktype=connect\n\n`;
    const globals = this.#group.globals
      .replace("SORRYALL6", sorryForAll6)
      .replace("SORRYALL", sorryForAll)
      .replace("SMTPHOST", mailServer);
    const head = `logfile="${logFile}"\n${globals}\n`;
    const text = [head, ...parts, count, this.#group.tail ?? ""].join("\n");
    for (const who of both) this.#pair[who].write("/etc/ha.d/parity.cf", text);
  }

  async #each<T>(act: (machine: Pair[Who]) => Promise<T>): Promise<readonly [T, T]> {
    return Promise.all([act(this.#pair.original), act(this.#pair.ours)]);
  }

  async #start(): Promise<void> {
    await this.#each(async (machine) => {
      const { code, stderr } = await machine.run("ldirectord parity.cf start");
      if (code === 0) return;
      throw new Error(`${machine.who} did not start: exit ${code}: ${stderr}`);
    });
  }

  async #end(how: "stop" | "kill"): Promise<void> {
    const signal = how === "kill" ? "KILL" : "TERM";
    // Waits until the process is gone.
    const command = `pid=$(cat ${pidFile}); kill -${signal} $pid; while kill -0 $pid 2>/dev/null; do sleep 0.2; done`;
    await this.#each((machine) => machine.run(command));
  }

  async #rounds(): Promise<readonly [number, number]> {
    return this.#each(async (machine) => (await this.#bench.told(machine)).rounds);
  }

  /**
   * Waits until both have asked every server so often again, and then until they agree.
   * @param isNet only where the step ends is compared, not the way there
   */
  async #settle(
    name: string,
    isNet: boolean,
    rounds: number,
    stepNames: ReadonlyMap<Block, string> = new Map(),
    since?: readonly [number, number],
  ): Promise<void> {
    const begin = performance.now();
    const before = since ?? (await this.#rounds());
    let end = performance.now() + 10 * patienceMs;
    let hasAsked = rounds === 0;
    if (hasAsked) end = performance.now() + patienceMs;
    for (;;) {
      const now = await this.#rounds();
      if (!hasAsked && both.every((_who, i) => (now[i] ?? 0) >= (before[i] ?? 0) + rounds)) {
        hasAsked = true;
        end = performance.now() + patienceMs;
      }
      const isOver = performance.now() > end;
      if (hasAsked || isOver) {
        const found = await this.#compare(isNet);
        const wrong = [...found].filter(
          ([{ it }, list]) => unexplained(list, this.#accepted(it)).length > 0,
        );
        if (wrong.length === 0 || isOver) {
          this.#note(name, stepNames, found, hasAsked ? "" : " (not asked often enough)");
          const seconds = Math.round((performance.now() - begin) / 1000);
          console.log(`${this.#group.name}: ${name}: ${seconds} s, ${wrong.length} cases differ`);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  #note(
    name: string,
    stepNames: ReadonlyMap<Block, string>,
    found: ReadonlyMap<Block, readonly Deviation[]>,
    remark: string,
  ): void {
    for (const [block, list] of found) {
      block.found.push(...list);
      const wrong = unexplained(list, this.#accepted(block.it));
      for (const deviation of wrong) {
        const step = stepNames.get(block);
        const line = nameIn(block.places, printDeviation(deviation));
        block.failures.push(`${name}${step ? ` (${step})` : ""}${remark}: ${line}`);
      }
    }
    for (const who of both) {
      const reading = this.#readings[who];
      const lines = plainLines(this.#pair[who].read(logFile));
      reading.story.keep(lines.slice(reading.lines));
      reading.lines = lines.length;
    }
  }

  async #compare(isNet: boolean): Promise<ReadonlyMap<Block, readonly Deviation[]>> {
    const [original, ours] = await this.#each((machine) => this.#look(machine, isNet));
    return new Map(
      this.#all.map((block) => [
        block,
        deviations(original.get(block) ?? {}, ours.get(block) ?? {}),
      ]),
    );
  }

  async #look(machine: Pair[Who], isNet: boolean): Promise<ReadonlyMap<Block, Seen>> {
    const { story, lines: old } = this.#readings[machine.who];
    const fresh = plainLines(machine.read(logFile)).slice(old);
    const told = isNet ? story.net(fresh) : story.exact(fresh);
    const { requests, mails } = await this.#bench.told(machine);
    const table = tableLines(await machine.table());
    const sent = [...smtpLines(mails), ...programLines(machine.read("/srv/sendmail.calls"))];
    const monitored = machine.files("/srv/", /^monitor\./).flatMap(monitorLines);
    return new Map(
      this.#all.map((block) => {
        const own = (line: string): boolean => this.#ownerOf(line) === block;
        return [
          block,
          {
            table: table.filter(own),
            log: told.filter(own),
            requests: requests.filter(own).sort(),
            // Reminders: how many depends on time.
            mails: distinct(sent).filter(own),
            monitorfile: distinct(monitored).filter(own),
            calls: distinct(machine.read("/srv/calls").split("\n")).filter(own),
          },
        ];
      }),
    );
  }

  /** By the first of a case's addresses or marks that stands in the line. */
  #ownerOf(line: string): Block {
    const four = /\b10\.(?:[67]|1[6-9]|2\d|30)\.\d+\.\d+/.exec(line)?.[0].split(".").map(Number);
    const six = /\bfd0[79]::([\da-f]+)/.exec(line)?.[1];
    const mark = /(?:\(|-f |: | of |fwm6?:)(\d{4})\b(?!:\d)/.exec(line)?.[1];
    let number = -1;
    if (four) {
      const [, net = 0, third = 0, fourth = 0] = four;
      number = net < 16 ? third * 256 + fourth : (net - 16) * 256 + third;
    } else if (six) number = Number.parseInt(six, 16) - 1;
    else if (mark) number = (Number(mark) - 1001) % 4000;
    return this.#blocks.find(({ places }) => places.number === number) ?? this.#daemon;
  }
}

function blockOf(it: Case, places: Places): Block {
  return { it, places, text: places.resolve(it.file), found: [], failures: [] };
}

/** Every real server and fallback that the case's texts name, on port 80 and where they say. */
function serversOf(it: Case, places: Places): (readonly [string, number])[] {
  const text = [it.file, ...(it.steps ?? []).map(({ edit }) => edit ?? "")].join("\n");
  const named = new Map<string, readonly [string, number]>();
  const add = (address: string, port: number): void => {
    named.set(`${address} ${port}`, [address, port]);
  };
  for (const [, bracketed, bare, port] of text.matchAll(
    /(?:\[((?:RS\d|SORRY)v6)\]|\b(RS\d|SORRY)\b)(?::(\d+))?/g,
  )) {
    const [address] = places.endpoint(bracketed ? `[${bracketed}]` : (bare ?? ""));
    add(address, 80);
    if (port && Number(port) > 0) add(address, Number(port));
  }
  for (const [, port] of text.matchAll(/checkport\s*=\s*(\d+)/g)) {
    for (const [address] of [...named.values()]) add(address, Number(port));
  }
  if (/->/.test(text)) for (let i = 1; i <= 7; i += 1) add(places.resolve(`RS${i}`), 80);
  return [...named.values()];
}

const distinct = (lines: readonly string[]): string[] => [...new Set(lines)];
