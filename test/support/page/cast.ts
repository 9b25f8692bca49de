import { createServer, type Server, type Socket } from "node:net";
import { formatEndpoint } from "../../../src/model/address.ts";
import { close, listen } from "../servers/scripted.ts";

/** Real servers that take every connection, each on an address of its own; any of them can be stopped. */
export interface Cast extends AsyncDisposable {
  /** `127.30.0.1:41234`, … */
  readonly names: readonly string[];
  stop(name: string): Promise<void>;
  start(name: string): Promise<void>;
}

/** @param network `127.NETWORK.…`: one for each test file */
export async function startCast(count: number, network: number): Promise<Cast> {
  const servers = new Map<string, Server>();
  const sockets = new Set<Socket>();
  let port = 0;
  const open = async (address: string): Promise<string> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => {});
      socket.end();
    });
    const endpoint = await listen(server, address, port);
    port = endpoint.port;
    const name = formatEndpoint(endpoint);
    servers.set(name, server);
    return name;
  };
  const addressOf = (i: number) => `127.${network}.${Math.floor(i / 250)}.${(i % 250) + 1}`;
  const names = [await open(addressOf(0))];
  for (let i = 1; i < count; i++) names.push(await open(addressOf(i)));
  const stop = async (name: string): Promise<void> => {
    const server = servers.get(name);
    servers.delete(name);
    if (server !== undefined) await close(server);
  };
  return {
    names,
    stop,
    start: async (name) => void (await open(name.replace(/:\d+$/, ""))),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([...servers.keys()].map(stop));
    },
  };
}
