/** What every table must do. The kernel and the embedded one run the same sentences. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noTraffic } from "../../../src/ipvs/counters.ts";
import {
  type Ipvs,
  type IpvsOp,
  maxTimeoutSec,
  type OpResult,
  type TableDest,
  type TableService,
} from "../../../src/ipvs/ipvs.ts";
import type { SyncDaemon } from "../../../src/ipvs/sync-daemon.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";
import { endpoint, mark, serverRow, serviceRow, tcp, udp } from "../../support/builders.ts";

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
export const deleteDest = (key: ServiceKey, server: string): IpvsOp => ({
  kind: "delete-dest",
  key,
  endpoint: endpoint(server),
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

    const web = tcp("10.0.0.1:80");
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
      ["a service by address", serviceRow(web)],
      ["one over UDP", serviceRow(udp("10.0.0.1:53"))],
      ["one over IPv6", serviceRow(tcp("[fd00::1]:80"))],
      ["one by mark", serviceRow(mark(5))],
      ["one by mark, IPv6", serviceRow(mark(5, 6))],
      ["the highest mark", serviceRow(mark(0xffffffff))],
      ["every port of an address", serviceRow(tcp("10.0.0.1:0"), { persistenceSec: 300 })],
      ["port 0 without persistence", serviceRow(tcp("10.0.0.1:0"))],
      ["persistence", serviceRow(web, { persistenceSec: 600 })],
      ["persistence of 0 seconds", serviceRow(web, { persistenceSec: 0 })],
      ["a netmask", serviceRow(web, { persistenceSec: 600, netmask: 0xffffff00 })],
      ["a prefix", serviceRow(tcp("[fd00::1]:80"), { persistenceSec: 600, netmask: 64 })],
      ["the widest prefix", serviceRow(tcp("[fd00::1]:80"), { persistenceSec: 600, netmask: 1 })],
      ["one-packet", serviceRow(udp("10.0.0.1:53"), { isOnePacket: true })],
      ["sh flags", serviceRow(web, { scheduler: "sh", schedulerFlags: 0x18 })],
      ["mh flags", serviceRow(web, { scheduler: "mh", schedulerFlags: 0x10 })],
      [
        "all flags",
        serviceRow(web, { schedulerFlags: 0x38, isOnePacket: true, persistenceSec: 1 }),
      ],
    ])("reads back %s", async ([, wanted]) => {
      await setUp(addService(wanted));
      expect(await table.ipvs.list()).toEqual([{ service: wanted, dests: [] }]);
      expect(await only(wanted.key)).toEqual({ service: wanted, dests: [] });
    });

    test.for(schedulers)("takes scheduler %s", async (scheduler) => {
      await setUp(
        addService(serviceRow(web)),
        setService(serviceRow(web, { scheduler })),
        addService(serviceRow(mark(7), { scheduler })),
      );
      expect((await only(web))?.service.scheduler).toBe(scheduler);
      expect((await only(mark(7)))?.service.scheduler).toBe(scheduler);
    });

    test("an edit changes every field of a service, and takes off what it had", async () => {
      const full = serviceRow(web, {
        scheduler: "sh",
        schedulerFlags: 0x18,
        persistenceSec: 600,
        netmask: 0xffff0000,
        isOnePacket: true,
      });
      await setUp(
        addService(serviceRow(web)),
        addDest(web, serverRow("10.0.0.3:80")),
        setService(full),
      );
      expect(await only(web)).toEqual({ service: full, dests: [serverRow("10.0.0.3:80")] });
      await setUp(setService(serviceRow(web)));
      expect(await only(web)).toEqual({
        service: serviceRow(web),
        dests: [serverRow("10.0.0.3:80")],
      });
    });

    test.for<[name: string, key: ServiceKey, dest: TableDest]>([
      ["direct routing", web, serverRow("10.0.0.3:80")],
      ["masquerading to another port", web, serverRow("10.0.0.3:8080", { forwarding: "masq" })],
      ["a tunnel", web, serverRow("10.0.0.3:80", { forwarding: "ipip" })],
      ["IPv6", tcp("[fd00::1]:80"), serverRow("[fd00::3]:80")],
      ["IPv6, almost link-local", tcp("[fd00::1]:80"), serverRow("[fd80::3]:80")],
      [
        "an IPv4 tunnel for IPv6",
        tcp("[fd00::1]:80"),
        serverRow("10.0.0.3:80", { forwarding: "ipip" }),
      ],
      ["an IPv6 tunnel for IPv4", web, serverRow("[fd00::3]:80", { forwarding: "ipip" })],
      ["a mark's, without a port", mark(5), serverRow("10.0.0.3:0")],
      ["a mark's, IPv6", mark(5, 6), serverRow("[fd00::3]:0")],
      ["the director itself", web, serverRow("127.0.0.1:80")],
      ["the director itself, masq", web, serverRow("127.0.0.1:80", { forwarding: "masq" })],
      ["the director itself, IPv6", tcp("[fd00::1]:80"), serverRow("[::1]:80")],
      ["weight 0", web, serverRow("10.0.0.3:80", { weight: 0 })],
      ["weight 65535", web, serverRow("10.0.0.3:80", { weight: 65_535 })],
      ["thresholds", web, serverRow("10.0.0.3:80", { upperThreshold: 20, lowerThreshold: 10 })],
      [
        "equal thresholds",
        web,
        serverRow("10.0.0.3:80", { upperThreshold: 20, lowerThreshold: 20 }),
      ],
    ])("reads back a real server: %s", async ([, key, wanted]) => {
      await setUp(addService(serviceRow(key)), addDest(key, wanted));
      expect(await only(key)).toEqual({ service: serviceRow(key), dests: [wanted] });
    });

    test("an edit changes every field of a real server and no other one", async () => {
      const changed = serverRow("10.0.0.3:80", {
        forwarding: "masq",
        weight: 7,
        upperThreshold: 9,
        lowerThreshold: 3,
      });
      await setUp(
        addService(serviceRow(web)),
        addDest(web, serverRow("10.0.0.3:80")),
        addDest(web, serverRow("10.0.0.4:80")),
        setDest(web, changed),
      );
      expect(await only(web)).toEqual({
        service: serviceRow(web),
        dests: [serverRow("10.0.0.4:80"), changed],
      });
      await setUp(setDest(web, serverRow("10.0.0.3:80")));
      expect((await only(web))?.dests).toEqual([
        serverRow("10.0.0.4:80"),
        serverRow("10.0.0.3:80"),
      ]);
    });

    test("real servers of one service: the newest first; each port is one of its own", async () => {
      const all = [serverRow("10.0.0.3:80"), serverRow("10.0.0.3:81"), serverRow("10.0.0.4:80")];
      await setUp(addService(serviceRow(web)), ...all.map((d) => addDest(web, d)));
      expect((await only(web))?.dests).toEqual(all.toReversed());
      await setUp(deleteDest(web, "10.0.0.3:80"));
      expect((await only(web))?.dests).toEqual([all[2], all[1]]);
    });

    test("a deleted service takes its real servers along, and only its own", async () => {
      const keys = [web, udp("10.0.0.1:80"), mark(80), mark(80, 6), tcp("[fd00::1]:80")];
      for (const key of keys) {
        const v6 = key.kind === "fwmark" ? key.family === 6 : key.endpoint.address.includes(":");
        await setUp(
          addService(serviceRow(key)),
          addDest(key, serverRow(v6 ? "[fd00::3]:80" : "10.0.0.3:80")),
        );
      }
      await setUp(deleteService(web), deleteService(mark(80)));
      expect(await table.ipvs.list([web])).toEqual([]);
      expect(await table.ipvs.list(keys)).toHaveLength(3);
      await setUp(addService(serviceRow(web)));
      expect((await only(web))?.dests).toEqual([]);
    });

    test("only the services asked for are listed, in the order asked; missing ones are left out", async () => {
      await setUp(...[1, 2, 3].map((n) => addService(serviceRow(mark(n)))));
      const rows = await table.ipvs.list([mark(3), web, mark(1)]);
      expect(rows.map((row) => row.service.key)).toEqual([mark(3), mark(1)]);
      expect(await table.ipvs.list([])).toEqual([]);
      expect(await table.ipvs.list()).toHaveLength(3);
    });

    const narrow = serverRow("10.0.0.3:80", { upperThreshold: 1, lowerThreshold: 2 });
    const there = [addService(serviceRow(web)), addDest(web, serverRow("10.0.0.3:80"))];
    const gone = tcp("10.9.9.9:80");
    const v6 = tcp("[fd00::1]:80");
    test.for<[name: string, refused: IpvsOp, errno: string, before?: readonly IpvsOp[]]>([
      ["a service that is there", addService(serviceRow(web)), "EEXIST"],
      [
        "a service that is there, with nonsense besides",
        addService(serviceRow(web, { scheduler: "nonsense" })),
        "EEXIST",
      ],
      [
        "a service whose scheduler no module has",
        addService(serviceRow(gone, { scheduler: "nonsense" })),
        "ENOENT",
      ],
      [
        "an edit to a scheduler no module has",
        setService(serviceRow(web, { scheduler: "nonsense" })),
        "ENOENT",
      ],
      ["an edit of a missing service", setService(serviceRow(gone)), "ESRCH"],
      [
        "an edit of a missing service, with nonsense besides",
        setService(serviceRow(gone, { scheduler: "nonsense" })),
        "ESRCH",
      ],
      ["a missing service's deletion", deleteService(gone), "ESRCH"],
      ["a missing mark's deletion", deleteService(mark(80)), "ESRCH"],
      ["the same address over UDP", deleteService(udp("10.0.0.1:80")), "ESRCH"],
      ["a real server of a missing service", addDest(gone, serverRow("10.0.0.3:80")), "ESRCH"],
      ["an edit of a missing service's real server", setDest(gone, narrow), "ESRCH"],
      ["a missing service's real server's deletion", deleteDest(gone, "10.0.0.3:80"), "ESRCH"],
      ["a real server that is there", addDest(web, serverRow("10.0.0.3:80")), "EEXIST"],
      ["an edit of a missing real server", setDest(web, serverRow("10.0.0.4:80")), "ENOENT"],
      [
        "an edit of another port of a real server",
        setDest(web, serverRow("10.0.0.3:81")),
        "ENOENT",
      ],
      ["a missing real server's deletion", deleteDest(web, "10.0.0.4:80"), "ENOENT"],
      [
        "a lower threshold above the upper",
        addDest(web, { ...narrow, endpoint: endpoint("10.0.0.4:80") }),
        "ERANGE",
      ],
      ["a lower threshold above the upper, of a duplicate", addDest(web, narrow), "ERANGE"],
      ["an edit to a lower threshold above the upper", setDest(web, narrow), "ERANGE"],
      [
        "a lower threshold alone",
        addDest(web, serverRow("10.0.0.4:80", { lowerThreshold: 1 })),
        "ERANGE",
      ],
      ["a weight below 0", addDest(web, serverRow("10.0.0.4:80", { weight: -1 })), "ERANGE"],
      [
        "an edit to a weight below 0",
        setDest(web, serverRow("10.0.0.3:80", { weight: -1 })),
        "ERANGE",
      ],
      ["IPv6 behind IPv4 without a tunnel", addDest(web, serverRow("[fd00::3]:80")), "EINVAL"],
      [
        "an edit of IPv6 behind IPv4 without a tunnel",
        setDest(web, serverRow("[fd00::3]:80")),
        "EINVAL",
      ],
      ["an IPv6 real server's deletion from IPv4", deleteDest(web, "[fd00::3]:80"), "ENOENT"],
      ["an IPv6 netmask of 0", addService(serviceRow(v6, { netmask: 0 })), "EINVAL"],
      ["an IPv6 netmask over 128", addService(serviceRow(v6, { netmask: 129 })), "EINVAL"],
      ["real server 0.0.0.0", addDest(web, serverRow("0.0.0.0:80")), "EINVAL"],
      ["a multicast real server", addDest(web, serverRow("224.0.0.1:80")), "EINVAL"],
      ["the broadcast address", addDest(web, serverRow("255.255.255.255:80")), "EINVAL"],
      ["real server ::", addDest(v6, serverRow("[::]:80")), "EINVAL", [addService(serviceRow(v6))]],
      [
        "an IPv6 multicast real server",
        addDest(v6, serverRow("[ff02::1]:80")),
        "EINVAL",
        [addService(serviceRow(v6))],
      ],
      [
        "a link-local real server",
        addDest(v6, serverRow("[fe80::1]:80")),
        "EINVAL",
        [addService(serviceRow(v6))],
      ],
      [
        "an IPv4-mapped real server",
        addDest(v6, serverRow("[::ffff:a00:3]:80")),
        "EINVAL",
        [addService(serviceRow(v6))],
      ],
    ])("refuses %s", async ([, refused, errno, before = there]) => {
      await setUp(...before);
      const table0 = await table.ipvs.list();
      expect(await run(refused)).toEqual([errno]);
      expect(await table.ipvs.list()).toEqual(table0);
    });

    test("a refused change does not stop the ones after it, and each has its own result", async () => {
      const results = await run(
        addService(serviceRow(web)),
        addService(serviceRow(web)),
        addDest(gone, serverRow("10.0.0.3:80")),
        addDest(web, serverRow("10.0.0.3:80")),
        setDest(web, serverRow("10.0.0.4:80")),
        addDest(web, serverRow("10.0.0.4:80")),
      );
      expect(results).toEqual([undefined, "EEXIST", "ESRCH", undefined, "ENOENT", undefined]);
      expect((await only(web))?.dests).toHaveLength(2);
    });

    test("more changes than fit one batch are all made, with the results in place", async () => {
      const dests = Array.from({ length: 230 }, (_, n) =>
        serverRow(`10.1.${n >> 7}.${(n & 127) + 1}:80`),
      );
      const ops = dests.flatMap((d) => [addDest(web, d), addDest(web, d)]);
      await setUp(addService(serviceRow(web)));
      expect(await run(...ops)).toEqual(dests.flatMap(() => [undefined, "EEXIST"]));
      expect((await only(web))?.dests).toEqual(dests.toReversed());
    });

    test("a value that has no place in a message refuses its own change, and no other", async () => {
      const results = await run(
        addService(serviceRow(mark(0))),
        addService(serviceRow(web)),
        setService(serviceRow(web, { scheduler: "leastconnections" })),
        setService(serviceRow(web, { scheduler: "" })),
        addDest(web, serverRow("10.0.0.3:65536")),
        addDest(web, serverRow("10.0.0.4:80", { weight: 2 ** 31 })),
        addDest(web, serverRow("10.0.0.5:80", { upperThreshold: 2 ** 32 })),
        addDest(web, serverRow("web1:80")),
        addDest(web, serverRow("10.0.0.6:80")),
      );
      const refused = "ERANGE";
      expect(results).toEqual([
        refused,
        undefined,
        ...Array.from({ length: 6 }, () => refused),
        undefined,
      ]);
      expect(await table.ipvs.list()).toEqual([
        { service: serviceRow(web), dests: [serverRow("10.0.0.6:80")] },
      ]);
    });

    test("changes and lists asked for at once happen in the order asked", async () => {
      const [first, before, second, after] = await Promise.all([
        run(addService(serviceRow(web))),
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

    test("timeouts that are named are set, the others stay", async () => {
      const before = await table.ipvs.timeouts();
      await table.ipvs.setTimeouts({ tcpFin: 60 });
      expect(await table.ipvs.timeouts()).toEqual({ ...before, tcpFin: 60 });
      await table.ipvs.setTimeouts({});
      await table.ipvs.setTimeouts({ tcp: 1, udp: maxTimeoutSec });
      expect(await table.ipvs.timeouts()).toEqual({ tcp: 1, tcpFin: 60, udp: maxTimeoutSec });
      await table.ipvs.setTimeouts(before);
    });

    test.for([{ tcp: 0 }, { tcpFin: -1 }, { udp: maxTimeoutSec + 1 }, { udp: 1.5 }])(
      "timeout %j is refused, and changes nothing",
      async (wanted) => {
        const before = await table.ipvs.timeouts();
        const refused = table.ipvs.setTimeouts({ tcp: 5, ...wanted });
        await expect(refused).rejects.toMatchObject({ code: "NETLINK_ERANGE" });
        expect(await table.ipvs.timeouts()).toEqual(before);
      },
    );

    test("new rows have counted nothing yet; only the services asked for are told, in the order asked", async () => {
      const v6 = tcp("[fd00::1]:80");
      await setUp(
        addService(serviceRow(web)),
        addDest(web, serverRow("10.0.0.3:80")),
        addDest(web, serverRow("10.0.0.4:80")),
        addService(serviceRow(v6)),
        addDest(v6, serverRow("[fd00::3]:80")),
        addService(serviceRow(mark(5))),
      );
      const counted = (key: ServiceKey, ...servers: string[]) => ({
        key,
        traffic: noTraffic,
        dests: servers.map((server) => ({
          endpoint: endpoint(server),
          activeConns: 0,
          inactiveConns: 0,
          persistentConns: 0,
          traffic: noTraffic,
        })),
      });
      const whole = counted(web, "10.0.0.4:80", "10.0.0.3:80");
      expect(await table.ipvs.counters([mark(5), tcp("10.9.9.9:80"), web])).toEqual([
        counted(mark(5)),
        whole,
      ]);
      expect(await table.ipvs.counters()).toHaveLength(3);
      expect(await table.ipvs.counters()).toEqual(
        expect.arrayContaining([whole, counted(v6, "[fd00::3]:80"), counted(mark(5))]),
      );
    });

    test("an unused table has no connections", async () => {
      await setUp(addService(serviceRow(web)));
      const nothing = { found: [], count: 0, isWhole: true };
      expect(await table.ipvs.connections({ virtual: endpoint("10.0.0.1:80") }, 10)).toMatchObject(
        nothing,
      );
    });

    const master: SyncDaemon = { state: "master", interface: "lo", id: 7 };
    const backup: SyncDaemon = {
      state: "backup",
      interface: "lo",
      id: 255,
      maxBytes: 1200,
      group: "224.0.0.90",
      port: 8850,
      ttl: 3,
    };

    test("a master and a backup are started, told and stopped, each by itself", async () => {
      expect(await table.ipvs.syncDaemons()).toEqual([]);
      await table.ipvs.startSync(master);
      await table.ipvs.startSync(backup);
      expect(await table.ipvs.syncDaemons()).toMatchObject([master, backup]);
      const again = table.ipvs.startSync({ ...master, id: 8 });
      await expect(again).rejects.toMatchObject({ code: "NETLINK_EEXIST" });
      await table.ipvs.stopSync("master");
      expect(await table.ipvs.syncDaemons()).toMatchObject([backup]);
      await table.ipvs.stopSync("backup");
      expect(await table.ipvs.syncDaemons()).toEqual([]);
      const gone = table.ipvs.stopSync("backup");
      await expect(gone).rejects.toMatchObject({ code: "NETLINK_ESRCH" });
    });

    test.for<[what: string, wrong: Partial<SyncDaemon>]>([
      ["an id over 255", { id: 256 }],
      ["no interface", { interface: "" }],
      ["an interface's name of 16 letters", { interface: "a".repeat(16) }],
      ["an interface's name with a NUL", { interface: "lo\0" }],
      ["a port over 65535", { port: 65_536 }],
      ["a TTL over 255", { ttl: 256 }],
      ["a group that is no address", { group: "sync.example.com" }],
    ])("a sync daemon with %s is refused", async ([, wrong]) => {
      const refused = table.ipvs.startSync({ ...master, ...wrong });
      await expect(refused).rejects.toMatchObject({ code: "NETLINK_ERANGE" });
      expect(await table.ipvs.syncDaemons()).toEqual([]);
    });

    test("a closed table is an error to read and refuses changes", async () => {
      table.ipvs.close();
      await expect(table.ipvs.list()).rejects.toMatchObject({ code: "NETLINK_EBADF" });
      expect(await run(addService(serviceRow(web)))).toEqual(["EBADF"]);
      for (const refused of [
        table.ipvs.counters(),
        table.ipvs.timeouts(),
        table.ipvs.setTimeouts({ tcp: 5 }),
        table.ipvs.syncDaemons(),
        table.ipvs.startSync(master),
        table.ipvs.stopSync("master"),
      ]) {
        await expect(refused).rejects.toMatchObject({ code: "NETLINK_EBADF" });
      }
    });
  });
}
