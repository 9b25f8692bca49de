import { randomBytes } from "node:crypto";
import {
  addressToBytes,
  canonicalAddress,
  type Family,
  familyOf,
} from "../../../src/model/address.ts";
import { cookieBytes, type IcmpSocket, openIcmpSocket } from "../../../src/native/icmp-socket.ts";
import type { RunSignal } from "../run-signal.ts";

export type Opener = typeof openIcmpSocket;

/** A ping under way. */
interface Waiter {
  readonly address: string;
  readonly onReply: () => void;
  readonly onError: (error: Error) => void;
  /** Asks again, over a socket that has taken the place of the one before. */
  readonly ask: (socket: IcmpSocket) => void;
}

/** Pings of one family that are under way, and the socket they share. */
interface Shared {
  /** undefined while one takes the place of another. */
  socket: IcmpSocket | undefined;
  readonly opened: Promise<IcmpSocket | undefined>;
  users: number;
  /** By token. */
  readonly waiting: Map<string, Waiter>;
  /** Replies over this socket that nobody waited for. */
  strays: number;
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
    signal: RunSignal,
  ): Promise<number | undefined>;
}

/** With the socket's cookie as long as the original's. RFC 1122 asks for the data to come back unchanged. */
const dataBytes = 64 - cookieBytes;
const tokenBytes = 16;
/**
 * A host that answers without end fills the queue in which the others' replies wait. Its answers have the
 * cookie of this socket: so another one is opened, for which the kernel drops them.
 */
const maxStrays = 256;
/** So that it does not happen all the time. */
const renewalMs = 20;

/** One socket a family, open while a ping is under way. A reply counts when its token and its sender are right. */
export function createPinger(open: Opener = openIcmpSocket): Pinger {
  const families = new Map<Family, Shared>();

  const openFor = async (family: Family, shared: Shared): Promise<IcmpSocket | undefined> => {
    shared.strays = 0;
    const socket: IcmpSocket | undefined = await open(family, (from, data) => {
      const waiter = shared.waiting.get(data.toString("latin1", 0, tokenBytes));
      if (waiter !== undefined && canonicalAddress(from) === waiter.address) waiter.onReply();
      else if (++shared.strays > maxStrays && shared.socket === socket) renew(family, shared);
    });
    shared.socket = socket;
    return socket;
  };

  const renew = (family: Family, shared: Shared): void => {
    shared.socket?.close();
    shared.socket = undefined;
    setTimeout(() => void takeOver(family, shared), renewalMs);
  };

  const takeOver = async (family: Family, shared: Shared): Promise<void> => {
    try {
      if (shared.users > 0) await openFor(family, shared);
      // Everybody may have left meanwhile.
      if (shared.users === 0) closeOf(shared);
      for (const waiter of shared.waiting.values()) if (shared.socket) waiter.ask(shared.socket);
    } catch (error) {
      for (const { onError } of [...shared.waiting.values()]) onError(error as Error);
    }
  };

  const closeOf = (shared: Shared): void => {
    shared.socket?.close();
    shared.socket = undefined;
  };

  const enter = (family: Family): Shared => {
    const existing = families.get(family);
    if (existing !== undefined) {
      existing.users++;
      return existing;
    }
    const fresh: { -readonly [K in keyof Shared]: Shared[K] } = {
      socket: undefined,
      opened: Promise.resolve(undefined),
      users: 1,
      waiting: new Map(),
      strays: 0,
    };
    fresh.opened = openFor(family, fresh);
    families.set(family, fresh);
    return fresh;
  };

  const leave = async (family: Family, shared: Shared): Promise<void> => {
    shared.users--;
    if (shared.users > 0) return;
    families.delete(family);
    await shared.opened.catch(() => {});
    closeOf(shared);
  };

  return {
    async ping(address, attempts, everyMs, signal) {
      signal.throwIfAborted();
      const family = familyOf(address);
      const shared = enter(family);
      try {
        const socket = await shared.opened;
        signal.throwIfAborted();
        if (socket === undefined) return undefined;
        return await echo(shared, address, { attempts, everyMs }, signal);
      } finally {
        await leave(family, shared);
      }
    },
  };
}

function echo(
  shared: Shared,
  address: string,
  { attempts, everyMs }: { readonly attempts: number; readonly everyMs: number },
  signal: RunSignal,
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
      shared.waiting.delete(token);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));
    const onError = (error: Error): void => finish(() => reject(error));
    const ask = (socket: IcmpSocket): void => socket.send(to, sent, data, onError);
    const attempt = (): void => {
      if (++sent >= attempts) clearInterval(timer);
      // Else it is asked as soon as there is one.
      if (shared.socket !== undefined) ask(shared.socket);
    };

    shared.waiting.set(token, {
      address,
      onReply: () => finish(() => resolve(performance.now() - started)),
      onError,
      ask,
    });
    signal.addEventListener("abort", onAbort);
    // It spaces the attempts and decides nothing: the whole probe's end is the caller's.
    if (attempts > 1) timer = setInterval(attempt, everyMs);
    attempt();
  });
}
