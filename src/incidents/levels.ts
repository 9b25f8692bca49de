import type { HealthView } from "../health/view.ts";
import { formatEndpoint } from "../model/address.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import type { Ending, Trouble } from "./trouble.ts";

/** How one thing is: wrong, well, out because somebody wants it so. What is not known is not there. */
export interface Level {
  readonly trouble: Trouble;
  readonly is: "wrong" | Ending;
}

/**
 * How a virtual service and its real servers are.
 * @param why the reason of a server that is down
 */
export function levelsOf(
  virtual: VirtualService,
  view: HealthView,
  why: (serviceId: string, real: VirtualService["reals"][number]["endpoint"]) => string,
): readonly Level[] {
  const service = serviceId(virtual.key);
  const levels: Level[] = [];
  let [up, down, unknown] = [0, 0, 0];
  for (const { endpoint } of virtual.reals) {
    const isPlanned =
      view.maintenance(service, endpoint) !== undefined ||
      view.steering(service, endpoint)?.kind === "drain";
    const { state } = view.health(service, endpoint);
    if (!isPlanned && state === "unknown") unknown++;
    else if (!isPlanned && state === "up") up++;
    else if (!isPlanned) down++;
    if (!isPlanned && state === "unknown") continue;
    const is = isPlanned ? "planned" : state === "down" ? "wrong" : "recovered";
    const { address, port } = endpoint;
    const id = troubleId(service, endpoint);
    const reason = is === "wrong" ? why(service, endpoint) : "";
    const trouble = { id, topic: "servers", gravity: "warning", service, reason } as const;
    levels.push({ trouble: { ...trouble, address, port }, is });
  }
  const trouble = {
    id: service,
    topic: "servers",
    gravity: "error",
    service,
    reason: `none of its ${virtual.reals.length} real servers can be used`,
  } as const;
  if (up > 0) levels.push({ trouble, is: "recovered" });
  else if (down > 0 && unknown === 0) levels.push({ trouble, is: "wrong" });
  else if (down === 0 && unknown === 0) levels.push({ trouble, is: "planned" });
  return levels;
}

export const troubleId = (service: string, real: { address: string; port: number }): string =>
  `${service} ${formatEndpoint(real)}`;
