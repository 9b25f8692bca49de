import type { Gravity } from "../ini/alert-settings.ts";
import {
  belongs,
  gravityOf,
  type Incident,
  type IncidentState,
  incidentFields,
  incidentOf,
  isAsGrave,
  put,
} from "./incident.ts";
import type { Ending, Member, Topic, Trouble } from "./trouble.ts";

/** How an alert wants its incidents. Milliseconds. */
export interface Rules {
  readonly severity: Gravity;
  readonly waitMs: number;
  readonly updateMs: number;
  /** Whoever is told forgets what is not told again. */
  readonly isRepeated: boolean;
}

/** What people are to be told of an incident, as it is now. */
export interface Told {
  readonly event: "opened" | "updated" | "closed";
  readonly incident: Incident;
}

/** Who fails so often in so long flaps; and so long a calm ends it. */
const flapTimes = 3;
export const flapMs = 600_000;
/** What comes when so many are open joins the newest: people read no more of them. */
export const maxOpen = 100;

const never = Number.POSITIVE_INFINITY;

interface Gathering {
  readonly from: number;
  readonly members: Map<string, Member>;
}

/** A book as JSON has it. */
export interface BookState {
  readonly nextId: number;
  readonly gatherings: readonly {
    readonly topic: Topic;
    readonly from: number;
    readonly members: readonly Member[];
  }[];
  readonly incidents: readonly (IncidentState & { readonly members: readonly Member[] })[];
  readonly recent: readonly (readonly [id: string, at: readonly number[]])[];
}

const emptyBook: BookState = { nextId: 1, gatherings: [], incidents: [], recent: [] };

/**
 * The incidents of one alert. Knows no clock: every `now` is epoch milliseconds, and the caller's.
 *
 *   a trouble ──► joins an open incident that it shares a host with, or for a while a network
 *        └──────► gathers with others for `waitMs` ──► one incident, opened ──► updated … ──all over──► closed
 *                       └──over before that: never told, unless it flaps
 */
export class Book {
  rules: Rules;
  #nextId: number;
  readonly #gatherings = new Map<Topic, Gathering>();
  readonly #incidents = new Map<string, Incident>();
  /** By a trouble's id, the incident that it is or was in. */
  readonly #homes = new Map<string, Incident>();
  /** By a trouble's id, when it came of late. */
  readonly #recent = new Map<string, number[]>();

  constructor(rules: Rules, state: BookState = emptyBook) {
    this.rules = rules;
    this.#nextId = state.nextId;
    const byId = (members: readonly Member[]) => new Map(members.map((each) => [each.id, each]));
    for (const { topic, from, members } of state.gatherings) {
      this.#gatherings.set(topic, { from, members: byId(members) });
    }
    for (const { members, ...base } of state.incidents) {
      this.#add(incidentOf(base, members));
    }
    for (const [id, at] of state.recent) this.#recent.set(id, [...at]);
  }

  get state(): BookState {
    return {
      nextId: this.#nextId,
      gatherings: [...this.#gatherings].map(([topic, { from, members }]) => ({
        ...{ topic, from },
        members: [...members.values()],
      })),
      incidents: [...this.#incidents.values()].map((incident) => ({
        ...(Object.fromEntries(
          incidentFields.map((field) => [field, incident[field]]),
        ) as unknown as IncidentState),
        members: [...incident.members.values()],
      })),
      recent: [...this.#recent],
    };
  }

  get open(): number {
    return this.#incidents.size;
  }

  /** It is there now; nothing when that is known. @returns whether that is news */
  failed(trouble: Trouble, now: number): boolean {
    const { id, topic } = trouble;
    const waiting = this.#gatherings.get(topic);
    const known = waiting?.members.get(id) ?? this.#homes.get(id)?.members.get(id);
    if (known !== undefined && known.over === undefined) return false;
    const late = (this.#recent.get(id) ?? []).filter((at) => now - at < flapMs);
    this.#recent.set(id, [...late, now].slice(-flapTimes));
    const member: Member = { ...trouble, at: now, times: (known?.times ?? 0) + 1 };
    const home = waiting?.members.has(id) ? undefined : this.#homeFor(member, now);
    if (home !== undefined) {
      put(home, member);
      this.#homes.set(id, home);
      home.isFlapping ||= this.#flaps(id);
    } else if (waiting !== undefined) waiting.members.set(id, member);
    else this.#gatherings.set(topic, { from: now, members: new Map([[id, member]]) });
    return true;
  }

  /** It is not there any more; nothing when it was not. @returns whether that is news */
  over(id: string, how: Ending, now: number): boolean {
    for (const [topic, { members }] of this.#gatherings) {
      const member = members.get(id);
      if (member === undefined || member.over !== undefined) continue;
      if (this.#flaps(id) && how === "recovered") {
        members.set(id, { ...member, over: { at: now, how } });
      } else members.delete(id);
      if (members.size === 0) this.#gatherings.delete(topic);
      return true;
    }
    const home = this.#homes.get(id);
    const member = home?.members.get(id);
    if (home === undefined || member === undefined || member.over !== undefined) return false;
    put(home, { ...member, over: { at: now, how } });
    return true;
  }

  /** Ends as planned all that is not over and that `isKept` does not want. */
  keep(isKept: (trouble: Trouble) => boolean, now: number): void {
    const groups = [...this.#gatherings.values(), ...this.#incidents.values()];
    for (const member of groups.flatMap(({ members }) => [...members.values()])) {
      if (member.over === undefined && !isKept(member)) this.over(member.id, "planned", now);
    }
  }

  /** What is to be told by now. Counts as told from then on. */
  tell(now: number): readonly Told[] {
    for (const [topic, { from, members }] of this.#gatherings) {
      if (now >= from && now - from < this.rules.waitMs) continue;
      this.#gatherings.delete(topic);
      this.#open(topic, from, members, now);
    }
    for (const [id, at] of this.#recent) {
      if (now - (at.at(-1) ?? 0) >= flapMs) this.#recent.delete(id);
    }
    return [...this.#incidents.values()].flatMap((incident) => {
      // A clock that was set back.
      if (incident.told !== undefined && incident.told.at > now) {
        incident.told = { ...incident.told, at: now };
      }
      return this.#due(incident) <= now ? this.#tellOf(incident, now) : [];
    });
  }

  /** When `tell` has something to do next; undefined: not before something happens. */
  next(): number | undefined {
    const times = [
      ...[...this.#gatherings.values()].map(({ from }) => from + this.rules.waitMs),
      ...[...this.#incidents.values()].map((incident) => this.#due(incident)),
    ];
    const first = times.reduce((a, b) => Math.min(a, b), never);
    return Number.isFinite(first) ? first : undefined;
  }

  /** How many of its members are grave enough for who is told. */
  #openOf({ open, openErrors }: Incident): number {
    return this.rules.severity === "error" ? openErrors : open;
  }

  #due(incident: Incident): number {
    const { told, isFlapping, endedAt, isChanged } = incident;
    const { severity, updateMs, isRepeated } = this.rules;
    const open = this.#openOf(incident);
    if (incident.open === 0 && !isFlapping) return 0;
    const end = open === 0 ? (isFlapping ? endedAt + flapMs : 0) : never;
    const gravity = gravityOf(incident);
    if (told === undefined) {
      if (open > 0 || (isFlapping && isAsGrave(gravity, severity))) return 0;
      return incident.open === 0 ? end : never;
    }
    if (open > 0 && gravity === "error" && told.gravity === "warning") return 0;
    return Math.min(end, isChanged || isRepeated ? told.at + updateMs : never);
  }

  #tellOf(incident: Incident, now: number): readonly Told[] {
    const { told, isFlapping, endedAt } = incident;
    const isCalm = !isFlapping || now - endedAt >= flapMs || now < endedAt;
    const isOver = this.#openOf(incident) === 0 && isCalm;
    if (isOver) this.#close(incident, now);
    if (isOver && told === undefined) return [];
    const event = isOver ? "closed" : told === undefined ? "opened" : "updated";
    const isGrave = told?.gravity === "error" || gravityOf(incident) === "error";
    incident.told = { at: now, gravity: isGrave ? "error" : "warning" };
    incident.isChanged = false;
    incident.messages++;
    return [{ event, incident }];
  }

  /** What is left of it, and not grave enough to be told, waits for another end. */
  #close(incident: Incident, now: number): void {
    this.#incidents.delete(incident.id);
    const left: Member[] = [];
    for (const member of incident.members.values()) {
      if (this.#homes.get(member.id) === incident) this.#homes.delete(member.id);
      if (member.over === undefined) left.push(member);
    }
    if (left.length === 0) return;
    const { topic, grewAt } = incident;
    this.#add(incidentOf({ id: this.#newId(now), topic, openedAt: now, grewAt }, left));
  }

  #open(topic: Topic, from: number, members: Map<string, Member>, now: number): void {
    const isFlapping = [...members.keys()].some((each) => this.#flaps(each));
    const base = { id: this.#newId(from), topic, openedAt: from, grewAt: now, isFlapping };
    this.#add(incidentOf(base, members.values()));
  }

  #newId(at: number): string {
    return `${at.toString(36)}-${this.#nextId++}`;
  }

  #add(incident: Incident): void {
    this.#incidents.set(incident.id, incident);
    for (const id of incident.members.keys()) this.#homes.set(id, incident);
  }

  #flaps(id: string): boolean {
    return (this.#recent.get(id)?.length ?? 0) >= flapTimes;
  }

  /** The open incident that a new trouble belongs to. */
  #homeFor(trouble: Member, now: number): Incident | undefined {
    const before = this.#homes.get(trouble.id);
    if (before !== undefined) return before;
    const open = [...this.#incidents.values()];
    return (
      open.findLast((incident) => belongs(trouble, incident, now)) ??
      (open.length < maxOpen ? undefined : open.findLast(({ topic }) => topic === trouble.topic))
    );
  }
}
