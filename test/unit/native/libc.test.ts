import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { errnoName, errnoOf, LibcError } from "../../../src/native/errno.ts";
import { type LibcWithQuickCalls, loadLibc } from "../../../src/native/libc.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  sockaddrInet,
  sockaddrNetlink,
  sockaddrUnix,
} from "../../../src/native/sockaddr.ts";

const loaded = loadLibc();
if (loaded === undefined) throw new Error("koffi does not load here");
const libc: LibcWithQuickCalls = loaded;

const open: number[] = [];
const openUdp = (domain: number): number => {
  const fd = libc.socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  open.push(fd);
  return fd;
};
afterEach(() => {
  for (const fd of open.splice(0)) libc.close(fd);
});

const thrownBy = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

test.for<[name: string, domain: number, type: "udp4" | "udp6", host: string, address: number[]]>([
  ["IPv4", AF_INET, "udp4", "127.0.0.1", [127, 0, 0, 1]],
  ["IPv6", AF_INET6, "udp6", "::1", [...Array(15).fill(0), 1]],
])(
  "a datagram goes to and from a socket of Node's own over %s",
  async ([, domain, type, host, address]) => {
    const node = createSocket(type).bind(0, host);
    await once(node, "listening");
    const fd = openUdp(domain);
    libc.bind(fd, sockaddrInet(Buffer.from(address), 0));
    const sent = libc.sendto(
      fd,
      Buffer.from("ping"),
      0,
      sockaddrInet(Buffer.from(address), node.address().port),
    );
    expect(sent).toBe(4);
    const [data, from] = await once(node, "message");
    expect(String(data)).toBe("ping");

    const readable = new Promise<void>((resolve) => {
      const watch = libc.watch(fd, () => {
        watch.stop();
        resolve();
      });
    });
    node.send("pong!", from.port, host);
    await readable;
    const buffer = Buffer.alloc(100);
    const sender = sockaddrInet(Buffer.alloc(address.length), 0);
    const length = libc.quick.recvfrom(fd, buffer, sender);
    expect(buffer.toString("latin1", 0, length)).toBe("pong!");
    expect(sender).toEqual(sockaddrInet(Buffer.from(address), node.address().port));
    expect(libc.quick.recvfrom(fd, buffer, sender)).toBe(-errnoOf("EAGAIN"));
    node.close();
  },
);

test("an empty non-blocking socket says EAGAIN at once", () => {
  const error = thrownBy(() => libc.recv(openUdp(AF_INET), Buffer.alloc(10), 0));
  expect(error).toBeInstanceOf(LibcError);
  expect(error).toMatchObject({
    code: "EAGAIN",
    errno: 11,
    syscall: "recv",
    message: "recv: EAGAIN",
  });
});

test.for<[name: string, call: () => unknown, code: string]>([
  ["a closed descriptor", () => libc.close(-1), "EBADF"],
  ["an unknown family", () => libc.socket(77, SOCK_DGRAM, 0), "EAFNOSUPPORT"],
  [
    "a missing Unix socket",
    () => libc.connect(openUdp(AF_UNIX), sockaddrUnix("/nowhere/at/all")),
    "ENOENT",
  ],
  [
    "an abstract name nobody has",
    () => libc.connect(openUdp(AF_UNIX), sockaddrUnix("@nobody-here")),
    "ECONNREFUSED",
  ],
])("%s is named by its errno", ([, call, code]) => {
  expect(thrownBy(call)).toMatchObject({ code });
});

test("a socket option that was set is read back", () => {
  const fd = openUdp(AF_INET);
  const value = Buffer.alloc(4);
  value.writeUInt32LE(50_000);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value);
  // The kernel doubles it: socket(7).
  expect(libc.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, 16)).toHaveLength(4);
  expect(libc.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, 16).readUInt32LE()).toBe(100_000);
});

test("addresses are laid out as the headers say", () => {
  expect(sockaddrNetlink(7, 1).toString("hex")).toBe("100000000700000001000000");
  expect(sockaddrUnix("/a").toString("hex")).toBe("01002f6100");
  expect(sockaddrUnix("@a").toString("hex")).toBe("01000061");
  expect(sockaddrInet(Buffer.from([10, 0, 0, 1]), 80).toString("hex")).toBe(
    "020000500a0000010000000000000000",
  );
  expect(sockaddrInet(Buffer.alloc(16, 1), 443, 3).toString("hex")).toBe(
    `0a0001bb00000000${"01".repeat(16)}03000000`,
  );
});

test.for(["", "@", `/${"x".repeat(107)}`])("the Unix path %j is refused", (path) => {
  expect(() => sockaddrUnix(path)).toThrow(RangeError);
});

test.for<[number, string]>([
  [1, "EPERM"],
  [2, "ENOENT"],
  [3, "ESRCH"],
  [11, "EAGAIN"],
  [17, "EEXIST"],
  [95, "EOPNOTSUPP"],
  [105, "ENOBUFS"],
  [9999, "ERRNO_9999"],
])("errno %i is %s", ([number, name]) => {
  expect(errnoName(number)).toBe(name);
});
