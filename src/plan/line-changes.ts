import type { Config } from "../config/config.ts";
import { formatEndpoint } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { serviceId } from "../model/virtual-service.ts";
import { tableEndpoint } from "../reconcile/rows.ts";
import { type Change, changed } from "./change.ts";
import { destValues } from "./table-changes.ts";

/**
 * What `real=` lines say otherwise of servers whose rows do not show it yet: they are down, in maintenance, or another
 * hand has them. @param inTable what changes in the table
 */
export function lineChanges(
  before: Config,
  after: Config,
  inTable: readonly Change[],
): readonly Change[] {
  const shown = new Set(inTable.map(({ virtual, real }) => `${virtual} ${real}`));
  const lines = linesOf(before);
  return [...linesOf(after)].flatMap(([name, { virtual, real, place }]): Change[] => {
    const was = lines.get(name)?.real;
    if (was === undefined || shown.has(`${virtual} ${place}`)) return [];
    const fields = changed(destValues(was), destValues(real));
    if (fields.length === 0) return [];
    return [
      {
        part: "settings",
        action: "change",
        virtual,
        real: formatEndpoint(real.endpoint),
        fields,
        because: "not in the table yet",
      },
    ];
  });
}

interface Line {
  readonly virtual: string;
  readonly real: RealServer;
  /** Of its row. */
  readonly place: string;
}

/** Of several for one server in one service the first. */
function linesOf({ virtuals }: Config): ReadonlyMap<string, Line> {
  const lines = new Map<string, Line>();
  for (const { key, reals } of virtuals) {
    const virtual = serviceId(key);
    for (const real of reals) {
      const name = `${virtual} ${formatEndpoint(real.endpoint)}`;
      const place = formatEndpoint(tableEndpoint(key, real));
      if (!lines.has(name)) lines.set(name, { virtual, real, place });
    }
  }
  return lines;
}
