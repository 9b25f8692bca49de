import { createServer, type Server } from "node:http";

/** A real web server on one address of loopback, which can be taken away and brought back. */
export interface WebServer {
  readonly name: string;
  readonly address: string;
  start(): Promise<void>;
  /** Closes the port and every connection: from now on it refuses. */
  stop(): Promise<void>;
}

/** @throws the system's error from start(), EADDRINUSE above all */
export function webServer(name: string, address: string, port: number): WebServer {
  let server: Server | undefined;
  return {
    name,
    address,
    start: () =>
      new Promise((resolve, reject) => {
        server = createServer((_request, response) => response.end(`This is ${name}.\n`));
        server.once("error", reject);
        server.listen({ host: address, port }, resolve);
      }),
    stop: () =>
      new Promise((resolve) => {
        if (server === undefined) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
        server = undefined;
      }),
  };
}
