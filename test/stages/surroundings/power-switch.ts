import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * The management boards of hosts, for fence-dummy.sh: a word a connection, `off` or `status`, answered by `on` or `off`
 * once it is so.
 */
export class PowerSwitch<Host extends string> {
  readonly #server: Server;
  readonly #off = new Set<Host>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param boards whose board has which address
   * @param cutOff takes a host's power, and ends when it is dark
   */
  static async open<Host extends string>(
    boards: Readonly<Record<string, Host>>,
    cutOff: (host: Host) => Promise<void>,
  ): Promise<PowerSwitch<Host>> {
    const server = createServer();
    const power = new PowerSwitch<Host>(server);
    server.on("connection", (socket) => {
      const host = boards[`${socket.localAddress}`.replace("::ffff:", "")];
      socket.on("error", () => undefined);
      socket.once("data", (data) => {
        power.#obey(host, data.toString("latin1").trim(), cutOff).then(
          (isOff) => socket.end(isOff ? "off\n" : "on\n"),
          () => socket.destroy(),
        );
      });
    });
    server.listen(623);
    await once(server, "listening");
    return power;
  }

  async #obey(
    host: Host | undefined,
    word: string,
    cutOff: (host: Host) => Promise<void>,
  ): Promise<boolean> {
    if (host === undefined) return false;
    if (word === "off" && !this.#off.has(host)) {
      await cutOff(host);
      this.#off.add(host);
    }
    return this.#off.has(host);
  }

  isOff(host: Host): boolean {
    return this.#off.has(host);
  }

  /** Somebody has pressed the button. */
  switchOn(host: Host): void {
    this.#off.delete(host);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}
