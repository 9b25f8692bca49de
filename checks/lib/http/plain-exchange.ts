import type { Socket } from "node:net";
import type { Endpoint } from "../../../src/model/address.ts";
import { errnoOf } from "../../../src/native/errno.ts";
import type { Engine } from "../engine/engine.ts";
import { EngineSocket } from "../engine/engine-socket.ts";
import { heard } from "../heard.ts";
import type { RunSignal } from "../run-signal.ts";
import { noteReceived } from "../words.ts";
import { type HttpReply, type HttpRequest, noteAsked, userAgent } from "./exchange.ts";
import { plainReply } from "./plain-reply.ts";

/** An answer that is for Node's parser to read: the connection, and what came over it so far. */
export interface Unread {
  readonly connection: Socket;
  readonly received: Buffer;
}

const again = errnoOf("EAGAIN");
/** Read at once. One for all: nothing stays in it. */
const piece = Buffer.alloc(16 * 1024);
/** A page that comes in more pieces, or is longer, is nothing for us. */
export const maxPieces = 8;
export const maxChars = 64 * 1024;

/** As node:http writes it. */
export const plainRequest = ({ method, path, hostHeader }: HttpRequest): Buffer =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: ${hostHeader}\r\nUser-Agent: ${userAgent}\r\nConnection: close\r\n\r\n`,
    "latin1",
  );

/**
 * One request over a socket of the engine: a quarter of what node:http costs. Rejects as `exchange` does.
 * @param request as `plainRequest` makes it of `wanted`
 * @returns the reply of a plain page; else the answer, unread
 */
export function plainExchange(
  engine: Engine,
  target: Endpoint,
  wanted: HttpRequest,
  request: Buffer,
  signal: RunSignal,
): Promise<HttpReply | Unread> {
  return new Promise((resolve, reject) => {
    const onOpen = (socket: EngineSocket): void =>
      askOver(socket, wanted, request, signal, resolve, reject);
    EngineSocket.open(engine, target, signal, onOpen, reject);
  });
}

/** @param socket is closed, or handed over, when one of the two is called */
function askOver(
  socket: EngineSocket,
  wanted: HttpRequest,
  request: Buffer,
  signal: RunSignal,
  resolve: (answer: HttpReply | Unread) => void,
  reject: (error: unknown) => void,
): void {
  heard(signal);
  noteAsked(signal, wanted);
  let text = "";
  let pieces = 0;
  const finish = (): void => signal.removeEventListener("abort", onAbort);
  const fail = (error: Error): void => {
    finish();
    socket.close();
    reject(error);
  };
  const onAbort = (): void => fail(signal.reason);
  const handOver = (): void => {
    finish();
    try {
      resolve({ connection: socket.handOver(), received: Buffer.from(text, "latin1") });
    } catch (error) {
      reject(error);
    }
  };
  const read = (): void => {
    const length = socket.receive(piece);
    if (length === -again) return;
    if (length < 0) {
      if (text === "") fail(socket.error("read", length));
      else handOver();
      return;
    }
    if (length > 0) heard(signal);
    text += piece.toString("latin1", 0, length);
    const reply = plainReply(text, length === 0, wanted.method);
    if (
      reply === "unusual" ||
      (reply === "more" && (++pieces >= maxPieces || text.length > maxChars))
    ) {
      handOver();
    } else if (reply !== "more") {
      finish();
      socket.close();
      noteReceived(signal, text);
      resolve(reply);
    }
  };
  signal.addEventListener("abort", onAbort);
  const sent = socket.send(request);
  if (sent !== request.length) fail(socket.error("write", sent < 0 ? sent : -again));
  else socket.listen(read);
}
