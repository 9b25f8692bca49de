import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Limits } from "./permits.ts";

/** Kept free for everything else: the table, logs, the configuration, mail, and where there are many, who asks. */
const headroom = { least: 128, most: 512 };
/** An external check has three pipes; ftp has two sockets; the rest have one. */
const descriptorsPerProbe = 3;
/** A probe over TLS that has its answer half read. Most need a tenth of it. */
const bytesPerProbe = 32 * 1024;

/**
 * @param openFiles RLIMIT_NOFILE, the soft limit
 * @param memoryBytes what there is for this process
 */
export function limitsFor(openFiles: number, memoryBytes: number): Limits {
  const free = Math.min(headroom.most, Math.max(headroom.least, openFiles / 8));
  const byDescriptors = Math.floor((openFiles - free) / descriptorsPerProbe);
  const byMemory = Math.floor(memoryBytes / 2 / bytesPerProbe);
  return { underWay: Math.max(16, Math.min(byDescriptors, byMemory)) };
}

/** The soft limit as it stands now (Node raises it to the hard one as it starts). 1024 where it cannot be read. */
export function openFileLimit(path = "/proc/self/limits"): number {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(path, "utf8")) ?? [];
    if (soft === "unlimited") return Number.POSITIVE_INFINITY;
    return soft === undefined ? 1024 : Number(soft);
  } catch {
    return 1024;
  }
}

/** The least of the machine's memory, the container's, and what the engine would take of it. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), constrained, getHeapStatistics().heap_size_limit);
}
