import { NetlinkError } from "../errors.ts";
import type { Family } from "../model/address.ts";
import { type ServiceKey, serviceFamily } from "../model/virtual-service.ts";
import { findFamily, type GenlFamily, genericRequest } from "../netlink/genl.ts";
import {
  maxBatch,
  type NetlinkSocket,
  type NetlinkStats,
  type Request,
} from "../netlink/socket.ts";
import type { ConnectionFilter, Connections } from "./connections.ts";
import { command, familyName } from "./constants.ts";
import type { ServiceCounters } from "./counters.ts";
import { decodeDest, decodeInfo, decodeService, decodeTimeouts } from "./decode.ts";
import { decodeDestCounters, decodeServiceCounters } from "./decode-counters.ts";
import { encodeKey, encodeTimeouts, tryEncode } from "./encode.ts";
import type { Ipvs, IpvsOp, OpResult, TableRow, Timeouts } from "./ipvs.ts";
import { readConnections } from "./read-connections.ts";
import { type SyncDaemon, type SyncState, syncStart, syncStop } from "./sync-daemon.ts";
import { decodeSyncDaemon, encodeSyncDaemon, encodeSyncState } from "./sync-message.ts";
import { Turns } from "./turns.ts";

/**
 * The kernel's table. A list or a change that is long gives the event loop turns in between; the
 * next one waits for it, so that no two are ever mixed.
 */
export class GenlIpvs implements Ipvs {
  readonly #socket: NetlinkSocket;
  #family: GenlFamily;
  /** Settles when everything asked so far is through. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param family as found on this socket */
  constructor(socket: NetlinkSocket, family: GenlFamily) {
    this.#socket = socket;
    this.#family = family;
  }

  /** System calls and requests since the socket was opened. */
  get stats(): NetlinkStats {
    return this.#socket.stats;
  }

  list(only?: readonly ServiceKey[]): Promise<readonly TableRow[]> {
    return this.#readRows(
      only,
      (payload) => {
        const service = decodeService(payload);
        return service && { key: service.key, service };
      },
      ({ service }, dests) => ({ service, dests }),
      decodeDest,
    );
  }

  counters(only?: readonly ServiceKey[]): Promise<readonly ServiceCounters[]> {
    return this.#readRows(
      only,
      decodeServiceCounters,
      (service, dests) => ({ ...service, dests }),
      decodeDestCounters,
    );
  }

  apply(ops: readonly IpvsOp[]): Promise<readonly OpResult[]> {
    return this.#inTurn(async () => {
      const turns = new Turns();
      const results: OpResult[] = [];
      const requests: { readonly index: number; readonly request: Request }[] = [];
      for (const [index, op] of ops.entries()) {
        const encoded = tryEncode(op);
        if (typeof encoded === "string") results[index] = encoded;
        else {
          const request = genericRequest(this.#family, encoded.command, encoded.attributes);
          requests.push({ index, request });
        }
        const turn = turns.yieldIfLong();
        if (turn !== undefined) await turn;
      }
      for (let start = 0; start < requests.length; start += maxBatch) {
        const batch = requests.slice(start, start + maxBatch);
        const answers = this.#send(batch.map(({ request }) => request));
        for (const [i, { index }] of batch.entries()) results[index] = answers[i];
        await turns.yieldIfLong();
      }
      return results;
    });
  }

  info(): Promise<{ readonly version: string; readonly connectionTableSize: number }> {
    return this.#inTurn(async () => decodeInfo(this.#ask(command.getInfo, [], "read IPVS info")));
  }

  timeouts(): Promise<Timeouts> {
    return this.#inTurn(async () =>
      decodeTimeouts(this.#ask(command.getConfig, [], "read IPVS timeouts")),
    );
  }

  setTimeouts(wanted: Partial<Timeouts>): Promise<void> {
    return this.#order(command.setConfig, "set IPVS timeouts", () => encodeTimeouts(wanted));
  }

  /** No turn of its own: reading may take seconds. */
  connections(filter: ConnectionFilter, most: number): Promise<Connections> {
    return readConnections(filter, { most });
  }

  syncDaemons(): Promise<readonly SyncDaemon[]> {
    return this.#inTurn(async () =>
      this.#socket
        .dump(genericRequest(this.#family, command.getDaemon), "list IPVS sync daemons")
        .map(decodeSyncDaemon),
    );
  }

  startSync(daemon: SyncDaemon): Promise<void> {
    const what = syncStart(daemon);
    return this.#order(command.newDaemon, what, () => [encodeSyncDaemon(daemon)]);
  }

  async stopSync(state: SyncState): Promise<void> {
    try {
      await this.#order(command.deleteDaemon, syncStop(state), () => [encodeSyncState(state)]);
    } catch (error) {
      // A thread that is stopped before it first ran ends with EINTR, of which the kernel sends no word (netlink_rcv_skb).
      const isLost = error instanceof NetlinkError && error.errno === "LOST";
      if (!isLost) throw error;
      const running = await this.syncDaemons();
      if (running.some((daemon) => daemon.state === state)) throw error;
    }
  }

  close(): void {
    this.#socket.close();
  }

  #send(batch: readonly Request[]): readonly OpResult[] {
    try {
      return this.#socket.batch(batch);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      return batch.map(() => error.errno);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** A request that has no answer but success. */
  #order(number: number, what: string, attributes: () => readonly Buffer[]): Promise<void> {
    return this.#inTurn(async () => {
      let encoded: readonly Buffer[];
      try {
        encoded = attributes();
      } catch (cause) {
        throw new NetlinkError("ERANGE", what, { cause });
      }
      this.#socket.ask(genericRequest(this.#family, number, encoded), what);
    });
  }

  /**
   * Every service with its destinations, or those named.
   * @param readService gives undefined for one that our types have no word for
   */
  #readRows<S extends { readonly key: ServiceKey }, D, R>(
    only: readonly ServiceKey[] | undefined,
    readService: (payload: Buffer) => S | undefined,
    row: (service: S, dests: readonly D[]) => R,
    readDest: (payload: Buffer, family: Family) => D,
  ): Promise<readonly R[]> {
    const read = (service: S): R =>
      row(
        service,
        this.#dests(service.key).map((dest) => readDest(dest, serviceFamily(service.key))),
      );
    return this.#inTurn(async () => {
      const turns = new Turns();
      // A module that was removed and loaded again has another number: it is looked up afresh.
      this.#family = findFamily(this.#socket, familyName);
      const rows: R[] = [];
      if (only === undefined) {
        for (const payload of this.#services()) {
          // What cannot be read may be another's, and is no reason to see nothing.
          const service = readable(() => readService(payload));
          const found = service && readable(() => read(service));
          if (found !== undefined) rows.push(found);
          await turns.yieldIfLong();
        }
      } else {
        for (const key of only) {
          const payload = this.#service(key);
          const service = payload && readService(payload);
          if (service !== undefined) rows.push(read(service));
          await turns.yieldIfLong();
        }
      }
      return rows;
    });
  }

  #services(): Buffer[] {
    const request = genericRequest(this.#family, command.getService);
    return this.#socket.dump(request, "list IPVS services");
  }

  #service(key: ServiceKey): Buffer | undefined {
    try {
      return this.#ask(command.getService, [encodeKey(key)], "read an IPVS service");
    } catch (error) {
      if (error instanceof NetlinkError && error.errno === "ESRCH") return undefined;
      throw error;
    }
  }

  /** A service that was deleted a moment ago has no destinations; the kernel calls that no error. */
  #dests(key: ServiceKey): Buffer[] {
    const request = genericRequest(this.#family, command.getDest, [encodeKey(key)]);
    return this.#socket.dump(request, "list IPVS destinations");
  }

  #ask(number: number, attributes: readonly Buffer[], what: string): Buffer {
    const [answer] = this.#socket.ask(genericRequest(this.#family, number, attributes), what);
    if (answer === undefined) throw new NetlinkError("EBADMSG", what);
    return answer;
  }
}

/** @returns undefined when the kernel does not tell, or in words we do not know */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NetlinkError) return undefined;
    throw error;
  }
}
