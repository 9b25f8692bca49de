import { readdir, readFile } from "node:fs/promises";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** How often the loop is looked at: so much of each delay is none. */
const resolutionMs = 20;

/** What is watched of this process while there are metrics. */
export class OwnProcess {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  #used = performance.eventLoopUtilization();

  constructor() {
    this.#delay.enable();
  }

  /** Seconds, since it was last asked. */
  worstDelay(): number {
    const worst = Math.max(0, this.#delay.max / 1e9 - resolutionMs / 1e3);
    this.#delay.reset();
    return worst;
  }

  /** A share, since it was last asked. */
  busy(): number {
    const before = this.#used;
    this.#used = performance.eventLoopUtilization();
    return performance.eventLoopUtilization(this.#used, before).utilization;
  }

  stop(): void {
    this.#delay.disable();
  }
}

interface ProcessMetric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** NaN where it can not be seen. */
  readonly read: (own: OwnProcess) => number | Promise<number>;
}

/** What it takes of the machine. Names that are not ours are those of every client of Prometheus. */
export const processMetrics: readonly ProcessMetric[] = [
  {
    name: "ldirectord_loop_delay_seconds",
    type: "gauge",
    help: "The longest that the event loop was held up since the last scrape.",
    read: (own) => own.worstDelay(),
  },
  {
    name: "ldirectord_loop_busy_ratio",
    type: "gauge",
    help: "Share of the time since the last scrape that the event loop worked.",
    read: (own) => own.busy(),
  },
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "Processor time, the program's own and the kernel's for it.",
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Memory of this process.",
    read: () => process.memoryUsage.rss(),
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When this process was started.",
    read: () => Math.round(performance.timeOrigin / 10) / 100,
  },
  {
    name: "process_open_fds",
    type: "gauge",
    help: "Its open descriptors.",
    read: openDescriptors,
  },
  {
    name: "process_max_fds",
    type: "gauge",
    help: "As many descriptors it may have.",
    read: mostDescriptors,
  },
];

async function openDescriptors(): Promise<number> {
  return (await readdir("/proc/self/fd").catch(() => undefined))?.length ?? Number.NaN;
}

async function mostDescriptors(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return Number(soft ?? Number.NaN);
}
