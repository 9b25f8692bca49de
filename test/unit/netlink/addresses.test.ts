import { constants } from "node:os";
import { afterEach, expect, test } from "vitest";
import { LibcError } from "../../../src/native/errno.ts";
import { HostAddresses, openHostAddresses } from "../../../src/netlink/addresses.ts";
import { attribute, u32Attribute } from "../../../src/netlink/attributes.ts";
import { kernelLibc } from "../../support/fakes/kernel-libc.ts";
import { withoutDescriptors } from "../../support/fakes/no-descriptors.ts";

const four = Buffer.from([10, 0, 0, 1]);
const far = Buffer.from([10, 0, 0, 2]);
const six = Buffer.from("fd000000000000000000000000000001", "hex");
/** struct ifaddrmsg, of which only byte 2, the flags, is read. */
const address = (flags: number, ...attributes: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([2, 32, flags, 0, 1, 0, 0, 0]), ...attributes]);

let host: HostAddresses | undefined;
afterEach(() => {
  host?.close();
  host = undefined;
});

test.for<[name: string, answers: readonly Buffer[], own: readonly Buffer[] | undefined]>([
  ["none", [], []],
  [
    "one of IPv4 and one of IPv6",
    [address(0, attribute(1, four)), address(0, attribute(1, six))],
    [four, six],
  ],
  [
    "of a link with a far end, the near one",
    [address(0, attribute(1, far), attribute(2, four))],
    [four],
  ],
  ["one that is tried still", [address(0x40, attribute(1, six))], []],
  ["the same, told in 32 bits", [address(0, attribute(1, six), u32Attribute(8, 0x40))], []],
  ["one that is used while it is tried", [address(0x44, attribute(1, six))], [six]],
  ["one that another has", [address(0x08, attribute(1, six))], []],
  ["one that is not asked about again", [address(0x82, attribute(1, six))], [six]],
  ["one of another length", [address(0, attribute(1, Buffer.alloc(5)))], []],
  ["one cut short", [Buffer.from([2, 32, 0, 0, 1, 0, 0, 0, 9])], undefined],
])("%s", ([, answers, own]) => {
  host = new HostAddresses(
    kernelLibc(() => answers),
    () => {},
  );
  expect(host.list()).toEqual(own);
});

test("a refusal, and no answer, are no list", () => {
  host = new HostAddresses(
    kernelLibc(() => constants.errno.EPERM),
    () => {},
  );
  expect(host.list()).toBeUndefined();
});

test("a notice, and that one was lost, are word of a change each; none of them is read", () => {
  const reads: (number | string)[] = [2_000, "ENOBUFS", "EAGAIN"];
  let announce = () => {};
  let stops = 0;
  const libc = kernelLibc(() => []);
  let changes = 0;
  host = new HostAddresses(
    {
      ...libc,
      watch: (_, onReadable) => {
        announce = onReadable;
        return { stop: () => stops++, unref: () => {} };
      },
      recv: (fd, buffer, flags) => {
        const next = reads.shift();
        if (typeof next === "string")
          throw new LibcError("recv", constants.errno[next as "EAGAIN"]);
        return next ?? libc.recv(fd, buffer, flags);
      },
    },
    () => changes++,
  );
  announce();
  expect([changes, reads]).toEqual([1, []]);
  host.close();
  host = undefined;
  expect([stops, libc.openFds.size]).toEqual([1, 0]);
});

test("this host has its loopback", () => {
  host = openHostAddresses(() => {});
  expect(host?.list()).toContainEqual(Buffer.from([127, 0, 0, 1]));
});

test("without a descriptor there is none, and no error", () => {
  withoutDescriptors(() => expect(openHostAddresses(() => {})).toBeUndefined());
});
