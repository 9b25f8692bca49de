import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NetlinkError } from "../../../src/errors.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { endpoint, fallback, realServer, tcp, virtualService } from "../../support/builders.ts";
import { pass, type Rig, rig } from "./rig.ts";

const key = tcp("10.0.0.1:80");
const id = serviceId(key);
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const web = virtualService(key, [realServer(A, { weight: 5 }), realServer(B)]);
const quiet = { ...web, isQuiescent: true };
const mail = virtualService(tcp("10.0.0.1:25"), [realServer("10.0.0.3:25")]);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a change that the kernel refuses", () => {
  test("is logged once, tried again at doubling pauses, and its end is logged; others go on", async () => {
    const it = rig();
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

  test("and that is no longer wanted has not been accepted", async () => {
    const it = rig();
    it.ipvs.refuse = (op) => (op.kind === "add-dest" ? "EINVAL" : undefined);
    await it.start([web]);
    await it.becomes("up", web, A);
    it.newLines();
    await it.becomes("down", web, A);
    expect(it.newLines()).toEqual([
      "No longer wanted of IPVS, which had refused it: add real server 10.0.0.3:80 to 10.0.0.1:80",
    ]);
    expect(it.reconciler.snapshot()[0]?.refused).toEqual([]);
  });

  test("never waits longer than 30 s for its next try", async () => {
    const it = rig();
    it.ipvs.refuse = () => "EPERM";
    await it.start([web]);
    await pass(it, 120_000);
    it.ipvs.restartCount();
    await pass(it, 30_000);
    expect(it.ipvs.applies).toBe(1);
  });

  test("does not slow the next try of another service", async () => {
    const it = rig();
    it.ipvs.refuse = () => "EPERM";
    await it.start([web]);
    await pass(it, 120_000);
    await it.reload([web, mail]);
    it.ipvs.refuse = (op) => ("service" in op && op.service.key === key ? "EPERM" : undefined);
    await pass(it, 1_000);
    expect(await it.table()).toEqual(["tcp:10.0.0.1:25 wrr"]);
  });

  test("a scheduler without a module is named, and the other services go on", async () => {
    const it = rig();
    it.view.set(mail.key, "10.0.0.3:25", "up");
    await it.start([{ ...web, scheduler: "foo" }, mail]);
    expect(it.newLines()).toEqual([
      "Added virtual server: 10.0.0.1:25",
      "Added real server: 10.0.0.3:25 (10.0.0.1:25) (Weight set to 1)",
      "IPVS refused to add virtual service 10.0.0.1:80 with scheduler foo: no such scheduler module",
    ]);
  });

  test("for a scheduler's name that has no place in the kernel is that service's alone", async () => {
    const it = rig();
    it.view.set(mail.key, "10.0.0.3:25", "up");
    it.view.set(key, A, "up");
    await it.start([web, mail]);
    it.newLines();
    const long = "leastconnections";
    const added = virtualService(tcp("10.0.0.1:81"), [realServer(A)], { scheduler: long });
    await it.reload([{ ...web, scheduler: long, reals: [realServer(A, { weight: 7 })] }, added]);
    expect(it.newLines()).toEqual([
      "Restored real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 7)",
      `IPVS refused to change virtual service 10.0.0.1:80 to scheduler ${long}: no scheduler's name has more than 15 letters`,
      `IPVS refused to add virtual service 10.0.0.1:81 with scheduler ${long}: no scheduler's name has more than 15 letters`,
      "Purged virtual server (start): 10.0.0.1:25",
    ]);
    expect(await it.table()).toEqual([`${id} -> ${A} gate 7`, `${id} wrr`]);
  });

  test("because another hand was first is mended at once, without an error", async () => {
    const it = rig();
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
    const it = rig();
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
    const it = rig({ rereadMs: 5_000 });
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
    const it = rig();
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
    const it = rig();
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
    const it = rig({ rereadMs: 5_000 });
    it.view.set(key, A, "up");
    it.view.set(key, B, "up");
    await it.start([service, mail]);
    it.newLines();
    return it;
  }
  const decidedBy = (it: Rig) =>
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

  const edits: [what: string, to: readonly VirtualService[], weight: number][] = [
    ["nothing", [structuredClone(web), mail], 9],
    ["another service", [web], 9],
    [
      "another server",
      [{ ...web, reals: [realServer(A, { weight: 5 }), realServer(B, { weight: 2 })] }],
      9,
    ],
    ["a third server", [{ ...web, reals: [...web.reals, realServer("10.0.0.9:80")] }], 9],
    ["the scheduler", [{ ...web, scheduler: "rr" }], 9],
    ["the check", [{ ...web, checkIntervalMs: 1_000, receive: "OK" }], 9],
    ["the fallback server", [{ ...web, fallback: fallback("127.0.0.1:80") }], 9],
    ["its weight", [{ ...web, reals: [realServer(A, { weight: 6 }), realServer(B)] }], 6],
    [
      "its limits",
      [{ ...web, reals: [realServer(A, { weight: 5, upperThreshold: 7 }), realServer(B)] }],
      5,
    ],
  ];
  for (const when of ["seen", "not seen yet"]) {
    test.for(edits)(`that set a weight, ${when}, and a reload that changes %s`, async (edit) => {
      const [, to, weight] = edit;
      const it = await running();
      await it.byHand(web, A, 9);
      if (when === "seen") await pass(it, 5_000);
      await it.reload(to);
      await pass(it, 60_000);
      expect((await it.table()).join("\n")).toContain(`${id} -> ${A} gate ${weight}`);
    });
  }

  test("that sets the file's own weight again is no edit", async () => {
    const it = await running();
    await it.byHand(web, A, 9);
    await pass(it, 5_000);
    await it.byHand(web, A, 5);
    await pass(it, 5_000);
    expect(decidedBy(it)).toEqual(["file", "file"]);
  });

  test("that changes the scheduler is respected until a reload changes the service", async () => {
    const it = await running();
    const service = (await it.ipvs.table.list([key]))[0]?.service;
    if (service === undefined) throw new Error("no service");
    await it.ipvs.table.apply([{ kind: "set-service", service: { ...service, scheduler: "lc" } }]);
    await pass(it, 60_000);
    await it.reload([{ ...web, reals: [realServer(A)] }]);
    await pass(it, 5_000);
    expect(await it.table()).toContain(`${id} lc`);
    await it.reload([{ ...web, scheduler: "rr" }]);
    expect(await it.table()).toContain(`${id} rr`);
  });

  test.for<[isReaddQuiescent: boolean, after: number]>([
    [false, 0],
    [true, 1],
  ])("that removes a quiesced server: readdquiescent=%s", async ([isReaddQuiescent, after]) => {
    const it = rig({ rereadMs: 5_000 });
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
    const it = rig({ rereadMs: 5_000 });
    await it.start([web]);
    it.ipvs.restartCount();
    for (let i = 0; i < 4; i++) await pass(it, 5_000);
    expect([it.ipvs.lists, it.ipvs.applies]).toEqual([4, 0]);
    await it.reconciler.stop();
    it.ipvs.restartCount();
    await pass(it, 60_000);
    expect(it.ipvs.lists).toBe(0);
  });

  test("is looked for at the pace that a reload brings, from then on", async () => {
    const it = rig({ rereadMs: 60_000 });
    await it.start([web]);
    it.ipvs.restartCount();
    it.reconciler.rereadEvery(5_000);
    for (let i = 0; i < 4; i++) await pass(it, 5_000);
    expect(it.ipvs.lists).toBe(4);
    it.reconciler.rereadEvery(60_000);
    it.ipvs.restartCount();
    await pass(it, 59_000);
    expect(it.ipvs.lists).toBe(0);
    await pass(it, 1_000);
    expect(it.ipvs.lists).toBe(1);
  });

  test("that cannot be read is said once, and its end once", async () => {
    const it = rig({ rereadMs: 5_000 });
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

  test("one service that cannot be read blinds us to no other, and is told once, and its end", async () => {
    const it = rig({ rereadMs: 5_000 });
    it.view.set(mail.key, "10.0.0.3:25", "up");
    it.view.set(key, A, "up");
    await it.start([web, mail]);
    const list = it.ipvs.list.bind(it.ipvs);
    it.ipvs.list = async (only) => {
      if (only?.includes(web.key)) throw new NetlinkError("EAFNOSUPPORT", "read an IPVS service");
      return list(only);
    };
    it.newLines();
    await pass(it, 15_000);
    const told =
      "Virtual server 10.0.0.1:80 cannot be read from the IPVS table: read an IPVS service: EAFNOSUPPORT";
    expect(it.newLines()).toEqual([told]);
    await it.ipvs.table.apply([
      { kind: "delete-dest", key: mail.key, endpoint: endpoint("10.0.0.3:25") },
    ]);
    await pass(it, 5_000);
    expect(await it.table()).toContain("tcp:10.0.0.1:25 -> 10.0.0.3:25 gate 1");
    it.newLines();
    it.ipvs.list = list;
    await pass(it, 5_000);
    expect(it.newLines()).toEqual([
      "Virtual server 10.0.0.1:80 can be read from the IPVS table again",
    ]);
  });

  test("lets a change that comes meanwhile go first", async () => {
    const it = rig({ rereadMs: 5_000 });
    const many = Array.from({ length: 2_000 }, (_, n) =>
      virtualService(tcp(`10.1.${n >> 8}.${n & 255}:80`), [realServer(A)]),
    );
    await it.start([web, ...many]);
    it.ipvs.restartCount();
    const list = it.ipvs.list.bind(it.ipvs);
    const listsAtChange = new Promise<number>((resolve) => {
      it.ipvs.seen = () => resolve(it.ipvs.lists);
    });
    it.ipvs.list = async (only) => {
      if (it.ipvs.lists === 0) {
        it.view.set(key, A, "up");
        it.reconciler.touch(id);
      }
      return list(only);
    };
    await pass(it, 5_000);
    expect(await listsAtChange).toBe(1);
    expect(it.ipvs.lists).toBeGreaterThan(3);
  });

  test("never meets a change half done", async () => {
    const it = rig({ rereadMs: 5_000 });
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
  const it = rig();
  await it.start([{ ...web, fallback: fallback("127.0.0.1:80") }]);
  it.newLines();
  it.ipvs.refuse = () => "EPERM";
  await it.reconciler.stop();
  expect(it.newLines()).toEqual(["IPVS refused to delete virtual service 10.0.0.1:80: EPERM"]);
});
