/** UDP servers that say what they are told to, each on a free port of a loopback address. */
import { createSocket } from "node:dgram";
import type { Endpoint } from "../../../src/model/address.ts";
import type { Loopback } from "./scripted.ts";

export interface ScriptedUdpServer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** What was asked so far. */
  readonly asked: readonly Buffer[];
}

/** Sends back all that `answer` makes of each datagram. */
export async function servingUdp(
  address: Loopback,
  answer: (datagram: Buffer, index: number) => readonly (Buffer | string)[],
): Promise<ScriptedUdpServer> {
  const socket = createSocket({ type: address === "::1" ? "udp6" : "udp4" });
  const asked: Buffer[] = [];
  socket.on("message", (datagram, { address: host, port }) => {
    for (const reply of answer(datagram, asked.push(datagram) - 1)) socket.send(reply, port, host);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, address, resolve);
  });
  socket.on("error", () => {});
  return {
    endpoint: { address, port: socket.address().port },
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** A port that was free a moment ago. */
export async function refusingUdp(address: Loopback): Promise<Endpoint> {
  const server = await servingUdp(address, () => []);
  await server[Symbol.asyncDispose]();
  return server.endpoint;
}
