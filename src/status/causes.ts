import type { DownReason } from "../../checks/check.ts";
import type { CheckResult } from "../health/history.ts";
import { describeTarget } from "../orders/book.ts";
import type { Order } from "../orders/order.ts";
import { sayOrder, sayTime } from "../orders/say-order.ts";
import type { ServerState } from "./servers.ts";
import type { ServiceState, Snapshot } from "./snapshot.ts";

export type Cause =
  | "up"
  | "failing"
  | "not-asked"
  | "local-trouble"
  | "maintenance-file"
  | "maintenance-order"
  | "drain"
  | "hand"
  | "weight-order"
  | "refused"
  | "fixed"
  | "fallback"
  | "former"
  | "unresolved"
  | DownReason;

/** What is known beside the snapshot. */
export interface Beside {
  readonly results: readonly CheckResult[];
  /** `http 10.0.0.3:80`; undefined: nobody asks it. */
  readonly check?: string | undefined;
  /** Why nobody asks: `checktype=on`. */
  readonly fixed?: string | undefined;
  readonly failureCount: number;
  readonly intervalMs?: number | undefined;
  /** 1-based line of its `real=`. */
  readonly line?: number | undefined;
}

export interface Facts {
  readonly snapshot: Pick<Snapshot, "at" | "path" | "orders" | "maintenanceDir">;
  readonly service: ServiceState;
  readonly server: ServerState;
  readonly beside: Beside;
  readonly orders: readonly (Order & { readonly left?: number })[];
}

export interface Told {
  readonly cause: Cause;
  readonly says: readonly string[];
  readonly remedy?: string;
}

/** The one cause that decides, and what is to be said of it. Pure. */
export function causeOf(facts: Facts): Told {
  const { server, service } = facts;
  const refused = refusedOf(service, server);
  if (server.state === "maintenance") return maintenance(facts);
  if (refused.length > 0) {
    return {
      cause: "refused",
      says: refused.map((change) => `The kernel refuses to ${change}.`),
      remedy: "The log has the errno. It is tried again by itself, soon and then each minute.",
    };
  }
  switch (server.state) {
    case "drained":
      return drained(facts);
    case "down":
      return down(facts);
    case "unknown":
      return unknown(facts);
    case "former":
      return {
        cause: "former",
        says: [
          "The file does not name it. Its row was found in the table, and serves until a server of the file can.",
        ],
        remedy: "It goes by itself with the first server of the file that is up.",
      };
    case "fallback":
      return { cause: "fallback", says: ["No real server is in: the fallback has the traffic."] };
    case "standby":
      return { cause: "fallback", says: ["The fallback waits: a real server is in."] };
    case "up":
      return up(facts);
  }
}

/** Changes of its row that the kernel refuses; or, while it has none, of the service that the row would be in. */
function refusedOf(
  { refused, isInTable, name }: ServiceState,
  { row }: ServerState,
): readonly string[] {
  // A row without a port is told without one.
  const place = row.replace(/:0$/, "");
  const own = refused.filter((change) => change.includes(`real server ${place} `));
  if (own.length > 0 || isInTable) return own;
  return refused.filter((change) => change.startsWith(`add virtual service ${name} `));
}

function maintenance({ server, snapshot, orders }: Facts): Told {
  if (server.maintenanceFile !== undefined) {
    const path = `${snapshot.maintenanceDir ?? "maintenancedir"}/${server.maintenanceFile}`;
    return {
      cause: "maintenance-file",
      says: [`The file ${path} holds it out. Nobody checks it meanwhile.`],
      remedy: `Remove ${path}; it comes in with its next good check.`,
    };
  }
  const order = orders.find(({ kind }) => kind === "maintenance");
  return {
    cause: "maintenance-order",
    says: [
      `An order holds it out${order === undefined ? "" : `, given by ${order.by.name} at ${sayTime(order.at)}: ${sayOrder(order)}`}. Nobody checks it meanwhile.`,
    ],
    remedy: `ldirectorctl maintenance ${targetOf(server, order, "--in ")} off; it comes in with its next good check.`,
  };
}

/** In the order's own words, for no others take it back: `10.0.0.3`, then where. @param within before a virtual service */
export function targetOf(server: ServerState, order: Order | undefined, within: string): string {
  if (order === undefined) return server.server;
  const { real, virtual } = order.target;
  if (real === undefined || virtual === undefined) return describeTarget(order.target);
  return `${describeTarget({ real })} ${within}${virtual}`;
}

const openConnections = (left: number | undefined): string =>
  left === 1 ? "1 connection is" : `${left ?? "An unknown number of"} connections are`;

function drained({ server, orders, snapshot }: Facts): Told {
  const order = orders.find((each) => each.kind === "drain");
  if (order?.kind !== "drain") return { cause: "drain", says: ["It is drained."] };
  const { ended, left } = order;
  const progress =
    ended !== undefined
      ? ended.cause === "idle"
        ? `Since ${sayTime(ended.at)} nobody is connected any more.`
        : `Its deadline came at ${sayTime(ended.at)}, with ${ended.left ?? "an unknown number of"} connections open.`
      : `${openConnections(left)} open; its deadline is in ${Math.max(0, Math.round((order.deadline - snapshot.at) / 1000))} s.`;
  const reason = order.reason === undefined ? "" : ` (${order.reason})`;
  return {
    cause: "drain",
    says: [
      `Its checks pass, and ${order.by.name} drains it since ${sayTime(order.at)}${reason}: no new connections.`,
      progress,
    ],
    remedy: `ldirectorctl undrain ${targetOf(server, order, "")}`,
  };
}

const meanings: Readonly<Record<DownReason, string>> = {
  refused: "Nobody listens there: the service is not running, or on another port.",
  timeout: "No answer in time: the host is dead or overloaded, or a firewall drops.",
  unreachable: "A router, or the host itself, says that there is no way.",
  closed: "It hung up before it had answered.",
  tls: "The handshake or its certificate is wrong.",
  protocol: "What answers there speaks something else.",
  auth: "The login of the check is refused.",
  status: "It answers, and says that it cannot.",
  mismatch: "It answers, and the answer has not what the file wants.",
  internal: "The check itself has a mistake: that is ours, see the log.",
};

function down({ server, beside, snapshot }: Facts): Told {
  const { lastVerdict, since } = server;
  const from = since === undefined ? "" : ` since ${sayTime(since)}`;
  if (lastVerdict === undefined || lastVerdict.reason === undefined) {
    return {
      cause: "fixed",
      says: [`It counts as down${from}: ${beside.fixed ?? "nobody asks it"}.`],
      remedy: `Change its check in ${snapshot.path}.`,
    };
  }
  const { reason, detail, durationMs } = lastVerdict;
  const check = beside.check === undefined ? "Its check" : `Its check (${beside.check})`;
  return {
    cause: reason,
    says: [
      `It is down${from}. ${check} says ${reason}: ${detail} (after ${Math.round(durationMs)} ms).`,
      meanings[reason],
    ],
    remedy: `One good check brings it back${every(beside)}.`,
  };
}

const every = ({ intervalMs }: Beside): string =>
  intervalMs === undefined ? "" : `; it is asked every ${intervalMs / 1000} s`;

function unknown({ server, beside }: Facts): Told {
  const { lastFault } = server;
  if (lastFault !== undefined) return localTrouble(lastFault, "It has had no verdict yet.");
  if (beside.fixed !== undefined) return { cause: "fixed", says: [beside.fixed] };
  return {
    cause: "not-asked",
    says: [
      "It has not answered a check yet: since the start, the reload that named it, or the end of its maintenance.",
    ],
    remedy: `Its first good check brings it in${every(beside)}.`,
  };
}

const localTrouble = (
  { at, code, detail }: NonNullable<ServerState["lastFault"]>,
  says: string,
): Told => ({
  cause: "local-trouble",
  says: [
    `${says} The newest check, at ${sayTime(at)}, came to nothing because of this machine, and the server is not blamed: ${code}: ${detail}.`,
  ],
  remedy: "See docs/monitoring.md, local-fault: mend the director.",
});

function up(facts: Facts): Told {
  const { server, service, beside, orders } = facts;
  const { failures = 0, lastVerdict, lastFault, decidedBy } = server;
  if (failures > 0) {
    return {
      cause: "failing",
      says: [
        `It is in, and its check has failed ${failures} of the ${beside.failureCount} times in a row that would take it out (failurecount): ${lastVerdict?.reason}: ${lastVerdict?.detail}.`,
      ],
    };
  }
  if (decidedBy === "hand") {
    const edit = service.edits.find(({ row }) => row === server.row);
    return {
      cause: "hand",
      says: [
        `Another hand (ipvsadm) changed its row: ${edit?.found ?? `weight ${server.weight}`}; the file says weight ${server.fileWeight}. That is left as it is until the server goes down or up, or the file changes its line.`,
      ],
      remedy: `ldirectorctl weight ${server.server} N sets another weight.`,
    };
  }
  const order = orders.find(({ kind }) => kind === "weight");
  if (decidedBy === "order" && order !== undefined) {
    return {
      cause: "weight-order",
      says: [
        `Its checks pass. ${order.by.name} gave it this weight at ${sayTime(order.at)}: ${sayOrder(order)}; the file says ${server.fileWeight}.`,
      ],
      remedy: `ldirectorctl weight ${targetOf(server, order, "--in ")} --reset`,
    };
  }
  if (lastFault !== undefined) return localTrouble(lastFault, "It is in, as it was.");
  if (beside.fixed !== undefined) return { cause: "fixed", says: [`It is in: ${beside.fixed}.`] };
  const words =
    lastVerdict === undefined
      ? "it had a weight when the daemon started"
      : `its check says ${lastVerdict.detail}`;
  return { cause: "up", says: [`It is in: ${words}.`] };
}
