import { Duplex } from "node:stream";
import type { Endpoint } from "../../../src/model/address.ts";
import type { Engine } from "../engine/engine.ts";
import { EngineTls, type Said } from "../engine/engine-tls.ts";
import { heard } from "../heard.ts";
import type { RunSignal } from "../run-signal.ts";
import { startTls } from "../stream/tls.ts";
import { noteReceived } from "../words.ts";
import { exchange, type HttpReply, type HttpRequest, noteAsked } from "./exchange.ts";
import { maxChars, maxPieces } from "./plain-exchange.ts";
import { plainReply } from "./plain-reply.ts";

/**
 * One request over Node's TLS, and its reply. A certificate's chain is verified, its name is not. Rejects as `exchange` does,
 * or with an error of TLS.
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
    return await exchange(way, wanted, signal);
  } finally {
    connection.destroy();
  }
}

/**
 * As `tlsExchange`, over the engine's TLS: of a plain page the reply is read by our own reader.
 * @param request as `plainRequest` makes it of `wanted`
 */
export async function plainTlsExchange(
  engine: Engine,
  target: Endpoint,
  wanted: HttpRequest,
  request: Buffer,
  signal: RunSignal,
): Promise<HttpReply> {
  const tls = await EngineTls.connect(engine, target, wanted.serverName, signal);
  const answer = await askPlainly(tls, wanted, request, signal);
  return "status" in answer ? answer : exchange(answer, wanted, signal);
}

/** @returns the reply of a plain page, and `tls` is gone; else the answer, from its first byte on */
function askPlainly(
  tls: EngineTls,
  wanted: HttpRequest,
  request: Buffer,
  signal: RunSignal,
): Promise<HttpReply | Duplex> {
  return new Promise((resolve, reject) => {
    let text = "";
    let pieces = 0;
    const finish = (): void => signal.removeEventListener("abort", onAbort);
    const fail = (error: Error): void => {
      finish();
      tls.close();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const hear = (said: Said): void => {
      const isOver = said === "end" || said instanceof Error;
      if (said instanceof Error && text === "") {
        fail(said);
        return;
      }
      if (!isOver) {
        heard(signal);
        text += said.toString("latin1");
      }
      const reply = said instanceof Error ? "unusual" : plainReply(text, isOver, wanted.method);
      if (typeof reply === "object") {
        finish();
        tls.close();
        noteReceived(signal, text);
        resolve(reply);
      } else if (isOver || reply === "unusual" || ++pieces >= maxPieces || text.length > maxChars) {
        finish();
        resolve(new Unread(tls, Buffer.from(text, "latin1"), isOver ? said : undefined));
      }
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort);
    noteAsked(signal, wanted);
    tls.ask(request, hear);
  });
}

/** What was received in TLS, and what is to come, for Node's parser: a connection on which the question has been asked. */
class Unread extends Duplex {
  readonly #tls: EngineTls;
  readonly #said: Said[] = [];
  #isWanted = false;

  constructor(tls: EngineTls, received: Buffer, end: "end" | Error | undefined) {
    super({ allowHalfOpen: false });
    this.#tls = tls;
    // An error nobody hears any more ends the process.
    this.on("error", () => {});
    if (received.length > 0) this.#said.push(received);
    if (end !== undefined) this.#said.push(end);
    tls.tell((said) => {
      this.#said.push(said instanceof Buffer ? Buffer.from(said) : said);
      if (this.#isWanted) this._read();
    });
  }

  override _read(): void {
    const said = this.#said.shift();
    this.#isWanted = said === undefined;
    if (said instanceof Error) this.destroy(said);
    else if (said !== undefined) this.push(said === "end" ? null : said);
  }

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#tls.close();
    done(error);
  }
}
