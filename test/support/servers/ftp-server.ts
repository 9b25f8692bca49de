/** An FTP server with a script, for the tests of the check. */
import { connect, type Socket } from "node:net";
import { type Loopback, type ScriptedServer, serve } from "./scripted.ts";

export interface FtpScript {
  readonly greeting?: string;
  /** Replies by the command's first word; "" is no reply at all. */
  readonly replies?: Readonly<Record<string, string>>;
  /** By the path asked for; what is not here is a 550. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is done with the data connection in place of sending a file. */
  readonly onData?: (socket: Socket) => void;
  /** Knows PORT and EPRT, and connects from this address; else they are a 502. */
  readonly activeFrom?: string;
  /** Bytes of a reply that go out at once. */
  readonly chunkBytes?: number;
}

export interface FtpServer extends ScriptedServer {
  /** Commands, in the order received. */
  readonly heard: readonly string[];
  /** Data connections that the other side has not closed yet. */
  heldData(): number;
}

export async function ftpServer(address: Loopback, script: FtpScript = {}): Promise<FtpServer> {
  const { greeting = "220 ready", replies = {}, files = {}, chunkBytes = 65_536 } = script;
  const heard: string[] = [];
  let onDataConnection: ((socket: Socket) => void) | undefined;
  let waiting: Socket | undefined;
  const data = await serve(address, (socket) => {
    socket.resume();
    if (onDataConnection === undefined) waiting = socket;
    else onDataConnection(socket);
  });
  const { port } = data.endpoint;
  const usual: Readonly<Record<string, string>> = {
    USER: "331 password?",
    PASS: "230 welcome",
    CWD: "250 done",
    TYPE: "200 done",
    PASV: `227 here (10,9,8,7,${port >> 8},${port & 255}).`,
    EPSV: `229 here (|||${port}|)`,
    QUIT: "221 bye",
  };
  const control = await serve(address, (socket) => {
    socket.setNoDelay(true);
    let queue = Promise.resolve();
    const say = (reply: string): Promise<void> => {
      const bytes = Buffer.from(reply === "" ? "" : `${reply}\r\n`);
      queue = queue.then(async () => {
        for (let at = 0; at < bytes.length && !socket.destroyed; at += chunkBytes)
          await new Promise<void>((resolve) => {
            socket.write(bytes.subarray(at, at + chunkBytes), () => setImmediate(resolve));
          });
      });
      return queue;
    };
    let active: { readonly host: string; readonly port: number } | undefined;
    const invited = (word: string, argument: string): void => {
      const numbers = argument.split(",").map(Number);
      const [, , host = "", port] = argument.split("|");
      active =
        word === "EPRT"
          ? { host, port: Number(port) }
          : {
              host: numbers.slice(0, 4).join("."),
              port: Number(numbers[4]) * 256 + Number(numbers[5]),
            };
      void say(replies[word] ?? "200 so be it");
    };
    const retrieve = (path: string): void => {
      const scripted = replies["RETR"];
      const content = files[path];
      if (scripted !== undefined || (content === undefined && script.onData === undefined)) {
        void say(scripted ?? "550 no such file");
        return;
      }
      const send = async (connection: Socket): Promise<void> => {
        await say("150 here it comes");
        if (script.onData !== undefined) script.onData(connection);
        else connection.end(content ?? "");
        connection.on("close", () => {
          onDataConnection = undefined;
          waiting = undefined;
        });
        if (content !== undefined) await say(replies["226"] ?? "226 done");
      };
      if (active !== undefined) {
        const localAddress = script.activeFrom;
        const connection = connect({ ...active, ...(localAddress && { localAddress }) });
        connection.on("error", () => {}).resume();
        connection.once("connect", () => void send(connection));
      } else if (waiting === undefined) onDataConnection = (connection) => void send(connection);
      else void send(waiting);
    };
    void say(greeting);
    let pending = "";
    socket.on("data", (bytes) => {
      pending += bytes.toString("utf8");
      for (let at = pending.indexOf("\r\n"); at !== -1; at = pending.indexOf("\r\n")) {
        const line = pending.slice(0, at);
        pending = pending.slice(at + 2);
        heard.push(line);
        const [word = "", ...rest] = line.split(" ");
        if (word === "RETR") retrieve(rest.join(" "));
        else if (script.activeFrom !== undefined && /^(PORT|EPRT)$/.test(word))
          invited(word, rest.join(" "));
        else void say(replies[word] ?? usual[word] ?? "502 what?");
      }
    });
  });
  return {
    endpoint: control.endpoint,
    held: control.held,
    heldData: data.held,
    heard,
    async [Symbol.asyncDispose]() {
      await control[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    },
  };
}
