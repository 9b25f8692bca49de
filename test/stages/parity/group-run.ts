import type { Case, Event, Group, Step } from "./case.ts";
import { unmet } from "./compare.ts";
import { type Block, Blocks, serversOf } from "./group-blocks.ts";
import { GroupLooks, logFile } from "./group-looks.ts";
import { GroupSettle } from "./group-settle.ts";
import type { Machine } from "./machine.ts";
import { counter, mailServer, placesOf, sorryForAll, sorryForAll6 } from "./places.ts";
import { writePrograms } from "./programs.ts";
import { OriginalRecord } from "./record.ts";
import type { Rig } from "./rig.ts";
import { Side } from "./side.ts";
import { met } from "./story.ts";

const pidFile = "/var/run/ldirectord.parity.cf.pid";

/** A case's failures, each with its step. */
export type Findings = ReadonlyMap<Case, readonly string[]>;

/** Runs all cases of the group side by side on one pair of daemons, or on ours alone, step by step. */
export class GroupRun {
  readonly #rig: Rig;
  readonly #group: Group;
  readonly #sides: readonly Side[];
  readonly #blocks: Blocks;
  readonly #looks: GroupLooks;
  readonly #settling: GroupSettle;

  private constructor(
    rig: Rig,
    group: Group,
    sides: readonly Side[],
    record: OriginalRecord,
    first: number,
  ) {
    this.#rig = rig;
    this.#group = group;
    this.#sides = sides;
    this.#blocks = new Blocks(group, record, first);
    this.#looks = new GroupLooks(rig, sides, this.#blocks);
    this.#settling = new GroupSettle(group, this.#looks, record);
  }

  /**
   * @param first number of the first case's places; the others follow
   * @param isRandom another group each time
   */
  static async run(rig: Rig, group: Group, first: number, isRandom = false): Promise<Findings> {
    const record = OriginalRecord.open("groups", group.name, isRandom);
    const hosts = group.cases.map((_it, i) => placesOf(first + i).hosts).join("");
    const machines = await rig.directors(group.name, hosts, record.who);
    const sides = machines.map((machine) => new Side(machine));
    const run = new GroupRun(rig, group, sides, record, first);
    const blocks = run.#blocks.all;
    try {
      await run.#tell();
      record.close(sides.find(({ machine }) => machine.who === "original")?.story.met);
    } catch (error) {
      const why = `${group.name}: ${error instanceof Error ? error.message : String(error)}`;
      for (const block of blocks) block.failures.push(why);
    } finally {
      await Promise.all(machines.map((machine) => machine.close()));
    }
    for (const { story } of sides) for (const id of story.met) met.add(id);
    for (const id of record.leftOut) met.add(id);
    return new Map(blocks.map(({ it, failures }) => [it, failures]));
  }

  async #tell(): Promise<void> {
    const { ofCases } = this.#blocks;
    await this.#rig.servers({ open: ofCases.flatMap(serversOf) });
    for (const block of ofCases) await this.#happen(block, block.it.before ?? []);
    this.#writeFiles();
    for (const { machine } of this.#sides) writePrograms(machine);
    await Promise.all(
      this.#sides.map(async ({ machine, story }) => story.know(await machine.table())),
    );
    await this.#start();
    await this.#settling.settle("start", { isNet: true, rounds: 2 });
    const steps = Math.max(0, ...ofCases.map(({ it }) => it.steps?.length ?? 0));
    for (let i = 0; i < steps; i += 1) await this.#step(i);
    const { life = [] } = this.#group;
    for (const what of life.length > 0 ? life : (["stop"] as const)) {
      if (what === "start") await this.#start();
      else await this.#stop(what);
      await this.#settling.settle(what, { isNet: true, rounds: what === "start" ? 2 : 0 });
    }
    this.#noteUnmet();
  }

  async #step(index: number): Promise<void> {
    const all = this.#blocks.ofCases.flatMap((block): [Block, Step][] => {
      const step = block.it.steps?.[index];
      return step ? [[block, step]] : [];
    });
    const isReload = all.some(([, { edit }]) => edit !== undefined);
    const since = await this.#looks.rounds();
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
    const rounds = Math.max(2, ...all.map(([, step]) => step.rounds ?? 0));
    const stepNames = new Map(all.map(([block, step]) => [block, step.name]));
    await this.#settling.settle(`step ${index + 1}`, { isNet: isReload, rounds, since, stepNames });
  }

  async #happen({ places }: Block, events: readonly Event[]): Promise<void> {
    for (const event of events) {
      if ("down" in event) await this.#rig.servers({ close: [places.endpoint(event.down)] });
      else if ("up" in event) await this.#rig.servers({ open: [places.endpoint(event.up)] });
      else if ("page" in event) {
        const [server, status, body] = event.page;
        await this.#rig.servers({ page: [places.resolve(server), status, body] });
      } else if ("fail" in event) {
        await this.#rig.servers({ fail: [places.resolve(event.fail[0]), event.fail[1]] });
      } else await this.#each((machine) => machine.run(places.resolve(event.hand)));
    }
  }

  #writeFiles(): void {
    const parts = this.#blocks.ofCases.map(({ text }) => text);
    const count = `virtual=10.7.255.255:9\n    real=${counter}:9 gate\n    checktype=connect\n\n`;
    const globals = this.#group.globals
      .replace("SORRYALL6", sorryForAll6)
      .replace("SORRYALL", sorryForAll)
      .replace("SMTPHOST", mailServer);
    const head = `logfile="${logFile}"\n${globals}\n`;
    const text = [head, ...parts, count, this.#group.tail ?? ""].join("\n");
    for (const { machine } of this.#sides) machine.write("/etc/ha.d/parity.cf", text);
  }

  async #each(act: (machine: Machine) => Promise<unknown>): Promise<void> {
    await Promise.all(this.#sides.map(({ machine }) => act(machine)));
  }

  async #start(): Promise<void> {
    await this.#each(async (machine) => {
      const { code, stderr } = await machine.run("ldirectord parity.cf start");
      if (code === 0) return;
      throw new Error(`${machine.who} did not start: exit ${code}: ${stderr}`);
    });
  }

  async #stop(how: "stop" | "kill"): Promise<void> {
    const signal = how === "kill" ? "KILL" : "TERM";
    // Waits until the process is gone.
    const command = `pid=$(cat ${pidFile}); kill -${signal} $pid; while kill -0 $pid 2>/dev/null; do sleep 0.2; done`;
    await this.#each((machine) => machine.run(command));
  }

  /** Differences that are listed and did not come about: of a case in it, of the group in any of them. */
  #noteUnmet(): void {
    const { all, daemon } = this.#blocks;
    const missing = (...it: Parameters<typeof unmet>): string[] =>
      unmet(...it).map(({ id }) => `difference ${id} is listed, and was not met`);
    for (const { it, found, failures } of all) failures.push(...missing(found, it.differs ?? []));
    const everywhere = all.flatMap(({ found }) => found);
    daemon.failures.push(...missing(everywhere, this.#group.differs ?? []));
  }
}
