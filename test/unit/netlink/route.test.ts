import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { addressToBytes } from "../../../src/model/address.ts";
import { attribute, stringAttribute, u32Attribute } from "../../../src/netlink/attributes.ts";
import type { Message } from "../../../src/netlink/message.ts";
import { openRoutes, Routes, type Way } from "../../../src/netlink/route.ts";
import { kernelLibc } from "../../support/fakes/kernel-libc.ts";
import { withoutDescriptors } from "../../support/fakes/no-descriptors.ts";

const { EACCES, EINVAL, EHOSTUNREACH, ENETUNREACH, EPERM } = constants.errno;

const unicast = 1;
const own = 2;
/** struct rtmsg, of which only byte 7, the type, is read. */
const route = (type: number, ...attributes: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([2, 32, 0, 0, 0, 0, 0, type, 0, 0, 0, 0]), ...attributes]);
const out = u32Attribute(4, 3);
const source = attribute(7, Buffer.from([10, 0, 0, 1]));

/** struct ifinfomsg: the index at 4, the flags at 8. */
function link(index: number, flags: number, ...attributes: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  return Buffer.concat([header, ...attributes]);
}

function asking(reply: Parameters<typeof kernelLibc>[0]) {
  const requests: Message[] = [];
  const libc = kernelLibc((request) => {
    requests.push({ ...request, payload: Buffer.from(request.payload) });
    return reply(request);
  });
  return { libc, requests, routes: new Routes(libc) };
}

const none = (errno: string): Way => ({ kind: "none", errno });

describe("the way to an address", () => {
  test.for<[name: string, reply: number | readonly Buffer[] | undefined, way: Way | undefined]>([
    ["one of our own", [route(own, out, source)], { kind: "own", link: 3 }],
    [
      "through a link",
      [route(unicast, out, source)],
      { kind: "through", link: 3, hasSource: true },
    ],
    [
      "through a link that has no address to ask from",
      [route(unicast, out)],
      { kind: "through", link: 3, hasSource: false },
    ],
    ["through no link", [route(unicast)], none("ENETUNREACH")],
    ["a blackhole of IPv6", [route(6, out)], none("EINVAL")],
    ["unreachable, of IPv6", [route(7, out)], none("EHOSTUNREACH")],
    ["prohibited, of IPv6", [route(8, out)], none("EACCES")],
    ["a blackhole of IPv4", EINVAL, none("EINVAL")],
    ["unreachable, of IPv4", EHOSTUNREACH, none("EHOSTUNREACH")],
    ["prohibited, of IPv4", EACCES, none("EACCES")],
    ["no route", ENETUNREACH, none("ENETUNREACH")],
    ["a refusal to tell", EPERM, undefined],
    ["no answer", undefined, undefined],
    ["an answer without a route", [], undefined],
    ["an answer cut short", [route(unicast, out.subarray(0, 6))], undefined],
  ])("%s", ([, reply, way]) => {
    expect(asking(() => reply).routes.wayTo(addressToBytes("10.0.0.3"))).toEqual(way);
  });

  test.for([
    ["10.0.0.3", "02 20 00000000000000000000 0800 0100 0a000003"],
    ["fd00::3", "0a 80 00000000000000000000 1400 0100 fd000000000000000000000000000003"],
  ] as const)("is asked for as linux/rtnetlink.h says: %s", ([address, payload]) => {
    const { routes, requests } = asking(() => [route(own, out)]);
    routes.wayTo(addressToBytes(address));
    const [request] = requests;
    expect(request?.type).toBe(26);
    expect(request?.payload.toString("hex")).toBe(payload.replaceAll(" ", ""));
  });
});

describe("the links", () => {
  test("are all there are, with their names, and whether each has its carrier", () => {
    const { routes, requests } = asking(() => [
      link(1, 0x10049, stringAttribute(3, "lo")),
      link(300, 0x1003, stringAttribute(3, "eth1")),
      link(4, 0x40),
    ]);
    expect(routes.links()).toEqual([
      { index: 1, name: "lo", isRunning: true },
      { index: 300, name: "eth1", isRunning: false },
      { index: 4, name: "", isRunning: true },
    ]);
    // A dump, without the counters.
    const [request] = requests;
    expect([request?.type, request?.flags]).toEqual([18, 0x301]);
    expect(request?.payload.subarray(16).toString("hex")).toBe("08001d0008000000");
  });

  test("are not known while the kernel cannot be asked", () => {
    expect(asking(() => EPERM).routes.links()).toBeUndefined();
    expect(asking(() => undefined).routes.links()).toBeUndefined();
  });
});

test("a bug is not taken for a kernel that cannot be asked", () => {
  const { routes, libc } = asking(() => []);
  libc.send = () => {
    throw new TypeError("a bug");
  };
  expect(() => routes.wayTo(addressToBytes("10.0.0.3"))).toThrow(TypeError);
  expect(() => routes.links()).toThrow(TypeError);
});

test("its one descriptor is given back", () => {
  const { routes, libc } = asking(() => []);
  expect(libc.openFds.size).toBe(1);
  routes.close();
  expect(libc.openFds.size).toBe(0);
});

test("this machine's own kernel knows its loopback, and is not asked where no descriptor is left", () => {
  const routes = openRoutes();
  const lo = routes?.links()?.find(({ name }) => name === "lo");
  expect(routes?.wayTo(addressToBytes("127.0.0.1"))).toEqual({ kind: "own", link: lo?.index });
  routes?.close();
  let none: Routes | undefined = routes;
  withoutDescriptors(() => {
    none = openRoutes();
  });
  expect(none).toBeUndefined();
});
