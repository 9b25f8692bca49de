import { createServer, type Server, type ServerResponse } from "node:http";

/** A real web server on one address of loopback, which can be taken away and brought back. */
export interface WebServer {
  readonly name: string;
  readonly address: string;
  /** Answers from now on, also what waits for an answer. */
  start(): Promise<void>;
  /** Goes on to take connections, and answers nothing. */
  fallSilent(): void;
  /** Closes the port and every connection: from now on it refuses. */
  stop(): Promise<void>;
}

/** @throws the system's error from start(), EADDRINUSE above all */
export function webServer(name: string, address: string, port: number): WebServer {
  let server: Server | undefined;
  let isSilent = false;
  const waiting = new Set<ServerResponse>();
  const answer = (response: ServerResponse) => response.end(`This is ${name}.\n`);
  return {
    name,
    address,
    start: () => {
      isSilent = false;
      for (const response of waiting) answer(response);
      waiting.clear();
      if (server !== undefined) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const fresh = createServer((_request, response) => {
          if (isSilent) {
            waiting.add(response);
            response.on("close", () => waiting.delete(response));
          } else answer(response);
        });
        server = fresh;
        fresh.once("error", (error) => {
          server = undefined;
          reject(error);
        });
        fresh.listen({ host: address, port }, resolve);
      });
    },
    fallSilent: () => {
      isSilent = true;
    },
    stop: () =>
      new Promise((resolve) => {
        if (server === undefined) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
        server = undefined;
      }),
  };
}

export interface Cast {
  /** The show takes place in 127.N.0.0/24. */
  readonly network: number;
  readonly servers: readonly [web1: WebServer, web2: WebServer, web3: WebServer];
  readonly sorry: WebServer;
}

/** The file's own network, and those that are tried where another show has taken that. */
const networks = Array.from({ length: 20 }, (_, i) => 20 + i);

/** Starts all. @throws the system's error when no network is free */
export async function startCast(port: number): Promise<Cast> {
  for (const network of networks) {
    const at = (name: string, host: number) => webServer(name, `127.${network}.0.${host}`, port);
    const servers = [at("web1", 1), at("web2", 2), at("web3", 3)] as const;
    const sorry = at("the sorry server", 9);
    const everyone = [...servers, sorry];
    const started = await Promise.allSettled(everyone.map((server) => server.start()));
    const failed = started.find((each) => each.status === "rejected");
    if (failed === undefined) return { network, servers, sorry };
    await Promise.all(everyone.map((server) => server.stop()));
    const isTaken = (failed.reason as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!isTaken || network === networks.at(-1)) throw failed.reason;
  }
  throw new Error("no network was tried");
}
