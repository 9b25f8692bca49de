/** Waiting for a real server to connect to us, as FTP's active mode wants it. */

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { canonicalAddress, type Endpoint } from "../../../src/model/address.ts";
import type { RunSignal } from "../run-signal.ts";

export interface Listener extends Disposable {
  /** Where it waits. */
  readonly local: Endpoint;
  /** The first connection from the peer, the caller's from then on; anybody else's was closed at once. */
  accepted(): Promise<Socket>;
}

/** Of the others, in one probe: then nobody is taken any more, for each costs the time to take and close it. */
const maxStrangers = 512;
/** What may be waiting to be taken, and so is taken in one turn of the event loop. */
const backlog = 64;

/**
 * Listens on a free port of our own `address` for one connection from `peer`; nothing listens once it has come, or
 * when this is disposed of. This and `accepted` reject with the system's error, or when `signal` aborts.
 */
export async function listenFor(
  peer: string,
  address: string,
  signal: RunSignal,
): Promise<Listener> {
  const server = createServer({ pauseOnConnect: true });
  const wanted = canonicalAddress(peer);
  let strangers = 0;
  let arrived: Socket | undefined;
  let tell = (_socket: Socket): void => {};
  server.on("connection", (socket) => {
    // It may be reset before anybody takes it.
    socket.on("error", () => {});
    if (arrived === undefined && canonicalAddress(socket.remoteAddress ?? "") === wanted) {
      arrived = socket;
      server.close();
      tell(socket);
      return;
    }
    socket.destroy();
    if (++strangers >= maxStrangers) server.close();
  });
  let isTaken = false;
  const stop = (): void => {
    server.close();
    if (!isTaken) arrived?.destroy();
  };
  try {
    server.listen({ host: address, port: 0, backlog });
    await once(server, "listening");
    signal.throwIfAborted();
  } catch (error) {
    stop();
    throw error;
  }
  const bound = server.address();
  return {
    local: { address, port: bound === null || typeof bound === "string" ? 0 : bound.port },
    accepted: () =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason);
        tell = (socket) => {
          signal.removeEventListener("abort", onAbort);
          isTaken = true;
          resolve(socket);
        };
        if (signal.aborted) return onAbort();
        signal.addEventListener("abort", onAbort);
        if (arrived !== undefined) tell(arrived);
      }),
    [Symbol.dispose]: stop,
  };
}
