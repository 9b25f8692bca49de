import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EPOLLHUP, EPOLLIN, EPOLLOUT } from "../../../src/native/epoll.ts";
import { type LibcWithQuickCalls, loadLibc } from "../../../src/native/libc.ts";
import { Poller } from "../../../src/native/poller.ts";
import {
  AF_INET,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddrInet,
} from "../../../src/native/sockaddr.ts";
import { readAnnounced } from "../../../src/native/watch.ts";

const loaded = loadLibc();
if (loaded === undefined) throw new Error("koffi does not load here");
const libc: LibcWithQuickCalls = loaded;
const loopback = Buffer.from([127, 0, 0, 1]);

let poller: Poller;
const ids: number[] = [];
const own: number[] = [];
beforeEach(() => {
  poller = new Poller(libc);
});
afterEach(() => {
  for (const id of ids.splice(0)) poller.close(id);
  for (const fd of own.splice(0)) libc.close(fd);
  expect(poller.size).toBe(0);
});

const flags = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
const udp = () => libc.quick.socket(AF_INET, flags, 0);
/** A socket that something can be sent to. */
function listening(): { readonly fd: number; send(): void } {
  const fd = udp();
  libc.bind(fd, sockaddrInet(loopback, 0));
  const name = Buffer.alloc(16);
  libc.quick.getsockname(fd, name);
  const from = udp();
  own.push(from);
  return { fd, send: () => libc.sendto(from, Buffer.from("x"), 0, name) };
}
const added = (fd: number, events: number, onReady: (events: number) => void): number => {
  const id = poller.add(fd, events, onReady);
  ids.push(id);
  return id;
};

test("who waits hears what it waits for, from the event loop", async () => {
  const { fd, send } = listening();
  const heard = new Promise<number>((resolve) => added(fd, EPOLLIN, resolve));
  send();
  expect(await heard).toBe(EPOLLIN);
});

test("it can wait for something else", async () => {
  const { fd } = listening();
  const heard = new Promise<number>((resolve) => {
    const id = added(fd, EPOLLIN, () => {});
    poller.change(id, EPOLLOUT, resolve);
  });
  expect(await heard).toBe(EPOLLOUT);
});

test("what was announced of a socket is not heard by the next one of its number", async () => {
  const [a, b] = [listening(), listening()];
  const heard: string[] = [];
  let reused = -1;
  const done = new Promise<void>((resolve) => {
    const closeOther = (other: number, name: string) => () => {
      heard.push(name);
      // It is announced again as long as nobody reads.
      if (heard.length > 1) return;
      poller.close(other);
      // Gets the number of the one that was closed just now.
      reused = udp();
      added(reused, EPOLLIN, () => heard.push("the next one"));
      setImmediate(() => setImmediate(resolve));
    };
    const [first, second] = [a.fd, b.fd];
    let ofSecond = 0;
    const ofFirst = added(first, EPOLLIN, () => closeOther(ofSecond, "first")());
    ofSecond = added(second, EPOLLIN, closeOther(ofFirst, "second"));
  });
  a.send();
  b.send();
  await done;
  expect([a.fd, b.fd]).toContain(reused);
  expect(heard).not.toContain("the next one");
  expect(new Set(heard).size).toBe(1);
});

test("who judges by what was not said reads first what the poll has found", async () => {
  const { fd, send } = listening();
  let heard = 0;
  added(fd, EPOLLIN, () => heard++);
  send();
  // In the check phase: the poll before it has found the datagram, whose reader may stand behind us.
  await new Promise<void>((resolve) => {
    setTimeout(() => setImmediate(resolve));
  });
  readAnnounced();
  expect(heard).toBeGreaterThanOrEqual(1);
});

test("a reader that throws does not silence the others", async () => {
  const other = new Poller(libc);
  const [bad, good] = [listening(), listening()];
  let isThrown = false;
  const badId = added(bad.fd, EPOLLIN, () => {
    isThrown = true;
    poller.close(badId);
    throw new Error("a bug");
  });
  let heard = 0;
  const id = other.add(good.fd, EPOLLIN, () => heard++);
  bad.send();
  good.send();
  // After the poll that finds both, and before their own readers: the timer is due when the loop comes to it.
  const readLater = new Promise((resolve) => {
    setTimeout(() =>
      setImmediate(() => {
        const later = vi.spyOn(globalThis, "setImmediate");
        expect(readAnnounced).toThrow("a bug");
        resolve(later.mock.calls.map(([read]) => read));
        later.mockRestore();
      }),
    );
  });
  const due = performance.now() + 5;
  while (performance.now() < due);
  // Its own turn may have been the one that threw.
  expect(await readLater).toContain(readAnnounced);
  try {
    expect(isThrown).toBe(true);
    await expect.poll(() => heard).toBeGreaterThan(0);
  } finally {
    other.close(id);
  }
});

test("a socket that can not be waited for is the errno's", () => {
  expect(poller.add(1_000_000, EPOLLIN, () => {})).toBeLessThan(0);
  expect(poller.size).toBe(0);
});

test("hung up is told though nobody asked for it", async () => {
  const fd = libc.quick.socket(AF_INET, 1 | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // A stream that was never connected.
  expect(await new Promise<number>((resolve) => added(fd, 0, resolve))).toBe(EPOLLHUP);
});
