import { addressToBytes, canonicalAddress } from "../../model/address.ts";
import { type Link, openRoutes, type Routes, type Way } from "../../netlink/route.ts";
import type { ProbeOutcome } from "../probes/runner.ts";

/** What is wrong with this machine's own way to an address. */
export interface WayTrouble {
  /** `link-down`, `link-was-down`, `no-address`, or connect(2)'s: `ENETUNREACH`, `EACCES`, … */
  readonly code: string;
  /** Names the link. */
  readonly text: string;
}

/** Asked when a real server did not answer: with the cable out none does, and none is to blame. */
export interface LocalLink {
  /**
   * What is wrong with the way to `address`, or was at any time since then (monotonic); undefined when nothing
   * was, or nobody can tell.
   */
  trouble(address: string, sinceMs: number): WayTrouble | undefined;
  /** What is sent there never leaves the machine. */
  isOwn(address: string): boolean;
}

/** Errors of a socket that the way may be the reason of; of the last, it may also be that no local port is left. */
const mayBeTheWay: ReadonlySet<string> = new Set([
  "ENETUNREACH",
  "EACCES",
  "EINVAL",
  "ENETDOWN",
  "EADDRNOTAVAIL",
]);

/** A server that was not reached says nothing about itself when our own way there is in trouble. */
export function excuseOwnLink(
  outcome: ProbeOutcome,
  address: string,
  startedAt: number,
  ownLink: LocalLink | undefined,
): ProbeOutcome {
  const failure = unreached(outcome);
  if (ownLink === undefined || failure === undefined) return outcome;
  const trouble = ownLink.trouble(address, startedAt);
  if (trouble === undefined) return outcome;
  const { detail, durationMs } = failure;
  const { code, text } = trouble;
  return { kind: "local-fault", code, detail: `${address}: ${text} (${detail})`, durationMs };
}

function unreached(outcome: ProbeOutcome): { detail: string; durationMs: number } | undefined {
  if (outcome.kind === "local-fault") {
    const { code, detail } = outcome;
    return mayBeTheWay.has(code) ? { detail, durationMs: 0 } : undefined;
  }
  if (outcome.kind !== "verdict" || outcome.verdict.up) return undefined;
  const { reason, detail } = outcome.verdict;
  const { durationMs } = outcome;
  return reason === "timeout" || reason === "unreachable" ? { detail, durationMs } : undefined;
}

/** A shorter loss costs a connection request, which TCP repeats after a second (RFC 6298). */
const lookEveryMs = 500;
/** One look is for all probes that end within so long: thousands may, in one moment. */
const freshMs = 250;

const refusedBy: ReadonlyMap<string, string> = new Map([
  ["ENETUNREACH", "this machine has no route there"],
  ["EHOSTUNREACH", "this machine's own route there says unreachable"],
  ["EACCES", "this machine's own route there says prohibit"],
  ["EINVAL", "this machine's own route there says blackhole"],
]);

/**
 * Our own links, and when each was last without its carrier. Every probe that was under way in that moment may
 * have lost its packets to it, though the link be back by the time it is given up.
 */
export class LocalLinks implements LocalLink {
  readonly #clock: () => number;
  readonly #routes: Routes | undefined;
  /** By index; `missingAt`: when it was last seen without its carrier. */
  readonly #links = new Map<number, Link & { readonly missingAt: number }>();
  /** Since the latest look. */
  readonly #ways = new Map<string, Way | undefined>();
  readonly #timer: NodeJS.Timeout;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param clock monotonic, milliseconds: the one of `sinceMs` */
  constructor(clock: () => number = () => performance.now(), routes = openRoutes()) {
    this.#clock = clock;
    this.#routes = routes;
    this.#look();
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  trouble(address: string, sinceMs: number): WayTrouble | undefined {
    const way = this.#wayTo(address);
    if (way === undefined) return undefined;
    if (way.kind === "none") {
      return { code: way.errno, text: refusedBy.get(way.errno) ?? way.errno };
    }
    const link = this.#links.get(way.link);
    if (link === undefined) return undefined;
    const name = `our own link ${link.name}, which leads there,`;
    if (!link.isRunning) return { code: "link-down", text: `${name} is down` };
    if (way.kind === "own") return undefined;
    if (!way.hasSource) return { code: "no-address", text: `${name} has no address of ours` };
    if (link.missingAt >= sinceMs) return { code: "link-was-down", text: `${name} was down` };
    return undefined;
  }

  isOwn(address: string): boolean {
    return /^127\.|^::1$/.test(address) || this.#wayTo(address)?.kind === "own";
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#routes?.close();
  }

  #wayTo(address: string): Way | undefined {
    if (this.#routes === undefined || canonicalAddress(address) === undefined) return undefined;
    if (this.#clock() - this.#lookedAt >= freshMs) this.#look();
    if (this.#ways.has(address)) return this.#ways.get(address);
    const way = this.#routes.wayTo(addressToBytes(address));
    this.#ways.set(address, way);
    return way;
  }

  #look(): void {
    const now = this.#clock();
    this.#lookedAt = now;
    this.#ways.clear();
    for (const link of this.#routes?.links() ?? []) {
      const missingAt = link.isRunning
        ? (this.#links.get(link.index)?.missingAt ?? Number.NEGATIVE_INFINITY)
        : now;
      this.#links.set(link.index, { ...link, missingAt });
    }
  }
}
