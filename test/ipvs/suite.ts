/** What every table must do. The kernel and the embedded one run the same sentences. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ipvs, IpvsOp, OpResult, TableDest, TableService } from "../../src/ipvs/ipvs.ts";
import type { ServiceKey } from "../../src/model/virtual-service.ts";

export const tcp = (address: string, port = 80): ServiceKey => ({
  kind: "address",
  protocol: "tcp",
  endpoint: { address, port },
});
export const udp = (address: string, port = 53): ServiceKey => ({
  kind: "address",
  protocol: "udp",
  endpoint: { address, port },
});
export const mark = (number: number, family: 4 | 6 = 4): ServiceKey => ({
  kind: "fwmark",
  family,
  mark: number,
});

export const service = (key: ServiceKey, over: Partial<TableService> = {}): TableService => ({
  key,
  scheduler: "wrr",
  schedulerFlags: 0,
  netmask: (key.kind === "fwmark" ? key.family === 6 : key.endpoint.address.includes(":"))
    ? 128
    : 0xffffffff,
  isOnePacket: false,
  ...over,
});

export const dest = (address: string, port = 80, over: Partial<TableDest> = {}): TableDest => ({
  endpoint: { address, port },
  forwarding: "gate",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  ...over,
});

export const addService = (s: TableService): IpvsOp => ({ kind: "add-service", service: s });
export const setService = (s: TableService): IpvsOp => ({ kind: "set-service", service: s });
export const deleteService = (key: ServiceKey): IpvsOp => ({ kind: "delete-service", key });
export const addDest = (key: ServiceKey, d: TableDest): IpvsOp => ({
  kind: "add-dest",
  key,
  dest: d,
});
export const setDest = (key: ServiceKey, d: TableDest): IpvsOp => ({
  kind: "set-dest",
  key,
  dest: d,
});
export const deleteDest = (key: ServiceKey, address: string, port = 80): IpvsOp => ({
  kind: "delete-dest",
  key,
  endpoint: { address, port },
});

const schedulers = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh".split(" ");

export interface OpenTable {
  readonly ipvs: Ipvs;
  readonly close: () => Promise<void>;
}

/** @param open gives an empty table */
export function ipvsSuite(name: string, open: () => Promise<OpenTable>): void {
  describe(`the table: ${name}`, () => {
    let table: OpenTable;
    beforeEach(async () => {
      table = await open();
    });
    afterEach(async () => {
      await table.close();
    });

    const web = tcp("10.0.0.1");
    const run = (...ops: IpvsOp[]): Promise<readonly OpResult[]> => table.ipvs.apply(ops);
    /** Of ops that must all be done. */
    const setUp = async (...ops: IpvsOp[]): Promise<void> => {
      expect(await run(...ops)).toEqual(ops.map(() => undefined));
    };
    const only = async (key: ServiceKey) => {
      const rows = await table.ipvs.list([key]);
      expect(rows).toHaveLength(1);
      return rows[0];
    };

    test("an empty table has no rows and takes no ops", async () => {
      expect(await table.ipvs.list()).toEqual([]);
      expect(await run()).toEqual([]);
    });

    test.for<[name: string, service: TableService]>([
      ["a service by address", service(web)],
      ["one over UDP", service(udp("10.0.0.1"))],
      ["one over IPv6", service(tcp("fd00::1"))],
      ["one by mark", service(mark(5))],
      ["one by mark, IPv6", service(mark(5, 6))],
      ["the highest mark", service(mark(0xffffffff))],
      ["every port of an address", service(tcp("10.0.0.1", 0), { persistenceSec: 300 })],
      ["port 0 without persistence", service(tcp("10.0.0.1", 0))],
      ["persistence", service(web, { persistenceSec: 600 })],
      ["persistence of 0 seconds", service(web, { persistenceSec: 0 })],
      ["a netmask", service(web, { persistenceSec: 600, netmask: 0xffffff00 })],
      ["a prefix", service(tcp("fd00::1"), { persistenceSec: 600, netmask: 64 })],
      ["one-packet", service(udp("10.0.0.1"), { isOnePacket: true })],
      ["sh flags", service(web, { scheduler: "sh", schedulerFlags: 0x18 })],
      ["mh flags", service(web, { scheduler: "mh", schedulerFlags: 0x10 })],
      ["all flags", service(web, { schedulerFlags: 0x38, isOnePacket: true, persistenceSec: 1 })],
    ])("reads back %s", async ([, wanted]) => {
      await setUp(addService(wanted));
      expect(await table.ipvs.list()).toEqual([{ service: wanted, dests: [] }]);
      expect(await only(wanted.key)).toEqual({ service: wanted, dests: [] });
    });

    test.for(schedulers)("takes scheduler %s", async (scheduler) => {
      await setUp(
        addService(service(web)),
        setService(service(web, { scheduler })),
        addService(service(mark(7), { scheduler })),
      );
      expect((await only(web))?.service.scheduler).toBe(scheduler);
      expect((await only(mark(7)))?.service.scheduler).toBe(scheduler);
    });

    test("an edit changes every field of a service, and takes off what it had", async () => {
      const full = service(web, {
        scheduler: "sh",
        schedulerFlags: 0x18,
        persistenceSec: 600,
        netmask: 0xffff0000,
        isOnePacket: true,
      });
      await setUp(addService(service(web)), addDest(web, dest("10.0.0.3")), setService(full));
      expect(await only(web)).toEqual({ service: full, dests: [dest("10.0.0.3")] });
      await setUp(setService(service(web)));
      expect(await only(web)).toEqual({ service: service(web), dests: [dest("10.0.0.3")] });
    });

    test.for<[name: string, key: ServiceKey, dest: TableDest]>([
      ["direct routing", web, dest("10.0.0.3")],
      ["masquerading to another port", web, dest("10.0.0.3", 8080, { forwarding: "masq" })],
      ["a tunnel", web, dest("10.0.0.3", 80, { forwarding: "ipip" })],
      ["IPv6", tcp("fd00::1"), dest("fd00::3")],
      ["an IPv4 tunnel for IPv6", tcp("fd00::1"), dest("10.0.0.3", 80, { forwarding: "ipip" })],
      ["an IPv6 tunnel for IPv4", web, dest("fd00::3", 80, { forwarding: "ipip" })],
      ["a mark's, without a port", mark(5), dest("10.0.0.3", 0)],
      ["a mark's, IPv6", mark(5, 6), dest("fd00::3", 0)],
      ["the director itself", web, dest("127.0.0.1")],
      ["the director itself, masq", web, dest("127.0.0.1", 80, { forwarding: "masq" })],
      ["the director itself, IPv6", tcp("fd00::1"), dest("::1")],
      ["weight 0", web, dest("10.0.0.3", 80, { weight: 0 })],
      ["weight 65535", web, dest("10.0.0.3", 80, { weight: 65_535 })],
      ["thresholds", web, dest("10.0.0.3", 80, { upperThreshold: 20, lowerThreshold: 10 })],
      ["equal thresholds", web, dest("10.0.0.3", 80, { upperThreshold: 20, lowerThreshold: 20 })],
    ])("reads back a real server: %s", async ([, key, wanted]) => {
      await setUp(addService(service(key)), addDest(key, wanted));
      expect(await only(key)).toEqual({ service: service(key), dests: [wanted] });
    });

    test("an edit changes every field of a real server and no other one", async () => {
      const changed = dest("10.0.0.3", 80, {
        forwarding: "masq",
        weight: 7,
        upperThreshold: 9,
        lowerThreshold: 3,
      });
      await setUp(
        addService(service(web)),
        addDest(web, dest("10.0.0.3")),
        addDest(web, dest("10.0.0.4")),
        setDest(web, changed),
      );
      expect(await only(web)).toEqual({
        service: service(web),
        dests: [dest("10.0.0.4"), changed],
      });
      await setUp(setDest(web, dest("10.0.0.3")));
      expect((await only(web))?.dests).toEqual([dest("10.0.0.4"), dest("10.0.0.3")]);
    });

    test("real servers of one service: the newest first; each port is one of its own", async () => {
      const all = [dest("10.0.0.3", 80), dest("10.0.0.3", 81), dest("10.0.0.4", 80)];
      await setUp(addService(service(web)), ...all.map((d) => addDest(web, d)));
      expect((await only(web))?.dests).toEqual(all.toReversed());
      await setUp(deleteDest(web, "10.0.0.3", 80));
      expect((await only(web))?.dests).toEqual([all[2], all[1]]);
    });

    test("a deleted service takes its real servers along, and only its own", async () => {
      const keys = [web, udp("10.0.0.1", 80), mark(80), mark(80, 6), tcp("fd00::1")];
      for (const key of keys) {
        const v6 = key.kind === "fwmark" ? key.family === 6 : key.endpoint.address.includes(":");
        await setUp(addService(service(key)), addDest(key, dest(v6 ? "fd00::3" : "10.0.0.3")));
      }
      await setUp(deleteService(web), deleteService(mark(80)));
      expect(await table.ipvs.list([web])).toEqual([]);
      expect(await table.ipvs.list(keys)).toHaveLength(3);
      await setUp(addService(service(web)));
      expect((await only(web))?.dests).toEqual([]);
    });

    test("only the services asked for are listed, in the order asked; missing ones are left out", async () => {
      await setUp(...[1, 2, 3].map((n) => addService(service(mark(n)))));
      const rows = await table.ipvs.list([mark(3), web, mark(1)]);
      expect(rows.map((row) => row.service.key)).toEqual([mark(3), mark(1)]);
      expect(await table.ipvs.list([])).toEqual([]);
      expect(await table.ipvs.list()).toHaveLength(3);
    });

    const narrow = dest("10.0.0.3", 80, { upperThreshold: 1, lowerThreshold: 2 });
    const there = [addService(service(web)), addDest(web, dest("10.0.0.3"))];
    const gone = tcp("10.9.9.9");
    const v6 = tcp("fd00::1");
    test.for<[name: string, refused: IpvsOp, errno: string, before?: readonly IpvsOp[]]>([
      ["a service that is there", addService(service(web)), "EEXIST"],
      [
        "a service that is there, with nonsense besides",
        addService(service(web, { scheduler: "nonsense" })),
        "EEXIST",
      ],
      [
        "a service whose scheduler no module has",
        addService(service(gone, { scheduler: "nonsense" })),
        "ENOENT",
      ],
      [
        "an edit to a scheduler no module has",
        setService(service(web, { scheduler: "nonsense" })),
        "ENOENT",
      ],
      ["an edit of a missing service", setService(service(gone)), "ESRCH"],
      [
        "an edit of a missing service, with nonsense besides",
        setService(service(gone, { scheduler: "nonsense" })),
        "ESRCH",
      ],
      ["a missing service's deletion", deleteService(gone), "ESRCH"],
      ["a missing mark's deletion", deleteService(mark(80)), "ESRCH"],
      ["the same address over UDP", deleteService(udp("10.0.0.1", 80)), "ESRCH"],
      ["a real server of a missing service", addDest(gone, dest("10.0.0.3")), "ESRCH"],
      ["an edit of a missing service's real server", setDest(gone, narrow), "ESRCH"],
      ["a missing service's real server's deletion", deleteDest(gone, "10.0.0.3"), "ESRCH"],
      ["a real server that is there", addDest(web, dest("10.0.0.3")), "EEXIST"],
      ["an edit of a missing real server", setDest(web, dest("10.0.0.4")), "ENOENT"],
      ["an edit of another port of a real server", setDest(web, dest("10.0.0.3", 81)), "ENOENT"],
      ["a missing real server's deletion", deleteDest(web, "10.0.0.4"), "ENOENT"],
      [
        "a lower threshold above the upper",
        addDest(web, { ...narrow, endpoint: { address: "10.0.0.4", port: 80 } }),
        "ERANGE",
      ],
      ["a lower threshold above the upper, of a duplicate", addDest(web, narrow), "ERANGE"],
      ["an edit to a lower threshold above the upper", setDest(web, narrow), "ERANGE"],
      [
        "a lower threshold alone",
        addDest(web, dest("10.0.0.4", 80, { lowerThreshold: 1 })),
        "ERANGE",
      ],
      ["a weight below 0", addDest(web, dest("10.0.0.4", 80, { weight: -1 })), "ERANGE"],
      ["an edit to a weight below 0", setDest(web, dest("10.0.0.3", 80, { weight: -1 })), "ERANGE"],
      ["IPv6 behind IPv4 without a tunnel", addDest(web, dest("fd00::3")), "EINVAL"],
      ["an edit of IPv6 behind IPv4 without a tunnel", setDest(web, dest("fd00::3")), "EINVAL"],
      ["an IPv6 real server's deletion from IPv4", deleteDest(web, "fd00::3"), "ENOENT"],
      ["an IPv6 netmask of 0", addService(service(v6, { netmask: 0 })), "EINVAL"],
      ["an IPv6 netmask over 128", addService(service(v6, { netmask: 129 })), "EINVAL"],
      ["real server 0.0.0.0", addDest(web, dest("0.0.0.0")), "EINVAL"],
      ["a multicast real server", addDest(web, dest("224.0.0.1")), "EINVAL"],
      ["the broadcast address", addDest(web, dest("255.255.255.255")), "EINVAL"],
      ["real server ::", addDest(v6, dest("::")), "EINVAL", [addService(service(v6))]],
      [
        "an IPv6 multicast real server",
        addDest(v6, dest("ff02::1")),
        "EINVAL",
        [addService(service(v6))],
      ],
      [
        "a link-local real server",
        addDest(v6, dest("fe80::1")),
        "EINVAL",
        [addService(service(v6))],
      ],
      [
        "an IPv4-mapped real server",
        addDest(v6, dest("::ffff:a00:3")),
        "EINVAL",
        [addService(service(v6))],
      ],
    ])("refuses %s", async ([, refused, errno, before = there]) => {
      await setUp(...before);
      const table0 = await table.ipvs.list();
      expect(await run(refused)).toEqual([errno]);
      expect(await table.ipvs.list()).toEqual(table0);
    });

    test("a refused change does not stop the ones after it, and each has its own result", async () => {
      const results = await run(
        addService(service(web)),
        addService(service(web)),
        addDest(gone, dest("10.0.0.3")),
        addDest(web, dest("10.0.0.3")),
        setDest(web, dest("10.0.0.4")),
        addDest(web, dest("10.0.0.4")),
      );
      expect(results).toEqual([undefined, "EEXIST", "ESRCH", undefined, "ENOENT", undefined]);
      expect((await only(web))?.dests).toHaveLength(2);
    });

    test("more changes than fit one batch are all made, with the results in place", async () => {
      const dests = Array.from({ length: 230 }, (_, n) => dest(`10.1.${n >> 7}.${(n & 127) + 1}`));
      const ops = dests.flatMap((d) => [addDest(web, d), addDest(web, d)]);
      await setUp(addService(service(web)));
      expect(await run(...ops)).toEqual(dests.flatMap(() => [undefined, "EEXIST"]));
      expect((await only(web))?.dests).toEqual(dests.toReversed());
    });

    test("a value that has no place in a message changes nothing at all", async () => {
      const ops = [addService(service(web)), addService(service(mark(0)))];
      await expect(table.ipvs.apply(ops)).rejects.toThrow(RangeError);
      expect(await table.ipvs.list()).toEqual([]);
    });

    test("changes and lists asked for at once happen in the order asked", async () => {
      const [first, before, second, after] = await Promise.all([
        run(addService(service(web))),
        table.ipvs.list(),
        run(deleteService(web)),
        table.ipvs.list(),
      ]);
      expect([first, second]).toEqual([[undefined], [undefined]]);
      expect(before).toHaveLength(1);
      expect(after).toEqual([]);
    });

    test("its version and timeouts are told", async () => {
      const info = await table.ipvs.info();
      expect(info.version).toMatch(/^1\.\d+\.\d+$/);
      expect(info.connectionTableSize).toBeGreaterThan(0);
      expect(await table.ipvs.timeouts()).toEqual({ tcp: 900, tcpFin: 120, udp: 300 });
    });

    test("a closed table is an error to read and refuses changes", async () => {
      table.ipvs.close();
      await expect(table.ipvs.list()).rejects.toMatchObject({ code: "NETLINK_EBADF" });
      expect(await run(addService(service(web)))).toEqual(["EBADF"]);
    });
  });
}
