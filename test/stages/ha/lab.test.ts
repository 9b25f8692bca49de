/** What the labs of two directors stand on: nodes that lose all that they have, and traffic that says what it lost. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { measureOf } from "../../lab/ha/measure.ts";
import { Pair } from "../../lab/ha/pair.ts";
import { pairByDirectRouting, pairVips } from "../../lab/ha/topologies.ts";
import { usualTraffic } from "../../lab/ha/traffic.ts";
import { ipIn } from "../../lab/namespace.ts";
import { pause } from "../../lab/until.ts";

const [vip] = pairVips;
let lab: Pair;

beforeAll(async () => {
  lab = await Pair.open(pairByDirectRouting());
  const { director1 } = lab.directors;
  await ipIn(director1.namespace, [`addr add ${vip}/32 dev eth0`]);
  await director1.run("ipvsadm", "-A", "-t", `${vip}:80`, "-s", "rr");
  for (const real of ["192.168.10.201", "192.168.10.202"]) {
    await director1.run("ipvsadm", "-a", "-t", `${vip}:80`, "-r", real, "-g");
  }
});
afterAll(async () => {
  await lab?.close();
});

test("a card that is gone for 2.5 s: 200 new requests a second fail meanwhile, long connections live", async () => {
  await lab.traffic.begin(usualTraffic(vip));
  await pause(1500);
  const troubleAt = Date.now();
  await lab.network.cable("director1", "eth0", "out");
  await pause(2500);
  await lab.network.cable("director1", "eth0", "in");
  await pause(2500);
  const traffic = await lab.traffic.end();
  const early = traffic.requests.filter(([at]) => at < troubleAt);
  expect(early.length).toBeGreaterThan(250);
  const measure = measureOf(traffic, troubleAt);
  expect(measure).toMatchObject({
    broken: 0,
    connections: 50,
    errors: { timeout: measure.failed },
  });
  // Those of the first half second waited for longer than 2 s, save for what was on its way.
  expect(measure.failed).toBeGreaterThan(50);
  expect(measure.seconds).toBeGreaterThan(0.5);
  expect(measure.silenceSeconds).toBeGreaterThan(2);
}, 120_000);

test("a connection that has lost its way is broken", async () => {
  const { director1 } = lab.directors;
  await lab.traffic.begin(usualTraffic(vip));
  const troubleAt = Date.now();
  await director1.run("ipvsadm", "-C");
  await pause(500);
  await director1.run("ipvsadm", "-A", "-t", `${vip}:80`);
  await director1.run("ipvsadm", "-a", "-t", `${vip}:80`, "-r", "192.168.10.201", "-g");
  await pause(500);
  const { failed, broken } = measureOf(await lab.traffic.end(1000), troubleAt);
  expect(failed).toBeGreaterThan(20);
  expect(broken).toBe(50);
}, 120_000);

test("a director loses all its processes; a boot takes all else", async () => {
  const { director1 } = lab.directors;
  await director1.write("/etc/a-file", "of its own");
  expect(await lab.holders(vip)).toEqual(["director1"]);
  await director1.killAll();
  await expect(director1.run("true")).rejects.toThrow("does not run");
  expect(await lab.holders(vip)).toEqual(["director1"]);
  await lab.reboot();
  expect(await lab.holders(vip)).toEqual([]);
  expect(await director1.run("ipvsadm", "-Sn")).toBe("");
  expect(await director1.run("hostname")).toBe("director1\n");
  expect((await director1.shell("cat /etc/a-file")).code).toBe(1);
}, 120_000);
