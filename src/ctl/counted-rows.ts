import { type DaemonClient, Refused } from "./client.ts";
import type { CountersAnswer } from "./kernel/counted.ts";

/** What the kernel counts of a row: by service id, and the row as the table writes it. */
export type Counted = ReadonlyMap<string, CountedRow>;

interface CountedRow {
  readonly active: number;
  /** 0 to 1: of all connections of its service so far. */
  readonly share: number;
}

export const rowKey = (serviceId: string, row: string): string => `${serviceId} ${row}`;

/** undefined when the table can not be read now: what is shown goes without. */
export async function countedRows(daemon: DaemonClient): Promise<Counted | undefined> {
  try {
    const { services } = (await daemon.ask("GET", "/v1/counters")).body as CountersAnswer;
    const rows = new Map<string, CountedRow>();
    for (const { id, servers } of services) {
      const all = servers.reduce((sum, { traffic }) => sum + traffic.conns, 0);
      for (const { row, activeConns, traffic } of servers) {
        rows.set(rowKey(id, row), {
          active: activeConns,
          share: all === 0 ? 0 : traffic.conns / all,
        });
      }
    }
    return rows;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
