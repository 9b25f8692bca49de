/** A server of a line protocol with a script, for the tests of checks. */
import type { Socket } from "node:net";
import { type Loopback, type ScriptedServer, serve } from "./scripted.ts";

export interface LineServer extends ScriptedServer {
  /** What clients said, line by line, over all connections. */
  readonly heard: readonly string[];
}

export interface LineServerOptions {
  readonly address?: Loopback;
  /** Bytes of a reply that go out at once; all when absent. */
  readonly chunkBytes?: number;
}

/** Says nothing more and keeps the connection open. */
export const silence = Symbol("silence");
/** Says what comes before it, and closes. */
export const closes = (text = ""): { readonly last: string } => ({ last: text });
type Answer = string | typeof silence | { readonly last: string };
export type LineAnswers = readonly (readonly [pattern: RegExp, answer: Answer])[];

/**
 * Greets, then answers each line with the first of `answers` whose pattern it fits; a line that fits
 * none ends the connection. Replies get CRLF added.
 */
export async function lineServer(
  greeting: Answer,
  answers: LineAnswers = [],
  { address = "127.0.0.1", chunkBytes = Number.MAX_SAFE_INTEGER }: LineServerOptions = {},
): Promise<LineServer> {
  const heard: string[] = [];
  const server = await serve(address, (socket) => {
    socket.setNoDelay(true);
    const say = speaker(socket, chunkBytes);
    say(greeting);
    let pending = "";
    socket.on("data", (bytes) => {
      pending += bytes.toString("latin1");
      for (let at = pending.indexOf("\n"); at !== -1; at = pending.indexOf("\n")) {
        const line = pending.slice(0, at).replace(/\r$/, "");
        pending = pending.slice(at + 1);
        heard.push(line);
        say(answers.find(([pattern]) => pattern.test(line))?.[1] ?? closes());
      }
    });
    socket.on("end", () => {
      if (pending !== "") heard.push(`${pending} (cut)`);
    });
  });
  return { ...server, heard };
}

/** Pieces one after the other, each once the one before has left. */
function speaker(socket: Socket, chunkBytes: number): (answer: Answer) => void {
  let queue = Promise.resolve();
  const write = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      socket.write(bytes, () => setImmediate(resolve));
    });
  return (answer) => {
    if (answer === silence) return;
    const isLast = typeof answer !== "string";
    const text = isLast ? answer.last : answer;
    const bytes = Buffer.from(text === "" ? "" : `${text}\r\n`, "latin1");
    queue = queue.then(async () => {
      for (let at = 0; at < bytes.length && !socket.destroyed; at += chunkBytes)
        await write(bytes.subarray(at, at + chunkBytes));
      if (isLast) socket.end();
    });
  };
}
