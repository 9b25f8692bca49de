import { Duplex } from "node:stream";
import { engine } from "../engine/engine.ts";
import { heard } from "../heard.ts";
import type { RunSignal } from "../run-signal.ts";
import { Metered } from "../stream/metered.ts";
import { startTls } from "../stream/tls.ts";
import { noteReceived, noteSent } from "../words.ts";
import { exchange, type HttpReply, type HttpRequest } from "./exchange.ts";
import { plainRequest } from "./plain-exchange.ts";
import { plainReply } from "./plain-reply.ts";

/** A page that comes in more pieces, or is longer, is nothing for us. */
const maxPieces = 8;
const maxChars = 64 * 1024;

/**
 * One request over TLS, and its reply: of a plain page by our own reader, else by Node's. A certificate's chain is
 * verified, its name is not. Rejects as `exchange` does, or with an error of TLS.
 * @param connection plain; it is gone when this settles
 */
export async function tlsExchange(
  connection: Duplex,
  wanted: HttpRequest,
  signal: RunSignal,
): Promise<HttpReply> {
  try {
    const way = startTls(connection, { serverName: wanted.serverName, verifyChain: true });
    way.once("secureConnect", () => heard(signal));
    const isPlain = engine() !== undefined && wanted.auth === undefined;
    const answer = isPlain ? await askPlainly(way, wanted, signal) : way;
    return "status" in answer ? answer : await exchange(answer, wanted, signal);
  } finally {
    connection.destroy();
  }
}

/**
 * @param way in its handshake; its bounds are its own
 * @returns the reply of a plain page, and `way` is gone; else the answer, from its first byte on
 */
function askPlainly(
  way: Duplex,
  wanted: HttpRequest,
  signal: RunSignal,
): Promise<HttpReply | Duplex> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const { method, path, hostHeader } = wanted;
    let text = "";
    let pieces = 0;
    let isOver = false;
    const finish = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener("abort", onAbort);
      way.off("data", onData);
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));
    const received = (): Buffer => Buffer.from(text, "latin1");
    const read = (isEnded: boolean, error?: Error): void => {
      const reply = plainReply(text, isEnded, method);
      if (typeof reply === "object") {
        finish(() => {
          way.destroy();
          noteReceived(signal, text);
          resolve(reply);
        });
      } else if (isEnded) finish(() => resolve(saidAgain(received(), error)));
      else if (reply === "unusual" || ++pieces >= maxPieces || text.length > maxChars)
        finish(() => resolve(from(way, received())));
    };
    const onData = (bytes: Buffer): void => {
      heard(signal);
      text += bytes.toString("latin1");
      read(false);
    };
    // These stay after the end: an error that nobody hears ends the process.
    way.on("error", (error) => {
      if (text === "") finish(() => reject(error));
      else finish(() => resolve(saidAgain(received(), error)));
    });
    // Destroyed already: it ended in the handshake, and an error that says so follows.
    way.on("end", () => {
      if (!way.destroyed) read(true);
    });
    way.on("close", () => read(true));
    way.on("data", onData);
    signal.addEventListener("abort", onAbort);
    noteSent(signal, `${method} ${path} HTTP/1.1\nHost: ${hostHeader}\n\n`);
    way.write(plainRequest(wanted));
  });
}

/** What was read of `way`, and then the rest. */
function from(way: Duplex, received: Buffer): Duplex {
  way.pause();
  const rest = new Metered(way, Number.POSITIVE_INFINITY, 0, true);
  rest.unshift(received);
  return rest;
}

/** What was read of a connection, and how it ended. */
function saidAgain(received: Buffer, error?: Error): Duplex {
  let isSaid = received.length === 0;
  return new Duplex({
    allowHalfOpen: false,
    read() {
      if (!isSaid) {
        isSaid = true;
        this.push(received);
      } else if (error === undefined) this.push(null);
      else this.destroy(error);
    },
    write: (_chunk, _encoding, done) => done(),
  });
}
