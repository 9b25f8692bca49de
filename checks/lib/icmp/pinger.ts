import { randomFillSync } from "node:crypto";
import { addressToBytes, type Endpoint } from "../../../src/model/address.ts";
import { LibcError } from "../../../src/native/errno.ts";
import { cookieBytes, type IcmpSocket, openIcmpSocket } from "../../../src/native/icmp-socket.ts";
import { sockaddrInet } from "../../../src/native/sockaddr.ts";
import type { RunSignal } from "../run-signal.ts";

export type Opener = typeof openIcmpSocket;

export interface Pinger {
  /**
   * Sends echo requests until one is answered; that may be never.
   * Rejects with the signal's reason, or with the error of opening or sending.
   * @param target its port means nothing
   * @param everyMs from one attempt to the next
   * @returns ms to the answer from the first attempt; undefined when no socket may be opened
   */
  ping(
    target: Endpoint,
    attempts: number,
    everyMs: number,
    signal: RunSignal,
  ): Promise<number | undefined>;
}

/** With the socket's cookie as long as the original's. RFC 1122 asks for the data to come back unchanged. */
const dataBytes = 64 - cookieBytes;
/** What says whose reply it is: a number of ours, and what nobody can guess. */
const tokenBytes = 16;
/**
 * A host that answers without end fills the queue in which the others' replies wait. Its answers have the
 * cookie of this socket: so another one is opened, for which the kernel drops them.
 */
const maxStrays = 256;
/** So that it does not happen all the time. */
const renewalMs = 20;

/** To open a socket costs as much as several pings, and the next are due soon. */
const usualKeptMs = 100;

/**
 * One socket a family, open while a ping is under way and a little longer. A reply counts when its token and its sender
 * are right.
 * @param keptMs how long it stays when nobody is asked
 */
export function createPinger(open: Opener = openIcmpSocket, keptMs = usualKeptMs): Pinger {
  const families = { 4: new Shared(4, open, keptMs), 6: new Shared(6, open, keptMs) } as const;
  return {
    ping: (target, attempts, everyMs, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const place = placeOf(target);
        const shared = families[place.family];
        if (shared.enter())
          new Echo(shared, place, { signal, resolve, reject }).begin(attempts, everyMs);
        else resolve(undefined);
      }),
  };
}

/** Pings of one family that are under way, and the socket they share. */
class Shared {
  readonly #family: 4 | 6;
  readonly #open: Opener;
  readonly #keptMs: number;
  /** undefined when nobody was asked for a while, or while one takes the place of another. */
  #socket: IcmpSocket | undefined;
  #closing: NodeJS.Timeout | undefined;
  #isRenewing = false;
  /** By the number that the token begins with. */
  readonly #waiting = new Map<number, Echo>();
  #newest = 0;
  /** Replies over this socket that nobody waited for. */
  #strays = 0;

  constructor(family: 4 | 6, open: Opener, keptMs: number) {
    this.#family = family;
    this.#open = open;
    this.#keptMs = keptMs;
  }

  /** Sees to it that there is a socket. @returns false when none may be opened @throws LibcError */
  enter(): boolean {
    if (this.#socket === undefined && !this.#isRenewing) this.#openSocket();
    return this.#socket !== undefined || this.#isRenewing;
  }

  /** @returns a number that none of them has */
  nextNumber(): number {
    do this.#newest = (this.#newest + 1) >>> 0;
    while (this.#waiting.has(this.#newest));
    return this.#newest;
  }

  wait(number: number, echo: Echo): void {
    this.#waiting.set(number, echo);
  }

  /** Once for each that waited. */
  leave(number: number): void {
    this.#waiting.delete(number);
    if (this.#waiting.size > 0) return;
    this.#closing ??= setTimeout(() => {
      this.#closing = undefined;
      if (this.#waiting.size === 0) this.#closeSocket();
    }, this.#keptMs).unref();
  }

  /** While one socket takes the place of another nothing is sent: then it is asked as soon as there is one. */
  send(to: Buffer, sequence: number, data: Buffer): number {
    return this.#socket?.send(to, sequence, data) ?? 0;
  }

  #openSocket(): void {
    this.#strays = 0;
    this.#socket = this.#open(this.#family, (from, data) => this.#hear(from, data));
  }

  #closeSocket(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #hear(from: Buffer, data: Buffer): void {
    const echo = data.length < tokenBytes ? undefined : this.#waiting.get(data.readUInt32BE(0));
    if (echo?.isAnsweredBy(from, data)) echo.onReply();
    else if (++this.#strays > maxStrays && this.#socket !== undefined) this.#renew();
  }

  #renew(): void {
    this.#closeSocket();
    this.#isRenewing = true;
    setTimeout(() => this.#takeOver(), renewalMs);
  }

  #takeOver(): void {
    this.#isRenewing = false;
    // Everybody may have left meanwhile.
    if (this.#waiting.size === 0) return;
    try {
      this.#openSocket();
      for (const echo of [...this.#waiting.values()]) echo.ask();
    } catch (error) {
      for (const echo of [...this.#waiting.values()]) echo.onError(error as Error);
    }
  }
}

interface Settling {
  readonly signal: RunSignal;
  readonly resolve: (elapsedMs: number) => void;
  readonly reject: (error: Error) => void;
}

/** A ping under way. */
class Echo {
  readonly #shared: Shared;
  readonly #place: Place;
  readonly #settling: Settling;
  readonly #number: number;
  readonly #token: Buffer;
  readonly #started = performance.now();
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => this.onError(this.#settling.signal.reason);

  constructor(shared: Shared, place: Place, settling: Settling) {
    this.#shared = shared;
    this.#place = place;
    this.#settling = settling;
    this.#number = shared.nextNumber();
    this.#token = newToken(this.#number);
  }

  begin(attempts: number, everyMs: number): void {
    this.#shared.wait(this.#number, this);
    this.#settling.signal.addEventListener("abort", this.#onAbort);
    // It spaces the attempts and decides nothing: the whole probe's end is the caller's.
    if (attempts > 1) this.#timer = setInterval(() => this.#attempt(attempts), everyMs);
    this.#attempt(attempts);
  }

  #attempt(attempts: number): void {
    if (++this.#sent >= attempts) clearInterval(this.#timer);
    this.ask();
  }

  /** Also again, over a socket that has taken the place of the one before. */
  ask(): void {
    const { sockaddr, text } = this.#place;
    const taken = this.#shared.send(sockaddr, this.#sent, dataOf(this.#token));
    if (taken < 0) this.onError(Object.assign(new LibcError("sendto", -taken), { address: text }));
  }

  isAnsweredBy(from: Buffer, data: Buffer): boolean {
    return (
      this.#place.address.equals(from) &&
      data.compare(this.#token, 0, tokenBytes, 0, tokenBytes) === 0
    );
  }

  onReply(): void {
    this.#finish();
    this.#settling.resolve(performance.now() - this.#started);
  }

  onError(error: Error): void {
    this.#finish();
    this.#settling.reject(error);
  }

  #finish(): void {
    clearInterval(this.#timer);
    this.#shared.leave(this.#number);
    this.#settling.signal.removeEventListener("abort", this.#onAbort);
  }
}

/** Drawn in advance: a call for each token costs more than the token. */
let drawn = Buffer.alloc(0);
let used = 0;

function newToken(number: number): Buffer {
  if (used === drawn.length) {
    // Not into the same again: those of pings under way lie in it.
    drawn = randomFillSync(Buffer.allocUnsafeSlow(256 * tokenBytes));
    used = 0;
  }
  const token = drawn.subarray(used, used + tokenBytes);
  used += tokenBytes;
  token.writeUInt32BE(number, 0);
  return token;
}

/** One for all: what is sent is not kept. */
const data = Buffer.alloc(dataBytes);

function dataOf(token: Buffer): Buffer {
  data.set(token);
  return data;
}

interface Place {
  readonly family: 4 | 6;
  readonly text: string;
  readonly address: Buffer;
  readonly sockaddr: Buffer;
}
/** A target is asked again and again, and is one object all the time. */
const places = new WeakMap<Endpoint, Place>();

function placeOf(target: Endpoint): Place {
  const known = places.get(target);
  if (known !== undefined) return known;
  const address = addressToBytes(target.address);
  const place = {
    family: address.length === 4 ? 4 : 6,
    text: target.address,
    address,
    sockaddr: sockaddrInet(address, 0),
  } as const;
  places.set(target, place);
  return place;
}
