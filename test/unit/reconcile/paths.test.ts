import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Config } from "../../../src/config/config.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { OpResult, TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { type ServiceKey, serviceId } from "../../../src/model/virtual-service.ts";
import { adopt } from "../../../src/reconcile/adopt.ts";
import { isUsable } from "../../../src/reconcile/after-ops.ts";
import { config, fallback, mark, realServer, tcp, virtualService } from "../../support/builders.ts";
import { rig } from "./rig.ts";

const keys: readonly ServiceKey[] = [tcp("10.0.0.1:80"), tcp("10.0.0.1:443"), mark(5)];
/** With gate, the first two share a row of the first service. */
const servers = ["10.0.0.3:80", "10.0.0.3:81", "10.0.0.4:80", "10.0.0.5:0"] as const;
const foreign = virtualService(tcp("10.7.7.7:25"), [realServer("10.7.7.8:25")]);

const anyReal = (leastWeight: number) =>
  fc.record({
    server: fc.constantFrom(...servers),
    forwarding: fc.constantFrom("gate", "masq"),
    weight: fc.integer({ min: leastWeight, max: 3 }),
    upperThreshold: fc.integer({ min: 0, max: 1 }),
  });
const anyVirtual = (key: ServiceKey, leastWeight: number) =>
  fc
    .record({
      reals: fc.uniqueArray(anyReal(leastWeight), {
        maxLength: 3,
        selector: ({ server }) => server,
      }),
      scheduler: fc.constantFrom("wrr", "rr"),
      isQuiescent: fc.boolean(),
      sorry: fc.option(fc.constantFrom("127.0.0.1:80", "10.0.0.3:80"), { nil: undefined }),
    })
    .map(({ reals, scheduler, isQuiescent, sorry }) =>
      virtualService(
        key,
        reals.map(({ server, ...more }) => realServer(server, more)),
        { scheduler, isQuiescent, ...(sorry !== undefined && { fallback: fallback(sorry) }) },
      ),
    );
const anyConfig = (leastWeight: number): fc.Arbitrary<Config> =>
  fc
    .record({
      virtuals: fc.tuple(
        ...keys.map((key) => fc.option(anyVirtual(key, leastWeight), { nil: undefined, freq: 4 })),
      ),
      isReaddQuiescent: fc.boolean(),
    })
    .map(({ virtuals, isReaddQuiescent }) =>
      config(
        virtuals.filter((service) => service !== undefined),
        { isReaddQuiescent },
      ),
    );

interface Health {
  readonly key: ServiceKey;
  readonly server: string;
  readonly state: "up" | "down" | "held";
}
const anyHealth: fc.Arbitrary<Health> = fc.record({
  key: fc.constantFrom(...keys),
  server: fc.constantFrom(...servers),
  state: fc.constantFrom("up", "up", "down", "held"),
});

type Step =
  | { readonly do: "health"; readonly change: Health }
  | { readonly do: "reload"; readonly config: Config }
  | { readonly do: "wait"; readonly ms: number };
interface Timed {
  readonly step: Step;
  /** Further steps come while this one is under way. */
  readonly isHasty: boolean;
  /** Kill the daemon after so many ops, and start it again. */
  readonly killAfter: number | undefined;
  /** One word for each op: what becomes of it. */
  readonly faults: readonly ("none" | "EPERM" | "ENOMEM" | "lost" | "unsent")[];
}
const anyStep = (leastWeight: number): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 5, arbitrary: anyHealth.map((change): Step => ({ do: "health", change })) },
    {
      weight: 2,
      arbitrary: anyConfig(leastWeight).map((next): Step => ({ do: "reload", config: next })),
    },
    { weight: 1, arbitrary: fc.constantFrom(1_000, 6_000).map((ms): Step => ({ do: "wait", ms })) },
  );
const anyTimed = (leastWeight: number, faults: Timed["faults"]): fc.Arbitrary<Timed> =>
  fc.record({
    step: anyStep(leastWeight),
    isHasty: fc.boolean(),
    killAfter: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined, freq: 3 }),
    faults: fc.array(fc.constantFrom(...faults), { maxLength: 6 }),
  });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const usableIn = (rows: readonly TableRow[]): readonly string[] =>
  rows.filter(isUsable).map(({ service }) => serviceId(service.key));

/** A daemon that lives on one table through steps, kills and starts. */
class Site {
  readonly table = new EmbeddedIpvs();
  #daemon = this.#newDaemon();
  #config: Config;
  /** Services of earlier configurations, until a start has taken them out. */
  #former: ServiceKey[] = [];
  /** The usable services after each op of the step. */
  between: (readonly string[])[] = [];

  constructor(first: Config) {
    this.#config = first;
  }

  #newDaemon() {
    const daemon = rig({ rereadMs: 5_000 }, this.table);
    daemon.ipvs.pause = () => new Promise((resolve) => setImmediate(resolve));
    daemon.ipvs.seen = (rows) => this.between.push(usableIn(rows));
    return daemon;
  }

  /** As the daemon does at start: what the table has in use counts as up. */
  async start(): Promise<void> {
    this.#daemon = this.#newDaemon();
    const observed = await this.table.list();
    for (const { serviceId: id, real: server } of adopt(this.#config.virtuals, observed)) {
      const key = keys.find((candidate) => serviceId(candidate) === id);
      if (key !== undefined) this.#daemon.view.set(key, formatEndpoint(server), "up");
    }
    await this.#daemon.reconciler.start(this.#config, observed, this.#former);
    // One that bridges until a server was asked is still there to be cut short.
    const left = new Set((await this.table.list()).map(({ service }) => serviceId(service.key)));
    this.#former = this.#former.filter((key) => left.has(serviceId(key)));
  }

  set({ key, server, state }: Health): void {
    this.#daemon.view.hold(key, server, state === "held");
    if (state !== "held") this.#daemon.view.set(key, server, state);
    this.#daemon.reconciler.touch(serviceId(key));
  }

  async take({ step, isHasty, killAfter, faults }: Timed): Promise<void> {
    const { ipvs, reconciler } = this.#daemon;
    const script = [...faults];
    let current: string | undefined;
    ipvs.refuse = (): OpResult => {
      current = script.shift();
      if (current === "unsent") return "LOST";
      return current === "EPERM" || current === "ENOMEM" ? current : undefined;
    };
    ipvs.isLost = () => current === "lost";
    if (killAfter !== undefined) ipvs.opsToLive = killAfter;
    if (step.do === "health") this.set(step.change);
    else if (step.do === "wait") await vi.advanceTimersByTimeAsync(step.ms);
    else {
      this.#former.push(...this.#config.virtuals.map(({ key }) => key));
      this.#config = step.config;
      void reconciler.reload(step.config);
    }
    if (isHasty && killAfter === undefined) return;
    await Promise.race([reconciler.settled(), ipvs.dead]);
    if (killAfter === undefined) return;
    ipvs.opsToLive = 0;
    await this.start();
  }

  /** Every verdict in, no fault left, and time for what waits to be tried again. */
  async comeToRest(healths: readonly Health[]): Promise<void> {
    this.#daemon.ipvs.refuse = () => undefined;
    this.#daemon.ipvs.isLost = () => false;
    for (const health of healths) this.set(health);
    await this.#daemon.reconciler.settled();
    await vi.advanceTimersByTimeAsync(31_000);
    await this.#daemon.reconciler.settled();
  }

  async fresh(): Promise<Site> {
    const site = new Site(this.#config);
    await site.addForeign();
    await site.start();
    return site;
  }

  async addForeign(): Promise<void> {
    const other = rig({}, this.table);
    other.view.set(foreign.key, "10.7.7.8:25", "up");
    await other.start([foreign]);
  }

  read(): Promise<string[]> {
    return this.#daemon.table();
  }

  overlaps(): number {
    return this.#daemon.ipvs.overlaps;
  }

  stop(): Promise<void> {
    return this.#daemon.reconciler.stop();
  }
}

const everyPair = keys.flatMap((key) => servers.map((server) => ({ key, server })));
const anyFinal = fc
  .array(fc.constantFrom("up", "down", "held"), {
    minLength: everyPair.length,
    maxLength: everyPair.length,
  })
  .map((states) => everyPair.map((pair, i): Health => ({ ...pair, state: states[i] ?? "up" })));
/** Maintenance alone leaves open what health was: a verdict before it settles that. */
const settled = (final: readonly Health[]): readonly Health[] => [
  ...final.map((health): Health => ({ ...health, state: "down" })),
  ...final,
];

test("invariants 4, 6: any path of health, reloads, faults and kills ends in a fresh start's table", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyConfig(0),
      fc.array(anyTimed(0, ["none", "none", "EPERM", "ENOMEM", "lost", "unsent"]), {
        maxLength: 8,
      }),
      anyFinal,
      async (first, steps, final) => {
        const site = new Site(first);
        await site.addForeign();
        await site.start();
        for (const step of steps) await site.take(step);
        await site.comeToRest(settled(final));
        const fresh = await site.fresh();
        await fresh.comeToRest(settled(final));
        expect(await site.read()).toEqual(await fresh.read());
        expect(site.overlaps()).toBe(0);
        await site.stop();
        expect(await site.read()).toEqual([
          "tcp:10.7.7.7:25 -> 10.7.7.8:25 gate 1",
          "tcp:10.7.7.7:25 wrr",
        ]);
        await fresh.stop();
      },
    ),
    { numRuns: 80 },
  );
});

test("invariants 3, 5, 6: a service usable before a step and after it is usable all the time, kill or not", async () => {
  await fc.assert(
    fc.asyncProperty(
      // Not 0: a server that is up with weight 0 rightly leaves its service empty.
      anyConfig(1),
      fc.array(anyTimed(1, ["none"]), { maxLength: 8 }),
      async (first, steps) => {
        const site = new Site(first);
        await site.start();
        for (const step of steps) {
          const before = usableIn(await site.table.list());
          site.between = [];
          await site.take({ ...step, isHasty: false });
          const after = new Set(usableIn(await site.table.list()));
          for (const now of site.between) {
            for (const id of before) if (after.has(id)) expect(now).toContain(id);
          }
        }
        await site.stop();
      },
    ),
    { numRuns: 80 },
  );
});
