import { readFileSync } from "node:fs";

const file = "/proc/sys/net/ipv4/ip_local_port_range";
const goodForMs = 10_000;

/** Where it cannot be read, any port may be one. */
const any: readonly [first: number, last: number] = [1, 65_535];

let range = any;
let readAt = Number.NEGATIVE_INFINITY;

/**
 * Whether the kernel may give that port to a connection that asks for none, by IPv4 or IPv6: as it was set within the last ten
 * seconds. Linux, Documentation/networking/ip-sysctl.rst
 */
export function isTemporaryPort(port: number): boolean {
  const now = performance.now();
  if (now - readAt > goodForMs) {
    range = readRange();
    readAt = now;
  }
  const [first, last] = range;
  return port >= first && port <= last;
}

/** A file of the kernel's own memory: to wait for it elsewhere would take longer. */
function readRange(): typeof any {
  try {
    const [, first, last] = /^(\d+)\s+(\d+)/.exec(readFileSync(file, "latin1")) ?? [];
    return first === undefined ? any : [Number(first), Number(last)];
  } catch {
    return any;
  }
}
