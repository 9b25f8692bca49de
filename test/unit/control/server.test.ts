import { existsSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Control, type ControlOptions, openControl } from "../../../src/control/server.ts";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { heldConnections } from "../../support/held-connections.ts";

let it: ControlledDaemon;
let control: Control | undefined;
let path = "";
const sockets = new Set<Socket>();

beforeEach(async () => {
  it = await ControlledDaemon.start(virtualText(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  path = join(it.folder, "other.sock");
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await control?.close();
  control = undefined;
  await it[Symbol.asyncDispose]();
});

/** Another control socket of the same daemon. */
async function open(limits: ControlOptions["limits"] = {}) {
  control = await openControl({ path, director: it.director, log: memoryLog(), limits });
}

const connect = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(path);
    sockets.add(socket);
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });

/** All that comes until the other end hangs up. */
const rest = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", () => {}).once("close", () => resolve(text));
  });

/** Once something has come. */
const begun = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("readable", resolve));

const get = (target: string, more = "") => `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const follow = get("/v1/events?follow=yes");

test("who asked is noted, by what the kernel knows of the other end", async () => {
  await open();
  const socket = await connect();
  const body = JSON.stringify({ what: "127.0.0.2:80", reason: "new disk" });
  const head = `POST /v1/maintenance HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
  socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 200 /);
  const { uid, username } = userInfo();
  expect(it.daemon.orders.book.orders).toMatchObject([
    { kind: "maintenance", by: { uid, pid: process.pid, name: username }, reason: "new disk" },
  ]);
});

test("more connections than 128 are not taken; one that ends makes room", async () => {
  await open();
  const taken = await Promise.all(Array.from({ length: 128 }, connect));
  for (const socket of taken) socket.write(get("/v1/orders"));
  await Promise.all(taken.map(begun));
  const tooMany = await connect();
  expect(await rest(tooMany)).toBe("");
  taken[0]?.destroy();
  await expect
    .poll(async () => {
      const socket = await connect();
      socket.on("error", () => {}).write(get("/v1/orders", "Connection: close\r\n"));
      return (await rest(socket)).slice(0, 12);
    })
    .toBe("HTTP/1.1 200");
});

test.for([
  ["says nothing", ""],
  ["never ends its headers", "GET /v1/status HTTP/1.1\r\nHost: x\r\n"],
  ["never ends its body", "POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"],
] as const)("a connection that %s is hung up on", async ([, text]) => {
  await open({ headersMs: 50, requestMs: 100, lookMs: 10 });
  const socket = await connect();
  socket.write(text);
  expect(await rest(socket)).toMatch(/^$|^HTTP\/1\.1 4/);
});

test("who reads nothing is hung up on, and holds up nobody else", async () => {
  const text = "x".repeat(1_000);
  for (let i = 0; i < 3_000; i++) {
    it.records.write({ time: 0, severity: "info", name: "config-changed", text, fields: {} });
  }
  await open({ stuckMs: 50 });
  const stuck = await connect();
  stuck.pause().write(get("/v1/events"));
  const other = await connect();
  other.write(get("/v1/events", "Connection: close\r\n"));
  expect((await rest(other)).split("\n").length).toBeGreaterThan(1_500);
  await expect.poll(() => heldConnections(path)).toBe(0);
  // What was on its way is read, and then there is an end of it.
  const got = await rest(stuck.resume());
  expect(got.length).toBeLessThan(2_000_000);
});

test("what is followed is let go with the connection, the second request of it too", async () => {
  let waiting = 0;
  const { records } = it;
  const next = records.next.bind(records);
  records.next = (signal) => {
    waiting++;
    return next(signal).finally(() => waiting--);
  };
  await open();
  const socket = await connect();
  socket.write(follow + follow);
  await expect.poll(() => waiting).toBe(2);
  socket.destroy();
  await expect.poll(() => waiting).toBe(0);
});

test("who sends many requests ahead of the answers is hung up on", async () => {
  await open();
  const socket = await connect();
  socket.write(follow.repeat(33));
  await rest(socket);
});

test("a mistake of ours is 500, and told with its place", async () => {
  const log = memoryLog();
  const director = {
    ...it.director,
    virtuals: () => {
      throw new TypeError("a bug");
    },
  };
  control = await openControl({ path, director, log });
  const socket = await connect();
  socket.write(get("/v1/explain?what=127.0.0.2", "Connection: close\r\n"));
  const answer = await rest(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 500 /);
  expect(answer).not.toContain("a bug");
  expect(log.all("internal-error")).toEqual([{ stack: expect.stringContaining("a bug") }]);
});

test.for<[name: string, text: string]>([
  ["says nothing", ""],
  ["is in the middle of its request", "GET /v1/st"],
  [
    "is in the middle of a body",
    "POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
  ],
  ["reads what it follows", follow],
  ["follows twice at once", follow + follow],
  ["asks for another protocol", get("/v1/status", "Upgrade: h2c\r\nConnection: Upgrade\r\n")],
  ["is kept alive", get("/v1/orders")],
])("close ends a connection that %s, and takes the socket away", async ([, text]) => {
  await open();
  const socket = await connect();
  socket.write(text);
  if (/^GET .*\r\n\r\n/s.test(text)) await begun(socket);
  const ended = rest(socket);
  await control?.close();
  control = undefined;
  await ended;
  expect(existsSync(path)).toBe(false);
});
