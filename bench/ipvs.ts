/**
 * Real ip_vs, 500 services of 10 real servers: how long, and how many system calls.
 * Wants root, and an empty table: run it in a network namespace of its own.
 *   npx tsc -p tsconfig.json --noEmit false --rootDir . --outDir dist/all && node dist/all/bench/ipvs.js
 */
import type { IpvsOp } from "../src/ipvs/ipvs.ts";
import { openKernelIpvs } from "../src/ipvs/open-kernel.ts";
import type { ServiceKey } from "../src/model/virtual-service.ts";

const serviceCount = 500;
const destCount = 10;

const ipvs = await openKernelIpvs();
if ((await ipvs.list()).length > 0) throw new Error("the table is in use");

const key = (n: number): ServiceKey => ({
  kind: "address",
  protocol: "tcp",
  endpoint: { address: `10.0.${n >> 8}.${n & 255}`, port: 80 },
});
const addDest = (n: number, d: number, weight: number, kind: "add-dest" | "set-dest"): IpvsOp => ({
  kind,
  key: key(n),
  dest: {
    endpoint: { address: `10.1.${n >> 8}.${d + 1}`, port: 80 },
    forwarding: "gate",
    weight,
    upperThreshold: 0,
    lowerThreshold: 0,
  },
});
const services = Array.from({ length: serviceCount }, (_, n) => n);
const fill = services.flatMap((n): IpvsOp[] => [
  {
    kind: "add-service",
    service: {
      key: key(n),
      scheduler: "wrr",
      schedulerFlags: 0,
      netmask: 0xffffffff,
      isOnePacket: false,
    },
  },
  ...Array.from({ length: destCount }, (_, d) => addDest(n, d, 1, "add-dest")),
]);
const reweigh = services.flatMap((n) =>
  Array.from({ length: destCount }, (_, d) => addDest(n, d, 2, "set-dest")),
);

/** The longest time that a 1 ms timer was kept waiting: what other work would feel. */
function watchLoop(): () => number {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return Math.max(longest, performance.now() - last);
  };
}

async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  const before = ipvs.stats;
  const stall = watchLoop();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const stallMs = stall();
  const { stats } = ipvs;
  console.log(
    `${name}: ${ms.toFixed(1)} ms, ${stats.messages - before.messages} messages, ` +
      `${stats.sendCalls - before.sendCalls} send, ${stats.recvCalls - before.recvCalls} recv, ` +
      `longest stall of the event loop ${stallMs.toFixed(1)} ms`,
  );
}

async function apply(ops: readonly IpvsOp[]): Promise<void> {
  const failed = (await ipvs.apply(ops)).filter((result) => result !== undefined);
  if (failed.length > 0) throw new Error(`${failed.length} refused: ${failed[0]}`);
}

await measure("apply all (5500 changes)", () => apply(fill));
await measure("list all, first", () => ipvs.list());
await measure("list all, again", () => ipvs.list());
await measure("change all weights (5000)", () => apply(reweigh));
await measure("one edit", () => apply([addDest(0, 0, 3, "set-dest")]));
await measure("one edit, again", () => apply([addDest(0, 0, 4, "set-dest")]));
await measure("list one", () => ipvs.list([key(0)]));
await measure("delete all", () =>
  apply(services.map((n) => ({ kind: "delete-service", key: key(n) }))),
);
ipvs.close();
