import { describe, expect, test } from "vitest";
import { type Endpoint, formatEndpoint } from "../../../src/model/address.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { config, fallback, mark, realServer, tcp, virtualService } from "../../support/builders.ts";
import { rig } from "./rig.ts";

const key = tcp("10.0.0.1:80");
const id = serviceId(key);
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const web = virtualService(key, [realServer(A, { weight: 5 }), realServer(B)], {
  fallback: fallback("127.0.0.1:81"),
});
const rowA = `${id} -> ${A} gate 5`;

describe("the log of a service's life is the original's", () => {
  test("quiescent=no, with a fallback server whose port is mapped", async () => {
    const it = rig();
    await it.start([web]);
    expect(it.newLines()).toEqual([
      "Added virtual server: 10.0.0.1:80",
      "Added fallback server: 127.0.0.1:81 (10.0.0.1:80) (Weight set to 1)",
    ]);
    await it.becomes("down", web, B);
    expect(it.newLines()).toEqual([]);
    await it.becomes("up", web, A);
    expect(it.newLines()).toEqual([
      "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
      "Deleted fallback server: 127.0.0.1:80 mapped from 127.0.0.1:81 (10.0.0.1:80)",
    ]);
    expect(await it.table()).toEqual([rowA, `${id} wrr`].sort());
    await it.becomes("down", web, A);
    expect(it.newLines()).toEqual([
      "Added fallback server: 127.0.0.1:81 (10.0.0.1:80) (Weight set to 1)",
      "Deleted real server: 10.0.0.3:80 (10.0.0.1:80)",
      "Service down: 10.0.0.1:80 has no real server that can be used",
    ]);
    await it.becomes("up", web, A);
    await it.becomes("up", web, B);
    it.newLines();
    await it.reconciler.stop();
    expect(it.newLines()).toEqual([
      "Purged real server (stop): 10.0.0.3:80 (10.0.0.1:80)",
      "Purged real server (stop): 10.0.0.4:80 (10.0.0.1:80)",
      "Purged virtual server (stop): 10.0.0.1:80",
    ]);
    expect(await it.table()).toEqual([]);
  });

  test("an outage is told without a fallback, too: at the end of a first round, and when it is over", async () => {
    const it = rig();
    const bare = virtualService(key, [realServer(A), realServer(B)]);
    await it.start([bare]);
    await it.becomes("down", bare, A);
    it.newLines();
    await it.becomes("down", bare, B);
    expect(it.newLines()).toEqual([
      "Service down: 10.0.0.1:80 has no real server that can be used",
    ]);
    expect(it.reconciler.snapshot()).toMatchObject([{ usable: "none" }]);
    await it.becomes("up", bare, A);
    expect(it.newLines()).toEqual([
      "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 1)",
      "Service up: 10.0.0.1:80 has a real server again",
    ]);
  });

  test.for([false, true])("planned work is no warning, quiescent=%s", async (isQuiescent) => {
    const it = rig();
    const both = virtualService(key, [realServer(A), realServer(B)], { isQuiescent });
    await it.start([both]);
    for (const server of [A, B]) await it.becomes("up", both, server);
    it.newLines();
    it.view.hold(key, A);
    it.reconciler.touch(id);
    await it.reconciler.settled();
    expect(it.log.events.at(-1)?.name).toBe(
      isQuiescent ? "real-quiesced-maintenance" : "real-deleted-maintenance",
    );
    // The words are the original's.
    expect(it.newLines()).toEqual([
      isQuiescent
        ? "Quiescent real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 0)"
        : "Deleted real server: 10.0.0.3:80 (10.0.0.1:80)",
    ]);
  });

  test("quiescent=yes, with a real server whose port is mapped", async () => {
    const it = rig();
    const mapped = virtualService(key, [realServer("10.0.0.3:8080"), realServer(B)], {
      isQuiescent: true,
    });
    await it.start([mapped]);
    await it.becomes("down", mapped, "10.0.0.3:8080");
    await it.becomes("up", mapped, "10.0.0.3:8080");
    await it.becomes("down", mapped, "10.0.0.3:8080");
    expect(it.newLines()).toEqual([
      "Added virtual server: 10.0.0.1:80",
      "Readd Quiescent real server: 10.0.0.3:8080 (10.0.0.1:80) (Weight set to 0)",
      "Restored real server: 10.0.0.3:8080 (10.0.0.1:80) (Weight set to 1)",
      "Quiescent real server: 10.0.0.3:80 mapped from 10.0.0.3:8080 (10.0.0.1:80) (Weight set to 0)",
    ]);
  });

  test("a server that is up with weight 0 is neither quiescent nor in trouble", async () => {
    const it = rig();
    const spared = { ...web, reals: [realServer(A, { weight: 0 })] };
    it.view.set(key, A, "up");
    await it.start([spared]);
    await it.reload([web]);
    await it.reload([spared]);
    expect(it.newLines()).toEqual([
      "Added virtual server: 10.0.0.1:80",
      "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 0)",
      "Restored real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
      "Restored real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 0)",
    ]);
  });

  test("a reload that changes, removes and adds", async () => {
    const it = rig();
    const other = virtualService(mark(5), [realServer("10.0.0.5:0")]);
    it.view.set(key, A, "up");
    it.view.set(key, B, "up");
    await it.start([web, other]);
    it.newLines();
    await it.reload([{ ...web, scheduler: "rr", reals: [realServer(A, { weight: 7 })] }]);
    expect(it.newLines()).toEqual([
      "Changed virtual server: 10.0.0.1:80",
      "Restored real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 7)",
      "Purged real server (start): 10.0.0.4:80 (10.0.0.1:80)",
      "Purged virtual server (start): 5",
    ]);
  });

  test("a fallback server that is also a real server", async () => {
    const it = rig();
    const same = virtualService(key, [realServer(A, { weight: 5 }), realServer(B)], {
      fallback: fallback(A),
    });
    await it.start([same]);
    await it.becomes("down", same, A);
    await it.becomes("up", same, A);
    await it.becomes("down", same, A);
    await it.becomes("up", same, B);
    expect(it.newLines()).toEqual([
      "Added virtual server: 10.0.0.1:80",
      "Added fallback server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 1)",
      "Restored real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
      "Restored fallback server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 1)",
      "Added real server: 10.0.0.4:80 (10.0.0.1:80) (Weight set to 1)",
      "Deleted fallback server: 10.0.0.3:80 (10.0.0.1:80)",
    ]);
  });
});

describe("a row that goes is told by what it was", () => {
  const same = virtualService(key, [realServer(A), realServer(B)], { fallback: fallback(A) });
  test.for<[name: string, service: VirtualService, table: string, weight: number, told: string]>([
    [
      "the fallback server's, found at start",
      web,
      "127.0.0.1:80",
      1,
      "Deleted fallback server: 127.0.0.1:80 mapped from 127.0.0.1:81",
    ],
    [
      "a real server's at the fallback server's place",
      same,
      A,
      1,
      "Deleted real server: 10.0.0.3:80",
    ],
    ["nobody's", web, "10.0.0.9:80", 1, "Purged real server (start): 10.0.0.9:80"],
  ])("%s", async ([, service, place, weight, told]) => {
    const before = rig();
    await before.start([virtualService(key, [])]);
    await before.byHand(web, place, weight);
    const it = rig({}, before.ipvs.table);
    it.view.set(key, A, "down");
    it.view.set(key, B, "up");
    await it.start([service]);
    expect(it.newLines().at(-1)).toBe(`${told} (10.0.0.1:80)`);
  });
});

test("every row that changes is told to who listens: its place, and what server lost it", async () => {
  const told: string[] = [];
  const text = (place: Endpoint | undefined) => (place ? formatEndpoint(place) : "-");
  const it = rig({
    onRow: (of, { name, row, lost }) => {
      expect(of.key).toBe(key);
      expect(it.log.events.at(-1)?.name).toBe(name);
      told.push(`${name} ${text(row)} ${text(lost)}`);
    },
  });
  const mapped = virtualService(key, [realServer("10.0.0.3:8080")], {
    fallback: fallback("127.0.0.1:80"),
  });
  const quiet = { ...mapped, isQuiescent: true };
  await it.start([mapped]);
  await it.becomes("up", mapped, "10.0.0.3:8080");
  await it.becomes("down", mapped, "10.0.0.3:8080");
  await it.reload([quiet]);
  await it.becomes("up", quiet, "10.0.0.3:8080");
  await it.becomes("down", quiet, "10.0.0.3:8080");
  await it.becomes("up", quiet, "10.0.0.3:8080");
  await it.reconciler.stop();
  const row = "10.0.0.3:80";
  const file = "10.0.0.3:8080";
  expect(told).toEqual([
    "fallback-added 127.0.0.1:80 -",
    `real-added ${row} -`,
    "fallback-deleted 127.0.0.1:80 -",
    "fallback-added 127.0.0.1:80 -",
    `real-deleted ${row} ${file}`,
    `real-readded-quiescent ${row} ${file}`,
    `real-restored ${row} -`,
    "fallback-deleted 127.0.0.1:80 -",
    "fallback-added 127.0.0.1:80 -",
    `real-quiesced ${row} ${file}`,
    `real-restored ${row} -`,
    "fallback-deleted 127.0.0.1:80 -",
    `real-purged-stop ${file} -`,
  ]);
});

describe("invariant 2: no work without a change", () => {
  test("a reload of the same file asks the kernel nothing", async () => {
    const it = rig();
    it.view.set(key, A, "up");
    await it.start([web]);
    it.ipvs.restartCount();
    await it.reload([structuredClone(web)]);
    it.reconciler.touch(id);
    await it.reconciler.settled();
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([0, 0]);
  });

  test("one weight edited is one op, and nothing read back", async () => {
    const it = rig();
    const many = Array.from({ length: 50 }, (_, n) =>
      virtualService(tcp(`10.0.1.${n}:80`), [realServer(A)]),
    );
    for (const service of [...many, web]) it.view.set(service.key, A, "up");
    await it.start([...many, web]);
    it.ipvs.restartCount();
    await it.reload([...many, { ...web, reals: [realServer(A, { weight: 6 }), realServer(B)] }]);
    expect(it.ipvs.ops.map((op) => op.kind)).toEqual(["set-dest"]);
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([1, 0]);
  });

  test("one server that comes up is one op", async () => {
    const it = rig();
    it.view.set(key, A, "up");
    await it.start([web]);
    it.ipvs.restartCount();
    await it.becomes("up", web, B);
    expect(it.ipvs.ops.map((op) => op.kind)).toEqual(["add-dest"]);
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([1, 0]);
  });

  test("what changes in one turn of the event loop is one batch", async () => {
    const it = rig();
    const many = Array.from({ length: 20 }, (_, n) =>
      virtualService(tcp(`10.0.1.${n}:80`), [realServer(A)]),
    );
    await it.start(many);
    it.ipvs.restartCount();
    for (const service of many) {
      it.view.set(service.key, A, "up");
      it.reconciler.touch(serviceId(service.key));
    }
    await it.reconciler.settled();
    expect([it.ipvs.applies, it.ipvs.ops.length]).toEqual([1, 20]);
  });

  test("invariant 5: a start over the table of the run before changes nothing", async () => {
    const first = rig();
    first.view.set(key, A, "up");
    first.view.set(key, B, "up");
    await first.start([web]);
    const second = rig({}, first.ipvs.table);
    second.view.set(key, A, "up");
    second.view.set(key, B, "up");
    await second.start([web]);
    expect([second.ipvs.applies, second.ipvs.lists, second.log.lines]).toEqual([0, 0, []]);
  });
});

describe("invariant 4: what is not ours", () => {
  const foreign = virtualService(tcp("10.7.7.7:25"), [realServer("10.7.7.8:25")]);

  test("stays through start, reload and stop; a stranger inside our service goes", async () => {
    const other = rig();
    other.view.set(foreign.key, "10.7.7.8:25", "up");
    await other.start([foreign, { ...web, reals: [], fallback: fallback("10.0.0.9:80") }]);
    const theirs = (await other.table()).filter((line) => line.includes("10.7.7.7"));

    const it = rig({}, other.ipvs.table);
    it.view.set(key, A, "up");
    await it.start([web]);
    expect(it.newLines()).toEqual([
      "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
      "Purged real server (start): 10.0.0.9:80 (10.0.0.1:80)",
    ]);
    await it.reload([]);
    await it.reconciler.stop();
    expect(await it.table()).toEqual(theirs);
  });

  test("cleanstop=no leaves a service as it is at stop", async () => {
    const it = rig();
    it.view.set(key, A, "up");
    await it.start([{ ...web, isCleanStop: false }]);
    const before = await it.table();
    await it.reconciler.stop();
    expect(await it.table()).toEqual(before);
  });

  test("a service of the configuration before is deleted even when the reload was cut short", async () => {
    const it = rig();
    await it.start([web]);
    const next = rig({}, it.ipvs.table);
    const observed = await it.ipvs.table.list();
    await next.reconciler.start(config([]), observed, [key]);
    expect(await next.table()).toEqual([]);
  });
});

describe("fallbackcommand", () => {
  test("is told on a change only, and once more after a reload", async () => {
    const it = rig();
    const bare = virtualService(key, [realServer(A), realServer(B)]);
    await it.start([bare]);
    await it.becomes("up", bare, A);
    await it.becomes("up", bare, B);
    await it.becomes("down", bare, A);
    await it.reload([bare]);
    await it.becomes("down", bare, B);
    await it.reconciler.stop();
    const name = "10.0.0.1:80";
    expect(it.commands).toEqual([`start ${name}`, `stop ${name}`, `stop ${name}`, `start ${name}`]);
  });
});

test("a snapshot says since when the fallback server serves, or does not, and when another hand was found", async () => {
  let now = 1_000;
  const it = rig({ now: () => now });
  await it.start([web]);
  const shown = () => it.reconciler.snapshot()[0];
  expect([shown()?.fallbackSince, shown()?.driftAt]).toEqual([1_000, undefined]);
  now = 2_000;
  await it.becomes("down", web, B);
  expect(shown()?.fallbackSince).toBe(1_000);
  await it.byHand(web, A, 2);
  await it.becomes("up", web, A);
  expect([shown()?.fallbackSince, shown()?.driftAt]).toEqual([2_000, 2_000]);
});

test("a snapshot names who decided each row", async () => {
  const it = rig();
  const service = { ...web, isQuiescent: true };
  it.view.set(key, A, "up");
  it.view.set(key, B, "up");
  it.view.hold(key, B);
  await it.start([service]);
  const [snapshot] = it.reconciler.snapshot();
  expect(snapshot?.desired.dests.map((row) => row.decidedBy)).toEqual(["file", "maintenance"]);
  expect(snapshot?.observed?.dests).toHaveLength(2);
  expect(await it.table()).toEqual([rowA, `${id} -> ${B} gate 0`, `${id} wrr`].sort());
});
