import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { canonicalAddress } from "../model/address.ts";
import type { Outcome } from "./runner.ts";

/**
 * What is wrong with this machine's own way to `address`, or was at any time since then (monotonic), in words;
 * undefined when nothing was, or nobody can tell. Asked when a real server did not answer: with the cable
 * out, none does, and none is to blame.
 */
export type OwnLink = (address: string, sinceMs: number) => Promise<string | undefined>;

/** A server that was not reached says nothing about itself when our own link is down. */
export async function believable(
  outcome: Outcome,
  address: string,
  startedAt: number,
  ownLink: OwnLink | undefined,
): Promise<Outcome> {
  if (ownLink === undefined || outcome.kind !== "verdict" || outcome.verdict.up) return outcome;
  const { reason, detail } = outcome.verdict;
  if (reason !== "timeout" && reason !== "unreachable") return outcome;
  const trouble = await ownLink(address, startedAt);
  if (trouble === undefined) return outcome;
  return { kind: "local-fault", code: "link-down", detail: `${address}: ${detail}; ${trouble}` };
}

/** A shorter loss costs a connection request, which TCP repeats after a second (RFC 6298). */
const lookEveryMs = 500;

/**
 * Our own addresses, and when each was last without a link. Every probe that was under way in that moment may
 * have lost its packets to it, though the link be back by the time it is given up.
 */
export class OwnLinks {
  readonly #clock: () => number;
  /** Addresses that were seen with a link, by when they last were not. */
  readonly #missing = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** @param clock monotonic, milliseconds: the one of `sinceMs` */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#look();
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  /** The routing table chooses a source address, and that has to be on an interface with a link. */
  async trouble(address: string, sinceMs: number): Promise<string | undefined> {
    const source = await sourceFor(address).catch(() => undefined);
    if (source === undefined) return undefined;
    if (source === "no route") return "this machine has no route to it";
    // What is sent to an address of our own never leaves the machine.
    if (source === address && !/^(127\.|::1$)/.test(source)) return undefined;
    const interfaceOf = `the interface of ${source}, which leads there,`;
    const present = this.#look();
    if (present === undefined) return undefined;
    if (!present.has(source)) return `${interfaceOf} is down`;
    const missing = this.#missing.get(source);
    return missing !== undefined && missing >= sinceMs ? `${interfaceOf} was down` : undefined;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): ReadonlySet<string> | undefined {
    const now = this.#clock();
    const present = addressesWithLink();
    if (present === undefined) return undefined;
    for (const address of this.#missing.keys()) {
      if (!present.has(address)) this.#missing.set(address, now);
    }
    for (const address of present) {
      if (!this.#missing.has(address)) this.#missing.set(address, Number.NEGATIVE_INFINITY);
    }
    return present;
  }
}

/**
 * Node leaves interfaces out that are not up, or have no carrier (netdevice(7): IFF_UP, IFF_RUNNING).
 * @returns undefined when that cannot be found out now: it takes a file descriptor
 */
function addressesWithLink(): ReadonlySet<string> | undefined {
  try {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    return new Set(all.map(({ address }) => canonicalAddress(address) ?? address));
  } catch {
    return undefined;
  }
}

/** connect(2) of a datagram socket chooses the route, and sends nothing. */
function sourceFor(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const done = (source: string | undefined) => {
      socket.close();
      resolve(source);
    };
    socket.once("error", (error: NodeJS.ErrnoException) =>
      done(error.code === "ENETUNREACH" ? "no route" : undefined),
    );
    socket.once("connect", () => {
      const source = socket.address().address;
      done(canonicalAddress(source) ?? source);
    });
    // The port is of no matter: discard (RFC 863).
    socket.connect(9, address);
  });
}
