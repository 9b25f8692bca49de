import type { Ready } from "../daemon/prepare.ts";
import { EmbeddedIpvs } from "../ipvs/embedded-ipvs.ts";
import type { TableRow } from "../ipvs/ipvs.ts";
import { type EventName, textOf } from "../log/events/events.ts";
import type { Logger } from "../log/logger.ts";
import { subjectOf } from "../mail/alerts.ts";
import { Reminders } from "../mail/reminders.ts";
import { formatEndpoint } from "../model/address.ts";
import type { DaemonPhase } from "../model/alerts.ts";
import { serviceId, serviceName, type VirtualService } from "../model/virtual-service.ts";
import { fallbackCommandLine } from "../programs/fallback-command.ts";
import { adoptedIn } from "../reconcile/adopt.ts";
import { isUsable } from "../reconcile/after-ops.ts";
import { Reconciler } from "../reconcile/reconciler.ts";
import { Agenda } from "./agenda.ts";
import type { Script, Step } from "./script.ts";
import { type Due, Watch } from "./watch.ts";

export interface Happening {
  /** Milliseconds from the start. */
  readonly at: number;
  /** The script's own line; an event of the log, by its name; what would be done beside the table. */
  readonly what: "script" | "would-run" | "would-mail" | "nobody" | "somebody" | EventName;
  /** One line, for people. */
  readonly text: string;
}

/** A service had no row with weight. Milliseconds from the start. */
interface Outage {
  /** As the log names it. */
  readonly virtual: string;
  readonly from: number;
  /** Absent: at the end still. */
  readonly to?: number;
}

export interface Story {
  readonly timeline: readonly Happening[];
  readonly outages: readonly Outage[];
  /** At the end. */
  readonly table: readonly TableRow[];
  /** How often servers were asked. */
  readonly checks: number;
  readonly lengthMs: number;
}

/**
 * What would happen: the rules of the product on a table in memory, in a time of its own. Opens nothing, starts
 * nothing, and waits for nothing; the same each time.
 * @param files by the name that the script has for them
 */
export async function simulate(
  first: Ready,
  script: Script,
  files: ReadonlyMap<string, Ready>,
): Promise<Story> {
  const simulation = new Simulation(first, files);
  try {
    return await simulation.run(script);
  } finally {
    await simulation.close();
  }
}

type Event =
  | { readonly kind: "step"; readonly step: Step }
  | { readonly kind: "due"; readonly due: Due }
  | { readonly kind: "remind"; readonly round: number };

class Simulation {
  readonly #files: ReadonlyMap<string, Ready>;
  readonly #agenda = new Agenda<Event>();
  readonly #timeline: Happening[] = [];
  readonly #outages = new Map<string, Outage[]>();
  readonly #ipvs = new EmbeddedIpvs();
  readonly #watch: Watch;
  readonly #reconciler: Reconciler;
  readonly #reminders: Reminders;
  #running: Ready;
  /** Services that have had somebody. */
  readonly #served = new Set<string>();
  #phase: DaemonPhase = "starting";
  #round = 0;
  #now = 0;
  #checks = 0;

  constructor(first: Ready, files: ReadonlyMap<string, Ready>) {
    this.#running = first;
    this.#files = files;
    const log: Logger = {
      event: (name, fields) => this.#tell(name, wordsOf(name, textOf(name, fields))),
      debug: () => {},
    };
    this.#watch = new Watch({
      log,
      now: () => this.#now,
      arrange: (at, due) => this.#agenda.add(at, { kind: "due", due }),
    });
    this.#reminders = new Reminders(this.#watch);
    this.#reconciler = new Reconciler({
      ipvs: this.#ipvs,
      view: this.#watch,
      log,
      rereadMs: 0,
      now: () => this.#now,
      onFallback: (virtual, state) => {
        const { fallbackCommand } = virtual;
        if (fallbackCommand === undefined) return;
        const line = fallbackCommandLine(fallbackCommand, state, virtual);
        this.#tell("would-run", `would run: ${line}`);
      },
      onRow: (virtual, change) => {
        if (virtual.alerts === undefined) return;
        const row = formatEndpoint(change.row);
        const { lost } = change;
        if (lost !== undefined) this.#reminders.told(serviceId(virtual.key), lost, row, this.#now);
        this.#mail(virtual, subjectOf(change));
      },
    });
  }

  async run({ steps, until }: Script): Promise<Story> {
    for (const step of steps) this.#agenda.add(step.at, { kind: "step", step });
    await this.#begin();
    for (;;) {
      const next = this.#agenda.next();
      if (next === undefined || next.at > until) break;
      this.#now = next.at;
      await this.#take(next.what);
    }
    this.#now = until;
    return {
      timeline: this.#timeline,
      outages: [...this.#outages.values()].flat().sort((a, b) => a.from - b.from),
      table: await this.#ipvs.list(),
      checks: this.#checks,
      lengthMs: until,
    };
  }

  /** Nothing of it goes on; the table is no longer needed. */
  async close(): Promise<void> {
    await this.#reconciler.stop(this.#running.config);
    this.#ipvs.close();
  }

  async #begin(): Promise<void> {
    const { config, specs } = this.#running;
    this.#watch.replace(specs, () => undefined);
    this.#remindFromNow();
    await this.#reconciler.start(config, []);
    await this.#lookAround();
  }

  async #take(event: Event): Promise<void> {
    if (event.kind === "remind") {
      if (event.round === this.#round) this.#remind();
      return;
    }
    const changed = event.kind === "due" ? this.#ask(event.due) : await this.#act(event.step);
    for (const id of changed) this.#reconciler.touch(id);
    await this.#reconciler.settled();
    if (changed.size > 0 || event.kind === "step" || this.#phase !== "running") {
      await this.#lookAround();
    }
  }

  #ask(due: Due): ReadonlySet<string> {
    if (due.outcome === undefined) this.#checks++;
    return this.#watch.take(due);
  }

  async #act({ act, text }: Step): Promise<ReadonlySet<string>> {
    this.#tell("script", text);
    switch (act.kind) {
      case "answer":
        this.#watch.answers(act.real, act.answer);
        return new Set();
      case "maintenance":
        return this.#watch.maintain(act.real, act.isOn);
      case "reload":
        await this.#reload(act.file);
        return new Set();
    }
  }

  /** As the daemon does by an operator's word. */
  async #reload(name: string): Promise<void> {
    const next = this.#files.get(name);
    if (next === undefined) throw new Error(`${name} was not read`);
    const { config, specs } = next;
    const known = this.#reconciler.observed();
    const isNew = ({ key }: VirtualService) => !known.has(serviceId(key));
    const found = await this.#ipvs.list(config.virtuals.filter(isNew).map(({ key }) => key));
    const table = [...known.values(), ...found].filter((row) => row !== undefined);
    this.#running = next;
    this.#phase = "reloading";
    this.#watch.replace(specs, adoptedIn(config.virtuals, table));
    this.#remindFromNow();
    await this.#reconciler.reload(config, found);
  }

  /** Who has nobody, and whether the first round is over. */
  async #lookAround(): Promise<void> {
    const isOver = this.#watch.isFirstRoundOver;
    if (isOver && this.#phase !== "running") {
      for (const { virtual, real } of this.#reminders.untold(this.#alerted, this.#now)) {
        this.#mail(virtual, inaccessible(virtual, real));
      }
      this.#phase = "running";
    }
    const rows = new Map((await this.#ipvs.list()).map((row) => [serviceId(row.service.key), row]));
    const named = new Set(this.#running.config.virtuals.map(({ key }) => serviceId(key)));
    for (const id of new Set([...named, ...this.#outages.keys()])) {
      const its = this.#outages.get(id) ?? [];
      const last = its.at(-1);
      const isOut = last !== undefined && last.to === undefined;
      const isServed = isUsable(rows.get(id));
      if (isServed) this.#served.add(id);
      // Before anybody was asked nobody can be there.
      const isNobody = named.has(id) && !isServed && (isOver || isOut || this.#served.has(id));
      if (isNobody === isOut) continue;
      if (isNobody) {
        this.#outages.set(id, [...its, { virtual: id, from: this.#now }]);
        this.#tell("nobody", `${id} has nobody`);
      } else if (last !== undefined) {
        this.#outages.set(id, [...its.slice(0, -1), { ...last, to: this.#now }]);
        this.#tell("somebody", named.has(id) ? `${id} has somebody again` : `${id} is gone`);
      }
    }
  }

  get #alerted(): readonly VirtualService[] {
    return this.#running.config.virtuals.filter(({ alerts }) => alerts !== undefined);
  }

  #remindFromNow(): void {
    this.#reminders.keep(this.#alerted);
    this.#round++;
    if (this.#alerted.length > 0) this.#armRemind();
  }

  #armRemind(): void {
    const at = this.#now + this.#running.config.checkIntervalMs;
    this.#agenda.add(at, { kind: "remind", round: this.#round });
  }

  #remind(): void {
    this.#armRemind();
    if (this.#phase !== "running") return;
    for (const { virtual, real } of this.#reminders.due(this.#alerted, this.#now)) {
      this.#mail(virtual, inaccessible(virtual, real));
    }
  }

  #mail({ alerts }: VirtualService, subject: string): void {
    if (alerts?.during.includes(this.#phase) !== true) return;
    this.#tell("would-mail", `would mail ${alerts.to}: ${subject}`);
  }

  #tell(what: Happening["what"], text: string): void {
    this.#timeline.push({ at: this.#now, what, text });
  }
}

/** A failure is told shorter than in a log, which has the check's own words. */
const wordsOf = (name: EventName, text: string): string =>
  name === "real-failed" ? text.replace(/^Check failed: (.*) (\S+): .*$/, "$1 down: $2") : text;

const inaccessible = ({ key }: VirtualService, real: string): string =>
  `Inaccessible real server: ${real} (${serviceName(key)})`;
