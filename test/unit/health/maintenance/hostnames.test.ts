import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Hostnames } from "../../../../src/health/maintenance/hostnames.ts";

/** A name server that answers when told to. */
class NameServer {
  readonly asked: string[] = [];
  readonly #answers: (() => void)[] = [];
  names: Record<string, readonly string[]> = {};
  isDead = false;
  readonly reverse = (address: string) =>
    new Promise<readonly string[]>((resolve, reject) => {
      this.asked.push(address);
      this.#answers.push(() => {
        const names = this.names[address];
        if (names === undefined || this.isDead) reject(new Error("ENOTFOUND"));
        else resolve(names);
      });
    });
  isCancelled = false;
  cancel() {
    this.isCancelled = true;
  }
  async answer() {
    for (const answer of this.#answers.splice(0)) answer();
    await vi.advanceTimersByTimeAsync(0);
  }
}

let server: NameServer;
let learned: number;
let names: Hostnames;
const minutes = (count: number) => vi.advanceTimersByTime(count * 60_000);

beforeEach(() => {
  vi.useFakeTimers();
  server = new NameServer();
  server.names = { "10.0.0.3": ["web1.example.com"] };
  learned = 0;
  names = new Hostnames(
    server,
    () => performance.now(),
    () => learned++,
  );
});
afterEach(() => {
  names.stop();
  vi.useRealTimers();
});

test("nobody waits: a name is unknown until the answer is there, then it is told", async () => {
  names.refresh(["10.0.0.3"]);
  expect(names.of("10.0.0.3")).toEqual([]);
  await server.answer();
  expect(names.of("10.0.0.3")).toEqual(["web1.example.com"]);
  expect(learned).toBe(1);
});

test("a name is asked for once in five minutes, the lack of one once in a minute", async () => {
  const both = ["10.0.0.3", "10.0.0.4"];
  const askedAfter = async (wait: () => void) => {
    wait();
    server.asked.length = 0;
    names.refresh(both);
    names.refresh(both);
    await server.answer();
    return server.asked;
  };
  expect(await askedAfter(() => {})).toEqual(both);
  expect(await askedAfter(() => minutes(0.9))).toEqual([]);
  expect(await askedAfter(() => minutes(0.2))).toEqual(["10.0.0.4"]);
  expect(await askedAfter(() => minutes(4))).toEqual(both);
});

test("a name server that dies takes no known name with it", async () => {
  names.refresh(["10.0.0.3"]);
  await server.answer();
  server.isDead = true;
  minutes(10);
  names.refresh(["10.0.0.3"]);
  await server.answer();
  expect(names.of("10.0.0.3")).toEqual(["web1.example.com"]);
  expect(learned).toBe(1);
});

test("another answer replaces a name", async () => {
  names.refresh(["10.0.0.3"]);
  await server.answer();
  server.names["10.0.0.3"] = ["web9.example.com"];
  minutes(10);
  names.refresh(["10.0.0.3"]);
  await server.answer();
  expect(names.of("10.0.0.3")).toEqual(["web9.example.com"]);
  expect(learned).toBe(2);
});

test("eight lookups at most are under way, and all are made in the end", async () => {
  const addresses = Array.from({ length: 20 }, (_, i) => `10.0.1.${i}`);
  names.refresh(addresses);
  expect(server.asked).toHaveLength(8);
  for (let i = 0; i < 3; i++) await server.answer();
  expect(server.asked).toEqual(addresses);
});

test("addresses that are gone are forgotten, asked or not", async () => {
  names.refresh(["10.0.0.3"]);
  await server.answer();
  names.keepOnly(new Set());
  expect(names.of("10.0.0.3")).toEqual([]);
});

test("the names of all are known when each has been answered for, be it that there is none", async () => {
  const both = ["10.0.0.3", "10.0.0.4"];
  expect(names.knowsAll([])).toBe(true);
  names.refresh(["10.0.0.3"]);
  expect(names.knowsAll(["10.0.0.3"])).toBe(false);
  await server.answer();
  expect(names.knowsAll(["10.0.0.3"])).toBe(true);
  expect(names.knowsAll(both)).toBe(false);
  names.refresh(both);
  await server.answer();
  expect(names.knowsAll(both)).toBe(true);
});

test("a name is old when its five minutes are over", async () => {
  names.refresh(["10.0.0.3"]);
  await server.answer();
  vi.advanceTimersByTime(299_999);
  names.refresh(["10.0.0.3"]);
  expect(server.asked).toHaveLength(1);
  vi.advanceTimersByTime(1);
  names.refresh(["10.0.0.3"]);
  expect(server.asked).toHaveLength(2);
});

test("stopped, it cancels what is under way, asks for no more, and tells nothing", async () => {
  names.refresh(Array.from({ length: 9 }, (_, i) => `10.0.0.${i}`));
  names.stop();
  expect(server.isCancelled).toBe(true);
  await server.answer();
  expect([server.asked.length, learned]).toEqual([8, 0]);
});

test("an address that is gone while it stands in line is not asked for", async () => {
  const addresses = Array.from({ length: 9 }, (_, i) => `10.0.0.${i}`);
  names.refresh(addresses);
  names.keepOnly(new Set(addresses.slice(0, 8)));
  await server.answer();
  expect(server.asked).toEqual(addresses.slice(0, 8));
});
