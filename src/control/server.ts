import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "../log/logger.ts";
import type { Asker } from "../model/asker.ts";
import { messageOf, stackOf } from "../model/error-text.ts";
import { peerOf } from "../native/peer.ts";
import { accountName, groupId } from "./accounts.ts";
import { answer } from "./answer.ts";
import type { Director } from "./director.ts";
import { controlGroup, listenOnSocket } from "./open-socket.ts";
import { Refusal } from "./route.ts";
import { understand } from "./understand.ts";

export interface Control {
  /** Ends every request, and takes the socket away. */
  close(): Promise<void>;
}

export interface ControlOptions {
  /** Of the socket. */
  readonly path: string;
  readonly director: Director;
  readonly log: Logger;
  readonly limits?: Partial<Limits>;
}

/** How long whoever asks may take, in milliseconds. */
interface Limits {
  readonly headersMs: number;
  readonly requestMs: number;
  /** Between two looks at who has taken too long. */
  readonly lookMs: number;
  readonly stuckMs: number;
}

const usualLimits: Limits = {
  headersMs: 10_000,
  requestMs: 30_000,
  lookMs: 5_000,
  stuckMs: 15_000,
};

/** Watchers and a few that ask; more are one program that forgets to hang up. */
const maxConnections = 128;
/** Requests that one connection sends before it has the answers: who sends more is hung up on. */
const maxAhead = 32;

/** Whoever is at the other end of a connection. */
interface Caller {
  readonly asker: Promise<Asker>;
  readonly gone: AbortSignal;
  /** Its requests without an answer so far. */
  asking: number;
}

/** What may be asked of a daemon, and told to it: HTTP on a Unix socket. @returns undefined when there can be none: that is told */
export async function openControl(options: ControlOptions): Promise<Control | undefined> {
  const { path, director, log } = options;
  const limits = { ...usualLimits, ...options.limits };
  const callers = new WeakMap<Socket, Caller>();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const caller = callers.get(request.socket) ?? callerOf(request.socket);
    if (++caller.asking > maxAhead) {
      request.socket.destroy();
      return;
    }
    try {
      const { route, query, body } = await understand(request);
      const { gone } = caller;
      const asked = { query, body, asker: await caller.asker, signal: gone };
      const given = await route.run(director, asked);
      await answer(response, given, { gone, stuckMs: limits.stuckMs });
    } catch (error) {
      if (caller.gone.aborted) return;
      if (error instanceof Refusal) return refuse(response, error.status, error.message);
      log.event("internal-error", { stack: stackOf(error) });
      refuse(response, 500, "a mistake in the program: see the log");
    } finally {
      caller.asking--;
    }
  };

  const server = createServer({
    maxHeaderSize: 8 * 1024,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: limits.lookMs,
  });
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = 10_000;
  // At once: who connected may have gone when its request is read.
  server.on("connection", (socket: Socket) => callers.set(socket, callerOf(socket)));
  server.on("request", (request, response) => void serve(request, response));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Too Large" : "400 Bad Request";
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    socket.destroy();
  });
  try {
    await listenOnSocket(server, path, await groupId(controlGroup));
  } catch (error) {
    server.close();
    log.event("control-failed", { path, cause: messageOf(error) });
    return undefined;
  }
  server.on("error", (error) => log.event("control-failed", { path, cause: messageOf(error) }));

  return {
    close: () =>
      new Promise((resolve) => {
        // It takes the socket's file away, too.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function callerOf(socket: Socket): Caller {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  return { asker: askerOf(socket), gone: gone.signal, asking: 0 };
}

async function askerOf(socket: Socket): Promise<Asker> {
  const peer = peerOf(socket);
  if (peer === undefined) return { uid: -1, pid: -1, name: "somebody" };
  return { ...peer, name: await accountName(peer.uid) };
}

function refuse(response: ServerResponse, status: number, error: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = `${JSON.stringify({ error })}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    // What is left of its body is not read.
    Connection: "close",
  });
  response.end(text);
}
