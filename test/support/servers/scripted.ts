/** TCP servers that misbehave, each on a free port of a loopback address. */
import { createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "../../../src/model/address.ts";

export interface ScriptedServer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Connections that the other side has not closed yet. */
  held(): number;
}

export const loopbacks = ["127.0.0.1", "::1"] as const;
export type Loopback = (typeof loopbacks)[number];

/** Listens until disposed of; then every connection is cut. */
export async function serve(
  address: Loopback,
  onConnection: (socket: Socket) => void,
  port = 0,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const held = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    held.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      held.delete(socket);
    });
    socket.on("end", () => held.delete(socket));
    socket.on("error", () => {});
    onConnection(socket);
  });
  const endpoint = await listen(server, address, port);
  return {
    endpoint,
    held: () => held.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
}

export function listen(server: Server, address: string, port = 0): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      const bound = server.address();
      if (bound === null || typeof bound === "string") reject(new Error("no port"));
      else resolve({ address, port: bound.port });
    });
  });
}

export const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

/** Nobody listens: the port was free a moment ago. */
export async function refusing(address: Loopback): Promise<ScriptedServer> {
  const server = createServer();
  const endpoint = await listen(server, address);
  await close(server);
  return { endpoint, held: () => 0, async [Symbol.asyncDispose]() {} };
}

/** Accepts, reads, and never says a word. */
export const silent = (address: Loopback): Promise<ScriptedServer> =>
  serve(address, (socket) => socket.resume());

/** Accepts and closes at once. */
export const closing = (address: Loopback): Promise<ScriptedServer> =>
  serve(address, (socket) => socket.end().resume());

/** One byte every few milliseconds, for ever. @param byte what it sends */
export const trickling = (
  address: Loopback,
  byte = (_index: number): string => "x",
): Promise<ScriptedServer> =>
  serve(address, (socket) => {
    let index = 0;
    socket.setNoDelay(true).resume();
    const timer = setInterval(() => socket.write(byte(index++)), 5);
    socket.on("close", () => clearInterval(timer));
  });

/** As many bytes as the other side will take. */
export const endless = (address: Loopback): Promise<ScriptedServer> =>
  serve(address, (socket) => {
    const chunk = Buffer.alloc(64 * 1024, "babble\n");
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", pour).resume();
    pour();
  });

/** Answers the first bytes of each connection with `reply`, `chunkBytes` at a time, then closes. */
export const answering = (
  address: Loopback,
  reply: string | Buffer,
  { chunkBytes = Number.MAX_SAFE_INTEGER, onRequest = (_text: string): void => {} } = {},
): Promise<ScriptedServer> =>
  serve(address, (socket) => {
    socket.setNoDelay(true).once("data", (request) => {
      onRequest(request.toString("latin1"));
      const bytes = Buffer.from(reply);
      const send = (at: number): void => {
        if (socket.destroyed) return;
        if (at >= bytes.length) {
          socket.end();
          return;
        }
        socket.write(bytes.subarray(at, at + chunkBytes), () =>
          setImmediate(send, at + chunkBytes),
        );
      };
      send(0);
    });
  });

export interface TalkOptions {
  /** Says the first before it was told anything. */
  readonly isFirst?: boolean;
  readonly chunkBytes?: number;
  /** Gets what the client says, as latin1. */
  readonly heard?: string[];
  /** Closes after the last. */
  readonly isClosing?: boolean;
}

/** One of `answers` to each thing that it is told, `chunkBytes` at a time. */
export const talking =
  (answers: readonly (string | Buffer)[], options: TalkOptions = {}) =>
  (socket: Socket): void => {
    const { isFirst = false, chunkBytes, heard, isClosing = false } = options;
    let next = 0;
    const answer = (): void => {
      sendInChunks(socket, Buffer.from(answers[next++] ?? ""), chunkBytes);
      if (isClosing && next === answers.length) socket.end();
    };
    socket.setNoDelay(true).on("data", (told: Buffer) => {
      heard?.push(told.toString("latin1"));
      answer();
    });
    if (isFirst) answer();
  };

export function sendInChunks(
  socket: Socket,
  bytes: Buffer,
  chunkBytes = Number.MAX_SAFE_INTEGER,
): void {
  socket.write(bytes.subarray(0, chunkBytes));
  if (chunkBytes < bytes.length)
    setImmediate(sendInChunks, socket, bytes.subarray(chunkBytes), chunkBytes);
}
