import { randomBytes } from "node:crypto";
import {
  addressToBytes,
  canonicalAddress,
  type Family,
  familyOf,
} from "../../src/model/address.ts";
import { type IcmpSocket, openIcmpSocket } from "../../src/native/icmp-socket.ts";

export type Opener = typeof openIcmpSocket;

/** Pings of one family that are under way, and the socket they share. */
interface Shared {
  readonly socket: Promise<IcmpSocket | undefined>;
  users: number;
  /** By token: who is told that `address` answered. */
  readonly waiting: Map<string, { readonly address: string; readonly onReply: () => void }>;
}

export interface Pinger {
  /**
   * Sends echo requests until one is answered; that may be never.
   * Rejects with the signal's reason, or with the error of sending.
   * @param everyMs from one attempt to the next
   * @returns ms to the answer from the first attempt; undefined when no socket may be opened
   */
  ping(
    address: string,
    attempts: number,
    everyMs: number,
    signal: AbortSignal,
  ): Promise<number | undefined>;
}

/** As long as the original's. RFC 1122 asks for the data to come back unchanged. */
const dataBytes = 64;
const tokenBytes = 16;

/** One socket a family, open while a ping is under way. A reply counts when its token and its sender are right. */
export function createPinger(open: Opener = openIcmpSocket): Pinger {
  const families = new Map<Family, Shared>();

  const enter = (family: Family): Shared => {
    const existing = families.get(family);
    if (existing !== undefined) {
      existing.users++;
      return existing;
    }
    const waiting: Shared["waiting"] = new Map();
    const socket = open(family, (from, data) => {
      const waiter = waiting.get(data.toString("latin1", 0, tokenBytes));
      if (waiter !== undefined && canonicalAddress(from) === waiter.address) waiter.onReply();
    });
    const fresh: Shared = { socket, users: 1, waiting };
    families.set(family, fresh);
    return fresh;
  };

  const leave = async (family: Family, shared: Shared): Promise<void> => {
    shared.users--;
    if (shared.users > 0) return;
    families.delete(family);
    await shared.socket.then(
      (socket) => socket?.close(),
      () => {},
    );
  };

  return {
    async ping(address, attempts, everyMs, signal) {
      signal.throwIfAborted();
      const family = familyOf(address);
      const shared = enter(family);
      try {
        const socket = await shared.socket;
        signal.throwIfAborted();
        if (socket === undefined) return undefined;
        return await echo(socket, shared.waiting, address, { attempts, everyMs }, signal);
      } finally {
        await leave(family, shared);
      }
    },
  };
}

function echo(
  socket: IcmpSocket,
  waiting: Shared["waiting"],
  address: string,
  { attempts, everyMs }: { readonly attempts: number; readonly everyMs: number },
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const data = Buffer.alloc(dataBytes, randomBytes(tokenBytes));
    const token = data.toString("latin1", 0, tokenBytes);
    const to = { address, bytes: addressToBytes(address) };
    const started = performance.now();
    let sent = 0;
    let timer: NodeJS.Timeout | undefined;

    const finish = (settle: () => void): void => {
      clearInterval(timer);
      waiting.delete(token);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));
    const attempt = (): void => {
      if (++sent >= attempts) clearInterval(timer);
      socket.send(to, sent, data, (error) => finish(() => reject(error)));
    };

    waiting.set(token, {
      address,
      onReply: () => finish(() => resolve(performance.now() - started)),
    });
    signal.addEventListener("abort", onAbort);
    // It spaces the attempts and decides nothing: the whole probe's end is the caller's.
    if (attempts > 1) timer = setInterval(attempt, everyMs);
    attempt();
  });
}
