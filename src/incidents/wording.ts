/** A notice in words: one line, and more lines for who wants to know more. */
import { sayDuration } from "../model/duration.ts";
import type { Notice } from "./notice.ts";
import type { Topic } from "./trouble.ts";

interface Counts {
  /** Of those that the notice is about: virtual services, and real servers. */
  readonly services: number;
  readonly servers: number;
  /** Nothing of it is well again: somebody wants it so. */
  readonly isPlanned: boolean;
  readonly lastedMs: number;
}

const ofDirector: Readonly<Record<Exclude<Topic, "servers">, string>> = {
  "reload-refused": "A reload was refused, the configuration before it runs on",
  "director-late": "This director is late with its checks",
  "local-fault": "This director has trouble of its own",
  "table-refused": "IPVS refuses changes of its table",
  "table-unreadable": "The IPVS table cannot be read",
};

export function titleOf(notice: Omit<Notice, "title">, counts: Counts): string {
  const { event, isFlapping, open, troubles } = notice;
  const what = whatOf(notice, counts);
  const lasted = sayDuration(counts.lastedMs);
  if (event === "closed") {
    const how = counts.isPlanned ? "In maintenance now, or taken out" : "Over";
    return `${how}, after ${lasted}: ${what}${isFlapping ? " (it flapped)" : ""}`;
  }
  const state = isFlapping ? "Flapping" : event === "opened" ? "Down" : "Still down";
  const first = notice.topic === "servers" ? `${state}: ` : isFlapping ? "Flapping: " : "";
  const since = event === "updated" ? `, since ${lasted}` : "";
  const some = event === "updated" && open < troubles ? ` (${open} of ${troubles})` : "";
  return `${first}${what}${some}${since}${emptied(notice)}`;
}

function whatOf(notice: Omit<Notice, "title">, { services, servers }: Counts): string {
  const { topic, shares, members } = notice;
  const [first] = members;
  if (topic === "test") return "a test";
  const more =
    members.length + notice.moreMembers > 1
      ? `, and ${members.length + notice.moreMembers - 1} more`
      : "";
  if (topic !== "servers") return `${ofDirector[topic]}: ${first?.reason ?? ""}${more}`;
  const inServices =
    services > 1 ? `, in ${services} virtual services` : ` (${first?.virtual ?? ""})`;
  switch (shares?.kind) {
    case "server": {
      const why = notice.event === "closed" ? "" : `: ${first?.reason ?? ""}`;
      return `${first?.real ?? ""}${inServices}${why}`;
    }
    case "host":
      return `${servers} real servers on ${shares.of}${inServices}`;
    case "network":
      return `${servers} real servers in ${shares.of}${inServices}`;
    case "nothing":
      return `${servers} real servers in ${shares.networks} networks${inServices}`;
    case undefined:
      return `${notice.withoutServer.length + notice.moreWithoutServer} virtual services without a server`;
  }
}

function emptied({
  withoutServer: [first, ...others],
  moreWithoutServer,
  topic,
}: Omit<Notice, "title">): string {
  if (topic !== "servers" || first === undefined) return "";
  const more = others.length + moreWithoutServer;
  return more === 0
    ? `; ${first} has no server left`
    : `; ${more + 1} virtual services have no server left`;
}

/** For a mail, or a chat. */
export function linesOf(notice: Notice): readonly string[] {
  const { members, moreMembers, withoutServer, moreWithoutServer, event } = notice;
  const more = (count: number) => (count > 0 ? [`  and ${count} more`] : []);
  const list = (head: string, lines: readonly string[], beyond: number) =>
    lines.length === 0 ? [] : [head, ...lines.map((line) => `  ${line}`), ...more(beyond)];
  const isOver = event === "closed";
  return [
    notice.title,
    "",
    `${event}: ${notice.at}`,
    `incident: ${notice.incident}, since ${notice.openedAt}`,
    `severity: ${notice.severity}`,
    `director: ${notice.director} (${notice.instance})`,
    ...list(
      isOver ? "it was:" : "what is wrong:",
      members.map(({ virtual, real, reason, since }) => {
        const where = [real, virtual && `(${virtual})`].filter((each) => each !== undefined);
        return `${where.join(" ")}${where.length > 0 ? ": " : ""}${reason} (${since})`;
      }),
      moreMembers,
    ),
    ...list(
      isOver ? "these had no server left:" : "virtual services without a server:",
      withoutServer,
      moreWithoutServer,
    ),
  ];
}
