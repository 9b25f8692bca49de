import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { atOnce } from "../../../src/config/turns.ts";
import type { Monitor } from "../../../src/health/monitor.ts";
import { iniDefaults } from "../../../src/ini/sections.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import type { OrderBook } from "../../../src/orders/book.ts";
import type { Order } from "../../../src/orders/order.ts";
import type { CommandRunner } from "../../../src/programs/runner.ts";
import { type ServiceState, takingSnapshot } from "../../../src/status/snapshot.ts";
import type { HealthFileOptions } from "../../../src/word/health-file.ts";
import { createHealthKeeper, type HealthKeeper } from "../../../src/word/health-keeper.ts";
import { wordOf } from "../../../src/word/health-word.ts";
import { config, fallback, mark, realServer, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { type Phase, pass, rig } from "../reconcile/rig.ts";

const settings = { ...iniDefaults, healthDir: "/run/health" };
const hooked = { ...settings, healthHook: "/etc/ha.d/hook" };

/** A keeper on a reconciler whose servers are the test's; its programs are noted, its files are values. */
function scene() {
  const log = memoryLog();
  const told: string[] = [];
  /** By their paths, those that are kept. */
  const files = new Map<string, HealthFileOptions>();
  const ended: string[] = [];
  let brought = 0;
  const runner: CommandRunner = {
    async run({ command }) {
      if (command.kind === "program") told.push(command.argv.slice(1).join(" "));
      return true;
    },
    ask: () => Promise.reject(new Error("its answer is not wanted")),
    idle: async () => {},
    stop: async () => {},
  };
  let keeper: HealthKeeper | undefined;
  const it = rig(
    {
      rereadMs: 5_000,
      onBrought: (service) => {
        brought++;
        keeper?.onBrought(service);
      },
    },
    new EmbeddedIpvs(),
  );
  keeper = createHealthKeeper({
    ...{ log, runner, view: it.view, instance: "web.cf" },
    keepFile: (options) => {
      files.set(options.path, options);
      return {
        changed: () => {},
        async end(isRemoved) {
          files.delete(options.path);
          ended.push(`${options.path} ${isRemoved ? "removed" : "left"}`);
        },
      };
    },
  });
  return {
    ...{ it, log, told, files, ended, keeper },
    brought: () => brought,
    async start(virtuals: readonly VirtualService[], ini: typeof iniDefaults = settings) {
      await it.start(virtuals);
      keeper.follow({ virtuals }, ini);
    },
    async reload(virtuals: readonly VirtualService[], ini: typeof iniDefaults = settings) {
      keeper.follow({ virtuals }, ini);
      await it.reload(virtuals);
    },
    lines: () => files.get("/run/health/web.cf.health")?.body().split("\n").slice(0, -2),
  };
}

const key = tcp("10.0.0.1:80");
const [A, B] = ["10.0.0.3:80", "10.0.0.4:80"];
const web = virtualService(key, [realServer(A), realServer(B)]);
const ftp = virtualService(tcp("10.0.0.1:21"), [realServer("10.0.0.5:21")]);

describe("what is told", () => {
  test("the file has each service, in the configuration's order, as it is now", async () => {
    const { it, start, lines } = scene();
    await start([web, ftp]);
    expect(lines()).toEqual(["10.0.0.1:80 unknown 0 2 tcp", "10.0.0.1:21 unknown 0 1 tcp"]);
    await it.becomes("up", web, A);
    await it.becomes("down", ftp, "10.0.0.5:21");
    expect(lines()).toEqual(["10.0.0.1:80 usable 1 2 tcp", "10.0.0.1:21 nobody 0 1 tcp"]);
    await it.reconciler.stop();
  });

  test("only what changed is worked out again", async () => {
    const { it, start, brought } = scene();
    await start([web, ftp]);
    const before = brought();
    await it.becomes("up", web, A);
    expect(brought()).toBe(before + 1);
    await it.reconciler.stop();
  });

  test("a reload brings another share, another folder, or takes the file away", async () => {
    const { it, start, reload, files, ended, lines } = scene();
    await start([web]);
    await it.becomes("up", web, A);
    await it.becomes("down", web, B);
    await reload([web], { ...settings, healthShare: 51 });
    expect(lines()).toEqual(["10.0.0.1:80 degraded 1 2 tcp"]);
    await reload([web], { ...settings, healthDir: "/run/other" });
    expect([...files.keys()]).toEqual(["/run/other/web.cf.health"]);
    await reload([web], iniDefaults);
    expect([...files.keys()]).toEqual([]);
    expect(ended).toEqual([
      "/run/health/web.cf.health removed",
      "/run/other/web.cf.health removed",
    ]);
    await it.reconciler.stop();
  });

  test("servers that are all replaced serve on, and so does the word", async () => {
    const { it, start, reload, lines } = scene();
    await start([web]);
    await it.becomes("up", web, A);
    await it.becomes("up", web, B);
    const [C, D] = ["10.0.0.7:80", "10.0.0.8:80"];
    const next = virtualService(key, [realServer(C), realServer(D)]);
    await reload([next]);
    expect(lines()).toEqual(["10.0.0.1:80 usable 2 2 tcp"]);
    await it.becomes("down", next, C);
    expect(lines()).toEqual(["10.0.0.1:80 usable 2 2 tcp"]);
    await it.becomes("down", next, D);
    expect(lines()).toEqual(["10.0.0.1:80 nobody 0 2 tcp"]);
    await it.reconciler.stop();
  });

  test("a service that is no longer named has its word as long as it serves", async () => {
    const { it, start, reload, lines, told } = scene();
    await start([web], hooked);
    await it.becomes("up", web, A);
    await reload([ftp], hooked);
    expect(lines()).toEqual(["10.0.0.1:21 unknown 0 1 tcp", "10.0.0.1:80 usable 1 2 tcp"]);
    await it.becomes("up", ftp, "10.0.0.5:21");
    expect(lines()).toEqual(["10.0.0.1:21 usable 1 1 tcp"]);
    expect(told).toEqual([
      "10.0.0.1:80 usable 1 2 tcp",
      "10.0.0.1:21 usable 1 1 tcp",
      "10.0.0.1:80 unknown 0 0 tcp",
    ]);
    await it.reconciler.stop();
  });

  test("each change of a word is an event, if anybody wants the words; to get to work is none", async () => {
    const { it, log, start, reload } = scene();
    await start([web], iniDefaults);
    await it.becomes("down", web, A);
    await it.becomes("down", web, B);
    expect(log.lines).toEqual([]);
    await reload([web], { ...iniDefaults, healthShare: 60 });
    await it.becomes("up", web, A);
    await it.becomes("up", web, B);
    expect(log.lines).toEqual([
      "Health of 10.0.0.1:80: nobody, 0 of 2 real servers can be used",
      "Health of 10.0.0.1:80: degraded, 1 of 2 real servers can be used",
      "Health of 10.0.0.1:80: usable, 2 of 2 real servers can be used",
    ]);
    await it.reconciler.stop();
    const fine = scene();
    await fine.start([web]);
    await fine.it.becomes("up", web, A);
    expect(fine.log.lines).toEqual([]);
    await fine.it.reconciler.stop();
  });

  test("less than enough is told when all have been asked, and not before", async () => {
    const { it, log, start, told, lines } = scene();
    await start([web], { ...hooked, healthShare: 60 });
    await it.becomes("up", web, A);
    expect(lines()).toEqual(["10.0.0.1:80 degraded 1 2 tcp"]);
    expect([told, log.lines]).toEqual([[], []]);
    await it.becomes("down", web, B);
    expect(told).toEqual(["10.0.0.1:80 degraded 1 2 tcp"]);
    await it.becomes("unknown", web, B);
    await it.becomes("down", web, A);
    expect(told.slice(1)).toEqual(["10.0.0.1:80 unknown 0 2 tcp"]);
    expect(log.lines).toEqual([
      "Health of 10.0.0.1:80: degraded, 1 of 2 real servers can be used",
      "Health of 10.0.0.1:80: unknown, 0 of 2 real servers can be used",
    ]);
    await it.reconciler.stop();
  });

  test("trouble with the file is an event, and its end", async () => {
    const { it, log, start, files } = scene();
    await start([web]);
    const [file] = files.values();
    file?.onFailed("ENOSPC: no space left on device");
    file?.onRecovered();
    expect(log.lines).toEqual([
      "File of health /run/health/web.cf.health can not be written: ENOSPC: no space left on device",
      "File of health /run/health/web.cf.health can be written again",
    ]);
    await it.reconciler.stop();
  });
});

describe("at the end", () => {
  test.for<[name: string, heir: typeof iniDefaults | undefined, ended: string, told: string[]]>([
    ["of all", undefined, "removed", ["10.0.0.1:80 unknown 0 0 tcp"]],
    ["the next one goes on with both", hooked, "left", []],
    ["the next one has neither", iniDefaults, "removed", ["10.0.0.1:80 unknown 0 0 tcp"]],
    ["the next one has no hook", settings, "left", ["10.0.0.1:80 unknown 0 0 tcp"]],
  ])("%s", async ([, heir, how, words]) => {
    const { it, start, ended, told, keeper, lines } = scene();
    await start([web, ftp], hooked);
    await it.becomes("up", web, A);
    told.length = 0;
    await keeper.end(heir, 5_000);
    const atLast =
      how === "left" ? ["10.0.0.1:80 usable 1 2 tcp", "10.0.0.1:21 unknown 0 1 tcp"] : undefined;
    await it.becomes("down", web, A);
    await it.becomes("down", web, B);
    expect(lines()).toEqual(atLast);
    await keeper.close(5_000);
    expect(ended).toEqual([`/run/health/web.cf.health ${how}`]);
    expect(told).toEqual(words);
    await it.reconciler.stop();
  });

  test("nobody waits for ever", async () => {
    const runner: CommandRunner = {
      run: () => new Promise(() => {}),
      ask: () => Promise.reject(new Error("its answer is not wanted")),
      idle: async () => {},
      stop: async () => {},
    };
    const keeper = createHealthKeeper({
      ...{ log: memoryLog(), runner, view: scene().it.view, instance: "web.cf" },
      keepFile: () => ({ changed: () => {}, end: () => new Promise(() => {}) }),
    });
    keeper.follow({ virtuals: [web] }, hooked);
    keeper.onBrought({ ...tracked, virtual: { ...web, reals: [] } });
    await keeper.end(undefined, 20);
    await keeper.close(20);
  });

  const tracked = {
    ...{ id: serviceId(key), key, wanted: undefined, actual: undefined, isInDoubt: false },
    ...{ edits: undefined, driftAt: undefined, fallbackSince: undefined, fallback: undefined },
    ...{ usable: undefined, refused: new Map<string, boolean>() },
  };
});

describe("after any sequence", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const keys = [key, tcp("10.0.0.2:443"), mark(5)] as const;
  /** With gate, the first two share a row. */
  const servers = ["10.0.0.3:80", "10.0.0.3:81", "10.0.0.4:80"] as const;
  const anyVirtual = (of: (typeof keys)[number]) =>
    fc
      .record({
        reals: fc.uniqueArray(
          fc.record({
            server: fc.constantFrom(...servers),
            forwarding: fc.constantFrom("gate", "masq"),
            weight: fc.integer({ min: 0, max: 2 }),
          }),
          { maxLength: 3, selector: ({ server }) => server },
        ),
        isQuiescent: fc.boolean(),
        hasFallback: fc.boolean(),
      })
      .map(({ reals, isQuiescent, hasFallback }) =>
        virtualService(
          of,
          reals.map(({ server, ...more }) => realServer(server, more)),
          { isQuiescent, ...(hasFallback && { fallback: fallback("127.0.0.1:80") }) },
        ),
      );
  const anyVirtuals = fc
    .tuple(...keys.map((each) => fc.option(anyVirtual(each), { nil: undefined, freq: 4 })))
    .map((all) => all.filter((each) => each !== undefined));
  const place = { at: fc.constantFrom(...keys), server: fc.constantFrom(...servers) };
  const phases = ["up", "up", "down", "unknown"] as const satisfies readonly Phase[];
  const anyStep = fc.oneof(
    fc.record({ ...place, do: fc.constant("health"), phase: fc.constantFrom(...phases) }),
    fc.record({ ...place, do: fc.constant("hold"), isHeld: fc.boolean() }),
    fc.record({ ...place, do: fc.constant("drain"), isDrained: fc.boolean() }),
    fc.record({ ...place, do: fc.constant("hand"), weight: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ do: fc.constant("refuse"), isRefused: fc.boolean() }),
    fc.record({ do: fc.constant("reload"), virtuals: anyVirtuals }),
  );

  test("a row of nobody in the file, as another hand changes it", async () => {
    const { it, start, lines } = scene();
    const alone = virtualService(key, [realServer(A)]);
    await start([alone]);
    for (const [weight, line] of [
      [1, "10.0.0.1:80 usable 1 1 tcp"],
      [0, "10.0.0.1:80 unknown 0 1 tcp"],
    ] as const) {
      await it.byHand(virtualService(key, []), "10.0.0.9:80", weight);
      await pass(it, 6_000);
      expect(lines()).toEqual([line]);
    }
    await it.reconciler.stop();
  });

  test("the file's words are those that the snapshot comes to", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyVirtuals,
        fc.array(anyStep, { maxLength: 12 }),
        fc.constantFrom(undefined, 34, 100),
        async (first, steps, healthShare) => {
          const ini = { ...settings, ...(healthShare !== undefined && { healthShare }) };
          const { it, start, reload, lines } = scene();
          let virtuals = first;
          const snapshot = () => atOnce(takingSnapshot(snapshotOptions(it, virtuals)));
          const agree = () =>
            expect(lines()?.filter((line) => isNamed(line, virtuals))).toEqual(
              snapshot()
                .services.filter(({ isLeaving }) => !isLeaving)
                .map((service) => lineIn(service, healthShare)),
            );
          await start(virtuals, ini);
          agree();
          for (const step of steps) {
            if ("phase" in step) it.view.set(step.at, step.server, step.phase);
            if ("isHeld" in step) it.view.hold(step.at, step.server, step.isHeld);
            if ("isDrained" in step) {
              const drain = { kind: "drain", isRemoved: false } as const;
              it.view.steer(step.at, step.server, step.isDrained ? drain : undefined);
            }
            if ("isRefused" in step) {
              it.ipvs.refuse = () => (step.isRefused ? "ENOMEM" : undefined);
            }
            if ("weight" in step)
              await it.byHand(virtualService(step.at, []), step.server, step.weight);
            if ("virtuals" in step) {
              virtuals = step.virtuals;
              await reload(virtuals, ini);
            } else for (const each of keys) it.reconciler.touch(serviceId(each));
            await it.reconciler.settled();
            agree();
            await pass(it, 6_000);
            agree();
          }
          await it.reconciler.stop();
        },
      ),
      { numRuns: 150 },
    );
  });

  const isNamed = (line: string, virtuals: readonly VirtualService[]) =>
    virtuals.some((each) => line.startsWith(`${serviceId(each.key).replace(/^\w+:/, "")} `));

  /** A service's line by nothing but what the snapshot shows of it. */
  function lineIn({ id, name, servers: all }: ServiceState, share: number | undefined): string {
    const reals = all.filter(({ role }) => role === "real");
    const serving = (role: string) =>
      all.filter((each) => each.role === role && (each.weight ?? 0) > 0);
    const isAnyAwaited = reals.some(({ state }) => state === "unknown");
    const ownUp = serving("real").filter(({ state }) => state === "up").length;
    const replaced = isAnyAwaited ? serving("unnamed").length : 0;
    const up = ownUp > 0 ? ownUp : Math.min(replaced, reals.length);
    const of = reals.length;
    return `${name} ${wordOf({ up, of, isAnyAwaited }, share)} ${up} ${of} ${id.replace(/:.*/, "")}`;
  }
});

/** What a daemon hands over for a snapshot, of servers that are the test's. */
function snapshotOptions(
  { view, reconciler }: ReturnType<typeof rig>,
  virtuals: readonly VirtualService[],
): Parameters<typeof takingSnapshot>[0] {
  const drain = { id: 1, kind: "drain" } as Order;
  const book = {
    orders: [],
    about: (id: string, real: VirtualService["reals"][number]["endpoint"]) =>
      view.steering(id, real) === undefined ? [] : [drain],
  } as unknown as OrderBook;
  return {
    ...{ at: 0, config: config(virtuals), phase: "running", reload: undefined, reconciler },
    orders: { book, leftOf: () => undefined },
    health: {
      monitor: (id, real) => {
        const name = view.maintenance(id, real);
        const held = name === undefined ? undefined : ({ by: "file", name } as const);
        return { health: view.health(id, real), held, since: 0 } as Monitor;
      },
      localFaults: () => [],
      statistics: () => ({}) as never,
    },
  };
}
