import { createSocket } from "node:dgram";
import type { Endpoint } from "../../../../src/model/address.ts";
import { type Loopback, silent } from "../../../support/servers/scripted.ts";
import { freePort } from "./free-port.ts";

/** Where nobody listens, for TCP or UDP, nor is given the port as a temporary one. */
export async function goneServer(
  address: Loopback = "127.0.0.1",
): Promise<AsyncDisposable & { readonly endpoint: Endpoint }> {
  return { endpoint: { address, port: await freePort() }, async [Symbol.asyncDispose]() {} };
}

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
