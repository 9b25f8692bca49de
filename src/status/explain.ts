import type { CheckResult } from "../health/history.ts";
import { sayTime } from "../orders/say-order.ts";
import { type Beside, type Cause, causeOf, type Facts, targetOf } from "./causes.ts";
import type { ServerState } from "./servers.ts";
import type { ServiceState, Snapshot } from "./snapshot.ts";

/** Why one real server is as it is in one virtual service. */
export interface Explanation {
  readonly service: string;
  readonly server: string;
  /** The one cause that decides. */
  readonly cause: Cause;
  /** Plain sentences, most important first. */
  readonly sentences: readonly string[];
  /** What would bring it back, or change it; absent where nothing has to. */
  readonly remedy?: string;
  /** Where the file names it: `/etc/ha.d/ldirectord.cf:12`. */
  readonly place?: string;
  /** Its row in the table: `masq weight 0`; absent when it has none. */
  readonly row?: string;
  /** Newest first. */
  readonly results: readonly CheckResult[];
}

/** Pure. @param server one of the service's */
export function explain(
  snapshot: Pick<Snapshot, "at" | "path" | "orders" | "maintenanceDir">,
  service: ServiceState,
  server: ServerState,
  beside: Beside,
): Explanation {
  const orders = snapshot.orders.filter(({ id }) => server.orders?.includes(id) === true);
  const facts: Facts = { snapshot, service, server, beside, orders };
  const { cause, says, remedy } = causeOf(facts);
  return {
    service: service.id,
    server: server.server,
    cause,
    sentences: [...says, ...asides(facts, cause)],
    ...(remedy !== undefined && { remedy }),
    ...(beside.line !== undefined && { place: `${snapshot.path}:${beside.line}` }),
    ...(server.weight !== undefined && { row: `${server.forwarding} weight ${server.weight}` }),
    results: beside.results,
  };
}

/** What is true beside the cause, and bears on it. */
function asides({ server, service, orders }: Facts, cause: Cause): readonly string[] {
  const says: string[] = [];
  const drain = orders.find(({ kind }) => kind === "drain");
  if (drain !== undefined && cause !== "drain") {
    says.push(
      `${drain.by.name} drains it, too, since ${sayTime(drain.at)}: it gets no new connections before ldirectorctl undrain ${targetOf(server, drain, "")}.`,
    );
  }
  if (server.state === "up" && server.weight === undefined && cause !== "refused") {
    says.push("It has no row in the table yet.");
  }
  if (server.state === "up" && server.weight === 0 && cause === "up") {
    says.push("Its weight is 0, as the file says: it gets no new connections.");
  }
  if (server.lastFault !== undefined && cause !== "local-trouble") {
    says.push(
      `Its newest check came to nothing because of this machine: ${server.lastFault.code}.`,
    );
  }
  if (service.role === "spare") {
    says.push(
      `This director is the spare of its virtual service (${service.roleWhy}): clients come to another one, which sends the mails.`,
    );
  }
  if (service.usable === "none")
    says.push("Its virtual service has no real server that can be used.");
  return says;
}

/** Of a real server that has no address now. @param why in the words of the file's own warning */
export const explainUnresolved = (name: string, why: string): Explanation => ({
  service: "",
  server: name,
  cause: "unresolved",
  sentences: [`${name} can not be looked up now, and is left out until it has an address. ${why}`],
  remedy:
    "It is tried again every 30 s, and joins when it has one. Mend the name, or write its address into the file.",
  results: [],
});
