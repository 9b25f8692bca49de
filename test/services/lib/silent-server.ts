import { createSocket } from "node:dgram";
import type { Endpoint } from "../../../src/model/address.ts";
import { type Loopback, refusing, silent } from "../../servers/scripted.ts";

/** Where nobody listens, for TCP or UDP. */
export const goneServer = (address: Loopback = "127.0.0.1") => refusing(address);

/** Takes connections, or datagrams, and never says a word. */
export async function silentServer(
  protocol: "tcp" | "udp" = "tcp",
  address: Loopback = "127.0.0.1",
): Promise<AsyncDisposable & { readonly endpoint: Endpoint }> {
  if (protocol === "tcp") return silent(address);
  const socket = createSocket(address === "::1" ? "udp6" : "udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, address, resolve);
  });
  return {
    endpoint: { address, port: socket.address().port },
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
