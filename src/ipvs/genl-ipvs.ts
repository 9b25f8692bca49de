import { NetlinkError } from "../errors.ts";
import type { ServiceKey } from "../model/virtual-service.ts";
import { serviceFamily } from "../model/virtual-service.ts";
import { findFamily, type GenlFamily, genericRequest } from "../netlink/genl.ts";
import {
  maxBatch,
  type NetlinkSocket,
  type NetlinkStats,
  type Request,
} from "../netlink/socket.ts";
import { command, familyName } from "./constants.ts";
import { decodeDest, decodeInfo, decodeService, decodeTimeouts } from "./decode.ts";
import { encodeKey, tryEncode } from "./encode.ts";
import type { Ipvs, IpvsOp, OpResult, TableRow, TableService } from "./ipvs.ts";
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
    return this.#inTurn(async () => {
      const turns = new Turns();
      // A module that was removed and loaded again has another number: it is looked up afresh.
      this.#family = findFamily(this.#socket, familyName);
      const rows: TableRow[] = [];
      if (only === undefined) {
        for (const service of this.#services()) {
          // What cannot be read may be another's, and is no reason to see nothing.
          const row = readable(() => this.#row(service));
          if (row !== undefined) rows.push(row);
          await turns.yieldIfLong();
        }
      } else {
        for (const key of only) {
          const service = this.#service(key);
          if (service !== undefined) rows.push(this.#row(service));
          await turns.yieldIfLong();
        }
      }
      return rows;
    });
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

  timeouts(): Promise<{ readonly tcp: number; readonly tcpFin: number; readonly udp: number }> {
    return this.#inTurn(async () =>
      decodeTimeouts(this.#ask(command.getConfig, [], "read IPVS timeouts")),
    );
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

  #services(): TableService[] {
    const request = genericRequest(this.#family, command.getService);
    return this.#socket
      .dump(request, "list IPVS services")
      .flatMap((payload) => readable(() => decodeService(payload)) ?? []);
  }

  #service(key: ServiceKey): TableService | undefined {
    try {
      return decodeService(this.#ask(command.getService, [encodeKey(key)], "read an IPVS service"));
    } catch (error) {
      if (error instanceof NetlinkError && error.errno === "ESRCH") return undefined;
      throw error;
    }
  }

  /** A service that was deleted a moment ago has no destinations; the kernel calls that no error. */
  #row(service: TableService): TableRow {
    const request = genericRequest(this.#family, command.getDest, [encodeKey(service.key)]);
    const family = serviceFamily(service.key);
    const dests = this.#socket
      .dump(request, "list IPVS destinations")
      .map((payload) => decodeDest(payload, family));
    return { service, dests };
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
