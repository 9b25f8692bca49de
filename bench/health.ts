/**
 * What watching costs by itself: 10,000 probes a second whose checks answer at once, no network.
 * Prints this process's CPU time and how late the starts were. Arguments: probes, seconds. On Node 20:
 * npx rolldown bench/health.ts --platform node -f esm -o dist/bench-health.mjs && node dist/bench-health.mjs
 */
import { up } from "../checks/check.ts";
import { type MonitorSpec, monitorId, type ProbeSpec } from "../src/health/plan.ts";
import { offsetOf } from "../src/health/probes/schedule.ts";
import { Supervisor } from "../src/health/supervisor.ts";
import { type ServiceKey, serviceId } from "../src/model/virtual-service.ts";

const probes = Number(process.argv[2] ?? 10_000);
const seconds = Number(process.argv[3] ?? 10);
const intervalMs = 1000;

const latenessMs: number[] = [];
const verdict = up("bench");
let runs = 0;

const specs = Array.from({ length: probes }, (_, i): MonitorSpec => {
  const virtual: ServiceKey = {
    kind: "address",
    protocol: "tcp",
    endpoint: { address: `10.1.${(i / 10 / 250) | 0}.${((i / 10) | 0) % 250}`, port: 80 },
  };
  const real = { address: `10.2.${(i / 250) | 0}.${i % 250}`, port: 80 };
  const id = `probe ${i}`;
  const offsetMs = offsetOf(id) * intervalMs;
  const probe: ProbeSpec = {
    id,
    name: id,
    target: real,
    intervalMs,
    main: {
      timeoutMs: 5000,
      probeKey: "",
      probe: () => {
        runs++;
        const late = (performance.now() - offsetMs) % intervalMs;
        latenessMs.push(late > intervalMs - 2 ? 0 : late);
        return Promise.resolve(verdict);
      },
    },
  };
  const service = serviceId(virtual);
  const source = { kind: "probe", probe } as const;
  const of = { serviceId: service, virtual, real, failureCount: 1, line: 1, source };
  return { id: monitorId(service, real), ...of };
});

const health = new Supervisor({
  log: { event: (name) => console.log(name), debug: () => {} },
  onChange: () => {},
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const began = performance.now();
health.replace(specs, () => undefined);
console.log(`replace of ${probes} probes: ${(performance.now() - began).toFixed(0)} ms`);
await health.firstRound();
console.log(`first round done after ${(performance.now() - began).toFixed(0)} ms`);
// The first round and the one after it are not on the beat.
await pause(3000);

latenessMs.length = 0;
runs = 0;
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
await pause(seconds * 1000);
const wallMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpuBefore);

latenessMs.sort((a, b) => a - b);
const percentile = (part: number) => latenessMs[Math.floor((latenessMs.length - 1) * part)] ?? 0;
const cpuMs = (user + system) / 1000;
console.log(`${runs} runs in ${(wallMs / 1000).toFixed(1)} s`);
console.log(
  `CPU ${((cpuMs / wallMs) * 100).toFixed(1)} % of one core, ${((cpuMs * 1000) / runs).toFixed(1)} µs a run`,
);
console.log(
  `late: median ${percentile(0.5).toFixed(2)} ms, 99 % ${percentile(0.99).toFixed(2)} ms, most ${percentile(1).toFixed(2)} ms`,
);
const again = performance.now();
health.replace(specs, () => undefined);
console.log(`replace that changes nothing: ${(performance.now() - again).toFixed(0)} ms`);
await health.stop();
