import type { Gravity } from "../ini/alert-settings.ts";
import { networkOf } from "./shares.ts";
import type { Member, Topic, Trouble } from "./trouble.ts";

/** Troubles that people are told of together, from the first until all are over. Times are epoch milliseconds. */
export interface Incident {
  /** Of its book, and of no other incident in it. */
  readonly id: string;
  readonly topic: Topic;
  readonly openedAt: number;
  /** By the trouble's id. */
  readonly members: Map<string, Member>;
  /** When the newest of them came. */
  grewAt: number;
  /** How many messages there were. */
  messages: number;
  /** When the newest of them was, and the gravest that was told. Absent: it was never grave enough. */
  told?: { readonly at: number; readonly gravity: Gravity };
  /** Something is other than was told. */
  isChanged: boolean;
  /** One of its members comes and goes: it is closed only after a calm. */
  isFlapping: boolean;
  /** Of its members: those that are not over, and the grave ones among them; */
  open: number;
  openErrors: number;
  /** and when the newest ending was. */
  endedAt: number;
  /** Where its members are: virtual services, hosts, networks. */
  readonly places: Set<string>;
}

/** What outlives the daemon of it; the rest follows from that. */
export const incidentFields = [
  ...(["id", "topic", "openedAt", "grewAt"] as const),
  ...(["messages", "told", "isChanged", "isFlapping"] as const),
] as const;
export type IncidentState = Pick<Incident, (typeof incidentFields)[number]>;

export const gravityOf = ({ openErrors }: Incident): Gravity =>
  openErrors > 0 ? "error" : "warning";

/** Whether `gravity` is as grave as `least`, or graver. */
export const isAsGrave = (gravity: Gravity, least: Gravity): boolean =>
  gravity === "error" || least === "warning";

/** With what follows from its members. */
export function incidentOf(
  base: Pick<Incident, "id" | "topic" | "openedAt" | "grewAt"> & Partial<IncidentState>,
  members: Iterable<Member>,
): Incident {
  const incident: Incident = {
    ...{ messages: 0, isFlapping: false, ...base, isChanged: true },
    ...{ members: new Map(), open: 0, openErrors: 0, endedAt: 0, places: new Set() },
  };
  for (const member of members) put(incident, member);
  incident.grewAt = base.grewAt;
  incident.isChanged = base.isChanged ?? true;
  return incident;
}

/** Puts a member into it, new or as it is now. */
export function put(incident: Incident, member: Member): void {
  const count = (each: Member | undefined, by: 1 | -1) => {
    if (each === undefined || each.over !== undefined) return;
    incident.open += by;
    if (each.gravity === "error") incident.openErrors += by;
  };
  count(incident.members.get(member.id), -1);
  count(member, 1);
  incident.members.set(member.id, member);
  incident.isChanged = true;
  for (const place of placesOf(member)) incident.places.add(place);
  if (member.over === undefined) incident.grewAt = member.at;
  else incident.endedAt = Math.max(incident.endedAt, member.over.at);
}

const placesOf = ({ service, address }: Trouble): readonly string[] => [
  ...(service === undefined ? [] : [service]),
  ...(address === undefined ? [] : [address, networkOf(address)]),
];

/** A rack dies in about the time of a check; later, what fails in the same network is another story. */
const growMs = 60_000;

/** Whether a new trouble is a part of it. */
export function belongs({ topic, service, address }: Trouble, to: Incident, now: number): boolean {
  if (topic !== to.topic) return false;
  if (topic !== "servers") return true;
  // A service that has lost its last server has lost it there.
  if (address === undefined) return service !== undefined && to.places.has(service);
  return to.places.has(address) || (now - to.grewAt < growMs && to.places.has(networkOf(address)));
}
