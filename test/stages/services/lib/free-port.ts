import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below the range of temporary ports, so that no connection of anybody takes one before its server does. */
const first = 20_000;
const last = 31_999;
const tries = 100;

/** Files run side by side: each worker of vitest has a part of the range to itself. */
const workers = 16;
const share = Math.floor((last - first + 1) / workers);
const start = first + share * (Number(process.env["VITEST_POOL_ID"] ?? 0) % workers);
/** Not given twice: its server may not have it yet. */
const given = new Set<number>();

/** A port that nobody has on 127.0.0.1 or ::1, for TCP or UDP. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < tries; tried++) {
    const port = start + Math.floor(Math.random() * share);
    if (given.has(port)) continue;
    const isFree = await Promise.all([
      ...["127.0.0.1", "::1"].map((address) => isTcpFree(port, address)),
      ...(["udp4", "udp6"] as const).map((type) => isUdpFree(port, type)),
    ]);
    if (!isFree.every(Boolean)) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port found in ${tries} tries`);
}

const isTcpFree = (port: number, address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });

const isUdpFree = (port: number, type: "udp4" | "udp6"): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket({ type, ipv6Only: type === "udp6" });
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, type === "udp4" ? "127.0.0.1" : "::1", () =>
      socket.close(() => resolve(true)),
    );
  });
