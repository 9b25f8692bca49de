/** A table, or some service of it, that cannot be read, and what is tried again. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NetlinkError } from "../../../src/errors.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { realServer, tcp, virtualService } from "../../support/builders.ts";
import { pass, type Rig, rig } from "./rig.ts";

const key = tcp("10.0.0.1:80");
const id = serviceId(key);
const A = "10.0.0.3:80";
const web = virtualService(key, [realServer(A, { weight: 5 })]);
const quiet = { ...web, isQuiescent: true };
const mail = virtualService(tcp("10.0.0.1:25"), [realServer("10.0.0.3:25")]);
const unreadable = new NetlinkError("EPERM", "list services");
const [blind, sees] = [
  "The IPVS table cannot be read: list services: EPERM",
  "The IPVS table can be read again",
];
const unread = (of: string) =>
  `Virtual server ${of} cannot be read from the IPVS table: list services: EPERM`;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** From now on these services cannot be read. */
function hide(it: Rig, ...hidden: readonly VirtualService[]): void {
  const keys = new Set(hidden.map((service) => serviceId(service.key)));
  it.ipvs.list = async (only) => {
    it.ipvs.lists++;
    if (only?.some((each) => keys.has(serviceId(each)))) throw unreadable;
    return it.ipvs.table.list(only);
  };
}

describe("what cannot be read is told", () => {
  test("as the table, each time that nothing can be read any more", async () => {
    const it = rig({ rereadMs: 5_000 });
    await it.start([web, mail]);
    await pass(it, 5_000);
    it.newLines();
    for (let i = 0; i < 2; i++) {
      hide(it, web, mail);
      await pass(it, 10_000);
      expect(it.newLines()).toEqual([blind]);
      hide(it);
      await pass(it, 10_000);
      expect(it.newLines()).toEqual([sees]);
    }
  });

  test("by what is tried again, where nothing else reads", async () => {
    const it = rig();
    it.ipvs.refuse = () => "EPERM";
    await it.start([web]);
    it.newLines();
    hide(it, web);
    await pass(it, 1_000);
    expect(it.newLines()).toEqual([blind]);
  });

  test("as one service where the others were not looked at", async () => {
    const it = rig();
    it.ipvs.refuse = (op) => ("service" in op && op.service.key === key ? "EPERM" : undefined);
    await it.start([web, mail]);
    it.newLines();
    hide(it, web, mail);
    await pass(it, 10_000);
    expect(it.newLines()).toEqual([unread("10.0.0.1:80")]);
  });

  test("no more of a service alone while the whole table is dark", async () => {
    const it = rig({ rereadMs: 5_000 });
    it.ipvs.refuse = (op) => ("service" in op && op.service.key === key ? "EPERM" : undefined);
    await it.start([web, mail]);
    it.newLines();
    hide(it, web, mail);
    await pass(it, 60_000);
    expect(it.newLines()).toEqual([unread("10.0.0.1:80"), blind]);
  });

  test("no more of those that were not looked at again once the table is back", async () => {
    const it = rig({ rereadMs: 5_000 });
    await it.start([web, mail]);
    hide(it, web, mail);
    await pass(it, 5_000);
    it.newLines();
    it.reconciler.rereadEvery(600_000);
    hide(it);
    it.ipvs.refuse = () => "EPERM";
    await it.becomes("up", web, A);
    it.newLines();
    await pass(it, 1_000);
    expect(it.newLines()).toEqual([sees]);
  });

  test("anew of a service that the file named again", async () => {
    const it = rig({ rereadMs: 5_000 });
    it.view.set(key, A, "up");
    await it.start([web, mail]);
    hide(it, mail);
    it.newLines();
    for (let i = 0; i < 2; i++) {
      await pass(it, 10_000);
      expect(it.newLines()).toEqual([unread("10.0.0.1:25")]);
      await it.reload([web]);
      await it.reload([web, mail]);
      it.newLines();
    }
  });

  test("not of one that could be read when it was tried again", async () => {
    const it = rig();
    it.view.set(mail.key, "10.0.0.3:25", "up");
    await it.start([quiet, mail]);
    it.newLines();
    it.ipvs.isLost = () => true;
    hide(it, web);
    await it.becomes("up", quiet, A);
    it.ipvs.isLost = () => false;
    hide(it);
    await pass(it, 1_000);
    const refused = "IPVS refused to add real server 10.0.0.3:80 to 10.0.0.1:80: no answer";
    expect(it.newLines()).toEqual([refused, expect.stringContaining("No longer wanted of IPVS")]);
  });
});

describe("a service whose answer was lost", () => {
  test("is looked at until it can be read, and the difference is nobody's", async () => {
    const it = rig();
    it.view.set(key, A, "down");
    await it.start([quiet]);
    it.ipvs.isLost = () => true;
    hide(it, web);
    await it.becomes("up", quiet, A);
    it.ipvs.isLost = () => false;
    await it.becomes("down", quiet, A);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
    hide(it);
    await pass(it, 30_000);
    expect(await it.table()).toContain(`${id} -> ${A} gate 0`);
    expect(it.reconciler.snapshot()[0]?.driftAt).toBeUndefined();
    expect(it.newLines().join()).not.toContain("another hand");
  });

  test("is changed once more when it could be read, and then waits", async () => {
    const it = rig();
    await it.start([web]);
    it.newLines();
    it.ipvs.restartCount();
    it.ipvs.refuse = (op) => (op.kind === "add-dest" && it.ipvs.applies < 9 ? "EEXIST" : undefined);
    await it.becomes("up", web, A);
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([2, 1]);
    expect(it.newLines()).toEqual([
      "IPVS refused to add real server 10.0.0.3:80 to 10.0.0.1:80: EEXIST",
    ]);
  });
});

describe("the next try", () => {
  const refusing = async () => {
    const it = rig();
    it.ipvs.refuse = (op) => (op.kind === "add-dest" ? "EPERM" : undefined);
    await it.start([web]);
    await it.becomes("up", web, A);
    return it;
  };

  test("is not made when the trouble is over, and the next trouble begins anew", async () => {
    const it = await refusing();
    await pass(it, 3_000);
    it.ipvs.refuse = () => undefined;
    it.reconciler.touch(id);
    await it.reconciler.settled();
    expect(vi.getTimerCount()).toBe(0);
    it.ipvs.refuse = (op) => (op.kind === "delete-dest" ? "EPERM" : undefined);
    await it.becomes("down", web, A);
    it.ipvs.refuse = () => undefined;
    await pass(it, 1_000);
    expect(await it.table()).toEqual([`${id} wrr`]);
  });

  test("is one, however often the service was touched meanwhile", async () => {
    const it = await refusing();
    for (let i = 0; i < 3; i++) await it.becomes("up", web, A);
    expect(vi.getTimerCount()).toBe(1);
  });

  test("is not told as one no longer wanted when the file gives the service up", async () => {
    const it = await refusing();
    it.newLines();
    await it.reload([]);
    expect(it.newLines()).toEqual(["Purged virtual server (start): 10.0.0.1:80"]);
  });

  test("of a deletion is shown until then", async () => {
    const it = rig();
    await it.start([web]);
    it.ipvs.refuse = () => "EPERM";
    await it.reload([]);
    expect(it.reconciler.leaving()).toMatchObject([
      { key, refused: ["delete virtual service 10.0.0.1:80"] },
    ]);
    it.ipvs.refuse = () => undefined;
    await pass(it, 1_000);
    expect([it.reconciler.leaving(), await it.table()]).toEqual([[], []]);
  });
});
