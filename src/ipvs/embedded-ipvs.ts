import { NetlinkError } from "../errors.ts";
import { addressToBytes, type Endpoint, familyOf, formatEndpoint } from "../model/address.ts";
import { type ServiceKey, serviceFamily, serviceId } from "../model/virtual-service.ts";
import type { Connections } from "./connections.ts";
import { noTraffic, type ServiceCounters } from "./counters.ts";
import { encodeTimeouts, tryEncode } from "./encode.ts";
import type {
  Ipvs,
  IpvsOp,
  OpResult,
  TableDest,
  TableRow,
  TableService,
  Timeouts,
} from "./ipvs.ts";
import { type SyncDaemon, type SyncState, syncStart, syncStop } from "./sync-daemon.ts";
import { encodeSyncDaemon } from "./sync-message.ts";

/** Mainline's modules, of which Debian builds all but twos; `none` is the kernel's word for no scheduler. */
const schedulers: ReadonlySet<string> = new Set(
  "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos none".split(" "),
);

interface Row {
  service: TableService;
  /** By `address:port`; the oldest first. */
  readonly dests: Map<string, TableDest>;
}

/**
 * A table in memory that takes and refuses what the kernel's does, with the same errno: the same
 * suite runs against both. It forwards nothing.
 */
export class EmbeddedIpvs implements Ipvs {
  readonly #rows = new Map<string, Row>();
  readonly #sync = new Map<SyncState, SyncDaemon>();
  /** The kernel's defaults. */
  #timeouts: Timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  #isOpen = true;

  async list(only?: readonly ServiceKey[]): Promise<readonly TableRow[]> {
    this.#mustBeOpen("list IPVS services");
    const rows =
      only === undefined
        ? [...this.#rows.values()]
        : only.flatMap((key) => this.#rows.get(serviceId(key)) ?? []);
    // The newest first, as the kernel lists them.
    return rows.map(({ service, dests }) => ({ service, dests: [...dests.values()].reverse() }));
  }

  async apply(ops: readonly IpvsOp[]): Promise<readonly OpResult[]> {
    return ops.map((op) => {
      // Refuses the same values as the kernel's table does.
      if (tryEncode(op) === "ERANGE") return "ERANGE";
      return this.#isOpen ? this.#change(op) : "EBADF";
    });
  }

  async info(): Promise<{ readonly version: string; readonly connectionTableSize: number }> {
    return { version: "1.2.1", connectionTableSize: 4096 };
  }

  async timeouts(): Promise<Timeouts> {
    this.#mustBeOpen("read IPVS timeouts");
    return this.#timeouts;
  }

  async setTimeouts(wanted: Partial<Timeouts>): Promise<void> {
    this.#mustTake("set IPVS timeouts", () => encodeTimeouts(wanted));
    this.#timeouts = { ...this.#timeouts, ...wanted };
  }

  async counters(only?: readonly ServiceKey[]): Promise<readonly ServiceCounters[]> {
    const rows = await this.list(only);
    return rows.map(({ service: { key }, dests }) => ({
      key,
      traffic: noTraffic,
      dests: dests.map(({ endpoint }) => ({
        endpoint,
        activeConns: 0,
        inactiveConns: 0,
        persistentConns: 0,
        traffic: noTraffic,
      })),
    }));
  }

  async connections(): Promise<Connections> {
    this.#mustBeOpen("read IPVS connections");
    return { found: [], count: 0, read: 0, isWhole: true };
  }

  async syncDaemons(): Promise<readonly SyncDaemon[]> {
    this.#mustBeOpen("list IPVS sync daemons");
    return [...this.#sync.values()];
  }

  async startSync(daemon: SyncDaemon): Promise<void> {
    const what = syncStart(daemon);
    this.#mustTake(what, () => encodeSyncDaemon(daemon));
    if (this.#sync.has(daemon.state)) throw new NetlinkError("EEXIST", what);
    this.#sync.set(daemon.state, daemon);
  }

  async stopSync(state: SyncState): Promise<void> {
    const what = syncStop(state);
    this.#mustBeOpen(what);
    if (!this.#sync.delete(state)) throw new NetlinkError("ESRCH", what);
  }

  close(): void {
    this.#isOpen = false;
  }

  #mustBeOpen(what: string): void {
    if (!this.#isOpen) throw new NetlinkError("EBADF", what);
  }

  /** Refuses the same values as the kernel's table does. */
  #mustTake(what: string, encode: () => unknown): void {
    this.#mustBeOpen(what);
    try {
      encode();
    } catch (cause) {
      throw new NetlinkError("ERANGE", what, { cause });
    }
  }

  #change(op: IpvsOp): OpResult {
    const key = "service" in op ? op.service.key : op.key;
    const id = serviceId(key);
    const row = this.#rows.get(id);
    if (op.kind === "add-service") {
      if (row !== undefined) return "EEXIST";
      const refusal = refuseService(op.service);
      if (refusal === undefined) this.#rows.set(id, { service: op.service, dests: new Map() });
      return refusal;
    }
    // Whatever else is wrong: the kernel looks for the service first.
    if (row === undefined) return "ESRCH";
    switch (op.kind) {
      case "set-service": {
        const refusal = refuseService(op.service);
        if (refusal === undefined) row.service = op.service;
        return refusal;
      }
      case "delete-service":
        this.#rows.delete(id);
        return undefined;
      case "add-dest": {
        const place = formatEndpoint(op.dest.endpoint);
        const refusal =
          refuseDest(key, op.dest) ??
          (row.dests.has(place) ? "EEXIST" : refuseAddress(op.dest.endpoint));
        if (refusal === undefined) row.dests.set(place, op.dest);
        return refusal;
      }
      case "set-dest": {
        const place = formatEndpoint(op.dest.endpoint);
        const refusal = refuseDest(key, op.dest) ?? (row.dests.has(place) ? undefined : "ENOENT");
        if (refusal === undefined) row.dests.set(place, op.dest);
        return refusal;
      }
      case "delete-dest":
        return row.dests.delete(formatEndpoint(op.endpoint)) ? undefined : "ENOENT";
    }
  }
}

/** A scheduler's module is looked for before the netmask is looked at. */
function refuseService(service: TableService): OpResult {
  if (!schedulers.has(service.scheduler)) return "ENOENT";
  const isPrefix = service.netmask >= 1 && service.netmask <= 128;
  if (serviceFamily(service.key) === 6 && !isPrefix) return "EINVAL";
  return undefined;
}

/** What is refused before the destination is looked for. Only a tunnel can cross address families. */
function refuseDest(key: ServiceKey, dest: TableDest): OpResult {
  const isForeignFamily = familyOf(dest.endpoint.address) !== serviceFamily(key);
  if (isForeignFamily && dest.forwarding !== "ipip") return "EINVAL";
  if (dest.weight < 0 || dest.lowerThreshold > dest.upperThreshold) return "ERANGE";
  return undefined;
}

/**
 * Where no packet can go to: 0.0.0.0, multicast and broadcast; of IPv6 the unspecified address, multicast,
 * link-local and IPv4-mapped ones. The kernel also knows its own addresses and networks, we do not.
 */
function refuseAddress(endpoint: Endpoint): OpResult {
  const bytes = addressToBytes(endpoint.address);
  const [first = 0, second = 0] = bytes;
  const isUnspecified = bytes.every((byte) => byte === 0);
  if (bytes.length === 4) {
    const isBroadcast = bytes.every((byte) => byte === 0xff);
    const isMulticast = first >> 4 === 0xe;
    return isUnspecified || isMulticast || isBroadcast ? "EINVAL" : undefined;
  }
  const isMulticast = first === 0xff;
  const isLinkLocal = first === 0xfe && second >> 6 === 2;
  const isMapped = bytes.subarray(0, 12).equals(Buffer.from("00000000000000000000ffff", "hex"));
  return isUnspecified || isMulticast || isLinkLocal || isMapped ? "EINVAL" : undefined;
}
