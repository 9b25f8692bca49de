import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Order } from "../../../src/orders/order.ts";
import { spread } from "../../lab/client.ts";
import { example, isOriginal, ourProgram } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn } from "../../lab/namespace.ts";
import { say } from "../../lab/say.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

const service = `TCP ${VIP}:80`;
const page = `http://${VIP}/`;
const second = "192.168.10.202:80";
const ctlProgram = join(dirname(ourProgram), "ldirectorctl.js");

/** A drain as the daemon tells it. */
type Drain = Extract<Order, { kind: "drain" }> & { readonly left?: number };

describe.skipIf(isOriginal)("a drain, with connections that stand", () => {
  let lab: Lab;
  let file: string;
  const ldirectord = (command: string) =>
    runIn(lab.director, process.execPath, [ourProgram, file, command]);
  const ctl = (...words: readonly string[]) =>
    runIn(lab.director, process.execPath, [ctlProgram, "-c", file, ...words]);
  const rows = async () => (await lab.table())[service]?.servers;
  const untilRow = (row: string) =>
    until(rows, (servers) => servers?.[second] === row, `${second} is ${row}`);
  const untilBoth = () =>
    until(rows, (servers) => Object.keys(servers ?? {}).length === 2, "both are in the table");
  const drain = async (): Promise<Drain | undefined> => {
    const stdout = await ctl("status", "--json");
    const { orders } = JSON.parse(stdout) as { orders: readonly Drain[] };
    return orders[0];
  };
  const crash = () => {
    process.kill(Number(readFileSync(join(lab.folder, "ldirectord.dr.cf.pid"), "utf8")), "SIGKILL");
  };

  beforeAll(async () => {
    lab = await Lab.open({ topology: directRouting(), servers: { ports: [80] } });
    file = join(lab.folder, "dr.cf");
    const text = await readFile(example("dr.cf"), "utf8");
    await writeFile(file, `logfile="${lab.folder}/log"\n${text}`);
    const ini = `[daemon]\nrundir=${lab.folder}\n[control]\nstate=${lab.folder}/state\n`;
    await writeFile(join(lab.folder, "ldirectord-ng.ini"), ini);
    await ldirectord("start");
    await untilBoth();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    await lab.printReport();
    say(readFileSync(join(lab.folder, "log"), "utf8"));
  });
  afterAll(async () => {
    await ldirectord("stop").catch(() => undefined);
    await lab.close();
  });

  test("cuts none of them, outlives a crash, and ends when the last has gone", async () => {
    await lab.client.openConnections(page, 6);
    await ctl("drain", second, "--deadline", "10m", "--reason", "new disk");
    await untilRow("Route 0");
    await lab.client.startLoad(page, 20);
    crash();
    await ldirectord("start");
    // Two of three, by their weights.
    const seen = await until(drain, (order) => order?.left !== undefined, "it is counted");
    expect([seen?.left, seen?.ended]).toEqual([4, undefined]);
    expect((await rows())?.[second]).toBe("Route 0");
    expect(Object.keys(spread(await lab.client.stopLoad()))).toEqual(["This is rs1"]);
    expect(spread(await lab.client.finishConnections())).toEqual({
      "This is rs1": 2,
      "This is rs2": 4,
    });
    const ended = await until(drain, (order) => order?.ended !== undefined, "it has ended");
    expect(ended?.ended).toMatchObject({ cause: "idle", left: 0 });
    expect((await rows())?.[second]).toBe("Route 0");
    await ctl("undrain", second);
    await untilRow("Route 2");
  });

  test("ends at its deadline by the clock, though nobody ran at that moment", async () => {
    await lab.client.openConnections(page, 3);
    await ctl("drain", second, "--deadline", "15s", "--then", "remove");
    await untilRow("Route 0");
    const counted = await until(drain, (order) => order?.left !== undefined, "it is counted");
    const standing = counted?.left ?? 0;
    expect(standing).toBeGreaterThan(0);
    const deadline = counted?.deadline ?? 0;
    crash();
    await until(
      async () => Date.now(),
      (now) => now > deadline,
      "its deadline has come",
    );
    await ldirectord("start");
    const ended = await until(drain, (order) => order?.ended !== undefined, "it has ended");
    expect([ended?.ended?.cause, ended?.ended?.left]).toEqual(["deadline", standing]);
    await until(rows, (servers) => servers?.[second] === undefined, "its row is gone");
    await lab.client.dropConnections();
    await ctl("undrain", "--all");
    await untilRow("Route 2");
  });
});
