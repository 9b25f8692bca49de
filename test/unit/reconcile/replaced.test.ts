import { describe, expect, test } from "vitest";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import { adopt } from "../../../src/reconcile/adopt.ts";
import { config, fallback, realServer, tcp, virtualService } from "../../support/builders.ts";
import { rig } from "./rig.ts";

const key = tcp("10.0.0.1:80");
const id = serviceId(key);
const [A, B] = ["10.0.0.3:80", "10.0.0.4:80"];
const [C, D] = ["10.0.5.3:80", "10.0.5.4:80"];
const sorry = { fallback: fallback("127.0.0.1:80") };
const old = virtualService(key, [realServer(A, { weight: 5 }), realServer(B)], sorry);
const replaced = virtualService(key, [realServer(C), realServer(D)], sorry);
const rowsOf = (lines: readonly string[]) =>
  lines.filter((line) => line.includes("->")).map((line) => line.replace(`${id} -> `, ""));

async function running(first = old) {
  const it = rig();
  for (const { endpoint } of first.reals) {
    it.view.set(key, `${endpoint.address}:${endpoint.port}`, "up");
  }
  await it.start([first]);
  it.newLines();
  it.commands.length = 0;
  return it;
}

describe("a reload that replaces all servers of a service", () => {
  test("leaves the old ones at their weights until one of the new is up", async () => {
    const it = await running();
    await it.reload([replaced]);
    expect(rowsOf(await it.table())).toEqual([`${A} gate 5`, `${B} gate 1`]);
    await it.becomes("down", replaced, C);
    expect(rowsOf(await it.table())).toEqual([`${A} gate 5`, `${B} gate 1`]);
    expect(it.newLines()).toEqual([]);
    await it.becomes("up", replaced, D);
    expect(it.newLines()).toEqual([
      "Added real server: 10.0.5.4:80 (10.0.0.1:80) (Weight set to 1)",
      "Purged real server (start): 10.0.0.3:80 (10.0.0.1:80)",
      "Purged real server (start): 10.0.0.4:80 (10.0.0.1:80)",
    ]);
    expect(rowsOf(await it.table())).toEqual([`${D} gate 1`]);
    expect(it.commands).toEqual(["stop 10.0.0.1:80"]);
  });

  test("gives way to the fallback server once all of the new were asked in vain", async () => {
    const it = await running();
    await it.reload([replaced]);
    await it.becomes("down", replaced, C);
    it.view.hold(key, D);
    await it.becomes("unknown", replaced, D);
    expect(rowsOf(await it.table())).toEqual(["127.0.0.1:80 gate 1"]);
    expect(it.commands).toEqual(["stop 10.0.0.1:80", "start 10.0.0.1:80"]);
  });

  test("leaves a fallback server that serves where it is", async () => {
    const it = await running();
    await it.becomes("down", old, A);
    await it.becomes("down", old, B);
    await it.reload([replaced]);
    expect(rowsOf(await it.table())).toEqual(["127.0.0.1:80 gate 1"]);
  });

  test("takes them away at once when one that stays is up, or when the file names nobody", async () => {
    const it = await running();
    await it.reload([{ ...old, reals: [realServer(A), realServer(C)] }]);
    expect(rowsOf(await it.table())).toEqual([`${A} gate 1`]);
    await it.reload([{ ...old, reals: [] }]);
    expect(rowsOf(await it.table())).toEqual(["127.0.0.1:80 gate 1"]);
  });

  test("is no less when the file keeps an old one with weight 0", async () => {
    const it = await running();
    await it.reload([{ ...old, reals: [realServer(A, { weight: 0 }), realServer(C)] }]);
    expect(rowsOf(await it.table())).toEqual([`${A} gate 5`, `${B} gate 1`]);
    await it.becomes("up", replaced, C);
    expect(rowsOf(await it.table())).toEqual([`${A} gate 0`, `${C} gate 1`]);
  });

  test.for([0, 1, 2, 3])("killed after %d changes, and started again, it serves", async (ops) => {
    const table = new EmbeddedIpvs();
    const it = rig({}, table);
    it.view.set(key, A, "up");
    await it.start([{ ...old, reals: [realServer(A)] }]);
    it.ipvs.opsToLive = ops;
    void it.reconciler.reload(config([{ ...replaced, scheduler: "rr" }]));
    if (ops === 0) await it.ipvs.dead;
    else await it.reconciler.settled();

    const next = rig({}, table);
    const observed = await table.list();
    expect(adopt([replaced], observed)).toEqual([]);
    await next.reconciler.start(config([replaced]), observed);
    expect(rowsOf(await next.table())).toEqual([`${A} gate 1`]);
    await next.becomes("up", replaced, C);
    expect(rowsOf(await next.table())).toEqual([`${C} gate 1`]);
  });
});

describe("a reload that replaces all services", () => {
  const moved = virtualService(tcp("10.0.0.2:80"), [realServer(C), realServer(D)]);
  const isThere = (lines: readonly string[]) => lines.includes(`${id} wrr`);

  test("keeps the old ones until a new one serves", async () => {
    const it = await running();
    await it.reload([moved]);
    await it.becomes("down", moved, C);
    expect(isThere(await it.table())).toBe(true);
    await it.becomes("up", moved, D);
    expect(it.newLines().at(-1)).toBe("Purged virtual server (start): 10.0.0.1:80");
    expect(isThere(await it.table())).toBe(false);
  });

  test("keeps them while the kernel refuses the new one", async () => {
    const it = await running();
    it.view.set(moved.key, C, "up");
    it.view.set(moved.key, D, "up");
    await it.reload([{ ...moved, scheduler: "leastconnections" }]);
    expect(isThere(await it.table())).toBe(true);
    await it.reload([moved]);
    expect(isThere(await it.table())).toBe(false);
  });

  test("takes them away once all of the new were asked in vain, and at once for nobody", async () => {
    const it = await running();
    await it.reload([moved]);
    await it.becomes("down", moved, C);
    await it.becomes("down", moved, D);
    expect(await it.table()).toEqual(["tcp:10.0.0.2:80 wrr"]);
    await it.reload([]);
    expect(await it.table()).toEqual([]);
  });

  test("taken back meanwhile changes nothing", async () => {
    const it = await running();
    const before = await it.table();
    await it.reload([moved]);
    await it.reload([old]);
    expect(await it.table()).toEqual(before);
    expect(it.newLines().filter((line) => line.includes("10.0.0.1:80"))).toEqual([]);
  });
});

// Before, a restart was refused while no name server answered; now the file runs without who has no address.
test("rows that may be of servers whose names have no address now stay, whoever else is up", async () => {
  const it = await running();
  const { table } = it;
  await it.reload([
    virtualService(key, [realServer(A, { weight: 5 })], { ...sorry, isIncomplete: true }),
  ]);
  expect(rowsOf(await table())).toEqual([`${A} gate 5`, `${B} gate 1`]);
  await it.reload([virtualService(key, [realServer(A, { weight: 5 })], sorry)]);
  expect(rowsOf(await table())).toEqual([`${A} gate 5`]);
});
