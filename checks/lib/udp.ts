/** One question in a datagram, and the datagrams that come back: for DNS, RADIUS, SIP and simpletcp over UDP. */

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { canonicalAddress, type Endpoint, familyOf } from "../../src/model/address.ts";
import { isLocalFault, LocalFault } from "./fault.ts";
import type { RunSignal } from "./run-signal.ts";
import { noteReceived, noteSent } from "./words.ts";

export interface Question<T> {
  /**
   * The datagram to send.
   * @param local our own end
   * @param attempt 0, then 1, 2, …
   */
  readonly ask: (local: Endpoint, attempt: number) => Buffer;
  /**
   * What a datagram says; undefined when it is no answer to this question: a late one to an earlier
   * question, a duplicate, or junk that somebody sends in the server's name. Then the next is waited for.
   * It must know an answer by what nobody else can know, and tell the others cheaply.
   */
  readonly read: (datagram: Buffer) => T | undefined | Promise<T | undefined>;
  /** Sent again so often until there is an answer, for a datagram may be lost. Absent: sent once. */
  readonly againEveryMs?: number;
  /**
   * What is to be said when no answer has come for so long; undefined: nothing yet. It makes a reason of what
   * was passed over, so it leaves a slow answer the most of the probe's time.
   */
  readonly giveUp?: { readonly afterMs: number; readonly say: () => T | undefined };
}

/**
 * What one socket hears that is no answer; then it gives way to one with a port of its own, where those who
 * found out the first one's do not send. Reading so much costs a few milliseconds.
 */
const maxPassedOver = { datagrams: 128, bytes: 128 * 1024 };
/** Sockets in one probe. After the last the server may as well be silent. */
const maxSockets = 4;
/** An ICMP error is easily forged. It counts when another question, sent so much later, meets with one too. */
const askAgainMs = 100;

/**
 * Asks, on a socket of its own that is connected: so only the server's datagrams arrive, or what is forged to
 * look so, and an ICMP "port unreachable" is ECONNREFUSED. The socket is closed when this settles.
 * Rejects with the system's error, with the signal's reason, or with what `read` throws. Whoever never sends
 * an answer is waited for until `signal` aborts, whatever else he sends.
 */
export function askUdp<T>(
  target: Endpoint,
  signal: RunSignal,
  { ask, read, againEveryMs, giveUp }: Question<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const isPeer = peerTest(target);
    let isSettled = false;
    let socket: Socket | undefined;
    let sockets = 0;
    let attempt = 0;
    let refusals = 0;
    let repeating: NodeJS.Timeout | undefined;
    let askingAgain: NodeJS.Timeout | undefined;
    let givingUp: NodeJS.Timeout | undefined;

    const finish = (settle: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      clearInterval(repeating);
      clearTimeout(askingAgain);
      clearTimeout(givingUp);
      signal.removeEventListener("abort", onAbort);
      settle();
      close(socket);
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    const onAbort = (): void => fail(signal.reason);
    /** ICMP from the server or a router, or what looks like it. */
    const refused = (error: Error): void => {
      if (isLocalFault(error) !== undefined || ++refusals > 1) fail(error);
      else askingAgain = setTimeout(send, askAgainMs);
    };
    const send = (): void => {
      const from = socket;
      if (from === undefined || isSettled) return;
      try {
        const question = ask(localOf(from), attempt++);
        noteSent(signal, question);
        from.send(question, (error) => {
          if (error && from === socket) refused(onTheWay(error, target, "send"));
        });
      } catch (error) {
        fail(error);
      }
    };
    const tryGivingUp = (): void => {
      const last = giveUp?.say();
      if (last !== undefined) finish(() => resolve(last));
    };
    const open = (): void => {
      sockets++;
      const mine = createSocket(familyOf(target.address) === 6 ? "udp6" : "udp4");
      socket = mine;
      let isConnected = false;
      let datagrams = 0;
      let bytes = 0;
      const isOver = (): boolean => isSettled || mine !== socket;
      // Stays after the end: what a closing socket still reports is nobody's concern.
      mine.on("error", (error) => {
        if (isOver()) return;
        if (isConnected) refused(onTheWay(error, target, "receive"));
        else fail(beforeTheWay(error));
      });
      mine.on("message", (datagram, from) => {
        if (isOver()) return;
        noteReceived(signal, datagram);
        try {
          const answer = isPeer(from) ? read(datagram) : undefined;
          if (answer instanceof Promise) {
            answer.then((late) => late !== undefined && finish(() => resolve(late)), fail);
          } else if (answer !== undefined) {
            return finish(() => resolve(answer));
          }
        } catch (error) {
          return fail(error);
        }
        datagrams++;
        bytes += datagram.length;
        if (datagrams < maxPassedOver.datagrams && bytes < maxPassedOver.bytes) return;
        socket = undefined;
        close(mine);
        if (sockets < maxSockets) open();
      });
      mine.on("connect", () => {
        if (isOver()) return;
        isConnected = true;
        // It spaces the attempts and decides nothing: the whole probe's end is the caller's.
        if (againEveryMs !== undefined) repeating ??= setInterval(send, againEveryMs);
        if (giveUp !== undefined) givingUp ??= setTimeout(tryGivingUp, giveUp.afterMs);
        send();
      });
      try {
        mine.connect(target.port, target.address);
      } catch (error) {
        fail(error);
      }
    };

    signal.addEventListener("abort", onAbort);
    open();
  });
}

/** Until a socket is connected, which takes a turn, anybody's datagrams come in. */
function peerTest({ address, port }: Endpoint): (from: RemoteInfo) => boolean {
  const wanted = canonicalAddress(address);
  let seen = "";
  return (from) => {
    if (from.port !== port) return false;
    if (from.address === seen) return true;
    if (canonicalAddress(from.address.replace(/%.*$/, "")) !== wanted) return false;
    seen = from.address;
    return true;
  };
}

/** How often a question is sent within a probe's time when no answer comes. */
const attempts = 4;
/** @param timeoutMs the probe's */
export const againEvery = (timeoutMs: number): number => Math.ceil(timeoutMs / attempts);
/** When a reason for the silence may be given. @param timeoutMs the probe's */
export const lateIn = (timeoutMs: number): number => Math.ceil((timeoutMs * 3) / 4);

function localOf(socket: Socket): Endpoint {
  const { address, port } = socket.address();
  return { address, port };
}

function close(socket: Socket | undefined): void {
  try {
    socket?.close();
  } catch {
    // It is closed already.
  }
}

/** Nothing was sent yet: "no route" and "forbidden" are from our own routing table and policy. */
function beforeTheWay(error: Error): Error {
  if (!("code" in error) || (error.code !== "ENETUNREACH" && error.code !== "EACCES")) return error;
  return new LocalFault(error.code, error.message, { cause: error });
}

/** Codes of ICMP errors that the kernel hands to a connected socket, the server's refusal aside. */
const unreachable = new Set(["EACCES", "ENETUNREACH", "ENOPROTOOPT", "EOPNOTSUPP", "EPROTO"]);

/**
 * An error of a connected socket, with the server's address. What was received is ICMP from the server
 * or a router: EACCES is then a firewall's "administratively prohibited" (ICMPv6), not our own
 * permission. The next send may be given it too; a send of ours that is forbidden here is EPERM.
 * linux/net: icmp_err_convert, icmpv6_err_convert.
 */
function onTheWay(error: Error, { address, port }: Endpoint, what: "send" | "receive"): Error {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (what === "receive" && unreachable.has(code)) {
    return Object.assign(new Error(error.message, { cause: error }), {
      code: "EHOSTUNREACH",
      address,
      port,
    });
  }
  if (isLocalFault(error) !== undefined) return error;
  return Object.assign(error, { address, port });
}
