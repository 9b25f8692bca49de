import { expect, test } from "vitest";
import { addressToBytes } from "../../../src/model/address.ts";
import { LibcError } from "../../../src/native/errno.ts";
import { openIcmpSocket } from "../../../src/native/icmp-socket.ts";
import { type Libc, loadLibc } from "../../../src/native/libc.ts";
import { SOCK_DGRAM, SOCK_RAW } from "../../../src/native/sockaddr.ts";
import { eventually } from "../checks/probing.ts";

const real = loadLibc();
const EACCES = 13;
const EMFILE = 24;

/** The C library of a process that may not open sockets of these types. */
function without(libc: Libc, errno: number, ...types: readonly number[]): Libc {
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
    const onReply = (from: string, data: Buffer): void => {
      if (data.toString() !== "who is there") return;
      replies.push(from);
      hear();
    };
    const socket = await openIcmpSocket(4, onReply, without(real, EACCES, SOCK_DGRAM));
    if (socket === undefined) return skip("this process has no CAP_NET_RAW");
    expect(socket.kind).toBe("raw");
    const to = { address: "127.0.0.1", bytes: Buffer.of(127, 0, 0, 1) };
    const errors: Error[] = [];
    socket.send(to, 1, Buffer.from("who is there"), (error) => errors.push(error));
    await heard;
    socket.close();
    expect(errors).toEqual([]);
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
        const counting: Libc = {
          ...libc,
          recvfrom: (...args) => {
            const received = libc.recvfrom(...args);
            read++;
            return received;
          },
        };
        const ours = await openIcmpSocket(family, (_from, data) => heard.push(`${data}`), counting);
        const other = await openIcmpSocket(family, () => {}, libc);
        if (ours === undefined || other === undefined) {
          ours?.close();
          other?.close();
          return skip("this process may open no such socket");
        }
        const address = family === 4 ? "127.0.0.1" : "::1";
        const to = { address, bytes: addressToBytes(address) };
        const fail = (error: Error): void => {
          heard.push(error.message);
        };
        for (let i = 0; i < 100; i++) other.send(to, i, Buffer.from("theirs"), fail);
        ours.send(to, 1, Buffer.from("ours"), fail);
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
  expect(await openIcmpSocket(4, () => {}, libc)).toBeUndefined();
  expect(await openIcmpSocket(6, () => {}, libc)).toBeUndefined();
});

test.skipIf(real === undefined)("any other refusal is told", async () => {
  if (real === undefined) return;
  const libc = without(real, EMFILE, SOCK_DGRAM);
  await expect(openIcmpSocket(4, () => {}, libc)).rejects.toMatchObject({ code: "EMFILE" });
});
