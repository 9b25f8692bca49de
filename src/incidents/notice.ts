import type { Gravity } from "../ini/alert-settings.ts";
import type { Told } from "./book.ts";
import type { Shares } from "./shares.ts";
import type { Topic } from "./trouble.ts";

/** A server or a service of an incident, by name. */
export interface NamedMember {
  /** Of the virtual service; absent: it is the director's own trouble. */
  readonly virtual?: string;
  /** Absent, with a virtual service: that has no server left. */
  readonly real?: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** One message: what a receiver gets as JSON, and all that its text is made of. Bounded, and without secrets. */
export interface Notice {
  /** Of this shape: there may be more in it later, without another version. */
  readonly version: 1;
  /** Of no other message: who gets it twice knows it by that. */
  readonly id: string;
  readonly event: Told["event"] | "test";
  /** The alert's name. */
  readonly alert: string;
  readonly incident: string;
  readonly topic: Topic | "test";
  readonly severity: Gravity;
  /** One line. */
  readonly title: string;
  /** The host that tells it, and which ldirectord on it. */
  readonly director: string;
  readonly instance: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly isFlapping: boolean;
  /** What its real servers have in common. */
  readonly shares?: Shares;
  /** Its troubles: all that were ever in it, and those that are not over. */
  readonly troubles: number;
  readonly open: number;
  /** Virtual services that have no server left, and how many more. */
  readonly withoutServer: readonly string[];
  readonly moreWithoutServer: number;
  /** Of those that are open (of one that is closed: all), the first; and how many more. */
  readonly members: readonly NamedMember[];
  readonly moreMembers: number;
}
