import { expect, test } from "vitest";
import { LibcError } from "../../src/native/errno.ts";
import { openIcmpSocket } from "../../src/native/icmp-socket.ts";
import { type Libc, loadLibc } from "../../src/native/libc.ts";
import { SOCK_DGRAM, SOCK_RAW } from "../../src/native/sockaddr.ts";

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
