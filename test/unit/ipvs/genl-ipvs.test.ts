/** The kernel's table over a kernel that is a fake; `stages/kernel` has the real one. */
import { constants } from "node:os";
import { afterEach, expect, test, vi } from "vitest";
import { encodeDest, encodeService } from "../../../src/ipvs/encode.ts";
import { GenlIpvs } from "../../../src/ipvs/genl-ipvs.ts";
import { LibcError } from "../../../src/native/errno.ts";
import { findFamily } from "../../../src/netlink/genl.ts";
import { maxBatch, NETLINK_GENERIC, NetlinkSocket } from "../../../src/netlink/socket.ts";
import { mark, serverRow, serviceRow, tcp } from "../../support/builders.ts";
import { conns, IpvsKernel, statsNest } from "../../support/fakes/ipvs-kernel.ts";
import { addDest, addService, deleteDest, deleteService, setDest, setService } from "./suite.ts";

const { ENOENT, EPERM, ESRCH } = constants.errno;
const web = tcp("10.0.0.1:80");
const six = tcp("[fd00::1]:80");

function open(kernel = new IpvsKernel()) {
  const socket = new NetlinkSocket(kernel.libc, NETLINK_GENERIC);
  return { kernel, ipvs: new GenlIpvs(socket, findFamily(socket, "IPVS")) };
}

/** What is in a nest, without its header. */
const inside = (nest: Buffer): Buffer => nest.subarray(4);

afterEach(() => {
  vi.restoreAllMocks();
});

test("what is written is read, of all services and of some; edits and deletions too", async () => {
  const { ipvs } = open();
  const changed = serviceRow(web, { scheduler: "sh", schedulerFlags: 0x18 });
  const ops = [
    addService(serviceRow(web)),
    addService(serviceRow(six)),
    addService(serviceRow(mark(5))),
    addDest(web, serverRow("10.0.0.3:80")),
    addDest(web, serverRow("10.0.0.4:80")),
    addDest(six, serverRow("[fd00::3]:80")),
    setService(changed),
    setDest(web, serverRow("10.0.0.3:80", { weight: 7 })),
    deleteDest(web, "10.0.0.4:80"),
    deleteService(mark(5)),
  ];
  expect(await ipvs.apply(ops)).toEqual(ops.map(() => undefined));
  const rows = [
    { service: changed, dests: [serverRow("10.0.0.3:80", { weight: 7 })] },
    { service: serviceRow(six), dests: [serverRow("[fd00::3]:80")] },
  ];
  expect(await ipvs.list()).toEqual(rows);
  expect(await ipvs.list([six, mark(5), web])).toEqual(rows.toReversed());
});

test("each change has its own result in its place, however many there are", async () => {
  const { ipvs, kernel } = open();
  const marks = Array.from({ length: 2 * maxBatch + 30 }, (_, n) => mark(n));
  const ops = marks.flatMap((key) => [addService(serviceRow(key)), addService(serviceRow(key))]);
  // A mark of 0 has no place in a message.
  const [first, second, ...others] = await ipvs.apply(ops);
  expect([first, second]).toEqual(["ERANGE", "ERANGE"]);
  expect(others).toEqual(marks.slice(1).flatMap(() => [undefined, "EEXIST"]));
  expect(kernel.rows.size).toBe(marks.length - 1);
  expect(ipvs.stats.messages).toBe(1 + 2 * (marks.length - 1));
  expect(ipvs.stats.sendCalls).toBe(1 + 5);
});

test("a send that fails is each change's result, a bug is not", async () => {
  const kernel = new IpvsKernel();
  let failure: Error = new LibcError("send", constants.errno.ENOBUFS);
  const send = kernel.libc.send;
  const { ipvs } = open(kernel);
  kernel.libc.send = () => {
    throw failure;
  };
  const ops = [addService(serviceRow(web)), addDest(web, serverRow("10.0.0.3:80"))];
  expect(await ipvs.apply(ops)).toEqual(["ENOBUFS", "ENOBUFS"]);
  failure = new TypeError("a bug");
  await expect(ipvs.apply(ops)).rejects.toThrow("a bug");
  kernel.libc.send = send;
  expect(await ipvs.apply(ops)).toEqual([undefined, undefined]);
});

test("what was asked first is through before the next begins, and a failure keeps nobody waiting", async () => {
  const { ipvs, kernel } = open();
  const refused = ipvs.list();
  kernel.instead = () => EPERM;
  await expect(refused).rejects.toMatchObject({ code: "NETLINK_EPERM" });
  kernel.instead = () => undefined;
  const [, before, , after] = await Promise.all([
    ipvs.apply([addService(serviceRow(web))]),
    ipvs.list(),
    ipvs.apply([deleteService(web)]),
    ipvs.list(),
  ]);
  expect([before.length, after.length]).toEqual([1, 0]);
});

test("a module that was loaded anew is found by its new number", async () => {
  const { ipvs, kernel } = open();
  kernel.family = 31;
  expect(await ipvs.apply([addService(serviceRow(web))])).toEqual(["ENOENT"]);
  expect(await ipvs.list()).toEqual([]);
  expect(await ipvs.apply([addService(serviceRow(web))])).toEqual([undefined]);
});

test("another's service that we have no words for hides no other one", async () => {
  const { ipvs, kernel } = open();
  const sctp = Buffer.from(inside(encodeService(serviceRow(tcp("10.9.9.1:80")))));
  sctp[12] = 132;
  const nonsense = Buffer.from(inside(encodeService(serviceRow(tcp("10.9.9.2:80")))));
  nonsense[4] = 99; // its address family
  const odd = Buffer.from(inside(encodeDest(serverRow("10.9.9.4:80"))));
  odd[4] = 99;
  const unreadable = inside(encodeService(serviceRow(tcp("10.9.9.3:80"))));
  await ipvs.apply([addService(serviceRow(web))]);
  kernel.rows.set("sctp", { service: sctp, dests: new Map() });
  kernel.rows.set("nonsense", { service: nonsense, dests: new Map() });
  await ipvs.apply([addService(serviceRow(tcp("10.9.9.3:80"))), addService(serviceRow(six))]);
  for (const row of kernel.rows.values()) {
    if (row.service.equals(unreadable)) row.dests.set("odd", odd);
  }
  expect((await ipvs.list()).map((row) => row.service.key)).toEqual([web, six]);
});

test("one of ours that cannot be read is an error, for to be absent is something else", async () => {
  const { ipvs, kernel } = open();
  await ipvs.apply([addService(serviceRow(web))]);
  const [row] = kernel.rows.values();
  row?.dests.set("odd", inside(encodeDest(serverRow("[fd00::3]:80"))).subarray(0, 20));
  await expect(ipvs.list([web])).rejects.toMatchObject({ code: "NETLINK_EBADMSG" });
  kernel.instead = () => ENOENT;
  await expect(ipvs.list([web])).rejects.toMatchObject({ code: "NETLINK_ENOENT" });
  kernel.instead = () => ESRCH;
  expect(await ipvs.list([web])).toEqual([]);
  kernel.instead = () => [];
  await expect(ipvs.list([web])).rejects.toThrow("read an IPVS service: EBADMSG");
});

test("a bug while reading is not taken for another's row", async () => {
  const { ipvs, kernel } = open();
  await ipvs.apply([addService(serviceRow(web))]);
  const { recv } = kernel.libc;
  kernel.libc.recv = (fd, buffer, flags) => {
    if (kernel.requests.at(-1)?.payload[0] === 8) throw new TypeError("a bug");
    return recv(fd, buffer, flags);
  };
  await expect(ipvs.list()).rejects.toThrow("a bug");
});

test("its version and timeouts are told", async () => {
  const { ipvs } = open();
  expect(await ipvs.info()).toEqual({ version: "1.2.1", connectionTableSize: 4096 });
  expect(await ipvs.timeouts()).toEqual({ tcp: 900, tcpFin: 0, udp: 300 });
});

test("timeouts and sync daemons that were written are read", async () => {
  const { ipvs, kernel } = open();
  await ipvs.setTimeouts({ tcp: 60, udp: 5 });
  expect(await ipvs.timeouts()).toEqual({ tcp: 60, tcpFin: 0, udp: 5 });
  const master = { state: "master", interface: "eth0", id: 7 } as const;
  const backup = { ...master, state: "backup", maxBytes: 1200, group: "ff02::90", ttl: 2 } as const;
  await ipvs.startSync(master);
  await ipvs.startSync({ ...backup, port: 8850 });
  expect(await ipvs.syncDaemons()).toEqual([master, { ...backup, port: 8850 }]);
  await ipvs.stopSync("master");
  expect(await ipvs.syncDaemons()).toHaveLength(1);
  await expect(ipvs.stopSync("master")).rejects.toThrow(
    "stop the IPVS sync daemon as master: ESRCH",
  );
  const { length } = kernel.requests;
  await expect(ipvs.startSync({ ...master, id: -1 })).rejects.toMatchObject({ errno: "ERANGE" });
  await expect(ipvs.setTimeouts({ udp: 0 })).rejects.toMatchObject({ errno: "ERANGE" });
  expect(kernel.requests).toHaveLength(length);
});

test("counters are read, of all services and of some; 64 bits where the kernel has them", async () => {
  const { ipvs, kernel } = open();
  await ipvs.apply([addService(serviceRow(web)), addDest(web, serverRow("10.0.0.3:80"))]);
  const wide = [2 ** 40, 2, 3, 4, 5, 6, 7, 8, 9, 2 ** 53];
  kernel.counted = {
    service: Buffer.concat([statsNest(10, [1, 2, 3, 2 ** 33, 5, 6, 7, 8, 9, 10])]),
    dest: Buffer.concat([...conns(11, 12, 13), statsNest(10), statsNest(12, wide)]),
  };
  const rest = { packetsIn: 2, packetsOut: 3, bytesOut: 5, connsPerSec: 6 };
  const rates = { packetsInPerSec: 7, packetsOutPerSec: 8, bytesInPerSec: 9 };
  const counters = {
    key: web,
    traffic: { conns: 1, bytesIn: 2 ** 33, ...rest, ...rates, bytesOutPerSec: 10 },
    dests: [
      {
        endpoint: { address: "10.0.0.3", port: 80 },
        activeConns: 11,
        inactiveConns: 12,
        persistentConns: 13,
        traffic: { conns: 2 ** 40, bytesIn: 4, ...rest, ...rates, bytesOutPerSec: 2 ** 53 },
      },
    ],
  };
  expect(await ipvs.counters()).toEqual([counters]);
  expect(await ipvs.counters([six, web])).toEqual([counters]);
  kernel.counted.service = Buffer.alloc(0);
  expect(await ipvs.counters()).toEqual([]);
  await expect(ipvs.counters([web])).rejects.toMatchObject({ errno: "EBADMSG" });
  // The table itself is another question.
  expect(await ipvs.list([web])).toHaveLength(1);
});

test("a closed table is an error to read and refuses changes", async () => {
  const { ipvs, kernel } = open();
  ipvs.close();
  expect(kernel.libc.openFds).toEqual(new Set());
  await expect(ipvs.list()).rejects.toMatchObject({ code: "NETLINK_EBADF" });
  expect(await ipvs.apply([addService(serviceRow(web))])).toEqual(["EBADF"]);
});

test("what takes long gives the event loop its turns", async () => {
  const { ipvs } = open();
  const keys = Array.from({ length: 40 }, (_, n) => mark(n + 1));
  const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await work();
    isOver = true;
    return turns;
  };
  const add = () => ipvs.apply(keys.map((key) => addService(serviceRow(key))));
  vi.spyOn(performance, "now").mockReturnValue(0);
  expect(await turnsDuring(add)).toBeLessThan(3);
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 5));
  expect(await turnsDuring(add)).toBeGreaterThanOrEqual(keys.length);
  expect(await turnsDuring(() => ipvs.list())).toBeGreaterThanOrEqual(keys.length);
  expect(await turnsDuring(() => ipvs.list(keys))).toBeGreaterThanOrEqual(keys.length);
});
