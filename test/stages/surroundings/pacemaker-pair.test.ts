import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Measure } from "../../lab/ha/measure.ts";
import type { ClusterNode } from "../../lab/ha/node.ts";
import { isAtSpeed } from "../../lab/ha/pace.ts";
import { directorNames } from "../../lab/ha/pair.ts";
import { type DirectorName, pairVips } from "../../lab/ha/topologies.ts";
import { readTable } from "../../lab/ipvsadm.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";
import { sceneMs, succeed } from "./attempt.ts";
import { begin } from "./packages.ts";
import { monitor, PairCluster, type Way } from "./pair-cluster.ts";
import { measured, tableOf } from "./troubles.ts";

const [vip] = pairVips;
const configFile = "/etc/ha.d/ldirectord.cf";
const pidFile = "/run/ldirectord.ldirectord.cf.pid";
const rows = new Map<string, Measure>();

beforeAll(async () => {
  if (isAtSpeed) return;
  await begin("ours");
  await succeed("systemctl", "disable", "--now", "ldirectord");
});
afterAll(() => {
  say(tableOf(rows));
});

let cluster: PairCluster;
const nodeOf = (name: DirectorName): ClusterNode => cluster.pair.directors[name];
const otherOf = (name: DirectorName): DirectorName =>
  name === "director1" ? "director2" : "director1";

/** Who has the address, when all is well. */
async function active(): Promise<DirectorName> {
  const holders = await cluster.pair.holders(vip);
  const [holder] = holders;
  if (holders.length !== 1 || holder === undefined) throw new Error(`${vip} is at ${holders}`);
  return holder;
}

const untilAt = (name: DirectorName): Promise<unknown> => nodeOf(name).untilAddress(vip, sceneMs);

/** What `crm node standby` and `crm node online` do. */
const standby = (name: DirectorName, state: "on" | "off"): Promise<string> =>
  nodeOf(otherOf(name)).run(
    "crm_attribute",
    ...["--node", name, "--name", "standby", "--update", state],
  );

async function row(
  name: string,
  trouble: () => Promise<unknown>,
  over: () => Promise<unknown>,
): Promise<Measure> {
  const measure = await measured(cluster.pair, vip, trouble, over);
  rows.set(name, measure);
  say(`${name}: ${JSON.stringify(measure)}`);
  return measure;
}

describe.for<Way>(["translation", "direct-routing"])("two directors, %s", (way) => {
  beforeAll(async () => {
    cluster = await PairCluster.open(way);
    await cluster.start();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") say(await cluster.report());
  });
  afterAll(async () => {
    await cluster?.close();
  });

  test("the address is at one, the checks and the table at both", async () => {
    const first = nodeOf("director1");
    say(await monitor(first));
    say(await first.run("crm", "configure", "show"));
    expect(await first.shell("crm configure verify")).toEqual({ out: "", code: 0 });
    await active();
    const [one, two] = await Promise.all(
      directorNames.map((name) => readTable(nodeOf(name).namespace)),
    );
    expect(one).toEqual(two);
  });

  test("a move", async () => {
    const from = await active();
    const to = otherOf(from);
    const measure = await row(
      `${way}: moved (crm resource move)`,
      () => nodeOf(from).run("crm_resource", "--move", "--resource", "web", "--node", to),
      () => untilAt(to),
    );
    expect(measure.broken).toBe(0);
    await nodeOf(from).run("crm_resource", "--clear", "--resource", "web");
    await cluster.settled(nodeOf(from));
    expect(await active()).toBe(to);
  });

  test("standby and back", async () => {
    const from = await active();
    const to = otherOf(from);
    const measure = await row(
      `${way}: ordered stop (crm node standby)`,
      () => standby(from, "on"),
      () => untilAt(to),
    );
    expect(measure.broken).toBe(0);
    say(await monitor(nodeOf(to)));
    await standby(from, "off");
    await cluster.settled(nodeOf(to));
    // Who comes back does not take the address.
    expect(await active()).toBe(to);
  });

  test("a director that loses its checks is started again, and its table serves meanwhile", async () => {
    const at = await active();
    const node = nodeOf(at);
    const pid = await node.read(pidFile);
    const measure = await row(
      `${way}: loses its checks (kill -9 of the daemon)`,
      () => node.run("kill", "-KILL", pid.trim()),
      async () => {
        // It is told for two minutes (failure-timeout), and a start may take as long in a slow machine.
        const isNoticed = (text: string) => /director.*monitor.*not running/.test(text);
        await until(() => monitor(node), isNoticed, "Pacemaker has noticed", sceneMs);
        await until(
          () => node.read(pidFile).catch(() => pid),
          (text) => text.trim() !== pid.trim() && text.trim() !== "",
          "a new process",
          sceneMs,
        );
      },
    );
    expect(measure.broken).toBe(0);
    // In the machine a request may wait for its processor for longer than its client. A table that is gone refuses it.
    expect(Object.keys(measure.errors)).toEqual(
      isAtSpeed || measure.failed === 0 ? [] : ["timeout"],
    );
    await node.run("crm_resource", "--cleanup");
    await cluster.settled(node);
    expect(await active()).toBe(at);
  });

  test("a broken file is no reason to move", async () => {
    const at = await active();
    const node = nodeOf(at);
    const text = await node.read(configFile);
    await node.write(configFile, `${text}virtual=nonsense\n`);
    const monitors = async () =>
      Number((await node.shell("grep -c 'has a mistake' /var/log/pacemaker/pacemaker.log")).out);
    await until(monitors, (count) => count >= 2, "two monitors with a broken file", sceneMs);
    expect(await monitor(node)).not.toMatch(/Failed/);
    expect(await active()).toBe(at);
    await node.write(configFile, text);
  });

  /** What both have told Pacemaker by the health hook. */
  const untilUsable = (values: string): Promise<unknown> =>
    until(
      async () => (await monitor(nodeOf("director1"))).match(/director-usable\s+: \d/g) ?? [],
      (lines) => lines.map((line) => line.at(-1)).join("") === values,
      `director-usable is ${values}`,
      sceneMs,
    );

  test("no real server for either of them: the address stays", async () => {
    const at = await active();
    const { rs1, rs2 } = cluster.pair;
    await Promise.all([rs1.kill(), rs2.kill()]);
    await untilUsable("00");
    await cluster.idle();
    expect(await active()).toBe(at);
    await Promise.all([rs1.restart(), rs2.restart()]);
    await untilUsable("11");
    await cluster.settled(nodeOf(at));
    expect(await active()).toBe(at);
  });

  test.runIf(way === "direct-routing")("no way to the real servers from one of them", async () => {
    const from = await active();
    const to = otherOf(from);
    const apart = [from, "rs1", "rs2"] as const;
    const { network } = cluster.pair;
    await row(
      `${way}: reaches no real server any more`,
      () => network.cut(apart, "eth0", "cut"),
      () => untilAt(to),
    );
    expect(cluster.isOff(from)).toBe(false);
    await network.cut(apart, "eth0", "joined");
    await untilUsable("11");
    await cluster.settled(nodeOf(to));
    expect(await active()).toBe(to);
  });

  const cutBetween = (state: "cut" | "joined"): Promise<void> =>
    cluster.pair.network.cut(directorNames, "eth0", state);

  test.runIf(way === "direct-routing")(
    "the link between them is cut: who has the address is switched off, the other serves, and is not",
    async () => {
      const from = await active();
      const to = otherOf(from);
      await row(
        `${way}: the link between both is cut`,
        () => cutBetween("cut"),
        () => untilAt(to),
      );
      expect([cluster.isOff(from), cluster.isOff(to)]).toEqual([true, false]);
      await cutBetween("joined");
      await cluster.boot(from);
      expect(await active()).toBe(to);
    },
  );

  test.runIf(way === "direct-routing")(
    "the link between them is cut, without fencing: both have the address, and one of them when it is back",
    async () => {
      const fencing = (value: "true" | "false") =>
        nodeOf("director1").run("crm_attribute", "--name", "stonith-enabled", "--update", value);
      const untilHolders = (count: number) =>
        until(
          () => cluster.pair.holders(vip),
          ({ length }) => length === count,
          `${count} have the address`,
          sceneMs,
        );
      await fencing("false");
      await row(
        `${way}: the link between both is cut, without fencing`,
        () => cutBetween("cut"),
        () => untilHolders(2),
      );
      await row(
        `${way}: the link is back, without fencing`,
        () => cutBetween("joined"),
        async () => {
          await untilHolders(1);
          // One that has it on both is stopped on both first.
          await cluster.settled(nodeOf("director1"));
        },
      );
      await active();
      await fencing("true");
      expect(directorNames.filter((name) => cluster.isOff(name))).toEqual([]);
    },
  );

  const fenced: readonly (readonly [string, (name: DirectorName) => Promise<unknown>])[] = [
    ["link down", (name) => cluster.pair.cables(name, "out")],
    ["kill -9 of everything", (name) => nodeOf(name).killAll()],
    ["SIGSTOP of everything", (name) => nodeOf(name).signalAll("STOP")],
  ];
  test.for(fenced)("%s: it is switched off, and the other serves", async ([name, trouble]) => {
    const from = await active();
    const to = otherOf(from);
    await row(
      `${way}: ${name}`,
      () => trouble(from),
      () => untilAt(to),
    );
    expect(cluster.isOff(from)).toBe(true);
    say(await monitor(nodeOf(to)));
    await cluster.boot(from);
    expect(await active()).toBe(to);
  });

  test.runIf(way === "translation")("one of two cards is lost", async () => {
    const from = await active();
    const to = otherOf(from);
    await row(
      `${way}: loses the card to the real servers`,
      () => cluster.pair.network.cable(from, "eth1", "out"),
      () => untilAt(to),
    );
    expect(cluster.isOff(from)).toBe(false);
    await cluster.pair.network.cable(from, "eth1", "in");
    await cluster.settled(nodeOf(to));
    expect(await active()).toBe(to);
  });
});
