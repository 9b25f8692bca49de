import { Duplex } from "node:stream";
import { neverStops } from "../down-now.ts";

/**
 * What is handed on in one turn of the event loop. The system gives a reader that keeps up 2 MiB in one turn,
 * and a parser or TLS makes much of each byte.
 */
const maxBytesPerTurn = 4 * 1024;

/**
 * A connection that is read in measure: so much in a turn, so much in all. It takes `tcp` over, and destroys
 * it with itself. What was received before an error is read before it, too.
 */
export class Metered extends Duplex {
  readonly #tcp: Duplex;
  readonly #minPieceBytes: number;
  readonly #isAsked: boolean;
  #allowedBytes: number;
  #isWanted = false;
  #isResting = false;
  #cause: Error | undefined;

  /**
   * @param tcp connected, nothing read from it yet
   * @param minPieceBytes what a piece counts at least: one of a single byte costs as much as one of a thousand
   * @param isAsked the question has been sent already: what is written goes nowhere
   */
  constructor(tcp: Duplex, allowedBytes: number, minPieceBytes: number, isAsked = false) {
    super({ allowHalfOpen: false });
    this.#tcp = tcp;
    this.#minPieceBytes = minPieceBytes;
    this.#isAsked = isAsked;
    this.#allowedBytes = allowedBytes;
    // An error nobody hears any more ends the process.
    this.on("error", () => {});
    tcp.on("readable", () => this.#handOn());
    tcp.on("end", () => this.push(null));
    tcp.on("error", (error) => this.#lost(error));
    tcp.on("close", () => this.#lost(undefined));
  }

  /** From now on so many bytes, then it is the verdict that the server never stops. */
  allow(bytes: number): void {
    this.#allowedBytes = bytes;
  }

  /** So many more, on top of what is left, if it is not `atMost` already. */
  credit(bytes: number, atMost: number): void {
    this.#allowedBytes = Math.max(this.#allowedBytes, Math.min(this.#allowedBytes + bytes, atMost));
  }

  override _read(): void {
    this.#isWanted = true;
    this.#handOn();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    if (this.#isAsked) done();
    else this.#tcp.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#tcp.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#tcp.destroy();
    done(error);
  }

  #handOn(): void {
    if (!this.#isWanted || this.#isResting || this.destroyed) return;
    const piece: Buffer | null = this.#tcp.read(
      Math.min(this.#tcp.readableLength, maxBytesPerTurn),
    );
    if (piece === null) {
      if (this.#cause !== undefined) this.destroy(this.#cause);
      return;
    }
    this.#allowedBytes -= Math.max(piece.length, this.#minPieceBytes);
    if (this.#allowedBytes < 0) {
      this.destroy(neverStops());
      return;
    }
    this.#isWanted = false;
    this.#isResting = true;
    setImmediate(() => {
      this.#isResting = false;
      this.#handOn();
    });
    this.push(piece);
  }

  /** There may be something left to read. */
  #lost(error: Error | undefined): void {
    this.#cause ??= error ?? closedEarly;
    if (this.#tcp.readableLength === 0 && !this.readableEnded && !this.#tcp.readableEnded)
      this.destroy(this.#cause);
    else this.#handOn();
  }
}

/** One object for all, for its stack costs. */
const closedEarly: Error = Object.assign(new Error("connection closed"), {
  code: "ERR_STREAM_PREMATURE_CLOSE",
});
