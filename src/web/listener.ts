import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { groupId } from "../http/accounts.ts";
import {
  closeServer,
  createBoundedServer,
  type HttpLimits,
  usualLimits,
} from "../http/bounded-server.ts";
import { controlGroup, listenOnSocket } from "../http/open-socket.ts";
import type { Logger } from "../log/logger.ts";
import { messageOf, stackOf } from "../model/error-text.ts";
import { formatWebPlace, readWebPlace, type WebPlace } from "../model/web-place.ts";
import { isOurHost } from "./host.ts";
import { type Guard, guardOf } from "./token.ts";

export interface WebListener {
  /** As `listen` has it, with the port that it has got. */
  readonly address: string;
  close(): Promise<void>;
}

export interface WebOptions {
  /** `127.0.0.1:9160`, `[::1]:9160` or the absolute path of a Unix socket. */
  readonly listen: string;
  /** Whoever asks shows it: `Authorization: Bearer TOKEN`, or the cookie that `?token=TOKEN` brings. */
  readonly token?: string | undefined;
  /** Names under which it is asked beside its address. */
  readonly hosts?: readonly string[] | undefined;
  /** Answers one request, a GET or a HEAD; what it throws is a 500, and told in the log. */
  readonly serve: (
    request: IncomingMessage,
    response: ServerResponse,
    gone: AbortSignal,
  ) => Promise<void>;
  readonly log: Logger;
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** Few, and enough for a wall of screens: each takes a descriptor that a check could have. */
const maxConnections = 64;

/** Listens for who wants to look: HTTP, read-only. @returns undefined when it can not: that is told */
export async function openWeb(options: WebOptions): Promise<WebListener | undefined> {
  const { listen, log } = options;
  const limits = { ...usualLimits, connections: maxConnections, ...options.limits };
  const server = createBoundedServer(limits, serving(options));
  const fail = (cause: string) => log.event("web-failed", { place: listen, cause });
  try {
    const place = readWebPlace(listen);
    if (place === undefined) throw new Error("it is no place to listen at");
    await listenAt(server, place);
    const address = formatWebPlace(placeOf(server, place));
    server.on("error", (error) => fail(messageOf(error)));
    log.event("web-opened", { place: address });
    return { address, close: () => closeServer(server) };
  } catch (error) {
    server.close();
    fail(messageOf(error));
    return undefined;
  }
}

async function listenAt(server: Server, place: WebPlace): Promise<void> {
  if (place.kind === "socket") {
    return listenOnSocket(server, place.path, await groupId(controlGroup));
  }
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
    // [::] is for IPv6 alone, as it is written.
    server.listen({ host: place.address, port: place.port, ipv6Only: true });
  });
  server.removeAllListeners("error");
}

function placeOf(server: Server, place: WebPlace): WebPlace {
  const bound = server.address();
  if (place.kind === "socket" || bound === null || typeof bound === "string") return place;
  return { ...place, port: bound.port };
}

const headers = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** What comes before `serve`, and behind it. */
function serving({ token, hosts = [], serve, log }: WebOptions): WebOptions["serve"] {
  const guard = token === undefined ? undefined : guardOf(token);
  return async (request, response, gone) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refusal = refusalOf(request, hosts) ?? unknownTo(guard, request);
    if (refusal !== undefined) return refuse(response, refusal);
    try {
      await serve(request, response, gone);
    } catch (error) {
      if (gone.aborted) return;
      log.event("internal-error", { stack: stackOf(error) });
      if (response.headersSent) response.destroy();
      else refuse(response, { status: 500, text: "a mistake in the program: see the log" });
    }
  };
}

interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why nobody gets an answer to that, whoever asks. */
function refusalOf(
  { method, url = "", headersDistinct, socket }: IncomingMessage,
  hosts: readonly string[],
): Refusal | undefined {
  // A Unix socket has no name that a page could let point to it, nor an address.
  const { localAddress } = socket;
  const [host = "", ...more] = headersDistinct["host"] ?? [];
  const isOurs = more.length === 0 && isOurHost(host, localAddress ?? "", hosts);
  if (localAddress !== undefined && !isOurs) {
    return {
      status: 421,
      text: "not asked for by its address, nor by a name that host = gives it",
    };
  }
  if (method !== "GET" && method !== "HEAD") {
    return { status: 405, text: "there is only GET", headers: { Allow: "GET, HEAD" } };
  }
  return isPlain(url) ? undefined : { status: 400, text: "not a plain path" };
}

/** A path from the top, which goes nowhere but down. */
function isPlain(url: string): boolean {
  try {
    const path = decodeURIComponent(url.split("?", 1)[0] ?? "");
    return path.startsWith("/") && !/(^|[/\\])\.\.?([/\\]|$)|\p{Cc}/u.test(path);
  } catch {
    return false;
  }
}

function unknownTo(guard: Guard | undefined, request: IncomingMessage): Refusal | undefined {
  if (guard === undefined) return undefined;
  const [path = "", search = ""] = (request.url ?? "").split("?", 2);
  const query = new URLSearchParams(search);
  const cookie = guard.cookieFor(query.get("token") ?? "");
  if (cookie !== undefined) {
    // Where the address bar, and what remembers it, does not have it.
    query.delete("token");
    // One slash: "//elsewhere" would be another host.
    const to = `${path.replace(/^[/\\]+/, "/")}${query.size > 0 ? `?${query}` : ""}`;
    return { status: 303, text: "welcome", headers: { Location: to, "Set-Cookie": cookie } };
  }
  if (guard.knows(request.headers)) return undefined;
  const text = "it wants the token: Authorization: Bearer TOKEN, or once ?token=TOKEN";
  return { status: 401, text, headers: { "WWW-Authenticate": "Bearer" } };
}

function refuse(response: ServerResponse, { status, text, headers = {} }: Refusal): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    // What is left of a body is not read.
    Connection: "close",
    ...headers,
  });
  response.end(body);
}
