/**
 * The shared suite and more against the real ip_vs of this network namespace, and what ipvsadm says
 * of it. The table must be empty at the start: one that somebody uses is never touched.
 */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { IpvsUnavailableError } from "../../../src/errors.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { GenlIpvs } from "../../../src/ipvs/genl-ipvs.ts";
import type { Ipvs, IpvsOp, TableRow } from "../../../src/ipvs/ipvs.ts";
import { openKernelIpvs } from "../../../src/ipvs/open-kernel.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { type ServiceKey, serviceId } from "../../../src/model/virtual-service.ts";
import { mark, serverRow, serviceRow, tcp, udp } from "../../support/builders.ts";
import {
  addDest,
  addService,
  deleteDest,
  deleteService,
  ipvsSuite,
  setDest,
  setService,
} from "../../unit/ipvs/suite.ts";

/** @returns the empty table, or why there is none for us */
async function openTable(): Promise<GenlIpvs | string> {
  try {
    const ipvs = await openKernelIpvs();
    if ((await ipvs.list()).length === 0) return ipvs;
    ipvs.close();
    return "the IPVS table of this network namespace is in use";
  } catch (error) {
    if (error instanceof IpvsUnavailableError) return error.message;
    throw error;
  }
}

const opened = await openTable();
if (typeof opened === "string")
  process.stderr.write(`test/stages/kernel/ipvs skipped: ${opened}\n`);

const empty = async (ipvs: Ipvs): Promise<void> => {
  const rows = await ipvs.list();
  await ipvs.apply(rows.map((row) => deleteService(row.service.key)));
};

const ipvsadm = (...args: string[]): string[] =>
  execFileSync("ipvsadm", args, { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trimEnd());

/** The listing without its heading, blanks run together. */
const listing = (...args: string[]): string[] =>
  ipvsadm("-L", "-n", ...args)
    .filter((line) => line !== "" && !/^(IP Virtual Server|Prot | {2}-> RemoteAddress)/.test(line))
    .map((line) => line.replace(/ +/g, " "));

describe.skipIf(typeof opened === "string")("the kernel's IPVS table", () => {
  if (typeof opened === "string") return;
  const ipvs = opened;
  afterEach(() => empty(ipvs));
  afterAll(() => ipvs.close());

  ipvsSuite("the kernel", async () => {
    const own = await openKernelIpvs();
    return {
      ipvs: own,
      close: async () => {
        own.close();
        await empty(ipvs);
      },
    };
  });

  const run = async (...ops: IpvsOp[]): Promise<void> => {
    expect(await ipvs.apply(ops)).toEqual(ops.map(() => undefined));
  };

  test("ipvsadm shows what was written", async () => {
    const web = tcp("10.0.0.1:80");
    const dns = udp("10.0.0.1:53");
    const every = tcp("10.0.0.2:0");
    const six = tcp("[fd00::1]:443");
    await run(
      addService(serviceRow(web)),
      addDest(web, serverRow("10.0.0.3:80", { weight: 2 })),
      addDest(web, serverRow("10.0.0.4:8080", { forwarding: "masq", weight: 0 })),
      addDest(web, serverRow("10.0.0.5:80", { forwarding: "ipip", weight: 65_535 })),
      addDest(web, serverRow("127.0.0.1:80")),
      addService(serviceRow(dns, { scheduler: "rr", isOnePacket: true })),
      addService(serviceRow(every, { scheduler: "lc", persistenceSec: 600, netmask: 0xffffff00 })),
      addService(serviceRow(six, { scheduler: "sh", schedulerFlags: 0x18 })),
      addDest(six, serverRow("[fd00::3]:443")),
      addService(serviceRow(mark(5), { persistenceSec: 300 })),
      addDest(mark(5), serverRow("10.0.0.3:0", { upperThreshold: 20, lowerThreshold: 10 })),
      addService(
        serviceRow(mark(6, 6), {
          scheduler: "mh",
          schedulerFlags: 0x10,
          persistenceSec: 9,
          netmask: 64,
        }),
      ),
    );
    expect(listing().sort()).toEqual(
      [
        "TCP 10.0.0.1:80 wrr",
        " -> 10.0.0.3:80 Route 2 0 0",
        " -> 10.0.0.4:8080 Masq 0 0 0",
        " -> 10.0.0.5:80 Tunnel 65535 0 0",
        " -> 127.0.0.1:80 Route 1 0 0",
        "UDP 10.0.0.1:53 rr ops",
        "TCP 10.0.0.2:0 lc persistent 600 mask 255.255.255.0",
        "TCP [fd00::1]:443 sh (sh-fallback,sh-port)",
        " -> [fd00::3]:443 Route 1 0 0",
        "FWM 5 wrr persistent 300",
        " -> 10.0.0.3:0 Route 1 0 0",
        "FWM 6 IPv6 mh (mh-port) persistent 9 mask 64",
      ].sort(),
    );
    expect(listing("-f", "5", "--thresholds")).toEqual([
      "FWM 5 wrr persistent 300",
      " -> 10.0.0.3:0 20 10 0 0",
    ]);
  });

  test("what ipvsadm wrote is read, and what was read and written again is the same to ipvsadm", async () => {
    const lines = [
      "-A -t 10.0.0.1:80 -s sh -b sh-fallback,sh-port",
      "-a -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 5 -x 20 -y 10",
      "-a -t 10.0.0.1:80 -r 10.0.0.4:8080 -m -w 0",
      "-a -t 10.0.0.1:80 -r 10.0.0.5:80 -i -w 1",
      "-A -t 10.0.0.2:0 -s lblcr -p 90 -M 255.255.0.0",
      "-A -u 10.0.0.1:53 -s rr -o",
      "-A -t [fd00::1]:443 -s wlc -p 60 -M 64",
      "-a -t [fd00::1]:443 -r [fd00::3]:443 -g -w 3",
      "-A -f 5 -s wrr -p 300",
      "-A -f 5 -6 -s wrr",
      "-a -f 5 -6 -r [fd00::3]:0 -g -w 3",
    ];
    for (const line of lines) execFileSync("ipvsadm", line.split(" "));
    const saved = ipvsadm("-S", "-n");
    const rows = await ipvs.list();
    expect(rows).toHaveLength(6);
    await empty(ipvs);
    expect(ipvsadm("-S", "-n").join("")).toBe("");
    await run(
      ...rows.flatMap((row) => [
        addService(row.service),
        ...row.dests.toReversed().map((d) => addDest(row.service.key, d)),
      ]),
    );
    expect(ipvsadm("-S", "-n").sort()).toEqual(saved.sort());
  });

  test("an edit of one weight is one message, one send and one receive", async () => {
    await run(addService(serviceRow(mark(5))), addDest(mark(5), serverRow("10.0.0.3:0")));
    const before = ipvs.stats;
    await run(setDest(mark(5), serverRow("10.0.0.3:0", { weight: 9 })));
    const after = ipvs.stats;
    expect(after.messages - before.messages).toBe(1);
    expect(after.sendCalls - before.sendCalls).toBe(1);
    expect(after.recvCalls - before.recvCalls).toBe(1);
  });

  test("any number of changes costs one send and one receive a hundred", async () => {
    const dests = Array.from({ length: 999 }, (_, n) =>
      serverRow(`10.2.${n >> 7}.${(n & 127) + 1}:80`),
    );
    const before = ipvs.stats;
    await run(addService(serviceRow(mark(5))), ...dests.map((d) => addDest(mark(5), d)));
    const after = ipvs.stats;
    expect(after.messages - before.messages).toBe(1000);
    expect(after.sendCalls - before.sendCalls).toBe(10);
    expect(after.recvCalls - before.recvCalls).toBe(10);
  });

  test("a long list lets the event loop go on", async () => {
    const keys = Array.from({ length: 300 }, (_, n) => mark(n + 1));
    await run(...keys.map((key) => addService(serviceRow(key))));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    expect(await ipvs.list()).toHaveLength(300);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  const keys: readonly ServiceKey[] = [
    tcp("10.0.0.1:80"),
    udp("10.0.0.1:53"),
    mark(1),
    tcp("[fd00::1]:80"),
    mark(1, 6),
  ];
  const anyService = fc
    .record({
      key: fc.constantFrom(...keys),
      // For an unknown one the kernel starts modprobe, which is slow: seldom.
      scheduler: fc.oneof(
        { weight: 19, arbitrary: fc.constantFrom("rr", "wrr", "sh", "wlc") },
        { weight: 1, arbitrary: fc.constant("nonsense") },
      ),
      schedulerFlags: fc.constantFrom(0, 0x8, 0x18),
      persistenceSec: fc.constantFrom(undefined, 0, 60, 86_400),
      netmask: fc.constantFrom(undefined, 0, 64, 0xffffff00),
      isOnePacket: fc.boolean(),
    })
    .map(({ key, persistenceSec, netmask, ...rest }) =>
      serviceRow(key, {
        ...rest,
        ...(persistenceSec === undefined ? {} : { persistenceSec }),
        ...(netmask === undefined ? {} : { netmask }),
      }),
    );
  const anyKey = fc.constantFrom(...keys);
  const anyEndpoint = fc
    .constantFrom("10.0.0.3", "10.0.0.4", "127.0.0.1", "224.0.0.5", "fd00::3", "fe80::3")
    .map((address) => ({ address, port: address === "10.0.0.4" ? 0 : 80 }));
  const anyDest = fc.record({
    endpoint: anyEndpoint,
    forwarding: fc.constantFrom("gate" as const, "masq" as const, "ipip" as const),
    weight: fc.constantFrom(-1, 0, 1, 2, 5, 100, 65_535),
    upperThreshold: fc.constantFrom(0, 0, 7),
    lowerThreshold: fc.constantFrom(0, 0, 0, 3),
  });
  const anyOp: fc.Arbitrary<IpvsOp> = fc.oneof(
    { weight: 3, arbitrary: anyService.map(addService) },
    { weight: 1, arbitrary: anyService.map(setService) },
    { weight: 1, arbitrary: anyKey.map(deleteService) },
    { weight: 5, arbitrary: fc.tuple(anyKey, anyDest).map(([key, d]) => addDest(key, d)) },
    { weight: 3, arbitrary: fc.tuple(anyKey, anyDest).map(([key, d]) => setDest(key, d)) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(anyKey, anyEndpoint)
        .map(([key, server]) => deleteDest(key, formatEndpoint(server))),
    },
  );
  // Each answer that the last assertion wants at least once, whatever the random ones happen to bring.
  const tour: IpvsOp[] = [
    addService(serviceRow(tcp("10.0.0.1:80"))),
    setService(serviceRow(tcp("10.0.0.1:80"), { scheduler: "rr" })),
    setService(serviceRow(mark(1, 6))),
    addDest(mark(1, 6), serverRow("[fd00::3]:80")),
    addDest(tcp("10.0.0.1:80"), serverRow("10.0.0.3:80")),
    addDest(tcp("10.0.0.1:80"), serverRow("10.0.0.3:80")),
    addDest(tcp("10.0.0.1:80"), serverRow("10.0.0.4:80", { weight: -1 })),
    addDest(tcp("10.0.0.1:80"), serverRow("224.0.0.5:80")),
    setDest(tcp("10.0.0.1:80"), serverRow("10.0.0.3:80", { weight: 5 })),
    setDest(tcp("10.0.0.1:80"), serverRow("10.0.0.4:80")),
    deleteDest(tcp("10.0.0.1:80"), "10.0.0.4:80"),
    deleteService(tcp("10.0.0.1:80")),
  ];
  const byId = (rows: readonly TableRow[]) =>
    new Map(rows.map((row) => [serviceId(row.service.key), row]));

  test("any changes have the same results and leave the same table as the embedded one's", async () => {
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(anyOp, { minLength: 5, maxLength: 20 }), async (some) => {
        const ops = [...keys.slice(0, 4).map((key) => addService(serviceRow(key))), ...some];
        const embedded = new EmbeddedIpvs();
        await empty(ipvs);
        const results = await ipvs.apply(ops);
        expect(await embedded.apply(ops)).toEqual(results);
        expect(byId(await embedded.list())).toEqual(byId(await ipvs.list()));
        for (const [n, op] of ops.entries()) kinds.add(`${op.kind} ${results[n] ?? "done"}`);
      }),
      { numRuns: 200, examples: [[tour]] },
    );
    // Not all of them came to nothing, or to the same.
    const expected = [
      "add-dest EEXIST",
      "add-dest EINVAL",
      "add-dest ERANGE",
      "add-dest ESRCH",
      "add-dest done",
      "add-service EEXIST",
      "add-service done",
      "delete-dest ENOENT",
      "delete-service done",
      "set-dest ENOENT",
      "set-dest done",
      "set-service ESRCH",
      "set-service done",
    ];
    expect([...kinds]).toEqual(expect.arrayContaining(expected));
  });
});
