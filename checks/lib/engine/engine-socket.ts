import { Socket } from "node:net";
import {
  addressToBytes,
  bytesToAddress,
  type Endpoint,
  formatEndpoint,
} from "../../../src/model/address.ts";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT } from "../../../src/native/epoll.ts";
import { errnoName, errnoOf } from "../../../src/native/errno.ts";
import {
  AF_INET,
  AF_INET6,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  sockaddrInet,
} from "../../../src/native/sockaddr.ts";
import { isTemporaryPort } from "../../../src/native/temporary-ports.ts";
import type { RunSignal } from "../run-signal.ts";
import type { Engine } from "./engine.ts";

/** A TCP connection by the system's own calls: a quarter of what node:net's costs. */
export class EngineSocket {
  readonly #engine: Engine;
  readonly #target: Endpoint;
  readonly #id: number;
  readonly #fd: number;

  private constructor(engine: Engine, target: Endpoint, id: number, fd: number) {
    this.#engine = engine;
    this.#target = target;
    this.#id = id;
    this.#fd = fd;
  }

  /** As `open`. */
  static connect(engine: Engine, target: Endpoint, signal: RunSignal): Promise<EngineSocket> {
    return new Promise((resolve, reject) => {
      EngineSocket.open(engine, target, signal, resolve, reject);
    });
  }

  /**
   * A connected one; from then on the caller's, to close in any case.
   * @param onError is called with the system's error, in Node's shape, or with the signal's reason; then nothing is left open
   */
  static open(
    engine: Engine,
    target: Endpoint,
    signal: RunSignal,
    onOpen: (socket: EngineSocket) => void,
    onError: (error: Error) => void,
  ): void {
    if (signal.aborted) {
      onError(signal.reason);
      return;
    }
    const { poller } = engine;
    const { quick } = engine.libc;
    const { sockaddr, family } = placeOf(target);
    const fd = quick.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      onError(systemError("socket", fd, target));
      return;
    }
    const begun = quick.connect(fd, sockaddr);
    if (begun < 0 && begun !== -inProgress) {
      quick.close(fd);
      onError(systemError("connect", begun, target, " - Local"));
      return;
    }
    const onAbort = (): void => {
      poller.close(id);
      onError(signal.reason);
    };
    const id = poller.add(fd, EPOLLOUT, (events) => {
      signal.removeEventListener("abort", onAbort);
      const isFailed = (events & (EPOLLERR | EPOLLHUP)) !== 0;
      const error = isFailed ? quick.socketError(fd) : ownEnd(engine, target, sockaddr, fd);
      if (error < 0) {
        poller.close(id);
        onError(systemError("connect", error, target));
        return;
      }
      onOpen(new EngineSocket(engine, target, id, fd));
    });
    if (id < 0) {
      quick.close(fd);
      onError(systemError("epoll_ctl", id, target));
      return;
    }
    signal.addEventListener("abort", onAbort);
  }

  /** @returns bytes taken, or minus the errno */
  send(bytes: Buffer): number {
    return this.#engine.libc.quick.send(this.#fd, bytes);
  }

  /** @returns bytes read, 0 at the end of the connection, or minus the errno */
  receive(buffer: Buffer): number {
    return this.#engine.libc.quick.recv(this.#fd, buffer);
  }

  /** From now on `onReadable` is called whenever there is something to receive: an end and an error, too. */
  listen(onReadable: () => void): void {
    this.#engine.poller.change(this.#id, EPOLLIN, onReadable);
  }

  /** As `listen`, for one time: an end and an error count for it, too. @param events EPOLLIN, EPOLLOUT */
  listenOnce(events: number, onReady: () => void): void {
    this.#engine.poller.change(this.#id, events | EPOLLONESHOT, onReady);
  }

  /** Closes our direction. */
  end(): void {
    this.#engine.libc.quick.shutdown(this.#fd);
  }

  /** Our own end. */
  local(): Endpoint {
    const own = ownEnds[this.#target.address.includes(":") ? 1 : 0];
    this.#engine.libc.quick.getsockname(this.#fd, own);
    const address = own === ownEnds[0] ? own.subarray(4, 8) : own.subarray(8, 24);
    return { address: bytesToAddress(address), port: own.readUInt16BE(2) };
  }

  close(): void {
    this.#engine.poller.close(this.#id);
  }

  /** As one of Node's: closed with that. What was received stays received. */
  handOver(): Socket {
    const fd = this.#engine.poller.release(this.#id);
    try {
      return new Socket({ fd });
    } catch (error) {
      this.#engine.libc.quick.close(fd);
      throw error;
    }
  }

  /** @param result minus the errno */
  error(syscall: string, result: number): Error {
    return systemError(syscall, result, this.#target);
  }
}

/**
 * On the director's own addresses a connection to a port in the range of temporary ports, where nobody
 * listens, may be given that very port as its own, and then meets itself (RFC 9293 §3.5, simultaneous open).
 */
function ownEnd({ libc }: Engine, { port }: Endpoint, sockaddr: Buffer, fd: number): number {
  if (!isTemporaryPort(port)) return 0;
  const own = ownEnds[sockaddr.length === ownEnds[0].length ? 0 : 1];
  if (libc.quick.getsockname(fd, own) < 0) return 0;
  return own.equals(sockaddr) ? -refused : 0;
}

const inProgress = errnoOf("EINPROGRESS");
const refused = errnoOf("ECONNREFUSED");
/** Room for the names of our own sockets: of AF_INET, and of AF_INET6. */
const ownEnds = [Buffer.alloc(16), Buffer.alloc(28)] as const;

interface Place {
  readonly sockaddr: Buffer;
  readonly family: typeof AF_INET | typeof AF_INET6;
}
/** A target is asked again and again, and is one object all the time. */
const places = new WeakMap<Endpoint, Place>();

function placeOf(target: Endpoint): Place {
  const known = places.get(target);
  if (known !== undefined) return known;
  const bytes = addressToBytes(target.address);
  const place: Place = {
    // Of many there are many: `from` takes them from one pool.
    sockaddr: Buffer.from(sockaddrInet(bytes, target.port)),
    family: bytes.length === 4 ? AF_INET : AF_INET6,
  };
  places.set(target, place);
  return place;
}

/** @param result minus the errno @param more for isLocalFault: whether it came at once */
function systemError(syscall: string, result: number, target: Endpoint, more = ""): Error {
  const code = errnoName(-result);
  const { stackTraceLimit } = Error;
  // Where it was made says nothing, and costs more than the probe.
  Error.stackTraceLimit = 0;
  const error = new Error(`${syscall} ${code} ${formatEndpoint(target)}${more}`);
  Error.stackTraceLimit = stackTraceLimit;
  return Object.assign(error, { code, syscall, address: target.address, port: target.port });
}
