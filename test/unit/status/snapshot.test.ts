import { describe, expect, test } from "vitest";
import { down, up, type Verdict } from "../../../checks/check.ts";
import { atOnce } from "../../../src/config/turns.ts";
import type { MonitorSpec } from "../../../src/health/plan.ts";
import { monitorId } from "../../../src/health/plan.ts";
import { Supervisor } from "../../../src/health/supervisor.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { Secret } from "../../../src/model/secret.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { OrderBook } from "../../../src/orders/book.ts";
import { Reconciler } from "../../../src/reconcile/reconciler.ts";
import type { ServerState } from "../../../src/status/servers.ts";
import { type Snapshot, takingSnapshot } from "../../../src/status/snapshot.ts";
import {
  config,
  endpoint,
  fallback,
  realServer,
  tcp,
  virtualService,
} from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { ScriptedProbe } from "../health/scripted.ts";

const key = tcp("10.0.0.1:80");
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const refused = down("refused", "connection refused");

/** Everything from the checks to the table, on an embedded one; the time is the test's. */
function scene(verdicts: Record<string, Verdict>) {
  let now = 1_000;
  let held: readonly string[] = [];
  const ipvs = new EmbeddedIpvs();
  const log = memoryLog();
  const health: Supervisor = new Supervisor({
    log,
    now: () => now,
    onChange: (id) => reconciler.touch(id),
    readDirectory: async () => held,
  });
  const reconciler: Reconciler = new Reconciler({
    ipvs,
    log,
    view: health,
    onFallback: () => {},
    rereadMs: 0,
    now: () => now,
  });
  let current = config([]);

  const specs = (virtuals: readonly VirtualService[]): MonitorSpec[] =>
    virtuals.flatMap((service) =>
      service.reals.map((server): MonitorSpec => {
        const id = serviceId(service.key);
        const name = formatEndpoint(server.endpoint);
        const probe = new ScriptedProbe(() => verdicts[name] ?? up("200 OK"));
        return {
          id: monitorId(id, server.endpoint),
          serviceId: id,
          virtual: service.key,
          real: server.endpoint,
          failureCount: service.failureCount,
          line: server.line,
          source: { kind: "probe", probe: probe.spec(name, { intervalMs: 20 }) },
        };
      }),
    );
  const take = (next: ReturnType<typeof config>) => {
    current = next;
    health.replace(specs(next.virtuals), () => undefined, next.maintenanceDir);
  };
  let orders = new OrderBook();
  const book = () => orders;
  const snapshot = (): Snapshot =>
    atOnce(
      takingSnapshot({
        at: now,
        config: current,
        phase: "running",
        reload: undefined,
        health,
        reconciler,
        orders: { book: book(), leftOf: () => undefined },
      }),
    );
  return {
    ipvs,
    verdicts,
    reconciler,
    snapshot,
    order: (next: OrderBook) => {
      orders = next;
      health.follow(next);
    },
    at: (time: number) => {
      now = time;
    },
    hold: (files: readonly string[]) => {
      held = files;
    },
    async start(virtuals: readonly VirtualService[], maintenanceDir?: string) {
      const next = config(virtuals, maintenanceDir === undefined ? {} : { maintenanceDir });
      await health.lookAhead(maintenanceDir);
      take(next);
      await reconciler.start(next, []);
      await this.firstRound();
    },
    async reload(virtuals: readonly VirtualService[]) {
      take(config(virtuals));
      await reconciler.reload(current);
    },
    async firstRound() {
      await health.firstRound();
      await reconciler.settled();
    },
    async end() {
      await Promise.all([health.stop(), reconciler.stop()]);
    },
    /** Of the first service, the server that the file calls so. */
    server: (name: string): ServerState | undefined =>
      snapshot().services[0]?.servers.find(({ server }) => server === name),
  };
}

const web = (more: Partial<VirtualService> = {}) =>
  virtualService(key, [realServer(A, { weight: 5 }), realServer(B, { weight: 7 })], more);

describe("a snapshot", () => {
  test("says of each server what is believed since when, by what, and who decided its row", async () => {
    const it = scene({ [B]: refused });
    await it.start([web({ isQuiescent: true, fallback: fallback("127.0.0.1:80") })]);
    it.at(9_000);
    expect(it.snapshot()).toMatchObject({
      version: 1,
      at: 9_000,
      phase: "running",
      path: "/etc/ha.d/ldirectord.cf",
      isAutoreload: false,
      services: [
        {
          id: "tcp:10.0.0.1:80",
          name: "10.0.0.1:80",
          isInTable: true,
          isLeaving: false,
          scheduler: "wrr",
          checkIntervalMs: 10_000,
          usable: "some",
          isFallbackOn: false,
          servers: [
            {
              role: "real",
              server: A,
              row: A,
              state: "up",
              since: 1_000,
              failures: 0,
              lastVerdict: { at: expect.any(Number), isUp: true, detail: "200 OK" },
              fileWeight: 5,
              weight: 5,
              decidedBy: "file",
            },
            {
              role: "real",
              server: B,
              state: "down",
              since: 1_000,
              lastVerdict: { isUp: false, reason: "refused", detail: "connection refused" },
              fileWeight: 7,
              weight: 0,
              decidedBy: "health",
            },
            { role: "fallback", server: "127.0.0.1:80", state: "standby", decidedBy: "fallback" },
          ],
        },
      ],
      localFaults: [],
      statistics: { probes: 2, punctuality: { late: 0 } },
    });
    await it.end();
  });

  test("is plain: JSON makes the same of it and back, and no secret is in it", async () => {
    const it = scene({ [B]: refused });
    await it.start([web({ passwd: new Secret("opensesame"), fallback: fallback("127.0.0.1:80") })]);
    const snapshot = it.snapshot();
    const text = JSON.stringify(snapshot);
    expect(JSON.parse(text)).toStrictEqual(snapshot);
    expect(text).not.toContain("opensesame");
    await it.end();
  });

  test("lists a server that has no row, too", async () => {
    const it = scene({ [B]: refused });
    await it.start([web()]);
    const server = it.server(B);
    expect(server).toMatchObject({ state: "down", fileWeight: 7, decidedBy: "health" });
    expect(server).not.toHaveProperty("weight");
    await it.end();
  });

  test("keeps `since` while a server counts as it did, and moves it when that changes", async () => {
    const it = scene({ [B]: refused });
    await it.start([web()]);
    it.at(2_000);
    await expect.poll(() => it.server(A)?.lastVerdict?.at).toBe(2_000);
    expect(it.server(A)?.since).toBe(1_000);
    it.verdicts[A] = refused;
    await expect.poll(() => it.server(A)?.state).toBe("down");
    expect(it.server(A)?.since).toBe(2_000);
    it.at(3_000);
    it.verdicts[A] = up("200 OK");
    await expect.poll(() => it.server(A)?.state).toBe("up");
    expect(it.server(A)?.since).toBe(3_000);
    it.at(4_000);
    await it.reload([web({ scheduler: "rr" })]);
    expect(it.server(A)).toMatchObject({ state: "up", since: 3_000 });
    await it.end();
  });

  test("names the maintenance file, and who is kept out by it", async () => {
    const it = scene({});
    it.hold(["10.0.0.4"]);
    await it.start([web()], "/etc/ha.d/maintenance");
    expect(it.snapshot().maintenanceDir).toBe("/etc/ha.d/maintenance");
    expect(it.server(B)).toMatchObject({
      state: "maintenance",
      since: 1_000,
      maintenanceFile: "10.0.0.4",
      decidedBy: "maintenance",
    });
    await it.end();
  });

  test("says since when the fallback server has the traffic", async () => {
    const it = scene({ [A]: refused, [B]: refused });
    it.at(5_000);
    await it.start([web({ fallback: fallback("127.0.0.1:80") })]);
    expect(it.snapshot().services[0]).toMatchObject({ isFallbackOn: true, usable: "none" });
    expect(it.server("127.0.0.1:80")).toMatchObject({
      state: "fallback",
      since: 5_000,
      weight: 1,
      decidedBy: "fallback",
    });
    await it.end();
  });

  test("has what is on its way out of the table at its end", async () => {
    const it = scene({});
    const mail = virtualService(tcp("10.0.0.1:25"), [realServer("10.0.0.9:25")]);
    await it.start([web(), mail]);
    const leaving = it.reload([web()]);
    expect(it.snapshot().services.map(({ name, isLeaving }) => [name, isLeaving])).toEqual([
      ["10.0.0.1:80", false],
      ["10.0.0.1:25", true],
    ]);
    expect(it.snapshot().services[1]?.servers).toEqual([
      {
        role: "unnamed",
        server: "10.0.0.9:25",
        row: "10.0.0.9:25",
        endpoint: endpoint("10.0.0.9:25"),
        state: "former",
        forwarding: "gate",
        weight: 1,
        decidedBy: "table",
      },
    ]);
    await leaving;
    expect(it.snapshot().services).toHaveLength(1);
    await it.end();
  });
});
