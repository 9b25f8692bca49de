import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What whoever asks may take. Times in milliseconds. */
export interface HttpLimits {
  readonly headersMs: number;
  readonly requestMs: number;
  /** Between two looks at who has taken too long. */
  readonly lookMs: number;
  /** Who takes nothing for so long is hung up on: what waits for it is kept in memory. */
  readonly stuckMs: number;
  /** More are hung up on as they come. */
  readonly connections: number;
}

export const usualLimits: HttpLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  lookMs: 5_000,
  stuckMs: 15_000,
  connections: 128,
};

/** Requests that one connection sends before it has the answers: who sends more is hung up on. */
const maxAhead = 32;

/** What is said of what could not be read, by Node's code for it. */
const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Whoever is at the other end of a connection. */
interface Caller {
  /** Aborted when it has gone. */
  readonly gone: AbortSignal;
  /** Its requests without an answer so far. */
  asking: number;
}

/** @param gone aborted when whoever asked has gone. Never rejects */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  gone: AbortSignal,
) => Promise<void>;

/** An HTTP server, not listening yet, of which nobody takes more than `limits`. */
export function createBoundedServer(limits: HttpLimits, serve: Serve): Server {
  const callers = new WeakMap<Socket, Caller>();
  const callerOf = (socket: Socket): Caller => {
    const caller = callers.get(socket) ?? newCaller(socket);
    callers.set(socket, caller);
    return caller;
  };
  const asked = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const caller = callerOf(request.socket);
    if (++caller.asking > maxAhead) {
      request.socket.destroy();
      return;
    }
    await serve(request, response, caller.gone);
    caller.asking--;
  };
  const server = createServer({
    maxHeaderSize: 8 * 1024,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: limits.lookMs,
  });
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = 10_000;
  server.on("connection", callerOf);
  server.on("request", (request, response) => void asked(request, response));
  // Nothing has moved for so long. An answer that has nothing to say yet is no fault of who waits for it.
  server.setTimeout(limits.stuckMs, (socket: Socket) => {
    if (callerOf(socket).asking === 0 || socket.writableLength > 0) socket.destroy();
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const status = refusals[error.code ?? ""] ?? "400 Bad Request";
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    socket.destroy();
  });
  return server;
}

function newCaller(socket: Socket): Caller {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  return { gone: gone.signal, asking: 0 };
}

/** Ends every request. Of a Unix socket it takes the file away, too. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
