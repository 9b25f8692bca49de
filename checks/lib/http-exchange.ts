import { request as httpRequest, type IncomingMessage, STATUS_CODES } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Endpoint } from "../../src/model/address.ts";
import { createContent } from "./content.ts";
import { maxContentBytes } from "./dialogue.ts";
import { verifyingContext } from "./tls.ts";

/** One request, as it goes on the wire. */
export interface HttpRequest {
  readonly scheme: "http" | "https";
  /** Where to connect: a numeric address, or after a redirect perhaps a name. */
  readonly host: string;
  readonly port: number;
  readonly method: "GET" | "HEAD";
  /** Percent-encoded, with its query. */
  readonly path: string;
  readonly hostHeader: string;
  /** SNI; "" for none. */
  readonly serverName: string;
  /** `user:password` */
  readonly auth?: string;
  /** For https: a connection to `host` that is open already. It stays the caller's to destroy. */
  readonly over?: Socket;
}

export interface HttpReply {
  readonly status: number;
  /** `200 OK` */
  readonly statusLine: string;
  readonly location?: string;
  /** Chunks put together, as latin1: one character a byte. */
  readonly body: string;
  /** cut: it was longer than we read. short: the server closed before its promised end. */
  readonly bodyEnd: "whole" | "cut" | "short";
}

/** What we read of a body. Pages meant for checks are small; the rest tells nothing new. */
export const maxBodyBytes = maxContentBytes;
/** With the version of package.json; a test keeps them equal. */
export const userAgent = "ldirectord-ng/0.1.0";

const maxHeaderBytes = 64 * 1024;
/** Interim replies (1xx) before the real one. */
const maxInterim = 16;

/** A way through a proxy, or what it said instead. */
export type Tunnel = { readonly socket: Socket } | { readonly refusal: HttpReply };

/**
 * Asks a proxy for a connection to `authority` (`host:port`). The socket is the caller's to destroy.
 * Rejects with the error of the socket or the parser, or the signal's reason.
 * @see RFC 9110 §9.3.6
 */
export function openTunnel(
  proxy: Endpoint,
  authority: string,
  signal: AbortSignal,
): Promise<Tunnel> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = httpRequest({
      agent: false,
      host: proxy.address,
      port: proxy.port,
      method: "CONNECT",
      path: authority,
      setHost: false,
      headers: { Host: authority, "User-Agent": userAgent },
      insecureHTTPParser: true,
      maxHeaderSize: maxHeaderBytes,
    });
    const finish = (settle: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const fail = (error: Error): void => {
      finish(() => reject(error));
      request.destroy();
    };
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    request.on("error", fail);
    request.on("close", () => fail(closedEarly()));
    let interim = 0;
    request.on("information", () => {
      if (++interim > maxInterim) fail(tooManyInterim());
    });
    request.on("connect", (response, socket: Socket, head: Buffer) => {
      socket.on("error", () => {});
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        finish(() => resolve({ refusal: replyOf(response, "", "whole") }));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      finish(() => resolve({ socket }));
    });
    request.end();
  });
}

/**
 * One request and its reply, on a connection of its own that is closed afterwards. The reply is read
 * leniently; the certificate's chain is verified, its name is not.
 * Rejects with the error of the socket or the parser, or the signal's reason.
 */
export function exchange(wanted: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = send(wanted);
    const finish = (settle: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      settle();
      request.destroy();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));
    signal.addEventListener("abort", onAbort);
    // These stay after the end: a destroyed request may still report, and an error nobody hears ends the process.
    let endShort: (() => void) | undefined;
    request.on("error", (error) => finish(endShort ?? (() => reject(error))));
    request.on("close", () => finish(endShort ?? (() => reject(closedEarly()))));
    request.on("upgrade", (response) => finish(() => resolve(replyOf(response, "", "whole"))));
    let interim = 0;
    request.on("information", () => {
      if (++interim > maxInterim) finish(() => reject(tooManyInterim()));
    });
    request.on("response", (response) => {
      const content = createContent(maxBodyBytes);
      const end = (bodyEnd: HttpReply["bodyEnd"]): void =>
        resolve(replyOf(response, content.take(), bodyEnd));
      response.on("data", (chunk: Buffer) => {
        if (!content.push(chunk)) finish(() => end("cut"));
      });
      endShort = () => end("short");
      response.on("error", () => finish(endShort ?? (() => {})));
      response.on("end", () => finish(() => end("whole")));
    });
    request.end();
  });
}

function send(wanted: HttpRequest) {
  const options: RequestOptions = {
    agent: false,
    host: wanted.host,
    port: wanted.port,
    method: wanted.method,
    path: wanted.path,
    setHost: false,
    headers: { Host: wanted.hostHeader, "User-Agent": userAgent, Connection: "close" },
    insecureHTTPParser: true,
    maxHeaderSize: maxHeaderBytes,
    ...(wanted.auth === undefined ? {} : { auth: wanted.auth }),
  };
  if (wanted.scheme === "http") return httpRequest(options);
  // Node hands the whole of it to tls.connect, whose secureContext its types leave out here.
  const tlsOptions: RequestOptions & Pick<ConnectionOptions, "secureContext" | "socket"> = {
    ...options,
    ...(wanted.over === undefined ? {} : { socket: wanted.over }),
    servername: wanted.serverName,
    secureContext: verifyingContext(),
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  };
  return httpsRequest(tlsOptions);
}

function replyOf(
  response: IncomingMessage,
  body: string,
  bodyEnd: HttpReply["bodyEnd"],
): HttpReply {
  const status = response.statusCode ?? 0;
  const location = response.headers.location;
  return {
    status,
    statusLine: `${status} ${response.statusMessage || (STATUS_CODES[status] ?? "")}`.trim(),
    ...(location === undefined ? {} : { location }),
    body,
    bodyEnd,
  };
}

const closedEarly = (): Error =>
  Object.assign(new Error("closed without an answer"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
const tooManyInterim = (): Error =>
  Object.assign(new Error(`more than ${maxInterim} interim replies`), {
    code: "HPE_TOO_MANY_INTERIM",
  });
