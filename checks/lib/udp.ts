/** One question in a datagram, and the datagrams that come back: for DNS, RADIUS, SIP and simpletcp over UDP. */
import { createSocket, type Socket } from "node:dgram";
import { type Endpoint, familyOf } from "../../src/model/address.ts";
import { DownNow, maxTotalBytes } from "./dialogue.ts";
import { isLocalFault, LocalFault } from "./fault.ts";

export interface Question<T> {
  /**
   * The datagram to send.
   * @param local our own end
   * @param attempt 0, then 1, 2, …
   */
  readonly ask: (local: Endpoint, attempt: number) => Buffer;
  /**
   * What a datagram from the server says; undefined when it is no answer to this question (a late one
   * to an earlier question, a duplicate): then the next is waited for.
   * What it throws is what `askUdp` rejects with.
   */
  readonly read: (datagram: Buffer) => T | undefined;
  /** Sent again so often until there is an answer, for a datagram may be lost. Absent: sent once. */
  readonly againEveryMs?: number;
}

/**
 * Asks, on a socket of its own that is connected: so only the server's datagrams arrive, and an ICMP
 * "port unreachable" is ECONNREFUSED. The socket is closed when this settles.
 * Rejects with the system's error, with the signal's reason, or with what `read` throws.
 */
export function askUdp<T>(
  target: Endpoint,
  signal: AbortSignal,
  { ask, read, againEveryMs }: Question<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = createSocket(familyOf(target.address) === 6 ? "udp6" : "udp4");
    let isSettled = false;
    let isConnected = false;
    let attempt = 0;
    let receivedBytes = 0;
    let timer: NodeJS.Timeout | undefined;

    const finish = (settle: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
      settle();
      close(socket);
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    const onAbort = (): void => fail(signal.reason);
    const send = (): void => {
      try {
        socket.send(ask(localOf(socket), attempt++), (error) => {
          if (error) fail(onTheWay(error, target, "send"));
        });
      } catch (error) {
        fail(error);
      }
    };

    signal.addEventListener("abort", onAbort);
    // Stays after the end: what a closing socket still reports is nobody's concern.
    socket.on("error", (error) =>
      fail(isConnected ? onTheWay(error, target, "receive") : beforeTheWay(error)),
    );
    socket.on("message", (datagram) => {
      if (isSettled) return;
      receivedBytes += datagram.length;
      try {
        const answer = read(datagram);
        if (answer !== undefined) finish(() => resolve(answer));
        else if (receivedBytes > maxTotalBytes)
          throw new DownNow("protocol", "the server never stops talking");
      } catch (error) {
        fail(error);
      }
    });
    socket.on("connect", () => {
      if (isSettled) return;
      isConnected = true;
      // It spaces the attempts and decides nothing: the whole probe's end is the caller's.
      if (againEveryMs !== undefined) timer = setInterval(send, againEveryMs);
      send();
    });
    try {
      socket.connect(target.port, target.address);
    } catch (error) {
      fail(error);
    }
  });
}

/** How often a question is sent within a probe's time when no answer comes. */
const attempts = 4;
/** @param timeoutMs the probe's */
export const againEvery = (timeoutMs: number): number => Math.ceil(timeoutMs / attempts);

function localOf(socket: Socket): Endpoint {
  const { address, port } = socket.address();
  return { address, port };
}

function close(socket: Socket): void {
  try {
    socket.close();
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
