import { expect, test } from "vitest";
import { addressToBytes } from "../../../src/model/address.ts";
import { LibcError } from "../../../src/native/errno.ts";
import { openIcmpSocket } from "../../../src/native/icmp-socket.ts";
import { type LibcWithQuickCalls, loadLibc } from "../../../src/native/libc.ts";
import { SOCK_DGRAM, SOCK_RAW, sockaddrInet } from "../../../src/native/sockaddr.ts";
import { eventually } from "../checks/probing.ts";

const real = loadLibc();
const EACCES = 13;
const EMFILE = 24;

/** The C library of a process that may not open sockets of these types. */
function without(
  libc: LibcWithQuickCalls,
  errno: number,
  ...types: readonly number[]
): LibcWithQuickCalls {
  const typeMask = 0xf;
  return {
    ...libc,
    socket: (domain, type, protocol) => {
      if (types.includes(type & typeMask)) throw new LibcError("socket", errno);
      return libc.socket(domain, type, protocol);
    },
  };
}

test.skipIf(real === undefined)(
  "a raw socket is opened where the datagram one is forbidden",
  async ({ skip }) => {
    if (real === undefined) return;
    const replies: string[] = [];
    let hear = (): void => {};
    const heard = new Promise<void>((resolve) => {
      hear = resolve;
    });
    const onReply = (from: Buffer, data: Buffer): void => {
      if (data.toString() !== "who is there") return;
      replies.push(from.join("."));
      hear();
    };
    const socket = openIcmpSocket(4, onReply, without(real, EACCES, SOCK_DGRAM));
    if (socket === undefined) return skip("this process has no CAP_NET_RAW");
    expect(socket.kind).toBe("raw");
    const to = sockaddrInet(Buffer.of(127, 0, 0, 1), 0);
    expect(socket.send(to, 1, Buffer.from("who is there"))).toBeGreaterThan(0);
    await heard;
    socket.close();
    expect(replies).toEqual(["127.0.0.1"]);
  },
);

for (const family of [4, 6] as const) {
  for (const forbidden of [[SOCK_DGRAM], []] as const) {
    const kind = forbidden.length > 0 ? "raw" : "usual";
    // 200,000 forged replies a second filled the queue of a raw socket: a healthy host's found no room.
    test.skipIf(real === undefined)(
      `the kernel keeps replies to others away from the ${kind} socket, IPv${family}`,
      async ({ skip }) => {
        if (real === undefined) return;
        const libc = without(real, EACCES, ...forbidden);
        const heard: string[] = [];
        let read = 0;
        const counting: LibcWithQuickCalls = {
          ...libc,
          quick: {
            ...libc.quick,
            recvfrom: (...args) => {
              const received = libc.quick.recvfrom(...args);
              if (received > 0) read++;
              return received;
            },
          },
        };
        const ours = openIcmpSocket(family, (_from, data) => heard.push(`${data}`), counting);
        const other = openIcmpSocket(family, () => {}, libc);
        if (ours === undefined || other === undefined) {
          ours?.close();
          other?.close();
          return skip("this process may open no such socket");
        }
        const address = family === 4 ? "127.0.0.1" : "::1";
        const to = sockaddrInet(addressToBytes(address), 0);
        for (let i = 0; i < 100; i++) other.send(to, i, Buffer.from("theirs"));
        expect(ours.send(to, 1, Buffer.from("ours"))).toBeGreaterThan(0);
        expect(await eventually(() => heard.length > 0)).toBe(true);
        ours.close();
        other.close();
        expect(heard).toEqual(["ours"]);
        expect(read).toBeLessThanOrEqual(1);
      },
    );
  }
}

test("neither kind allowed is no error: another way is taken", async () => {
  if (real === undefined) return;
  const libc = without(real, EACCES, SOCK_DGRAM, SOCK_RAW);
  expect(openIcmpSocket(4, () => {}, libc)).toBeUndefined();
  expect(openIcmpSocket(6, () => {}, libc)).toBeUndefined();
});

test.skipIf(real === undefined)("any other refusal is told", async () => {
  if (real === undefined) return;
  const libc = without(real, EMFILE, SOCK_DGRAM);
  expect(() => openIcmpSocket(4, () => {}, libc)).toThrow(new LibcError("socket", EMFILE));
});
