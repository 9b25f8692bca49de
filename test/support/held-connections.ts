import { readFileSync } from "node:fs";

/** Ends of connections that the server of a Unix socket holds, as the kernel counts them. */
export const heldConnections = (path: string): number =>
  readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .filter((line) => line.endsWith(` ${path}`) && / 0001 03 /.test(line)).length;
