import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NetlinkError } from "../../src/errors.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import { type Bench, bench } from "./bench.ts";
import { endpoint, fallback, real, tcp, virtual } from "./builders.ts";

const key = tcp("10.0.0.1:80");
const id = serviceId(key);
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const web = virtual(key, [real(A, { weight: 5 }), real(B)]);
const quiet = { ...web, isQuiescent: true };
const mail = virtual(tcp("10.0.0.1:25"), [real("10.0.0.3:25")]);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function pass(it: Bench, ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await it.reconciler.settled();
}

describe("a change that the kernel refuses", () => {
  test("is logged once, tried again at doubling pauses, and its end is logged; others go on", async () => {
    const it = bench();
    it.ipvs.refuse = (op) =>
      op.kind === "add-dest" && op.dest.endpoint.address === "10.0.0.3" ? "EPERM" : undefined;
    it.view.set(key, A, "up");
    it.view.set(key, B, "up");
    await it.start([web]);
    const failed = "IPVS refused to add real server 10.0.0.3:80 to 10.0.0.1:80: EPERM";
    expect(it.newLines()).toContain(failed);
    expect(await it.table()).toContain(`${id} -> ${B} gate 1`);

    it.ipvs.restartCount();
    for (const [ms, tries] of [
      [999, 0],
      [1, 1],
      [1_999, 1],
      [1, 2],
      [3_999, 2],
      [1, 3],
    ] as const) {
      await pass(it, ms);
      expect(it.ipvs.applies).toBe(tries);
    }
    expect(it.newLines()).toEqual([]);
    expect(it.reconciler.snapshot()[0]?.refused).toHaveLength(1);

    it.ipvs.refuse = () => undefined;
    await pass(it, 8_000);
    expect(it.newLines()).toEqual([
      "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
      "IPVS now accepts to add real server 10.0.0.3:80 to 10.0.0.1:80",
    ]);
    it.ipvs.restartCount();
    await pass(it, 120_000);
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([0, 0]);
  });

  test("never waits longer than 30 s for its next try", async () => {
    const it = bench();
    it.ipvs.refuse = () => "EPERM";
    await it.start([web]);
    await pass(it, 120_000);
    it.ipvs.restartCount();
    await pass(it, 30_000);
    expect(it.ipvs.applies).toBe(1);
  });

  test("does not slow the next try of another service", async () => {
    const it = bench();
    it.ipvs.refuse = () => "EPERM";
    await it.start([web]);
    await pass(it, 120_000);
    await it.reload([web, mail]);
    it.ipvs.refuse = (op) => ("service" in op && op.service.key === key ? "EPERM" : undefined);
    await pass(it, 1_000);
    expect(await it.table()).toEqual(["tcp:10.0.0.1:25 wrr"]);
  });

  test("a scheduler without a module is named, and the other services go on", async () => {
    const it = bench();
    it.view.set(mail.key, "10.0.0.3:25", "up");
    await it.start([{ ...web, scheduler: "foo" }, mail]);
    expect(it.newLines()).toEqual([
      "Added virtual server: 10.0.0.1:25",
      "Added real server: 10.0.0.3:25 (10.0.0.1:25) (Weight set to 1)",
      "IPVS refused to add virtual service 10.0.0.1:80 with scheduler foo: no such scheduler module",
    ]);
  });

  test("because another hand was first is mended at once, without an error", async () => {
    const it = bench();
    await it.start([web]);
    await it.byHand(web, A, 2);
    it.newLines();
    await it.becomes("up", web, A);
    expect(await it.table()).toEqual([`${id} -> ${A} gate 5`, `${id} wrr`].sort());
    expect(it.newLines()).toEqual([
      "The IPVS table was changed by another hand: 10.0.0.3:80 (10.0.0.1:80) was absent, is gate weight 2",
      "Restored real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
    ]);
  });

  test("whose answer is lost is looked up, and is nobody's edit", async () => {
    const it = bench();
    await it.start([quiet]);
    it.newLines();
    it.ipvs.isLost = () => true;
    await it.becomes("up", web, A);
    expect(it.newLines()).toEqual([]);
    expect(await it.table()).toEqual([`${id} -> ${A} gate 5`, `${id} wrr`].sort());
    it.ipvs.restartCount();
    await pass(it, 60_000);
    expect(it.ipvs.applies).toBe(0);
  });

  test("whose answer is lost and cannot be looked up is nobody's edit later", async () => {
    const it = bench({ rereadMs: 5_000 });
    it.view.set(key, A, "down");
    await it.start([quiet]);
    it.newLines();
    it.ipvs.isLost = () => true;
    it.ipvs.unreadable = new NetlinkError("ENOBUFS", "list services");
    await it.becomes("up", quiet, A);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
    await it.becomes("down", quiet, A);
    it.ipvs.isLost = () => false;
    it.ipvs.unreadable = undefined;
    await pass(it, 5_000);
    expect(await it.table()).toContain(`${id} -> ${A} gate 0`);
    expect(it.newLines().join()).not.toContain("another hand");
  });

  test("whose answer is lost while the server dies leaves no weight behind", async () => {
    const it = bench();
    it.view.set(key, A, "down");
    await it.start([quiet]);
    it.ipvs.isLost = () => {
      it.view.set(key, A, "down");
      it.reconciler.touch(id);
      it.ipvs.isLost = () => false;
      return true;
    };
    await it.becomes("up", quiet, A);
    expect(await it.table()).toContain(`${id} -> ${A} gate 0`);
  });

  test("a bug is logged with its stack and stops nothing", async () => {
    const it = bench();
    it.ipvs.refuse = () => {
      throw new TypeError("a bug");
    };
    await it.start([web]);
    expect(it.newLines().join()).toContain("Internal error: TypeError: a bug");
    it.ipvs.refuse = () => undefined;
    await pass(it, 1_000);
    expect(await it.table()).toEqual([`${id} wrr`]);
  });
});

describe("another hand", () => {
  async function running(service = web) {
    const it = bench({ rereadMs: 5_000 });
    it.view.set(key, A, "up");
    it.view.set(key, B, "up");
    await it.start([service, mail]);
    it.newLines();
    return it;
  }
  const decidedBy = (it: Bench) =>
    it.reconciler.snapshot()[0]?.desired.dests.map((row) => row.decidedBy);

  test("that removes a server or a service has it put back, and said", async () => {
    const it = await running();
    await it.ipvs.table.apply([
      { kind: "delete-dest", key, endpoint: endpoint(A) },
      { kind: "delete-service", key: mail.key },
    ]);
    await pass(it, 5_000);
    expect(it.newLines()).toEqual([
      "The IPVS table was changed by another hand: 10.0.0.3:80 (10.0.0.1:80) was gate weight 5, is absent",
      "The IPVS table was changed by another hand: virtual service (10.0.0.1:25) was scheduler wrr, is absent",
      "Added virtual server: 10.0.0.1:25",
      "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
    ]);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
  });

  test("that adds a server to ours has it purged", async () => {
    const it = await running();
    await it.byHand(web, "10.0.0.9:80", 3);
    await pass(it, 5_000);
    expect(it.newLines()).toEqual([
      "The IPVS table was changed by another hand: 10.0.0.9:80 (10.0.0.1:80) was absent, is gate weight 3",
      "Purged real server (start): 10.0.0.9:80 (10.0.0.1:80)",
    ]);
  });

  test("that sets a weight is respected and marked until the server's own transition", async () => {
    const it = await running();
    await it.byHand(web, A, 9);
    await pass(it, 5_000);
    expect(it.newLines()).toHaveLength(1);
    await it.becomes("down", web, B);
    await pass(it, 60_000);
    expect(await it.table()).toContain(`${id} -> ${A} gate 9`);
    expect(decidedBy(it)).toEqual(["hand"]);
    await it.becomes("down", web, A);
    await it.becomes("up", web, A);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
    expect(decidedBy(it)).toEqual(["file"]);
  });

  test("that sets a weight does not keep a server in use that fails", async () => {
    const it = await running(quiet);
    await it.byHand(quiet, A, 9);
    await pass(it, 5_000);
    await it.becomes("down", quiet, A);
    expect(await it.table()).toContain(`${id} -> ${A} gate 0`);
    await it.becomes("up", quiet, A);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
  });

  test("may have a service that a reload gave up", async () => {
    const it = await running();
    const [row] = await it.ipvs.table.list([mail.key]);
    if (row === undefined) throw new Error("no service");
    await it.reload([web]);
    await it.ipvs.table.apply([{ kind: "add-service", service: row.service }]);
    await pass(it, 60_000);
    expect(await it.table()).toContain("tcp:10.0.0.1:25 wrr");
  });

  test("that sets a weight is respected until a reload", async () => {
    const it = await running();
    await it.byHand(web, A, 9);
    await pass(it, 5_000);
    await it.reload([web, mail]);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
  });

  test("that set a weight just before a reload does not outlive it", async () => {
    const it = await running();
    await it.byHand(web, A, 9);
    await it.reload([web, mail]);
    await pass(it, 5_000);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
    await it.byHand(web, A, 9);
    await pass(it, 5_000);
    expect(await it.table()).toContain(`${id} -> ${A} gate 9`);
  });

  test("that sets the file's own weight again is no edit", async () => {
    const it = await running();
    await it.byHand(web, A, 9);
    await pass(it, 5_000);
    await it.byHand(web, A, 5);
    await pass(it, 5_000);
    expect(decidedBy(it)).toEqual(["file", "file"]);
  });

  test("that changes the scheduler is respected until a reload", async () => {
    const it = await running();
    const service = (await it.ipvs.table.list([key]))[0]?.service;
    if (service === undefined) throw new Error("no service");
    await it.ipvs.table.apply([{ kind: "set-service", service: { ...service, scheduler: "lc" } }]);
    await pass(it, 60_000);
    expect(await it.table()).toContain(`${id} lc`);
    await it.reload([web, mail]);
    expect(await it.table()).toContain(`${id} wrr`);
  });

  test.for<[isReaddQuiescent: boolean, after: number]>([
    [false, 0],
    [true, 1],
  ])("that removes a quiesced server: readdquiescent=%s", async ([isReaddQuiescent, after]) => {
    const it = bench({ rereadMs: 5_000 });
    it.view.set(key, A, "up");
    it.view.set(key, B, "down");
    await it.start([quiet], { isReaddQuiescent });
    await it.ipvs.table.apply([{ kind: "delete-dest", key, endpoint: endpoint(B) }]);
    await pass(it, 60_000);
    const isQuiesced = (line: string) => line === `${id} -> ${B} gate 0`;
    expect((await it.table()).filter(isQuiesced)).toHaveLength(after);
    await it.becomes("up", quiet, B);
    expect(await it.table()).toContain(`${id} -> ${B} gate 1`);
  });

  test("that weights a quiesced server sends it traffic, but not one in maintenance", async () => {
    const it = await running(quiet);
    await it.becomes("down", quiet, B);
    await it.byHand(quiet, B, 3);
    await pass(it, 5_000);
    expect(await it.table()).toContain(`${id} -> ${B} gate 3`);
    it.view.hold(key, B);
    await it.becomes("down", quiet, B);
    expect(await it.table()).toContain(`${id} -> ${B} gate 0`);
    await it.byHand(quiet, B, 3);
    await pass(it, 5_000);
    expect(await it.table()).toContain(`${id} -> ${B} gate 0`);
  });
});

describe("the table read again", () => {
  test("is one read every few seconds, and no change when nothing changed", async () => {
    const it = bench({ rereadMs: 5_000 });
    await it.start([web]);
    it.ipvs.restartCount();
    for (let i = 0; i < 4; i++) await pass(it, 5_000);
    expect([it.ipvs.lists, it.ipvs.applies]).toEqual([4, 0]);
    await it.reconciler.stop();
    it.ipvs.restartCount();
    await pass(it, 60_000);
    expect(it.ipvs.lists).toBe(0);
  });

  test("that cannot be read is said once, and its end once", async () => {
    const it = bench({ rereadMs: 5_000 });
    await it.start([web]);
    it.newLines();
    it.ipvs.unreadable = new NetlinkError("EPERM", "list services");
    await pass(it, 5_000);
    await pass(it, 5_000);
    it.ipvs.unreadable = undefined;
    await pass(it, 5_000);
    expect(it.newLines()).toEqual([
      "The IPVS table cannot be read: list services: EPERM",
      "The IPVS table can be read again",
    ]);
  });

  test("never meets a change half done", async () => {
    const it = bench({ rereadMs: 5_000 });
    await it.start([web]);
    it.ipvs.pause = async () => {
      await vi.advanceTimersByTimeAsync(5_000);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    };
    it.ipvs.restartCount();
    await it.becomes("up", web, A);
    await it.becomes("up", web, B);
    await pass(it, 5_000);
    expect(it.ipvs.lists).toBeGreaterThan(1);
    expect(it.ipvs.overlaps).toBe(0);
    expect(await it.table()).toContain(`${id} -> ${B} gate 1`);
  });
});

test("stop says what it could not delete", async () => {
  const it = bench();
  await it.start([{ ...web, fallback: fallback("127.0.0.1:80") }]);
  it.newLines();
  it.ipvs.refuse = () => "EPERM";
  await it.reconciler.stop();
  expect(it.newLines()).toEqual(["IPVS refused to delete virtual service 10.0.0.1:80: EPERM"]);
});
