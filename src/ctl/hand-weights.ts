import type { Snapshot } from "../status/snapshot.ts";

export interface HandWeight {
  readonly server: string;
  readonly service: string;
  readonly weight: number;
  readonly fileWeight?: number;
  /** `ipvsadm`, or who ordered it. */
  readonly by: string;
  /** A line for people. */
  readonly text: string;
}

/** Every weight in force that somebody gave by hand. */
export function handWeights({ services, orders }: Snapshot): readonly HandWeight[] {
  return services.flatMap(({ name, servers }) =>
    servers.flatMap(({ server, weight, fileWeight, decidedBy, orders: ids = [] }): HandWeight[] => {
      if (weight === undefined || (decidedBy !== "hand" && decidedBy !== "order")) return [];
      const order = orders.find((each) => each.kind === "weight" && ids.includes(each.id));
      const by = decidedBy === "hand" ? "ipvsadm" : (order?.by.name ?? "an order");
      const why = decidedBy === "order" && order?.reason !== undefined ? `: ${order.reason}` : "";
      const text = `${server} (${name}): weight ${weight}, the file says ${fileWeight ?? "nothing"}; by ${by}${why}`;
      return [
        {
          server,
          service: name,
          weight,
          ...(fileWeight !== undefined && { fileWeight }),
          by,
          text,
        },
      ];
    }),
  );
}
