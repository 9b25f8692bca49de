/** One check for all real servers of a virtual service. */
import { Findings } from "../finding.ts";
import { type Check, type CheckedServer, checkOf } from "./check.ts";
import { inQuotes, type Line } from "./lines.ts";
import type { Page } from "./page.ts";

export interface SharedCheck {
  readonly lines: readonly Line[];
  /** What a real server has of its own, behind its weight: ` "/path", "pattern"`; or "". */
  readonly tailOf: (server: CheckedServer) => string;
}

/** The one that most of them have; the others are told, and asked as those are. */
export function sharedCheck(servers: readonly CheckedServer[], findings: Findings): SharedCheck {
  const all = servers.map((server) => {
    const found = new Findings();
    return { server, check: checkOf(server, found), found };
  });
  const lines = mostCommon(all.map(({ check }) => check.lines)) ?? [];
  const isAlike = (check: Check) => JSON.stringify(check.lines) === JSON.stringify(lines);
  for (const { server, check, found } of all) {
    if (isAlike(check)) findings.addAll(found);
    else {
      const place = server.real.checkers[0] ?? server.real;
      const meaning =
        "it is checked otherwise than most real servers beside it; one virtual service has one check, theirs";
      const near = "checktype=external, with a program that goes by the server's address";
      findings.lost(place, place.what, meaning, near);
    }
  }

  const pages = new Map<CheckedServer, Page>();
  for (const { server, check } of all)
    if (isAlike(check) && check.page !== undefined) pages.set(server, check.page);
  const page = mostCommon([...pages.values()]);
  const { request = "/", receive = "" } = page ?? {};
  return {
    lines: [
      ...lines,
      ...(request === "/" ? [] : [["request", inQuotes(request)] as const]),
      ...(receive === "" ? [] : [["receive", inQuotes(receive)] as const]),
    ],
    tailOf: (server) => {
      const own = pages.get(server);
      if (own === undefined || (own.request === request && own.receive === receive)) return "";
      return ` ${inQuotes(own.request)}, ${inQuotes(own.receive)}`;
    },
  };
}

/** Of equals the first. */
function mostCommon<T>(values: readonly T[]): T | undefined {
  const counts = new Map<string, number>();
  for (const value of values) {
    const key = JSON.stringify(value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return values.find((value) => counts.get(JSON.stringify(value)) === most);
}
