import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Answer } from "./route.ts";

/** Whoever asked, at the other end of the answer. */
export interface Reader {
  /** Aborted when it has gone. */
  readonly gone: AbortSignal;
  /** Who takes nothing for so long is hung up on: what waits for it is kept in memory. */
  readonly stuckMs: number;
}

/** Writes it as fast as it is read. Settles when it is written, or whoever asked has gone. */
export async function answer(
  response: ServerResponse,
  given: Answer,
  reader: Reader,
): Promise<void> {
  if (given.kind === "nothing-new") {
    response.writeHead(204).end();
    return;
  }
  if (given.kind === "value") {
    const text = `${JSON.stringify(given.value)}\n`;
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(text),
    });
    response.end(text);
    return;
  }
  response.writeHead(200, { "Content-Type": given.type, ...given.headers });
  if (given.isEndless === true) response.flushHeaders();
  for await (const piece of given.pieces) {
    if (reader.gone.aborted) return;
    if (!response.write(piece)) await readOn(response, reader);
  }
  response.end();
}

async function readOn(response: ServerResponse, { gone, stuckMs }: Reader): Promise<void> {
  // Of the connection: an answer behind another one has no socket of its own yet.
  const stuck = setTimeout(() => response.req.socket.destroy(), stuckMs);
  try {
    await once(response, "drain", { signal: gone });
  } catch {
    // It has gone.
  } finally {
    clearTimeout(stuck);
  }
}
