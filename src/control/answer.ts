import type { ServerResponse } from "node:http";
import { writePieces } from "../http/write-pieces.ts";
import type { Answer } from "./route.ts";

/** Writes it as fast as it is read. Settles when it is written, or whoever asked has gone. */
export async function answer(
  response: ServerResponse,
  given: Answer,
  gone: AbortSignal,
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
  await writePieces(response, given.pieces, gone);
}
