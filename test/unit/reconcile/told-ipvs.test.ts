import { expect, test } from "vitest";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { IpvsOp, TableDest } from "../../../src/ipvs/ipvs.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";
import { tableService } from "../../../src/reconcile/rows.ts";
import { toldIpvs } from "../../../src/reconcile/told-ipvs.ts";
import { endpoint, mark, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { ScriptedIpvs } from "../../support/fakes/scripted-ipvs.ts";

const web = tcp("10.0.0.1:80");
const service = (key: ServiceKey, scheduler = "wrr") =>
  tableService(virtualService(key, [], { scheduler }));
const dest = (text: string, weight = 1): TableDest => ({
  endpoint: endpoint(text),
  forwarding: "gate",
  weight,
  upperThreshold: 0,
  lowerThreshold: 0,
});

function told() {
  const ipvs = new ScriptedIpvs(new EmbeddedIpvs());
  const log = memoryLog();
  return { ipvs, log, table: toldIpvs(ipvs, log) };
}

test("every change is a debug line: what was asked, and what came of it", async () => {
  const { table, log, ipvs } = told();
  const results = await table.apply([
    { kind: "add-service", service: service(web) },
    { kind: "set-service", service: service(web, "foo") },
    { kind: "add-dest", key: web, dest: dest("10.0.0.3:80") },
    { kind: "set-dest", key: web, dest: dest("10.0.0.4:80", 7) },
    { kind: "add-service", service: service(mark(5)) },
    { kind: "add-dest", key: mark(5), dest: dest("10.0.0.3:0") },
    { kind: "delete-dest", key: mark(5), endpoint: endpoint("10.0.0.3:0") },
    { kind: "delete-service", key: mark(5) },
  ]);
  expect(results.map((errno) => errno ?? "done").join()).toBe(
    "done,ENOENT,done,ENOENT,done,done,done,done",
  );
  expect(log.debugLines).toEqual([
    "IPVS: add virtual service 10.0.0.1:80 with scheduler wrr: done",
    "IPVS: change virtual service 10.0.0.1:80 to scheduler foo: refused: no such scheduler module",
    "IPVS: add real server 10.0.0.3:80 to 10.0.0.1:80: done",
    "IPVS: change real server 10.0.0.4:80 of 10.0.0.1:80 to weight 7: refused: ENOENT",
    "IPVS: add virtual service 5 with scheduler wrr: done",
    "IPVS: add real server 10.0.0.3 to 5: done",
    "IPVS: delete real server 10.0.0.3 from 5: done",
    "IPVS: delete virtual service 5: done",
  ]);
  expect(await table.list([web])).toEqual(await ipvs.list([web]));
  expect(await table.list([mark(5)])).toEqual([]);
});

const named = (kind: "add-service" | "set-service", scheduler: string): IpvsOp => ({
  kind,
  service: service(web, scheduler),
});
test.for<[op: IpvsOp, errno: string, said: string]>([
  [named("add-service", "foo"), "ENOENT", "no such scheduler module"],
  [named("set-service", "foo"), "ENOENT", "no such scheduler module"],
  [named("add-service", "a".repeat(15)), "ERANGE", "ERANGE"],
  [named("add-service", "a".repeat(16)), "ERANGE", "no scheduler's name has more than 15 letters"],
  [named("set-service", "a".repeat(16)), "ERANGE", "no scheduler's name has more than 15 letters"],
  [named("set-service", "wrr"), "EPERM", "EPERM"],
  [named("set-service", "wrr"), "LOST", "no answer"],
  [{ kind: "delete-service", key: web }, "ENOENT", "ENOENT"],
  [{ kind: "delete-service", key: web }, "LOST", "no answer"],
])("%j refused with %s: %s", async ([op, errno, said]) => {
  const { table, log, ipvs } = told();
  ipvs.refuse = () => errno;
  expect(await table.apply([op])).toEqual([errno]);
  expect(log.debugLines.join()).toMatch(new RegExp(`: refused: ${said}$`));
});

test("it is the same table in all else", async () => {
  const { table, ipvs } = told();
  expect(await table.info()).toEqual(await ipvs.info());
  expect(await table.timeouts()).toEqual(await ipvs.timeouts());
  await table.setTimeouts({ tcp: 60 });
  expect(await ipvs.timeouts()).toMatchObject({ tcp: 60 });
  await table.startSync({ state: "backup", interface: "lo", id: 3 });
  expect(await table.syncDaemons()).toEqual(await ipvs.syncDaemons());
  await table.stopSync("backup");
  expect(await ipvs.syncDaemons()).toEqual([]);
  await table.apply([{ kind: "add-service", service: service(web) }]);
  expect(await table.counters([web])).toEqual(await ipvs.counters([web]));
  table.close();
  await expect(ipvs.list()).rejects.toMatchObject({ code: "NETLINK_EBADF" });
});
