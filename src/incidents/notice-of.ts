import { oneLine } from "../model/one-line.ts";
import type { Told } from "./book.ts";
import { gravityOf } from "./incident.ts";
import type { NamedMember, Notice } from "./notice.ts";
import { sharesOf } from "./shares.ts";
import { type Member, nameOf, realOf } from "./trouble.ts";
import { titleOf } from "./wording.ts";

/** Who tells it. */
export interface Teller {
  readonly alert: string;
  readonly director: string;
  readonly instance: string;
}

const maxNames = 20;
const maxReasonChars = 160;

/** @param now epoch milliseconds */
export function noticeOf({ event, incident }: Told, teller: Teller, now: number): Notice {
  const all = [...incident.members.values()];
  const open = all.filter(({ over }) => over === undefined);
  const shown = event === "closed" || open.length === 0 ? all : open;
  const servers = shown.filter(({ address }) => address !== undefined);
  const emptied = shown.filter(
    ({ service, address }) => service !== undefined && address === undefined,
  );
  // What is told of a service stands in its own list.
  const members = servers.length > 0 ? servers : shown;
  const withoutServer = emptied.map(({ service = "" }) => nameOf(service));
  const base = {
    ...teller,
    version: 1 as const,
    id: `${incident.id}.${incident.messages}`,
    event,
    incident: incident.id,
    topic: incident.topic,
    severity: event === "closed" ? (incident.told?.gravity ?? "warning") : gravityOf(incident),
    at: iso(now),
    openedAt: iso(incident.openedAt),
    ...(event === "closed" && { closedAt: iso(now) }),
    isFlapping: incident.isFlapping,
    ...(servers.length > 0 && { shares: sharesOf(servers) }),
    troubles: all.length,
    open: open.length,
    withoutServer: withoutServer.slice(0, maxNames),
    moreWithoutServer: Math.max(0, withoutServer.length - maxNames),
    members: members.slice(0, maxNames).map(named),
    moreMembers: Math.max(0, members.length - maxNames),
  };
  const services = new Set(servers.map(({ service }) => service)).size;
  const hosts = new Set(servers.map(realOf)).size;
  const isPlanned = all.every(({ over }) => over?.how === "planned");
  const counts = { services, servers: hosts, isPlanned, lastedMs: now - incident.openedAt };
  return { ...base, title: titleOf(base, counts) };
}

/** What an operator sends to see whether it arrives. */
export const testNotice = (teller: Teller, now: number): Notice => ({
  ...teller,
  version: 1,
  id: `test-${now.toString(36)}`,
  event: "test",
  incident: "test",
  topic: "test",
  severity: "warning",
  title: `Test of [alert ${teller.alert}]: nothing has happened`,
  at: iso(now),
  openedAt: iso(now),
  isFlapping: false,
  ...{ troubles: 0, open: 0, withoutServer: [], moreWithoutServer: 0, members: [], moreMembers: 0 },
});

const iso = (ms: number): string => new Date(ms).toISOString();

const named = (member: Member): NamedMember => ({
  ...(member.service !== undefined && { virtual: nameOf(member.service) }),
  ...(member.address !== undefined && { real: realOf(member) }),
  reason: oneLine(member.reason, maxReasonChars),
  since: iso(member.at),
});
