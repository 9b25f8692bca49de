import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Forty web servers of one network, on one port. */
export class Rack {
  readonly size = 40;
  port = 0;
  readonly #servers: Server[] = [];

  address(i: number): string {
    return `127.1.0.${i + 1}`;
  }

  /** Lines of an `ldirectord.cf`. */
  reals(): string {
    const each = (_: unknown, i: number) => `    real=${this.address(i)}:${this.port} masq\n`;
    return Array.from({ length: this.size }, each).join("");
  }

  async start(from = 0): Promise<void> {
    for (let i = from; i < this.size; i++) {
      const server = createServer((_, response) => response.end("Welcome\n"));
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(this.port, this.address(i), resolve);
      });
      this.port = (server.address() as AddressInfo).port;
      this.#servers[i] = server;
    }
  }

  async stop(from = 0, to = this.size): Promise<void> {
    const gone = this.#servers.slice(from, to).filter((server) => server.listening);
    for (const server of gone) server.closeAllConnections();
    await Promise.all(gone.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
