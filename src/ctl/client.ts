import { Client } from "undici";
import { findFile } from "../commands/find-file.ts";
import { readIni } from "../commands/read-ini.ts";
import { oneLine, printable } from "../model/one-line.ts";
import { controlSocketPath, instanceName } from "../process/instance.ts";

/** The exit code of what needs a daemon, and finds none. */
export const noDaemonExitCode = 3;

/** There is no daemon to ask, or this account may not. The message says which, and what to do. */
export class NoDaemon extends Error {
  /** As far as can be told, none runs. */
  readonly isNone: boolean;
  constructor(message: string, { isNone = false } = {}) {
    super(message);
    this.isNone = isNone;
  }
}

/** The daemon will not do it; its own words. */
export class Refused extends Error {}

interface Request {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

interface Reply {
  /** The header of this name, in lower case. */
  header(name: string): string | undefined;
  /** undefined: there is nothing new. */
  readonly body: unknown;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** One daemon's API. Close it, or the process goes on for a while. */
export interface DaemonClient {
  /** @throws NoDaemon, Refused */
  ask(method: Method, path: `/v1/${string}`, request?: Request): Promise<Reply>;
  /** Lines of JSON as they come, until the daemon ends. @throws NoDaemon, Refused */
  follow(path: `/v1/${string}`, request?: Request): AsyncGenerator<unknown>;
  close(): Promise<void>;
}

/**
 * The daemon of a configuration file.
 * @param given as `-c` has it; undefined: the one that was started without a name, or as `ldirectord.cf`
 * @throws NoDaemon when it is not told where one could be
 */
export async function connect(given: string | undefined): Promise<DaemonClient> {
  const { path } = findFile(given);
  if (path === undefined) {
    throw new NoDaemon(`Config file ${printable(given ?? "ldirectord.cf")} not found`);
  }
  const { ini } = await readIni(path);
  if (ini.controlSocket === "off") {
    throw new NoDaemon(`[control] socket is off in the ldirectord-ng.ini beside ${path}`);
  }
  const instances = given === undefined ? [undefined, "ldirectord.cf"] : [given];
  const sockets =
    ini.controlSocket === undefined
      ? instances.map((name) => controlSocketPath(ini.rundir, instanceName(name)))
      : [ini.controlSocket];
  return clientOf(sockets, path);
}

/** @param sockets where it may be @param path of its configuration */
function clientOf(sockets: readonly string[], path: string): DaemonClient {
  let client: Client | undefined;

  const send = async (method: Method, route: string, { query, body }: Request = {}) => {
    let trouble = new Error("there is no socket to ask");
    for (const socketPath of client === undefined ? sockets : [""]) {
      const tried = client ?? new Client("http://localhost", { socketPath, bodyTimeout: 0 });
      try {
        const reply = await tried.request({
          method,
          path: route + searchOf(query),
          ...(body !== undefined && {
            body: JSON.stringify(body),
            headers: { "content-type": "application/json" },
          }),
        });
        client = tried;
        if (reply.statusCode < 400) return reply;
        throw new Refused(refusalIn(await reply.body.text()));
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (tried !== client) await tried.destroy();
        trouble = noDaemon(error, socketPath || String(sockets[0]), path);
        if (!isNobody(error)) break;
      }
    }
    throw trouble;
  };

  /** An answer that was cut off: the daemon has ended in the middle of it. */
  const cutOff = (error: unknown): Error => noDaemon(error, String(sockets[0]), path);

  return {
    async ask(method, route, request) {
      const { statusCode, headers, body } = await send(method, route, request);
      const text = await body.text().catch((error: unknown) => {
        throw cutOff(error);
      });
      return {
        header: (name) => [headers[name] ?? []].flat()[0],
        body: statusCode === 204 ? undefined : JSON.parse(text),
      };
    },
    async *follow(route, request) {
      const { body } = await send("GET", route, request);
      let rest = "";
      body.setEncoding("utf8");
      try {
        for await (const chunk of body) {
          const lines = `${rest}${chunk}`.split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) if (line !== "") yield JSON.parse(line);
        }
      } catch (error) {
        throw cutOff(error);
      }
    },
    close: async () => client?.destroy(),
  };
}

function searchOf(query: Request["query"] = {}): string {
  const words = new URLSearchParams();
  for (const [name, text] of Object.entries(query)) if (text !== undefined) words.set(name, text);
  return words.size === 0 ? "" : `?${words}`;
}

function refusalIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return oneLine(String(error), 1000);
  } catch {
    return oneLine(text);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/** There is no socket, or one that a daemon left behind. */
const isNobody = (error: unknown): boolean => ["ENOENT", "ECONNREFUSED"].includes(codeOf(error));

function noDaemon(error: unknown, socketPath: string, path: string): Error {
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM") {
    return new NoDaemon(`${socketPath} is for root and the group ldirectord: you are neither`);
  }
  if (isNobody(error)) {
    return new NoDaemon(`no ldirectord-ng runs for ${path} (nobody listens on ${socketPath})`, {
      isNone: true,
    });
  }
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE") {
    return new NoDaemon(`the ldirectord-ng for ${path} has ended, or hung up`);
  }
  const why = error instanceof Error ? error.message : String(error);
  return new NoDaemon(`the ldirectord-ng for ${path} does not answer: ${oneLine(why)}`);
}
