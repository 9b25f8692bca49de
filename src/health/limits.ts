import { readFileSync } from "node:fs";
import type { Limits } from "./slots.ts";

/** Kept free for everything else: the table, logs, the configuration, mail. */
const headroom = 128;
/** An external check has three pipes; ftp has two sockets; the rest have one. */
const descriptorsPerProbe = 3;

/** @param openFiles RLIMIT_NOFILE, the soft limit */
export function limitsFor(openFiles: number): Limits {
  const affordable = Math.floor((openFiles - headroom) / descriptorsPerProbe);
  return { underWay: Math.min(2000, Math.max(16, affordable)), perTarget: 64 };
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
