import { open } from "node:fs/promises";
import { NetlinkError } from "../errors.ts";
import {
  type Connection,
  type ConnectionFilter,
  type Connections,
  fits,
  parseConnection,
} from "./connections.ts";

export interface ScanLimits {
  /** As many are given back; the others that fit are counted. */
  readonly most: number;
  /** Default 5 s: with each piece the kernel begins at its first connection again, so a million would take it minutes. */
  readonly maxMs?: number;
}

/** The kernel gives a page at a time, whatever it is asked for. */
const chunkBytes = 16 * 1024;
/** No line is longer. */
const maxLineChars = 2048;

/** @throws NetlinkError with the errno when there is no such file, or it cannot be read */
export async function readConnections(
  filter: ConnectionFilter,
  limits: ScanLimits,
  path = "/proc/net/ip_vs_conn",
): Promise<Connections> {
  try {
    return await scanConnections(chunksOf(path), filter, limits);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new NetlinkError(String(cause.code), `read ${path}`, { cause });
  }
}

/** Never more in memory than a chunk, a line, and what is given back. */
export async function scanConnections(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  filter: ConnectionFilter,
  { most, maxMs = 5_000 }: ScanLimits,
): Promise<Connections> {
  const end = performance.now() + maxMs;
  const found: Connection[] = [];
  let count = 0;
  let read = 0;
  const take = (line: string): void => {
    const connection = parseConnection(line);
    if (connection === undefined) return;
    read++;
    if (!fits(filter, connection)) return;
    count++;
    if (found.length < most) found.push(connection);
  };

  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + Buffer.from(chunk).toString("latin1")).split("\n");
    rest = (lines.pop() ?? "").slice(0, maxLineChars);
    for (const line of lines) take(line.slice(0, maxLineChars));
    if (performance.now() > end) return { found, count, read, isWhole: false };
  }
  take(rest);
  return { found, count, read, isWhole: true };
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
