/**
 * A protocol library under guard. It speaks over a socket that we opened and watch: what it reads is
 * bounded, what it throws is caught, and the socket is gone when the probe is over.
 */

import type { Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { messageOf } from "../../../src/model/error-text.ts";
import { down, type Verdict } from "../../check.ts";
import { oneLine } from "../detail.ts";
import { isLocalFault, verdictOf } from "../fault.ts";
import { heard } from "../heard.ts";
import type { RunSignal } from "../run-signal.ts";
import { DownNow, maxTotalBytes } from "../stream/dialogue.ts";
import { trustingContext, verifyingContext } from "../stream/tls.ts";

/** Sees each chunk before the library does; throws DownNow when the library shall not see it. */
export type Inspect = (chunk: Buffer) => void;

/** More than a check reads: what was counted until then may still be an answer. */
export class TooMuch extends DownNow {
  constructor() {
    super("protocol", "the server never stops talking");
  }
}

/** What a library is given at once. It makes objects of all of it, before any limit can be looked at again. */
const maxPieceBytes = 4096;

/** What a library threw or rejected with, when it could make nothing of the answer. */
class LibraryError extends Error {
  override readonly name = "LibraryError";
}

export class Guard {
  readonly #signal: RunSignal;
  readonly #sockets = new Set<Socket>();
  readonly #failed: Promise<never>;
  #reject: (error: Error) => void = () => {};
  #newest: Socket | undefined;
  /** How the newest socket ended. */
  #lost: Error | undefined;
  /** Why the work is over: the socket's end, a limit, the signal's reason. */
  #cause: Error | undefined;
  #bytes = 0;

  constructor(signal: RunSignal) {
    signal.throwIfAborted();
    this.#signal = signal;
    this.#failed = new Promise((_resolve, reject) => {
      this.#reject = reject;
    });
    this.#failed.catch(() => {});
    signal.addEventListener("abort", this.#onAbort);
  }

  /**
   * Takes a socket over: from now on its end, its error, and what its listeners throw end the guarded
   * work. It does so by way of `emit`, since libraries remove listeners that are not theirs.
   * @param isOnly false: the library may go on over another socket, and rejects by itself when it can't
   */
  watch<S extends Socket>(socket: S, inspect: Inspect = () => {}, isOnly = true): S {
    this.#sockets.add(socket);
    this.#newest = socket;
    this.#lost = undefined;
    const emit = socket.emit;
    const pass = (event: string | symbol, args: readonly unknown[]): boolean =>
      Reflect.apply(emit, socket, [event, ...args]);
    socket.emit = (event: string | symbol, ...args: readonly unknown[]): boolean => {
      if (event === "connect" || event === "secureConnect") heard(this.#signal);
      if (event === "data")
        return this.#receive(socket, args[0], inspect, (piece) => pass(event, [piece]));
      if (socket === this.#newest) {
        // The library may see the end before us, and have its own words for it.
        if (event === "end" || event === "close") this.#lost ??= closedEarly();
        if (event === "error" && args[0] instanceof Error) this.#lost = args[0];
        const isOver = event === "error" || event === "close";
        if (isOver && isOnly) this.#fail(this.#lost ?? closedEarly());
      }
      // An error nobody hears ends the process.
      if (event === "error" && socket.listenerCount("error") === 0) return true;
      return pass(event, args);
    };
    if (this.#cause !== undefined) socket.destroy();
    return socket;
  }

  #receive(
    socket: Socket,
    chunk: unknown,
    inspect: Inspect,
    pass: (piece: Buffer) => void,
  ): boolean {
    if (!Buffer.isBuffer(chunk)) return true;
    heard(this.#signal);
    try {
      for (let at = 0; at < chunk.length; at += maxPieceBytes) {
        if (this.#cause !== undefined || socket.destroyed) break;
        const piece = chunk.subarray(at, at + maxPieceBytes);
        this.#bytes += piece.length;
        if (this.#bytes > maxTotalBytes) throw new TooMuch();
        inspect(piece);
        pass(piece);
      }
    } catch (error) {
      this.#fail(error instanceof DownNow ? error : new LibraryError("", { cause: error }));
    }
    return true;
  }

  /**
   * TLS over a connected socket, its handshake done.
   * @param verifyChain against the system's CA certificates; the certificate's name is never looked at
   */
  async startTls(
    tcp: Socket,
    serverName: string,
    verifyChain: boolean,
    inspect?: Inspect,
  ): Promise<TLSSocket> {
    const socket = connectTls({
      socket: tcp,
      servername: serverName,
      rejectUnauthorized: verifyChain,
      checkServerIdentity: () => undefined,
      secureContext: verifyChain ? verifyingContext() : trustingContext(),
    });
    this.watch(socket, inspect);
    await this.until(new Promise<void>((resolve) => socket.once("secureConnect", resolve)));
    return socket;
  }

  /** What `work` gives; rejects earlier when the sockets fail or the signal aborts. */
  until<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#failed]);
  }

  /**
   * As `until`, for a library's own promise.
   * @param said the verdict in an error by which the library tells what the server said; undefined for
   *   any other: then it could make nothing of the answer
   */
  async ask<T>(work: Promise<T>, said: (error: unknown) => Verdict | undefined): Promise<T> {
    try {
      return await this.until(work);
    } catch (error) {
      if (error === this.#cause) throw error;
      const verdict = said(error);
      if (verdict?.up === false) throw new DownNow(verdict.reason, verdict.detail);
      throw this.#cause ?? this.#lost ?? new LibraryError("", { cause: error });
    }
  }

  /** The last word, then the end. The verdict is found: what goes wrong now no longer counts. */
  async leave(socket: Socket, lastWord: string | Buffer): Promise<void> {
    const sent = new Promise<void>((resolve) => socket.end(lastWord, resolve));
    await this.until(sent).catch(() => {});
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#fail(closedEarly());
  }

  readonly #onAbort = (): void => this.#fail(this.#signal.reason);

  #fail(error: Error): void {
    this.#cause ??= error;
    this.#reject(this.#cause);
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * Has `talk` find the verdict with a library's help. Nothing is left open when this settles.
 * Rejects with a local fault, with the signal's reason, or with what `talk` throws beside.
 */
export async function underGuard(
  signal: RunSignal,
  talk: (guard: Guard) => Promise<Verdict>,
): Promise<Verdict> {
  const guard = new Guard(signal);
  try {
    return await talk(guard);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return failure(error);
  } finally {
    guard.close();
  }
}

function failure(error: unknown): Verdict {
  if (!(error instanceof LibraryError)) return verdictOf(error);
  const { cause } = error;
  if (isLocalFault(cause) !== undefined) throw cause;
  const words = messageOf(cause);
  return down("protocol", oneLine(`the answer makes no sense: ${words}`));
}

const closedEarly = (): Error =>
  Object.assign(new Error("connection closed"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
