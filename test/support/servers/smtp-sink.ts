import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** Without the dots of the transfer; lines ended by "\n". */
  readonly message: string;
}

export interface SinkOptions {
  readonly host?: string;
  readonly port?: number;
  /** What it says to a command (`RCPT TO:<a@b>`) instead of 250; "" is nothing, ever. */
  readonly reply?: (command: string) => string | undefined;
  /** Instead of `220 …`; "" is nothing. */
  readonly greeting?: string;
  /** Before each answer. */
  readonly delayMs?: number;
  /** Takes TLS: from the first byte, or when it is told STARTTLS. */
  readonly tls?: {
    readonly key: Buffer;
    readonly cert: Buffer;
    readonly from: "the first byte" | "starttls";
  };
}

/** A mail server that keeps what it gets. RFC 5321, as far as a client of ours needs it. */
export class SmtpSink {
  readonly mails: Received[] = [];
  /** Every command line of every session. */
  readonly commands: string[] = [];
  port = 0;
  #waiting: (() => void)[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #options: SinkOptions;

  private constructor(options: SinkOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      if (options.tls?.from === "the first byte") this.#talk(this.#secured(socket));
      else this.#talk(socket);
    });
  }

  static async start(options: SinkOptions = {}): Promise<SmtpSink> {
    const sink = new SmtpSink(options);
    await new Promise<void>((resolve, reject) => {
      sink.#server.once("error", reject);
      sink.#server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
    });
    sink.port = (sink.#server.address() as AddressInfo).port;
    return sink;
  }

  get subjects(): readonly string[] {
    return this.mails.map(({ message }) => /^Subject: (.*)$/m.exec(message)?.[1] ?? "");
  }

  /** The mails, once there are so many. Never rejects: the test's own time limit does. */
  async until(count: number): Promise<readonly Received[]> {
    while (this.mails.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.mails;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #secured(socket: Socket): Socket {
    socket.on("error", () => {});
    return new TLSSocket(socket, { ...this.#options.tls, isServer: true });
  }

  #talk(socket: Socket, first = this.#options.greeting ?? "220 sink ESMTP"): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    socket.setEncoding("utf8");
    const { delayMs = 0, reply, tls } = this.#options;
    const say = (text: string) => {
      if (text === "") return;
      setTimeout(() => socket.writable && socket.write(`${text}\r\n`), delayMs);
    };
    let left = "";
    let from = "";
    let to: string[] = [];
    let lines: string[] | undefined;

    const onLine = (line: string) => {
      if (lines === undefined) return onCommand(line);
      if (line !== ".") return lines.push(line.replace(/^\./, ""));
      this.mails.push({ from, to, message: lines.map((each) => `${each}\n`).join("") });
      lines = undefined;
      say(reply?.(".") ?? "250 kept");
      for (const tell of this.#waiting.splice(0)) tell();
    };
    const onCommand = (line: string) => {
      this.commands.push(line);
      const special = reply?.(line);
      if (special !== undefined) return say(special);
      const [, verb = "", address = ""] = /^(\w+)[^<]*<?([^>]*)/.exec(line) ?? [];
      if (verb === "MAIL") [from, to] = [address, []];
      if (verb === "RCPT") to.push(address);
      if (verb === "STARTTLS" && tls !== undefined) {
        socket.removeAllListeners("data");
        socket.write("220 go on\r\n");
        return this.#talk(this.#secured(socket), "");
      }
      if (verb === "DATA") {
        lines = [];
        return say("354 go on");
      }
      say(verb === "QUIT" ? "221 bye" : "250 fine");
    };

    say(first);
    socket.on("data", (text: string) => {
      const all = (left + text).split("\r\n");
      left = all.pop() ?? "";
      for (const line of all) onLine(line);
    });
  }
}
