import { formatHost } from "../model/address.ts";
import type { ServerState } from "../status/servers.ts";
import type { Snapshot } from "../status/snapshot.ts";

/** Whether `what` names this server: with its port, or without for every port. */
const namesServer = (what: string, { server, row, endpoint }: ServerState): boolean =>
  what === server ||
  what === row ||
  what === endpoint.address ||
  what === formatHost(endpoint.address);

/**
 * The snapshot of one virtual service, or of one real server wherever it is.
 * @returns undefined when there is no such thing in it
 */
export function restrictTo(snapshot: Snapshot, what: string | undefined): Snapshot | undefined {
  if (what === undefined) return snapshot;
  const named = snapshot.services.filter(({ id, name }) => id === what || name === what);
  if (named.length > 0) return { ...snapshot, services: named };
  const services = snapshot.services.flatMap((service) => {
    const servers = service.servers.filter((server) => namesServer(what, server));
    return servers.length === 0 ? [] : [{ ...service, servers }];
  });
  return services.length === 0 ? undefined : { ...snapshot, services };
}
