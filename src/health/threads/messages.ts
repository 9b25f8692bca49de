/** What the main thread and a thread that asks real servers say to each other. Plain data, many at a time. */
import type { RealServer } from "../../model/real-server.ts";
import { Secret } from "../../model/secret.ts";
import type { VirtualService } from "../../model/virtual-service.ts";
import type { ProbeOutcome } from "../probes/runner.ts";

/** For the thread as it is started. */
export interface ThreadData {
  readonly engine: "native" | "node";
  /** Its open descriptors: see OpenDescriptors. */
  readonly open: SharedArrayBuffer;
}

/** To a thread: all of one turn of the main loop. */
export interface Orders {
  /** Who need not be known any more, by number. */
  readonly forget: readonly number[];
  readonly learn: readonly Lesson[];
  /** Who is to be asked: `orderSize` numbers each, see `Order`. */
  readonly ask: Float64Array;
  /** Runs that are to be cut short. */
  readonly cut: readonly number[];
  /** `sharedNow` when it was sent. */
  readonly at: number;
}

/** A probe, as numbers, in this order. */
export interface Order {
  /** The run's. */
  readonly run: number;
  /** The probe's: see Lesson. */
  readonly probe: number;
  readonly asked: "main" | "between";
  readonly excused: number;
}
export const orderSize = 4;

/** What a probe asks, as the file says it: a thread makes the probe of it that the main thread has made. */
export interface Lesson {
  readonly probe: number;
  /** The id that must come out. */
  readonly id: string;
  readonly demandTls: readonly string[];
  readonly virtual: PlainService;
  readonly real: RealServer;
}

type Unneeded = "reals" | "alerts" | "places" | "fallback" | "passwd" | "secret";

/** A virtual service without its real servers. Passwords cross from memory to memory, and are Secrets on both sides. */
export interface PlainService extends Omit<VirtualService, Unneeded> {
  readonly passwd?: string;
  readonly secret?: string;
}

export function plainService(virtual: VirtualService): PlainService {
  const { reals: _r, alerts: _a, places: _p, fallback: _f, passwd, secret, ...rest } = virtual;
  return {
    ...rest,
    ...(passwd && { passwd: passwd.reveal() }),
    ...(secret && { secret: secret.reveal() }),
  };
}

export function serviceOf(
  { passwd, secret, ...rest }: PlainService,
  real: RealServer,
): VirtualService {
  return {
    ...rest,
    reals: [real],
    ...(passwd !== undefined && { passwd: new Secret(passwd) }),
    ...(secret !== undefined && { secret: new Secret(secret) }),
  };
}

/** Of a thread: what has become of runs since it last said so. Empty ones show that it lives. */
export interface Answers {
  /** They came to what they came to last time: `againSize` numbers each, run, duration and lateness. */
  readonly again: Float64Array;
  readonly outcomes: readonly Answer[];
  /** Stacks of what the checks did wrong. */
  readonly bugs: readonly string[];
  /** Runs that did not end when told to. */
  readonly abandoned: number;
}
export const againSize = 3;

export interface Answer {
  readonly run: number;
  /** How long after it was sent the run began. */
  readonly lateMs: number;
  readonly outcome: ProbeOutcome;
}

/** Milliseconds, by a clock that is the same for all threads. */
export const sharedNow = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** What both sides keep of an outcome, to say it in short when it comes again; nothing of one that is not up. */
export type Repeatable = Extract<ProbeOutcome, { readonly kind: "verdict" }> | undefined;

export const repeatable = (outcome: ProbeOutcome): Repeatable =>
  outcome.kind === "verdict" && outcome.verdict.up ? outcome : undefined;

/** Whether nothing but its time tells one from the other. */
export function isAgain(before: Repeatable, outcome: ProbeOutcome): boolean {
  if (before === undefined || outcome.kind !== "verdict" || !outcome.verdict.up) return false;
  const { detail, monitored } = outcome.verdict;
  return before.verdict.detail === detail && before.verdict.monitored === monitored;
}
