import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { accountName, groupId } from "../http/accounts.ts";
import {
  closeServer,
  createBoundedServer,
  type HttpLimits,
  usualLimits,
} from "../http/bounded-server.ts";
import { controlGroup, listenOnSocket } from "../http/open-socket.ts";
import type { Logger } from "../log/logger.ts";
import type { Asker } from "../model/asker.ts";
import { messageOf, stackOf } from "../model/error-text.ts";
import { peerOf } from "../native/peer.ts";
import { answer } from "./answer.ts";
import type { Director } from "./director.ts";
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
  /** Of `connections`: watchers and a few that ask; more are one program that forgets to hang up. */
  readonly limits?: Partial<HttpLimits>;
}

/** What may be asked of a daemon, and told to it: HTTP on a Unix socket. @returns undefined when there can be none: that is told */
export async function openControl(options: ControlOptions): Promise<Control | undefined> {
  const { path, director, log } = options;
  const askers = new WeakMap<Socket, Promise<Asker>>();

  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> => {
    try {
      const { route, query, body } = await understand(request);
      const asker = await (askers.get(request.socket) ?? askerOf(request.socket));
      const given = await route.run(director, { query, body, asker, signal: gone });
      await answer(response, given, gone);
    } catch (error) {
      if (gone.aborted) return;
      if (error instanceof Refusal) return refuse(response, error.status, error.message);
      log.event("internal-error", { stack: stackOf(error) });
      refuse(response, 500, "a mistake in the program: see the log");
    }
  };

  const server = createBoundedServer({ ...usualLimits, ...options.limits }, serve);
  // At once: who connected may have gone when its request is read.
  server.on("connection", (socket: Socket) => askers.set(socket, askerOf(socket)));
  try {
    await listenOnSocket(server, path, await groupId(controlGroup));
  } catch (error) {
    server.close();
    log.event("control-failed", { path, cause: messageOf(error) });
    return undefined;
  }
  server.on("error", (error) => log.event("control-failed", { path, cause: messageOf(error) }));
  return { close: () => closeServer(server) };
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
