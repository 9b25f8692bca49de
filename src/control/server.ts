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
}

/** Watchers and a few that ask; more are one program that forgets to hang up. */
const maxConnections = 128;

/** What may be asked of a daemon, and told to it: HTTP on a Unix socket. @returns undefined when there can be none: that is told */
export async function openControl(options: ControlOptions): Promise<Control | undefined> {
  const { path, director, log } = options;
  const askers = new WeakMap<Socket, Promise<Asker>>();
  const open = new Set<ServerResponse>();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.once("close", () => {
      open.delete(response);
      gone.abort();
    });
    open.add(response);
    try {
      const asked = await understand(request);
      const asker = await (askers.get(request.socket) ?? askerOf(request.socket));
      const { route, query, body } = asked;
      await answer(
        response,
        await route.run(director, { query, body, asker, signal: gone.signal }),
      );
    } catch (error) {
      if (response.destroyed) return;
      if (error instanceof Refusal) return refuse(response, error.status, error.message);
      log.event("internal-error", { stack: stackOf(error) });
      refuse(response, 500, "a mistake in the program: see the log");
    }
  };

  const server = createServer({
    maxHeaderSize: 8 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 5_000,
  });
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = 10_000;
  server.on("connection", (socket: Socket) => {
    // Asked at once: who connected may have gone when its request is read.
    askers.set(socket, askerOf(socket));
  });
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
        for (const response of open) response.destroy();
        server.closeAllConnections();
      }),
  };
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
