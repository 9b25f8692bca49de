/** A daemon of this process, its control socket, and ldirectorctl beside it. Its files are in a folder of its own. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadChecks } from "../../checks/registry.ts";
import { NameMemory } from "../../src/config/names/memory.ts";
import type { Director } from "../../src/control/director.ts";
import { directorOf } from "../../src/control/of-daemon.ts";
import { type Control, openControl } from "../../src/control/server.ts";
import { runCtl } from "../../src/ctl/program.ts";
import type { Screen } from "../../src/ctl/screen.ts";
import { type Daemon, startDaemon } from "../../src/daemon/daemon.ts";
import { prepare } from "../../src/daemon/prepare.ts";
import type { ServiceCounters } from "../../src/ipvs/counters.ts";
import { EmbeddedIpvs } from "../../src/ipvs/embedded-ipvs.ts";
import { createLogger } from "../../src/log/create-logger.ts";
import type { EventName } from "../../src/log/events/events.ts";
import { RecordRing } from "../../src/log/sinks/ring.ts";
import { formatEndpoint } from "../../src/model/address.ts";
import type { ServiceKey } from "../../src/model/virtual-service.ts";
import { StateFile } from "../../src/orders/state-file.ts";
import { heardTerminal } from "./fakes/heard-terminal.ts";

const checks = await loadChecks();

/** A table that is told how many connections its rows have. */
class BusyIpvs extends EmbeddedIpvs {
  /** By the row, as `formatEndpoint` writes it. */
  readonly open = new Map<string, number>();
  /** Connections so far, likewise. */
  readonly counted = new Map<string, number>();

  override async counters(only?: readonly ServiceKey[]): Promise<readonly ServiceCounters[]> {
    return (await super.counters(only)).map((service) => ({
      ...service,
      dests: service.dests.map((dest) => {
        const row = formatEndpoint(dest.endpoint);
        const conns = this.counted.get(row) ?? dest.traffic.conns;
        const activeConns = this.open.get(row) ?? 0;
        return { ...dest, activeConns, traffic: { ...dest.traffic, conns } };
      }),
    }));
  }
}

export interface CtlRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class ControlledDaemon {
  readonly folder = mkdtempSync(join(tmpdir(), "controlled-"));
  readonly cf = join(this.folder, "web.cf");
  readonly socket = join(this.folder, "ldirectord", "web.cf.sock");
  readonly stateFile = join(this.folder, "state", "web.cf.json");
  readonly ipvs = new BusyIpvs();
  readonly records: RecordRing;
  readonly #told = new Map<string, number>();
  #daemon: Daemon | undefined;
  #control: Control | undefined;
  #director: Director | undefined;

  private constructor(records: RecordRing) {
    this.records = records;
  }

  /** Settles when its real servers have been asked once. @param cf the `ldirectord.cf` @param records what `events` shows */
  static async start(cf: string, records = new RecordRing()): Promise<ControlledDaemon> {
    const it = new ControlledDaemon(records);
    it.write(cf);
    const ini = `[table]\nbackend=embedded\n[daemon]\nrundir=${it.folder}\n`;
    writeFileSync(join(it.folder, "ldirectord-ng.ini"), ini);
    try {
      await it.#open();
      await it.daemon.firstRound();
      return it;
    } catch (error) {
      await it[Symbol.asyncDispose]();
      throw error;
    }
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error("it has ended");
    return this.#daemon;
  }

  get director(): Director {
    if (this.#director === undefined) throw new Error("it has ended");
    return this.#director;
  }

  write(cf: string): void {
    writeFileSync(this.cf, cf);
  }

  /** How often that was logged. */
  told(name: EventName): number {
    return this.#told.get(name) ?? 0;
  }

  /** `10.0.0.3:80 1` for every row of the table, in its order of the alphabet. */
  async rows(): Promise<readonly string[]> {
    const table = await this.ipvs.list();
    return table
      .flatMap(({ dests }) =>
        dests.map(({ endpoint, weight }) => `${formatEndpoint(endpoint)} ${weight}`),
      )
      .sort();
  }

  /** Runs a command of ldirectorctl for this daemon. @param screen where it is not a pipe */
  async ctl(args: readonly string[], screen: Partial<Screen> = {}): Promise<CtlRun> {
    const { terminal, heard } = heardTerminal();
    const pipe: Screen = { ...terminal, columns: undefined, hasColour: false };
    const code = await runCtl(["-c", this.cf, ...args], { ...pipe, ...screen });
    return { code, ...heard };
  }

  /** Ends the daemon; its files stay. */
  async end(): Promise<void> {
    await this.#control?.close();
    await this.#daemon?.stop("TERM");
    this.#control = undefined;
    this.#daemon = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #open(): Promise<void> {
    const counting = {
      write: ({ name }: { name: string }) => {
        this.#told.set(name, (this.#told.get(name) ?? 0) + 1);
      },
      close: () => {},
    };
    const log = createLogger([this.records, counting]);
    const memory = new NameMemory();
    const read = () => prepare(this.cf, checks, { memory });
    const prepared = await read();
    if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
    this.#daemon = await startDaemon({
      log,
      ipvs: this.ipvs,
      prepared,
      prepareAgain: read,
      orderFile: new StateFile(join(this.folder, "state"), "web.cf"),
      rereadMs: 0,
    });
    this.#director = directorOf({
      daemon: this.#daemon,
      records: this.records,
      addressOf: (name) => memory.addressOf(name),
      prepareTexts: (from, readFile) =>
        prepare(from, checks, { memory: memory.copied(), readFile }),
    });
    this.#control = await openControl({ path: this.socket, director: this.#director, log });
    if (!existsSync(this.socket)) throw new Error("its control socket could not be opened");
  }
}

/** A virtual service of `127.0.0.1`. @param body its directives, a line each */
export const virtualText = (port: number, body: string): string =>
  `virtual=127.0.0.1:${port}\n${body.replace(/^/gm, "        ")}\n`;
