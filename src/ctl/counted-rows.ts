import { type DaemonClient, Refused } from "./client.ts";

/** What the kernel counts of a row: by service id, and the row as the table writes it. */
export type Counted = ReadonlyMap<string, CountedRow>;

interface CountedRow {
  readonly active: number;
  /** New connections a second; of all of its service. */
  readonly share: number;
}

export const rowKey = (serviceId: string, row: string): string => `${serviceId} ${row}`;

interface CountersAnswer {
  readonly services: readonly {
    readonly id: string;
    readonly servers: readonly {
      readonly row: string;
      readonly activeConns: number;
      readonly connections: number;
    }[];
  }[];
}

/** undefined when the table can not be read now: what is shown goes without. */
export async function countedRows(daemon: DaemonClient): Promise<Counted | undefined> {
  try {
    const { services } = (await daemon.ask("GET", "/v1/counters")).body as CountersAnswer;
    const rows = new Map<string, CountedRow>();
    for (const { id, servers } of services) {
      const all = servers.reduce((sum, { connections }) => sum + connections, 0);
      for (const { row, activeConns, connections } of servers) {
        rows.set(rowKey(id, row), {
          active: activeConns,
          share: all === 0 ? 0 : connections / all,
        });
      }
    }
    return rows;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
