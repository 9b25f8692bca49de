import type { TableRow } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceId } from "../model/virtual-service.ts";

/** A table as `ipvsadm -L -n` has it, without its counters. */
export const tableLines = (rows: readonly TableRow[]): readonly string[] =>
  rows.flatMap(({ service, dests }) => [
    [
      serviceId(service.key),
      service.scheduler,
      ...(service.persistenceSec === undefined ? [] : [`persistent ${service.persistenceSec}`]),
    ].join(" "),
    ...dests.map(
      ({ endpoint, forwarding, weight }) =>
        `  -> ${formatEndpoint(endpoint).padEnd(24)} ${forwarding.padEnd(5)} ${weight}`,
    ),
  ]);
