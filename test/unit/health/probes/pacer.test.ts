import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { Pacer } from "../../../../src/health/probes/pacer.ts";

const busy = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

test("what is to be judged comes before what is to be started, each in its order", async () => {
  const pacer = new Pacer();
  const order: string[] = [];
  const done = new Promise<void>((resolve) => {
    pacer.start(() => order.push("a"));
    pacer.start(() => {
      order.push("b");
      resolve();
    });
    pacer.afterPoll(() => order.push("first"));
  });
  expect(order).toEqual([]);
  await done;
  expect(order).toEqual(["first", "a", "b"]);
});

test("a judgement comes though nothing is to be started", async () => {
  const pacer = new Pacer();
  let judged = 0;
  await new Promise<void>((resolve) => {
    pacer.afterPoll(() => judged++);
    pacer.afterPoll(resolve);
  });
  expect(judged).toBe(1);
});

test("a slice takes as many as begin in its time, and is over when that is", async () => {
  let now = 100;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const pacer = new Pacer();
  const order: string[] = [];
  const slice = () => new Promise((resolve) => setImmediate(resolve));
  pacer.start(() => order.push("a"));
  pacer.start(() => {
    order.push("b");
    now += 5;
  });
  pacer.start(() => order.push("c"));
  await slice();
  expect(order).toEqual(["a", "b"]);
  await slice();
  expect(order).toEqual(["a", "b", "c"]);
  clock.mockRestore();
});

test("when nobody stands in line any more, the loop is left alone", () => {
  vi.useFakeTimers();
  const pacer = new Pacer();
  let started = 0;
  pacer.start(() => started++);
  vi.advanceTimersByTime(1);
  expect([started, vi.getTimerCount()]).toEqual([1, 0]);
  vi.useRealTimers();
});

test("who leaves the line is not called", async () => {
  const pacer = new Pacer();
  const order: string[] = [];
  pacer.start(() => order.push("a"))();
  await new Promise<void>((resolve) => pacer.start(resolve));
  expect(order).toEqual([]);
});

// A start of 1,000 servers in the lab: once in four, no answer was read for 25 s, for timers came first.
test("however many wait to be started, a server's answer is read between two slices", async () => {
  const server = createServer((socket) => socket.end("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = connect(address.port, "127.0.0.1");
  const pacer = new Pacer();
  let started = 0;
  let all: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    all = resolve;
  });
  const total = 400;
  for (let i = 0; i < total; i++) {
    pacer.start(() => {
      busy(1);
      if (++started === total) all();
    });
  }
  const [piece] = await once(client, "data");
  expect(String(piece)).toBe("hello");
  expect(started).toBeLessThan(total / 2);
  await finished;
  client.destroy();
  server.close();
});

test("and a judgement does not wait for the starts before it", async () => {
  const pacer = new Pacer();
  let started = 0;
  for (let i = 0; i < 200; i++) {
    pacer.start(() => {
      busy(1);
      started++;
    });
  }
  await new Promise<void>((resolve) => pacer.start(resolve));
  expect(started).toBe(200);
  for (let i = 0; i < 200; i++) {
    pacer.start(() => {
      busy(1);
      started++;
    });
  }
  await new Promise<void>((resolve) => pacer.afterPoll(resolve));
  expect(started).toBeLessThan(250);
  // What is left would go on in the next test, and with a clock of false timers for ever.
  await new Promise<void>((resolve) => pacer.start(resolve));
  expect(started).toBe(400);
});
