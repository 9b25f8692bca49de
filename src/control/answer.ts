import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Answer } from "./route.ts";

/** Who takes nothing for so long is hung up on: what waits for it is kept in memory. */
const stuckMs = 15_000;

/** Writes it as fast as it is read. Settles when it is written, or whoever asked has gone. */
export async function answer(response: ServerResponse, given: Answer): Promise<void> {
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
    if (response.destroyed) return;
    if (!response.write(piece)) await readOn(response);
  }
  response.end();
}

async function readOn(response: ServerResponse): Promise<void> {
  const waiting = new AbortController();
  const stuck = setTimeout(() => response.destroy(), stuckMs);
  const { signal } = waiting;
  try {
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  } catch {
    // It has gone.
  } finally {
    clearTimeout(stuck);
    waiting.abort();
  }
}
