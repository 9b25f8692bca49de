import { readdir, readFile } from "node:fs/promises";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Counter, Gauge, Registry } from "prom-client";

/** How often the loop is looked at: so much of each delay is none. */
const resolutionMs = 20;

/**
 * What this process takes of the machine, and how well its loop runs. Names that are not ours are those of every
 * client of Prometheus, for what is made for them.
 */
export function observeProcess(
  gauge: typeof Gauge,
  counter: typeof Counter,
  registers: Registry[],
): { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let used = performance.eventLoopUtilization();

  const now = (name: string, help: string, read: () => number | Promise<number>) =>
    new gauge({
      ...{ name, help, registers },
      async collect() {
        const value = await read();
        if (!Number.isNaN(value)) this.set(value);
      },
    });
  new counter({
    name: "process_cpu_seconds_total",
    help: "Processor time, the program's own and the kernel's for it.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  now("process_start_time_seconds", "When the process was started.", () => startSeconds);
  now("process_resident_memory_bytes", "Memory of this process.", () => process.memoryUsage.rss());
  now("process_open_fds", "Open descriptors.", openDescriptors);
  now("process_max_fds", "As many it may have.", mostDescriptors);
  now(
    "ldirectord_loop_delay_seconds",
    "The longest that the event loop was held up since the last scrape.",
    () => {
      const worst = Math.max(0, delay.max / 1e9 - resolutionMs / 1e3);
      delay.reset();
      return worst;
    },
  );
  now(
    "ldirectord_loop_busy_ratio",
    "Share of the time since the last scrape that it worked.",
    () => {
      const before = used;
      used = performance.eventLoopUtilization();
      return performance.eventLoopUtilization(used, before).utilization;
    },
  );
  return { stop: () => delay.disable() };
}

const startSeconds = Math.round(performance.timeOrigin / 10) / 100;

/** NaN where that can not be seen. */
async function openDescriptors(): Promise<number> {
  return (await readdir("/proc/self/fd").catch(() => undefined))?.length ?? Number.NaN;
}

async function mostDescriptors(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return Number(soft ?? Number.NaN);
}
