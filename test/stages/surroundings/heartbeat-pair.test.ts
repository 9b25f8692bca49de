import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Measure } from "../../lab/ha/measure.ts";
import type { ClusterNode } from "../../lab/ha/node.ts";
import { isAtSpeed } from "../../lab/ha/pace.ts";
import { type DirectorName, pairVips } from "../../lab/ha/topologies.ts";
import { say } from "../../lab/say.ts";
import { sceneMs, succeed } from "./attempt.ts";
import { HeartbeatCluster, type Variant } from "./heartbeat-cluster.ts";
import { begin } from "./packages.ts";
import { measured, tableOf } from "./troubles.ts";

const [vip] = pairVips;
const rows = new Map<string, Measure>();

beforeAll(async () => {
  if (isAtSpeed) return;
  await begin("ours");
  await succeed("systemctl", "disable", "--now", "ldirectord");
});
afterAll(() => {
  say(tableOf(rows));
});

describe.for<Variant>(["direct routing", "translation", "as ever"])("heartbeat, %s", (variant) => {
  // The machine has one processor, and an hour for each of them would be one too much.
  const isWhole = isAtSpeed || variant === "direct routing";
  let cluster: HeartbeatCluster;
  let active: DirectorName;
  const nodeOf = (name: DirectorName): ClusterNode => cluster.pair.directors[name];
  const other = (): DirectorName => (active === "director1" ? "director2" : "director1");

  beforeAll(async () => {
    cluster = await HeartbeatCluster.open(variant);
    active = await cluster.start();
  });
  afterAll(async () => {
    await cluster?.close();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") say(await cluster.report());
  });

  /** The other has the address afterwards. */
  async function row(name: string, trouble: () => Promise<unknown>): Promise<Measure> {
    const to = other();
    const measure = await measured(cluster.pair, vip, trouble, async () => {
      await nodeOf(to).untilAddress(vip, sceneMs);
      active = to;
    });
    rows.set(`${variant}: ${name}`, measure);
    say(`${variant}: ${name}: ${JSON.stringify(measure)}`);
    return measure;
  }

  /**
   * As an operator who sees that nothing happens: an order is read from a pipe, and where its writer is slow, heartbeat may
   * take it for an empty one.
   */
  async function order(name: DirectorName, program: "hb_standby" | "hb_takeover"): Promise<void> {
    const to = other();
    for (let tries = 0, isMoved = false; tries < 5 && !isMoved; tries += 1) {
      await nodeOf(name).run(`/usr/share/heartbeat/${program}`);
      isMoved = await nodeOf(to)
        .untilAddress(vip, 120_000)
        .catch(() => false);
    }
  }

  test("it starts at the one that the file names", () => {
    expect(active).toBe("director1");
  });

  test("standby: the other takes over", async () => {
    const measure = await row("ordered move (hb_standby)", () => order(active, "hb_standby"));
    expect(measure.broken).toBe(0);
    expect(await cluster.settled()).toBe(active);
  });

  test.runIf(isWhole)("takeover: taken back by the one that wants it", async () => {
    const measure = await row("taken over (hb_takeover)", () => order(other(), "hb_takeover"));
    expect(measure.broken).toBe(0);
    expect(await cluster.settled()).toBe(active);
  });

  test("stopped in order, and back without taking the address", async () => {
    const from = active;
    const measure = await row("ordered stop (heartbeat -k)", () =>
      nodeOf(from).spawn("/usr/libexec/heartbeat/heartbeat", "-k").ended(),
    );
    expect(measure.broken).toBe(0);
    await cluster.boot(from);
    expect(await cluster.settled()).toBe(active);
  });

  test.runIf(isWhole || variant === "as ever")("kill -9 of everything", async () => {
    const from = active;
    await row("kill -9 of everything", () => nodeOf(from).killAll());
    await cluster.boot(from);
    expect(await cluster.settled()).toBe(active);
  });

  test.runIf(isWhole)("frozen, and thawed again: one of the two gives the address up", async () => {
    const from = active;
    await row("SIGSTOP of everything", () => nodeOf(from).signalAll("STOP"));
    await nodeOf(from).signalAll("CONT");
    active = await cluster.settled();
  });

  test.runIf(isWhole)("link down, and up again: one of the two gives the address up", async () => {
    const from = active;
    await row("link down", () => cluster.pair.cables(from, "out"));
    await cluster.pair.cables(from, "in");
    active = await cluster.settled();
  });

  test.runIf(variant === "translation")("one of two cards is lost", async () => {
    const from = active;
    await row("loses the card to the real servers", () =>
      cluster.pair.network.cable(from, "eth1", "out"),
    );
    await cluster.pair.network.cable(from, "eth1", "in");
    expect(await cluster.settled()).toBe(active);
  });
});
