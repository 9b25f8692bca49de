import { NetlinkError } from "../errors.ts";
import { errnoName, LibcError } from "../native/errno.ts";
import type { Libc } from "../native/libc.ts";
import {
  AF_NETLINK,
  MSG_TRUNC,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  sockaddrNetlink,
  writeUInt32Host,
} from "../native/sockaddr.ts";
import {
  decodeMessages,
  encodeMessage,
  errnoOf,
  type Message,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "./message.ts";

/** linux/netlink.h */
export const NETLINK_GENERIC = 16;
const SOL_NETLINK = 270;
/** Errors come back without a copy of the request: 36 bytes each. */
const NETLINK_CAP_ACK = 10;

/** At most this many requests go into one send. 100 refusals fit the kernel's default receive buffer. */
export const maxBatch = 100;
const receiveBufferBytes = 4 << 20;
/** The kernel fills a dump's datagram up to 32 KiB when the reader's buffer has been at least that. */
const readBytes = 64 << 10;
const dumpAttempts = 4;

export interface Request {
  /** The family's id for generic netlink. */
  readonly type: number;
  readonly payload: Buffer;
}

/** undefined: done. Otherwise the errno's name, or `LOST` when the kernel's answer did not reach us. */
export type RequestOutcome = string | undefined;

/** Since the socket was opened. */
export interface NetlinkStats {
  readonly sendCalls: number;
  readonly recvCalls: number;
  /** Requests sent. */
  readonly messages: number;
}

/**
 * A socket to the kernel. The kernel answers a request before `send` returns, so every call here is
 * synchronous and short: nothing is ever awaited, and an answer that is not there is lost.
 */
export class NetlinkSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(readBytes);
  readonly #stats = { sendCalls: 0, recvCalls: 0, messages: 0 };
  /** Of the latest request. */
  #sequence: number;
  #isOpen = true;
  /** Something may still be queued for us: an earlier exchange ended early. */
  #isStale = false;

  /**
   * @param firstSequence 0..0xffffffff
   * @throws LibcError
   */
  constructor(libc: Libc, protocol: number, firstSequence = 1) {
    this.#libc = libc;
    this.#sequence = firstSequence - 1;
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    try {
      libc.bind(this.#fd, sockaddrNetlink());
      // Connected to port 0: the kernel lets no other process's message through.
      libc.connect(this.#fd, sockaddrNetlink());
      this.#setOption(SOL_NETLINK, NETLINK_CAP_ACK, 1);
      if (!this.#setOption(SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferBytes)) {
        this.#setOption(SOL_SOCKET, SO_RCVBUF, receiveBufferBytes);
      }
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  get stats(): NetlinkStats {
    return { ...this.#stats };
  }

  /**
   * Sends at most `maxBatch` requests that have no answer but success or failure, in one send.
   * Only the last one asks for an ACK. The kernel takes them in order and reports each failure, or
   * ENOBUFS when it could not queue one; so the last ACK with no ENOBUFS before it means that every
   * request without a report was done.
   * @returns one outcome per request, in order
   * @throws NetlinkError when nothing could be sent
   */
  batch(requests: readonly Request[]): RequestOutcome[] {
    if (requests.length > maxBatch) throw new RangeError(`${requests.length} requests in a batch`);
    const last = requests.length - 1;
    if (last < 0) return [];
    const first = this.#send(requests, (index) => NLM_F_REQUEST | (index === last ? NLM_F_ACK : 0));
    const answers = new Map<number, RequestOutcome>();
    let isComplete = true;
    this.#isStale = true;
    while (!answers.has(last)) {
      const received = this.#receive();
      if (received === "overrun") isComplete = false;
      if (received === "empty") {
        isComplete = false;
        break;
      }
      if (received === "overrun") continue;
      for (const message of received) {
        const index = (message.sequence - first) >>> 0;
        if (message.type !== NLMSG_ERROR || index > last) continue;
        const errno = errnoOf(message);
        answers.set(index, errno === 0 ? undefined : errnoName(errno));
      }
    }
    this.#isStale = false;
    const silence = isComplete ? undefined : "LOST";
    return requests.map((_, index) => (answers.has(index) ? answers.get(index) : silence));
  }

  /**
   * Sends one request and gives the payloads of its answer.
   * @param what for the error's message
   * @throws NetlinkError with the kernel's errno, `LOST`, or EBADMSG
   */
  ask(request: Request, what: string): Buffer[] {
    return this.#exchange(request, NLM_F_REQUEST | NLM_F_ACK, what).payloads;
  }

  /**
   * Sends one dump request and gives every answer's payload; starts over when the kernel says that
   * the table changed meanwhile, at most 3 times.
   * @throws NetlinkError with the kernel's errno, EINTR when it kept changing, `LOST`, or EBADMSG
   */
  dump(request: Request, what: string): Buffer[] {
    for (let attempt = 0; attempt < dumpAttempts; attempt++) {
      const { payloads, isInterrupted } = this.#exchange(request, NLM_F_REQUEST | NLM_F_DUMP, what);
      if (!isInterrupted) return payloads;
    }
    throw new NetlinkError("EINTR", what);
  }

  close(): void {
    if (this.#isOpen) this.#libc.close(this.#fd);
    this.#isOpen = false;
  }

  #exchange(
    request: Request,
    flags: number,
    what: string,
  ): { payloads: Buffer[]; isInterrupted: boolean } {
    const sequence = this.#send([request], () => flags);
    const payloads: Buffer[] = [];
    let isInterrupted = false;
    this.#isStale = true;
    for (;;) {
      const received = this.#receive();
      if (received === "empty") throw new NetlinkError("LOST", what);
      if (received === "overrun") throw new NetlinkError("ENOBUFS", what);
      for (const message of received) {
        if (message.sequence !== sequence) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) isInterrupted = true;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          const errno = errnoOf(message);
          this.#isStale = false;
          if (errno !== 0) throw new NetlinkError(errnoName(errno), what);
          return { payloads, isInterrupted };
        }
        // The payload is a view of the one read buffer, which the next read overwrites.
        payloads.push(Buffer.from(message.payload));
      }
    }
  }

  /** @returns the first request's sequence number; the others count on from there, modulo 2^32 */
  #send(requests: readonly Request[], flagsOf: (index: number) => number): number {
    if (!this.#isOpen) throw new NetlinkError("EBADF", "send to the kernel");
    this.#discard();
    const first = (this.#sequence + 1) >>> 0;
    const bytes = requests.map(({ type, payload }, index) =>
      encodeMessage({ type, flags: flagsOf(index), sequence: (first + index) >>> 0, payload }),
    );
    this.#sequence = (first + requests.length - 1) >>> 0;
    this.#stats.sendCalls++;
    this.#stats.messages += requests.length;
    try {
      this.#libc.send(this.#fd, Buffer.concat(bytes), 0);
    } catch (error) {
      if (!(error instanceof LibcError)) throw error;
      throw new NetlinkError(error.code, "send to the kernel", { cause: error });
    }
    return first;
  }

  /** Throws away what an exchange that ended early left behind, so that a dump still under way ends too. */
  #discard(): void {
    if (!this.#isStale) return;
    while (this.#receiveBytes() !== "empty");
  }

  #receive(): readonly Message[] | "empty" | "overrun" {
    const bytes = this.#receiveBytes();
    return typeof bytes === "string" ? bytes : decodeMessages(bytes);
  }

  /** One datagram, as a view of the read buffer; "overrun" when the kernel had to throw answers away. */
  #receiveBytes(): Buffer | "empty" | "overrun" {
    this.#stats.recvCalls++;
    try {
      const length = this.#libc.recv(this.#fd, this.#buffer, MSG_TRUNC);
      // Longer than we have room for: as good as thrown away.
      return length > this.#buffer.length ? "overrun" : this.#buffer.subarray(0, length);
    } catch (error) {
      if (!(error instanceof LibcError)) throw error;
      if (error.code === "EAGAIN") return "empty";
      if (error.code === "ENOBUFS") return "overrun";
      throw new NetlinkError(error.code, "receive from the kernel", { cause: error });
    }
  }

  /** @returns false when the kernel refuses; none of the options is needed for correct work */
  #setOption(level: number, name: number, value: number): boolean {
    const bytes = Buffer.alloc(4);
    writeUInt32Host(bytes, value, 0);
    try {
      this.#libc.setsockopt(this.#fd, level, name, bytes);
      return true;
    } catch (error) {
      if (error instanceof LibcError) return false;
      throw error;
    }
  }
}
