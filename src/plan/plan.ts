import type { Ready } from "../daemon/prepare.ts";
import { monitorId } from "../health/plan.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceId } from "../model/virtual-service.ts";
import { fallbackCommandLine } from "../programs/fallback-command.ts";
import type { Rehearsed } from "../reconcile/rehearsal.ts";
import { rowsByEndpoint } from "../reconcile/rows.ts";
import { added, type Change, type Field } from "./change.ts";
import { checkChanges } from "./check-changes.ts";
import { lineChanges } from "./line-changes.ts";
import { settingChanges } from "./setting-changes.ts";
import { destValues, tableChanges } from "./table-changes.ts";

/** What a file would change if it were taken up now: by the daemon that runs, or by a start. Plain values. */
export interface Plan {
  /** The `ldirectord.cf`. */
  readonly path: string;
  readonly by: "reload" | "start";
  /** Those of the table first, in the order of doing. Of a start: of the table alone. */
  readonly changes: readonly Change[];
  /** What comes after that, by what the servers answer. */
  readonly later: readonly Later[];
  /** What fallbackcommand would be told, as lines for the shell. */
  readonly runs: readonly string[];
  /** Virtual services in the table that are none of ours, and stay as they are. */
  readonly untouched: readonly string[];
}

/**
 * `joins`: it has no row, or one without weight, and gets its own once its check is good. `serves-on`: the file does not name it, or not with a
 * weight, and it goes once one that the file names is up.
 */
export interface Later {
  readonly what: "joins" | "serves-on";
  readonly virtual: string;
  /** Absent: the whole service. */
  readonly real?: string;
  /** Of who joins: its row. */
  readonly fields: readonly Field[];
}

/** @param running what a daemon of ours runs; without one, all that is compared is the table */
export function planOf(next: Ready, running: Ready | undefined, rehearsed: Rehearsed): Plan {
  const named = new Set(
    [...next.config.virtuals, ...(running?.config.virtuals ?? [])].map(({ key }) => serviceId(key)),
  );
  const inTable = tableChanges(rehearsed);
  return {
    path: next.config.path,
    by: running === undefined ? "start" : "reload",
    changes: [
      ...inTable,
      ...(running === undefined
        ? []
        : [
            ...lineChanges(running.config, next.config, inTable),
            ...checkChanges(running, next),
            ...settingChanges(running, next),
          ]),
    ],
    later: laterOf(next, rehearsed),
    runs: rehearsed.told.flatMap(({ virtual, state }) =>
      virtual.fallbackCommand === undefined
        ? []
        : [fallbackCommandLine(virtual.fallbackCommand, state, virtual)],
    ),
    untouched: rehearsed.after
      .map(({ service }) => serviceId(service.key))
      .filter((id) => !named.has(id)),
  };
}

function laterOf(next: Ready, { services, leaving }: Rehearsed): readonly Later[] {
  const weights = new Map<string, number>(
    next.config.virtuals.flatMap(({ key, reals }) =>
      reals.map(({ endpoint, weight }) => [monitorId(serviceId(key), endpoint), weight]),
    ),
  );
  return [
    ...services.flatMap(({ virtual, desired, observed }) => {
      const id = serviceId(virtual.key);
      const inUse = (observed?.dests ?? []).filter(({ weight }) => weight > 0);
      const there = new Set(inUse.map(({ endpoint }) => formatEndpoint(endpoint)));
      return [...rowsByEndpoint(desired)].flatMap(([place, row]): Later[] => {
        const base = { virtual: id, real: place };
        if (row.standing === "former") return [{ what: "serves-on", ...base, fields: [] }];
        if (row.standing !== "unknown" || there.has(place)) return [];
        const weight = weights.get(monitorId(id, row.real)) ?? 0;
        const dest = { ...row.dest, weight };
        return [{ what: "joins", ...base, fields: added(destValues(dest)) }];
      });
    }),
    ...leaving.map(
      ({ key }): Later => ({ what: "serves-on", virtual: serviceId(key), fields: [] }),
    ),
  ];
}
