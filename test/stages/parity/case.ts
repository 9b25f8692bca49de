/**
 * A case is data: a part of a file, events, and nothing else, for the expectation is always the same: after each step
 * both programs have the same table, the same log and have asked the same things.
 *
 * Names in the text stand for the case's own places, so that many cases can stand in one file:
 *   VIP  VIP6         its virtual address          MARK          its firewall mark
 *   RS1 … RS7         its real servers             RS1v6 …       the same in IPv6 (to be put in brackets)
 *   SORRY  SORRYv6    its fallback server          BLACK         an address that nobody has
 *   NAME1 …           host name of RS1 …, in the directors' /etc/hosts;  SHORT1 … without its domain
 */
export type Event =
  /** The real server's port refuses, or listens again. Port 80 when none is named. */
  | { readonly down: string }
  | { readonly up: string }
  /** What a web server says from now on. */
  | { readonly page: readonly [server: string, status: number, body: string] }
  /** The server's next answers, to each director, are 503. */
  | { readonly fail: readonly [server: string, count: number] }
  /** A shell command on each director. */
  | { readonly hand: string };

export interface Step {
  readonly name: string;
  readonly events?: readonly Event[];
  /** The case's part of the file from now on; "" when it is taken out. A reload follows. */
  readonly edit?: string;
  /** What the other steps of this kind wait for is not enough: so many rounds of checks. */
  readonly rounds?: number;
}

/** How a case differs, and nothing else does: a row of docs/differences.md has `parity:ID`. */
export interface Difference {
  readonly id: string;
  /** Lines of the original that we lack, or the other way round: one must fit. */
  readonly original?: RegExp;
  readonly ours?: RegExp;
}

export interface Case {
  readonly name: string;
  readonly file: string;
  /** Before the daemons start. */
  readonly before?: readonly Event[];
  readonly steps?: readonly Step[];
  readonly differs?: readonly Difference[];
}

/** Cases that share one daemon: their parts make one file. A step of one is a step of all. */
export interface Group {
  readonly name: string;
  readonly globals: string;
  /** After the virtual services. */
  readonly tail?: string;
  readonly cases: readonly Case[];
  /** In any of its cases. */
  readonly differs?: readonly Difference[];
  /**
   * What happens to the daemons after the start, once all cases' steps are done: `stop` and `start` again,
   * `kill` without warning and `start`.
   */
  readonly life?: readonly ("stop" | "kill" | "start")[];
}
