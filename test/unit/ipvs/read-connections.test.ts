import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readConnections, scanConnections } from "../../../src/ipvs/read-connections.ts";
import { endpoint } from "../../support/builders.ts";

const heading = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
const hex = (number: number, digits: number) =>
  number.toString(16).toUpperCase().padStart(digits, "0");
const line = (n: number) =>
  `TCP 0A${hex(n, 6)} D2F4 C0A80A65 0050 C0A80A${n % 2 === 0 ? "C9" : "CA"} 0050 ESTABLISHED     899\n`;
const even = endpoint("192.168.10.201:80");

function* chunks(text: string, bytes: number): Generator<Uint8Array> {
  const all = Buffer.from(text, "latin1");
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

test.for([1, 7, 80, 4096])("in pieces of %i bytes it is the same", async (bytes) => {
  const text = heading + Array.from({ length: 20 }, (_, n) => line(n)).join("");
  const { found, ...rest } = await scanConnections(chunks(text, bytes), {}, { most: 100 });
  expect(rest).toEqual({ count: 20, read: 20, isWhole: true });
  expect(found.map(({ client }) => client.address)).toEqual(
    Array.from({ length: 20 }, (_, n) => `10.0.0.${n}`),
  );
});

test("of a hundred thousand it keeps those asked for, counts the others, and lets the event loop go on", async () => {
  let turns = 0;
  async function* kernel(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < 100_000; n += 50) {
      await new Promise(setImmediate);
      turns++;
      yield Buffer.from(Array.from({ length: 50 }, (_, i) => line(n + i)).join(""));
    }
  }
  const read = await scanConnections(kernel(), { real: even }, { most: 3, maxMs: 60_000 });
  expect(read).toMatchObject({ count: 50_000, read: 100_000, isWhole: true });
  expect(read.found).toHaveLength(3);
  expect(turns).toBe(2_000);
});

test("when its time is up it says so, and leaves the rest", async () => {
  let isEnded = false;
  function* endless(): Generator<Uint8Array> {
    try {
      for (;;) yield Buffer.from(line(1));
    } finally {
      isEnded = true;
    }
  }
  const read = await scanConnections(endless(), {}, { most: 1, maxMs: 20 });
  expect(read.isWhole).toBe(false);
  expect(read.read).toBeGreaterThan(0);
  expect(isEnded).toBe(true);
});

test("a line without an end does not fill the memory, and what follows it is read", async () => {
  function* long(): Generator<Uint8Array> {
    for (let n = 0; n < 1_000; n++) yield Buffer.alloc(100_000, "x");
    yield Buffer.from(`\n${line(2)}`);
  }
  const before = process.memoryUsage().rss;
  const { found } = await scanConnections(long(), {}, { most: 5, maxMs: 60_000 });
  expect(found).toHaveLength(1);
  expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
});

test("a file is read to its end; where there is none, the errno is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "connections-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ip_vs_conn");
  await expect(readConnections({}, { most: 1 }, path)).rejects.toThrow(`read ${path}: ENOENT`);
  writeFileSync(path, heading + Array.from({ length: 1_000 }, (_, n) => line(n)).join(""));
  const read = await readConnections({ real: even }, { most: 10 }, path);
  expect(read).toMatchObject({ count: 500, read: 1_000, isWhole: true });
});
