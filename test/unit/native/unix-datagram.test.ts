import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openUnixDatagram, type UnixDatagram } from "../../../src/native/unix-datagram.ts";
import { datagramReader } from "../../support/servers/datagram-reader.ts";

let folder = "";
const cleanUp: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "unix-datagram-"));
});
afterEach(() => {
  for (const step of cleanUp.splice(0).reverse()) step();
  rmSync(folder, { recursive: true });
});

function reader(path: string) {
  const opened = datagramReader(path);
  cleanUp.push(opened.close);
  return opened;
}

function sender(path: string): UnixDatagram {
  const socket = openUnixDatagram(path);
  cleanUp.push(() => socket.close());
  return socket;
}

const say = (socket: UnixDatagram, text: string): boolean => socket.send(Buffer.from(text));

test("datagrams arrive whole and in order", () => {
  const log = reader(join(folder, "log"));
  const socket = sender(join(folder, "log"));
  expect([say(socket, "<30>one"), say(socket, ""), say(socket, "<30>två\n")]).toEqual([
    true,
    true,
    true,
  ]);
  expect(log.drain()).toEqual(["<30>one", "", "<30>två\n"]);
  expect(socket).toMatchObject({ dropped: 0, problem: undefined });
});

test("an abstract name is reached by its @", () => {
  const name = `@ldirectord-test-${process.pid}`;
  const log = reader(name);
  expect(say(sender(name), "hello")).toBe(true);
  expect(log.drain()).toEqual(["hello"]);
});

test("a reader that is stuck costs datagrams, which are counted, and never time", () => {
  const log = reader(join(folder, "log"));
  const socket = sender(join(folder, "log"));
  let sent = 0;
  while (say(socket, "x".repeat(1000)) && sent < 100_000) sent++;
  expect(sent).toBeLessThan(100_000);
  say(socket, "lost too");
  expect(socket).toMatchObject({ dropped: 2, problem: "EAGAIN" });

  expect(log.drain()).toHaveLength(sent);
  expect(say(socket, "heard again")).toBe(true);
  expect(log.drain()).toEqual(["heard again"]);
  expect(socket).toMatchObject({ dropped: 2, problem: undefined });
});

test("a reader that comes later is found by itself", () => {
  const socket = sender(join(folder, "log"));
  expect(say(socket, "nobody there")).toBe(false);
  expect(socket).toMatchObject({ dropped: 1, problem: "ENOENT" });
  const log = reader(join(folder, "log"));
  expect(say(socket, "now there is")).toBe(true);
  expect(log.drain()).toEqual(["now there is"]);
});

test("a reader that was restarted gets the very next datagram", () => {
  const path = join(folder, "log");
  const before = reader(path);
  const socket = sender(path);
  say(socket, "to the old one");
  before.close();
  expect(say(socket, "between the two")).toBe(false);
  expect(socket.problem).toBe("ECONNREFUSED");
  rmSync(path);
  expect(say(socket, "gone")).toBe(false);
  expect(socket.problem).toBe("ENOENT");

  const after = reader(path);
  expect(say(socket, "to the new one")).toBe(true);
  expect(after.drain()).toEqual(["to the new one"]);
  expect(socket.dropped).toBe(2);
});

test("a reader replaced between two datagrams loses none", () => {
  const path = join(folder, "log");
  const before = reader(path);
  const socket = sender(path);
  say(socket, "one");
  before.close();
  rmSync(path);
  const after = reader(path);
  expect(say(socket, "two")).toBe(true);
  expect(after.drain()).toEqual(["two"]);
  expect(socket.dropped).toBe(0);
});

test("a datagram too large for the kernel is dropped, the next one is not", () => {
  const log = reader(join(folder, "log"));
  const socket = sender(join(folder, "log"));
  expect(socket.send(Buffer.alloc(10_000_000))).toBe(false);
  expect(socket.problem).toBe("EMSGSIZE");
  expect(say(socket, "small")).toBe(true);
  expect(log.drain()).toEqual(["small"]);
});

test("after close a datagram is dropped", () => {
  reader(join(folder, "log"));
  const socket = sender(join(folder, "log"));
  socket.close();
  socket.close();
  expect(say(socket, "late")).toBe(false);
  expect(socket).toMatchObject({ dropped: 1, problem: "EBADF" });
});
