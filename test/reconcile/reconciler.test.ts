import { describe, expect, test } from "vitest";
import { serviceId } from "../../src/model/virtual-service.ts";
import { bench } from "./bench.ts";
import { config, fallback, mark, real, tcp, virtual } from "./builders.ts";

const key = tcp("10.0.0.1:80");
const id = serviceId(key);
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const web = virtual(key, [real(A, { weight: 5 }), real(B)], { fallback: fallback("127.0.0.1:81") });
const rowA = `${id} -> ${A} gate 5`;

describe("the log of a service's life is the original's", () => {
  test("quiescent=no, with a fallback server whose port is mapped", async () => {
    const it = bench();
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

  test("quiescent=yes, with a real server whose port is mapped", async () => {
    const it = bench();
    const mapped = virtual(key, [real("10.0.0.3:8080"), real(B)], { isQuiescent: true });
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

  test("a reload that changes, removes and adds", async () => {
    const it = bench();
    const other = virtual(mark(5), [real("10.0.0.5:0")]);
    it.view.set(key, A, "up");
    it.view.set(key, B, "up");
    await it.start([web, other]);
    it.newLines();
    await it.reload([{ ...web, scheduler: "rr", reals: [real(A, { weight: 7 })] }]);
    expect(it.newLines()).toEqual([
      "Changed virtual server: 10.0.0.1:80",
      "Restored real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 7)",
      "Purged real server (start): 10.0.0.4:80 (10.0.0.1:80)",
      "Purged virtual server (start): 5",
    ]);
  });

  test("a fallback server that is also a real server", async () => {
    const it = bench();
    const same = virtual(key, [real(A, { weight: 5 }), real(B)], { fallback: fallback(A) });
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

describe("invariant 2: no work without a change", () => {
  test("a reload of the same file asks the kernel nothing", async () => {
    const it = bench();
    it.view.set(key, A, "up");
    await it.start([web]);
    it.ipvs.restartCount();
    await it.reload([structuredClone(web)]);
    it.reconciler.touch(id);
    await it.reconciler.settled();
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([0, 0]);
  });

  test("one weight edited is one op, and nothing read back", async () => {
    const it = bench();
    const many = Array.from({ length: 50 }, (_, n) => virtual(tcp(`10.0.1.${n}:80`), [real(A)]));
    for (const service of [...many, web]) it.view.set(service.key, A, "up");
    await it.start([...many, web]);
    it.ipvs.restartCount();
    await it.reload([...many, { ...web, reals: [real(A, { weight: 6 }), real(B)] }]);
    expect(it.ipvs.ops.map((op) => op.kind)).toEqual(["set-dest"]);
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([1, 0]);
  });

  test("one server that comes up is one op", async () => {
    const it = bench();
    it.view.set(key, A, "up");
    await it.start([web]);
    it.ipvs.restartCount();
    await it.becomes("up", web, B);
    expect(it.ipvs.ops.map((op) => op.kind)).toEqual(["add-dest"]);
    expect([it.ipvs.applies, it.ipvs.lists]).toEqual([1, 0]);
  });

  test("what changes in one turn of the event loop is one batch", async () => {
    const it = bench();
    const many = Array.from({ length: 20 }, (_, n) => virtual(tcp(`10.0.1.${n}:80`), [real(A)]));
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
    const first = bench();
    first.view.set(key, A, "up");
    first.view.set(key, B, "up");
    await first.start([web]);
    const second = bench({}, first.ipvs.table);
    second.view.set(key, A, "up");
    second.view.set(key, B, "up");
    await second.start([web]);
    expect([second.ipvs.applies, second.log.lines]).toEqual([0, []]);
  });
});

describe("invariant 4: what is not ours", () => {
  const foreign = virtual(tcp("10.7.7.7:25"), [real("10.7.7.8:25")]);

  test("stays through start, reload and stop; a stranger inside our service goes", async () => {
    const other = bench();
    other.view.set(foreign.key, "10.7.7.8:25", "up");
    await other.start([foreign, { ...web, reals: [], fallback: fallback("10.0.0.9:80") }]);
    const theirs = (await other.table()).filter((line) => line.includes("10.7.7.7"));

    const it = bench({}, other.ipvs.table);
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
    const it = bench();
    it.view.set(key, A, "up");
    await it.start([{ ...web, isCleanStop: false }]);
    const before = await it.table();
    await it.reconciler.stop();
    expect(await it.table()).toEqual(before);
  });

  test("a service of the configuration before is deleted even when the reload was cut short", async () => {
    const it = bench();
    await it.start([web]);
    const next = bench({}, it.ipvs.table);
    const observed = await it.ipvs.table.list();
    await next.reconciler.start(config([]), observed, [key]);
    expect(await next.table()).toEqual([]);
  });
});

describe("fallbackcommand", () => {
  test("is told on a change only, and once more after a reload", async () => {
    const it = bench();
    const bare = virtual(key, [real(A), real(B)]);
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

test("a snapshot names who decided each row", async () => {
  const it = bench();
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
