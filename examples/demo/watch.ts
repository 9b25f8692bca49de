import { setImmediate as turn } from "node:timers/promises";
import type { Ipvs, TableRow } from "../../src/ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint } from "../../src/model/address.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import { Beats } from "./beats.ts";
import type { FromDirector } from "./director.ts";
import { panelOf } from "./frame.ts";
import type { Report, State } from "./report.ts";

type LogMessage = Extract<FromDirector, { kind: "log" }>;

/** What is to be seen of the first service at one moment, by the servers' names. */
export interface View {
  /** What the daemon believes. */
  readonly states: ReadonlyMap<string, State>;
  /** Weights in the table. */
  readonly rows: ReadonlyMap<string, number>;
  /** Whom the daemon that runs has asked. */
  readonly asked: ReadonlySet<string>;
  readonly log: readonly LogMessage[];
}

/** What is waited for comes within seconds; beyond this, something is wrong. */
const patienceMs = 60_000;
const keptLog = 200;

interface Wait {
  readonly holds: (view: View) => boolean;
  readonly settle: (error?: Error) => void;
}

/** Looks at the table and at what the daemon says; the story waits here for what it wants to speak of. */
export class Watch {
  readonly #ipvs: Ipvs;
  readonly #vip: string;
  readonly #nameOf: (endpoint: Endpoint) => string;
  readonly #beats = new Beats();
  readonly #log: LogMessage[] = [];
  readonly #waits = new Set<Wait>();
  #table: readonly TableRow[] = [];
  #report: Report = [];

  constructor(ipvs: Ipvs, vip: Endpoint, nameOf: (endpoint: Endpoint) => string) {
    this.#ipvs = ipvs;
    this.#vip = `tcp:${formatEndpoint(vip)}`;
    this.#nameOf = nameOf;
  }

  get log(): readonly LogMessage[] {
    return this.#log;
  }

  /** The first service, as last seen. */
  get row(): TableRow | undefined {
    return this.#table.find(({ service }) => serviceId(service.key) === this.#vip);
  }

  hear(message: LogMessage): void {
    this.#log.push(message);
    this.#log.splice(0, this.#log.length - keptLog);
  }

  /** No daemon runs: nothing is believed of anybody. */
  forgetReport(): void {
    this.#report = this.#report.map((service) => ({
      ...service,
      reals: service.reals.map(({ check: _, ...real }) => ({ ...real, state: "-", why: "" })),
    }));
  }

  /**
   * @param ask the daemon, after the table: a row is never newer than what is believed of its server
   * @returns what there is to draw, once those who wait for it have had their word
   */
  async look(ask: () => Promise<Report | undefined>): Promise<ReturnType<typeof panelOf>> {
    this.#table = await this.#ipvs.list();
    this.#report = (await ask()) ?? this.#report;
    this.#beats.note(this.#report, Date.now());
    const reals = this.#report.find(({ id }) => id === this.#vip)?.reals ?? [];
    const view: View = {
      states: new Map(reals.map(({ endpoint, state }) => [this.#nameOf(endpoint), state])),
      rows: new Map(this.row?.dests.map((dest) => [this.#nameOf(dest.endpoint), dest.weight])),
      asked: new Set(reals.flatMap((real) => (real.check ? [this.#nameOf(real.endpoint)] : []))),
      log: this.#log,
    };
    for (const wait of this.#waits) if (wait.holds(view)) wait.settle();
    await turn();
    return panelOf(this.#table, this.#report, this.#beats);
  }

  /** Resolves right before what `holds` is drawn. @throws the signal's reason; an error after a minute */
  until(what: string, holds: Wait["holds"], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        clearTimeout(patience);
        signal.removeEventListener("abort", aborted);
        this.#waits.delete(wait);
        if (error === undefined) resolve();
        else reject(error);
      };
      const aborted = () => settle(signal.reason);
      const wait = { holds, settle };
      const late = new Error(`did not come within ${patienceMs / 1000} s: ${what}`);
      const patience = setTimeout(settle, patienceMs, late);
      signal.addEventListener("abort", aborted);
      this.#waits.add(wait);
      if (signal.aborted) aborted();
    });
  }
}
