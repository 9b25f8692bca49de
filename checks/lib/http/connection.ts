/** The connections of http: to where the file says, or to where a server sent us. */

import { createServer, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Endpoint } from "../../../src/model/address.ts";
import type { Verdict } from "../../check.ts";
import { DownNow } from "../down-now.ts";
import { verdictElsewhere, verdictOf } from "../fault.ts";
import { addressesOf, NoNameServer } from "../host-names.ts";
import { maxTotalBytes } from "../limits.ts";
import type { RunSignal } from "../run-signal.ts";
import { Metered } from "../stream/metered.ts";
import { openTcp } from "../stream/tcp.ts";
import type { Unread } from "./plain-exchange.ts";

/** Besides a body: heads, chunks' sizes, a handshake. */
const aroundBodyBytes = 256 * 1024;
/** What a piece counts at least: http makes more of each than others do. */
const pieceBytes = 3072;
/** Of a name. */
const maxAddresses = 4;

/**
 * The caller's to destroy. Rejects with the system's error, with the signal's reason, or with DownNow.
 * @param host a numeric address, or a name
 * @param askedBy the real server that is checked
 */
export async function connectionTo(
  host: string,
  port: number,
  askedBy: Endpoint,
  signal: RunSignal,
): Promise<Duplex> {
  const addresses = isIP(host) === 0 ? await addressesOf(host, askedBy.address, signal) : [host];
  let failed: unknown;
  for (const address of addresses.slice(0, maxAddresses)) {
    try {
      return measured(await openTcp({ address, port }, signal), false);
    } catch (error) {
      failed = error;
      if (signal.aborted) break;
    }
  }
  throw failed;
}

const measured = (tcp: Socket, isAsked: boolean): Duplex =>
  new Metered(tcp, maxTotalBytes + aroundBodyBytes, pieceBytes, isAsked);

/** A connection on which the question has been asked, from the first byte of its answer on. The caller's to destroy. */
export function connectionOf({ connection, received }: Unread): Duplex {
  if (received.length > 0) connection.unshift(received);
  return measured(connection, true);
}

/** What an error of an exchange with where the real server sent us, which is its choice, says of it. Rejects as `verdictElsewhere` throws. */
export async function verdictSentTo(error: unknown): Promise<Verdict> {
  if (error instanceof NoNameServer) return new DownNow("unreachable", error.message).verdict;
  const isPortless = error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL";
  return isPortless && !(await isAnyPortFree()) ? verdictOf(error) : verdictElsewhere(error);
}

/** EADDRNOTAVAIL means that we have no address to go there from, or that all our ports are in use. */
function isAnyPortFree(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(0, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
