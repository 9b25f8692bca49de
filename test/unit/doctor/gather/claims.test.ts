/** Against neighbours that are a queue of messages; real ones answer in the kernel lab. */
import { expect, test } from "vitest";
import { askForClaims } from "../../../../src/doctor/gather/claims.ts";
import { LibcError } from "../../../../src/native/errno.ts";
import type { Libc } from "../../../../src/native/libc.ts";
import { kernelLibc } from "../../../support/fakes/kernel-libc.ts";
import { link, loopback, vip } from "../facts.ts";

const EAGAIN = 11;
const EPERM = 1;

/** @param address the target of a question @returns the last bytes of the MACs that answer it */
function neighbours(answers: (address: string) => readonly number[]): Libc & { asked: string[] } {
  const queue: Buffer[] = [];
  const asked: string[] = [];
  let onReadable = (): void => {};
  return {
    ...kernelLibc(() => 0),
    asked,
    sendto: (_fd, question) => {
      const address = question.subarray(24, 28);
      asked.push(address.join("."));
      for (const last of answers(address.join("."))) {
        const answer = Buffer.from(question);
        answer[7] = 2;
        answer.set([2, 0, 0, 0, 0, last], 8);
        answer.set(address, 14);
        queue.push(answer);
      }
      setImmediate(() => onReadable());
      return question.length;
    },
    recv: (_fd, buffer) => {
      const next = queue.shift();
      if (next === undefined) throw new LibcError("recv", EAGAIN);
      return next.copy(buffer);
    },
    watch: (_fd, callback) => {
      onReadable = callback;
      return { stop: () => {}, unref: () => {} };
    },
  };
}

const links = [
  loopback(),
  link("eth0", ["192.0.2.9/24", `${vip}/32`]),
  link("eth1", [], { index: 3, mac: "02:00:00:00:00:02" }),
];
const reals = ["192.0.2.11", "192.0.2.12"];

test("who answers for the address is told once, by name where it is a real server; ourselves never", async () => {
  const libc = neighbours((address) =>
    address === vip ? [1, 2, 0x99, 0x12] : [Number(address.slice(8))].map((it) => it + 6),
  );
  const claims = await askForClaims(libc, { vips: [vip], reals }, links);
  expect(claims.ok && claims.value.get(vip)).toEqual([
    { device: "eth0", mac: "02:00:00:00:00:99", knownAs: [] },
    { device: "eth0", mac: "02:00:00:00:00:12", knownAs: ["192.0.2.12"] },
  ]);
});

test("where nobody answers, real servers are not asked for", async () => {
  const libc = neighbours(() => []);
  const claims = await askForClaims(libc, { vips: [vip], reals }, links);
  expect(claims).toEqual({ ok: true, value: new Map([[vip, []]]) });
  expect(new Set(libc.asked)).toEqual(new Set([vip]));
});

test("one who answers under a thousand names takes no more room than eight", async () => {
  const libc = neighbours(() => Array.from({ length: 250 }, (_, i) => i + 3));
  const claims = await askForClaims(libc, { vips: [vip], reals: [] }, links);
  expect(claims.ok && claims.value.get(vip)).toHaveLength(8);
});

test("who may not ask says so", async () => {
  const libc: Libc = {
    ...neighbours(() => []),
    socket: () => {
      throw new LibcError("socket", EPERM);
    },
  };
  expect(await askForClaims(libc, { vips: [vip], reals }, links)).toEqual({
    ok: false,
    error: "neighbours cannot be asked (socket: EPERM); run as root",
  });
});
