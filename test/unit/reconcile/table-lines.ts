import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";

/** A table as lines, sorted: `tcp:10.0.0.1:80 wrr`, `tcp:10.0.0.1:80 -> 10.0.0.3:80 gate 1`. */
export const lines = (rows: readonly TableRow[]): string[] =>
  rows
    .flatMap(({ service, dests }) => {
      const id = serviceId(service.key);
      const persistence = service.persistenceSec === undefined ? "" : ` p${service.persistenceSec}`;
      return [
        `${id} ${service.scheduler}${persistence}`,
        ...dests.map((dest) => {
          const { forwarding, weight, upperThreshold: upper, lowerThreshold: lower } = dest;
          const thresholds = upper + lower === 0 ? "" : ` ${lower}..${upper}`;
          return `${id} -> ${formatEndpoint(dest.endpoint)} ${forwarding} ${weight}${thresholds}`;
        }),
      ];
    })
    .sort();
