import { DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION } from "node:tls";
import type { Endpoint } from "../../../src/model/address.ts";
import { EPOLLIN, EPOLLOUT } from "../../../src/native/epoll.ts";
import { errnoName, errnoOf } from "../../../src/native/errno.ts";
import {
  loadOpenssl,
  saidEnd,
  type TlsContext,
  type TlsSession,
  wantsMore,
} from "../../../src/native/openssl/openssl.ts";
import { neverStops } from "../down-now.ts";
import { heard } from "../heard.ts";
import type { RunSignal } from "../run-signal.ts";
import { perStore } from "../stream/ca-store.ts";
import { agreed } from "../stream/tls.ts";
import { TlsMeasure } from "../stream/tls-measure.ts";
import type { Engine } from "./engine.ts";
import { EngineSocket } from "./engine-socket.ts";

/** Of a server in TLS: data, for this call only; its end; or what went wrong. Nothing comes after the latter two. */
export type Said = Buffer | "end" | Error;

const again = errnoOf("EAGAIN");
/** Read in one turn of the event loop, as `Metered` does: TLS makes much of each byte. One for all: nothing stays in it. */
const piece = Buffer.alloc(4 * 1024);
const data = Buffer.alloc(16 * 1024);
const outgoing = Buffer.alloc(16 * 1024);

const contextOfNow = perStore(
  (ca): TlsContext => {
    const openssl = loadOpenssl();
    if (openssl === undefined) throw new Error("there is no OpenSSL to call");
    return openssl.context({
      ...{ ca, ciphers: agreed.ciphers, curves: agreed.ecdhCurve },
      ...{ minVersion: DEFAULT_MIN_VERSION, maxVersion: DEFAULT_MAX_VERSION },
    });
  },
  (old) => old.free(),
);

/**
 * TLS over a socket of the engine, by OpenSSL's own calls: half of what Node's costs. The server's chain is verified as by
 * `startTls`, and told in the same errors; its name is not.
 */
export class EngineTls {
  readonly #socket: EngineSocket;
  readonly #session: TlsSession;
  readonly #measure = new TlsMeasure();
  #unsent: Buffer | undefined;
  #isClosed = false;
  /** What is done once something was received. */
  #goOn: () => void;
  #hear: (said: Said) => void;
  /** What we say gets nowhere any more; what the server said before may still be there to read. */
  #lost: Error | undefined;

  private constructor(
    socket: EngineSocket,
    session: TlsSession,
    onShaken: () => void,
    onOver: (said: Said) => void,
  ) {
    this.#socket = socket;
    this.#session = session;
    this.#hear = onOver;
    this.#goOn = () => {
      const outcome = session.shakeHands();
      if (outcome === wantsMore) this.#flush();
      if (outcome === saidEnd) this.#end("end");
      if (outcome === saidEnd || outcome === wantsMore) return;
      // The end of ours goes with the request.
      const error = session.chainError();
      if (error !== undefined) throw error;
      this.#measure.secured();
      this.#goOn = () => this.#read();
      onShaken();
    };
  }

  /** Where not, Node's own TLS does it. */
  static isThere(): boolean {
    return loadOpenssl() !== undefined;
  }

  /**
   * A connected one with its hands shaken; from then on the caller's, to close in any case.
   * Rejects with an error as of Node's sockets, with the signal's reason, with a LocalFault or with DownNow; then nothing is
   * left open.
   */
  static async connect(
    engine: Engine,
    target: Endpoint,
    serverName: string,
    signal: RunSignal,
  ): Promise<EngineTls> {
    const socket = await EngineSocket.connect(engine, target, signal);
    heard(signal);
    let session: TlsSession;
    try {
      signal.throwIfAborted();
      session = contextOfNow().session(serverName);
    } catch (error) {
      socket.close();
      throw error;
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        tls.close();
        reject(signal.reason);
      };
      const onShaken = (): void => {
        signal.removeEventListener("abort", onAbort);
        heard(signal);
        resolve(tls);
      };
      const tls = new EngineTls(socket, session, onShaken, (said) => {
        signal.removeEventListener("abort", onAbort);
        reject(said instanceof Error ? said : endedInHandshake());
      });
      signal.addEventListener("abort", onAbort);
      tls.#listen();
      tls.#try(tls.#goOn);
    });
  }

  /** Sends it, and from now on tells `hear` what comes. */
  ask(request: Buffer, hear: (said: Said) => void): void {
    this.#hear = hear;
    this.#try(() => {
      this.#session.write(request);
      this.#flush();
      // Some of it may have come with the end of the handshake.
      this.#read();
    });
  }

  /** What comes from now on goes to another ear. */
  tell(hear: (said: Said) => void): void {
    this.#hear = hear;
  }

  /** Does nothing when it is closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    this.#session.free();
  }

  #end(said: "end" | Error): void {
    if (this.#isClosed) return;
    this.close();
    this.#hear(said);
  }

  #listen(): void {
    if (this.#unsent === undefined) {
      this.#socket.listen(() => this.#receive());
      return;
    }
    this.#socket.listenOnce(EPOLLIN | EPOLLOUT, () => {
      this.#try(() => this.#sendRest());
      if (this.#isClosed) return;
      this.#listen();
      this.#receive();
    });
  }

  #receive(): void {
    const length = this.#socket.receive(piece);
    if (length === -again) return;
    if (length <= 0) this.#end(this.#lost ?? (length === 0 ? "end" : systemError("read", length)));
    else if (!this.#measure.takes(length)) this.#end(neverStops());
    else
      this.#try(() => {
        this.#session.receive(piece, length);
        this.#goOn();
      });
  }

  #read(): void {
    while (!this.#isClosed) {
      const length = this.#session.read(data);
      if (length === wantsMore) {
        this.#flush();
        return;
      }
      if (length === saidEnd) this.#end(this.#lost ?? "end");
      else if (!this.#measure.takesData(length)) this.#end(neverStops());
      else this.#hear(data.subarray(0, length));
    }
  }

  /** What a step throws is the end. When it is TLS's, the server is told, if that can be. */
  #try(step: () => void): void {
    try {
      step();
    } catch (error) {
      // By an ear: a bug, and nothing of ours.
      if (this.#isClosed || !(error instanceof Error)) throw error;
      const length = this.#session.takeToSend(outgoing);
      if (length > 0 && this.#unsent === undefined) this.#socket.send(outgoing.subarray(0, length));
      this.#end(error);
    }
  }

  /** What TLS has to say. What the system does not take yet waits for it, and all behind it. */
  #flush(): void {
    while (this.#unsent === undefined && this.#lost === undefined) {
      const length = this.#session.takeToSend(outgoing);
      if (length === 0) return;
      const sent = this.#send(outgoing.subarray(0, length));
      if (sent < length) {
        this.#unsent = Buffer.from(outgoing.subarray(sent, length));
        this.#listen();
      } else if (length < outgoing.length) return;
    }
  }

  #sendRest(): void {
    if (this.#unsent === undefined) return;
    const rest = this.#unsent.subarray(this.#send(this.#unsent));
    this.#unsent = rest.length === 0 ? undefined : rest;
    this.#flush();
  }

  /** @returns bytes that are done with */
  #send(bytes: Buffer): number {
    const sent = this.#socket.send(bytes);
    if (sent >= 0) return sent;
    if (sent === -again) return 0;
    const error = systemError("write", sent);
    if (!hungUp.has(error.code)) throw error;
    this.#lost = error;
    return bytes.length;
  }
}

/** The server's doing. What else keeps us from sending is ours. */
const hungUp: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"]);

/** As Node's, without the place. @param result minus the errno */
function systemError(syscall: string, result: number): Error & { readonly code: string } {
  const code = errnoName(-result);
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

/** In Node's words, which `verdictOf` knows. */
const endedInHandshake = (): Error =>
  Object.assign(
    new Error("Client network socket disconnected before secure TLS connection was established"),
    { code: "ECONNRESET" },
  );
