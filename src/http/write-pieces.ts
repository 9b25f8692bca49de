import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Writes them as fast as they are read, and ends. Settles when that is done, or whoever asked has gone. */
export async function writePieces(
  response: ServerResponse,
  pieces: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  gone: AbortSignal,
): Promise<void> {
  for await (const piece of pieces) {
    if (gone.aborted) return;
    if (!response.write(piece)) await drained(response, gone);
  }
  response.end();
}

async function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  try {
    await once(response, "drain", { signal: gone });
  } catch {
    // It has gone.
  }
}
