/** Waiting for a real server to connect to us, as FTP's active mode wants it. */
import { on, once } from "node:events";
import { createServer, type Socket } from "node:net";
import { canonicalAddress, type Endpoint } from "../../src/model/address.ts";

export interface Listener extends Disposable {
  /** Where it waits. */
  readonly local: Endpoint;
  /** The first connection from the peer, the caller's from then on; anybody else's is closed. */
  accepted(): Promise<Socket>;
}

/**
 * Listens on a free port of our own `address` for one connection from `peer`; nothing listens when it is disposed of.
 * This and `accepted` reject with the system's error, or when `signal` aborts.
 */
export async function listenFor(
  peer: string,
  address: string,
  signal: AbortSignal,
): Promise<Listener> {
  const server = createServer({ pauseOnConnect: true });
  const waiting = new Set<Socket>();
  const arrivals = on(server, "connection", { signal });
  server.on("connection", (socket) => {
    waiting.add(socket);
    // It may be reset before anybody takes it.
    socket.on("error", () => {});
  });
  const stop = (): void => {
    server.close();
    void arrivals.return?.();
    for (const socket of waiting) socket.destroy();
  };
  try {
    server.listen({ host: address, port: 0 });
    await once(server, "listening", { signal });
  } catch (error) {
    stop();
    throw error;
  }
  const bound = server.address();
  return {
    local: { address, port: bound === null || typeof bound === "string" ? 0 : bound.port },
    async accepted() {
      for await (const [socket] of arrivals as AsyncIterable<readonly [Socket]>) {
        waiting.delete(socket);
        if (isFrom(socket, peer)) return socket;
        socket.destroy();
      }
      throw new Error("a listener that was closed while it was waited for");
    },
    [Symbol.dispose]: stop,
  };
}

const isFrom = ({ remoteAddress = "" }: Socket, peer: string): boolean =>
  canonicalAddress(remoteAddress) === canonicalAddress(peer);
