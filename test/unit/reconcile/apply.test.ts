import { describe, expect, test } from "vitest";
import { NetlinkError } from "../../../src/errors.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { IpvsOp, TableDest, TableRow } from "../../../src/ipvs/ipvs.ts";
import { tableService } from "../../../src/reconcile/rows.ts";
import { applyOps, isDoubtful } from "../../../src/reconcile/work/apply.ts";
import { endpoint, serverRow, tcp, virtualService } from "../../support/builders.ts";
import { ScriptedIpvs } from "../../support/fakes/scripted-ipvs.ts";
import { lines } from "./table-lines.ts";

const key = tcp("10.0.0.1:80");
const service = tableService(virtualService(key, []));
const dest = (text: string, weight = 1): TableDest => serverRow(text, { weight });
const add = (text: string, weight = 1): IpvsOp => ({
  kind: "add-dest",
  key,
  dest: dest(text, weight),
});
const remove = (text: string): IpvsOp => ({ kind: "delete-dest", key, endpoint: endpoint(text) });

async function tableWith(...dests: readonly TableDest[]) {
  const ipvs = new ScriptedIpvs(new EmbeddedIpvs());
  await ipvs.apply([
    { kind: "add-service", service },
    ...dests.map((row): IpvsOp => ({ kind: "add-dest", key, dest: row })),
  ]);
  const row: TableRow = { service, dests };
  return { ipvs, rowOf: () => row };
}

describe("a refused change", () => {
  test("does not take the old server away when its successor was refused", async () => {
    const { ipvs, rowOf } = await tableWith(dest("10.0.0.3:80"));
    ipvs.refuse = (op) => (op.kind === "add-dest" ? "ENOMEM" : undefined);
    const ops = [add("10.0.0.4:80"), remove("10.0.0.3:80")];
    const outcome = await applyOps(ipvs, ops, rowOf);
    expect(outcome).toEqual({ done: [], failed: [{ op: ops[0], errno: "ENOMEM" }] });
    expect(lines(await ipvs.list())).toContain("tcp:10.0.0.1:80 -> 10.0.0.3:80 gate 1");
  });

  test("does not quiesce the old server when its successor was refused", async () => {
    const { ipvs, rowOf } = await tableWith(dest("10.0.0.3:80"));
    ipvs.refuse = (op) => (op.kind === "add-dest" ? "ENOMEM" : undefined);
    const quiesce: IpvsOp = { kind: "set-dest", key, dest: dest("10.0.0.3:80", 0) };
    const { done } = await applyOps(ipvs, [add("10.0.0.4:80"), quiesce], rowOf);
    expect(done).toEqual([]);
    expect(lines(await ipvs.list())).toContain("tcp:10.0.0.1:80 -> 10.0.0.3:80 gate 1");
  });

  test("still lets a dead server leave while others serve", async () => {
    const { ipvs, rowOf } = await tableWith(dest("10.0.0.3:80"), dest("10.0.0.5:80"));
    ipvs.refuse = (op) => (op.kind === "add-dest" ? "ENOMEM" : undefined);
    await applyOps(ipvs, [add("10.0.0.4:80"), remove("10.0.0.3:80")], rowOf);
    expect(lines(await ipvs.list())).not.toContain("tcp:10.0.0.1:80 -> 10.0.0.3:80 gate 1");
  });

  test("of thousands in one service is weighed in time that grows with their number", async () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => dest(`10.${n >> 8}.${n & 255}.1:80`));
    const { ipvs } = await tableWith();
    ipvs.apply = async (ops) => ops.map(() => "ENOMEM");
    const ops = rows.map((row): IpvsOp => ({ kind: "set-dest", key, dest: { ...row, weight: 2 } }));
    const before = process.cpuUsage();
    const { failed } = await applyOps(ipvs, ops, () => ({ service, dests: rows }));
    const { user, system } = process.cpuUsage(before);
    expect(failed).toHaveLength(rows.length);
    // Once for each would be minutes.
    expect((user + system) / 1000).toBeLessThan(2_000);
  });

  test("of a service is not followed by requests for its servers", async () => {
    const ipvs = new ScriptedIpvs(new EmbeddedIpvs());
    const ops: IpvsOp[] = [
      { kind: "add-service", service: { ...service, scheduler: "foo" } },
      add("10.0.0.3:80"),
    ];
    const { failed } = await applyOps(ipvs, ops, () => undefined);
    expect(failed).toEqual([{ op: ops[0], errno: "ENOENT" }]);
    expect(ipvs.ops).toHaveLength(1);
  });
});

test("a socket that fails loses every answer, a bug is not hidden", async () => {
  const { ipvs, rowOf } = await tableWith();
  ipvs.apply = () => Promise.reject(new NetlinkError("EBADF", "send"));
  const { failed } = await applyOps(ipvs, [add("10.0.0.3:80")], rowOf);
  expect(failed.map(({ errno }) => errno)).toEqual(["LOST"]);
  expect(failed.every(isDoubtful)).toBe(true);
  ipvs.apply = () => Promise.reject(new RangeError("weight"));
  await expect(applyOps(ipvs, [add("10.0.0.3:80")], rowOf)).rejects.toThrow(RangeError);
});

test("nothing to do asks nothing", async () => {
  const { ipvs, rowOf } = await tableWith();
  ipvs.restartCount();
  await applyOps(ipvs, [], rowOf);
  expect(ipvs.applies).toBe(0);
});
