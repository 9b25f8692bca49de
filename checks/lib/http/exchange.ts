import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  STATUS_CODES,
} from "node:http";
import type { Duplex } from "node:stream";
import { DownNow } from "../down-now.ts";
import { heard } from "../heard.ts";
import { maxTotalBytes } from "../limits.ts";
import type { RunSignal } from "../run-signal.ts";
import { maxContentBytes } from "../stream/dialogue.ts";
import { noteReceived, noteSent } from "../words.ts";
import { createContent } from "./content.ts";

/** One request, as it goes on the wire. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD";
  /** Percent-encoded, with its query. */
  readonly path: string;
  readonly hostHeader: string;
  /** SNI; "" for none. */
  readonly serverName: string;
  /** `user:password` */
  readonly auth?: string;
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
/** What one chunk of a body counts at least of what we read. */
const minChunkBytes = 512;

/** A way through a proxy, or what it said instead. */
export type Tunnel = { readonly way: Duplex } | { readonly refusal: HttpReply };

/**
 * Asks a proxy for a connection to `authority` (`host:port`).
 * Rejects with the error of the connection or the parser, with the signal's reason, or with DownNow.
 * @param connection to the proxy, plain; it stays the caller's to destroy
 * @see RFC 9110 §9.3.6
 */
export function openTunnel(
  connection: Duplex,
  authority: string,
  signal: RunSignal,
): Promise<Tunnel> {
  return new Promise((resolve, reject) => {
    const wanted = { method: "CONNECT", path: authority, hostHeader: authority };
    const { request, finish } = begin(connection, wanted, signal, reject);
    request.on("error", (error) => finish(() => reject(error)));
    request.on("close", () => finish(() => reject(closedEarly())));
    request.on("connect", (response, way, head: Buffer) => {
      heard(signal);
      way.on("error", () => {});
      const { statusCode = 0 } = response;
      if (head.length > 0) way.unshift(head);
      finish(() =>
        statusCode < 200 || statusCode > 299
          ? resolve({ refusal: replyOf(response, "", "whole") })
          : resolve({ way }),
      );
    });
    request.end();
  });
}

/**
 * One request and its reply, which is read leniently.
 * Rejects with the error of the connection or the parser, with the signal's reason, or with DownNow.
 * @param way plain or TLS; it is gone when this settles
 */
export async function exchange(
  way: Duplex,
  wanted: HttpRequest,
  signal: RunSignal,
): Promise<HttpReply> {
  try {
    return await askOver(way, wanted, signal);
  } finally {
    way.destroy();
  }
}

function askOver(way: Duplex, wanted: HttpRequest, signal: RunSignal): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const { request, finish } = begin(way, wanted, signal, reject);
    /** The reply as far as it came; undefined before its head is there. */
    let end: ((bodyEnd: HttpReply["bodyEnd"]) => void) | undefined;
    let readBytes = 0;
    const lost = (error: Error): void => {
      const isTooMuch = error instanceof DownNow;
      if (end === undefined || (isTooMuch && readBytes === 0)) finish(() => reject(error));
      else end(isTooMuch ? "cut" : "short");
    };
    // These stay after the end: a destroyed request may still report, and an error nobody hears ends the process.
    request.on("error", lost);
    request.on("close", () => lost(closedEarly()));
    request.on("upgrade", (response, socket) => {
      socket.on("error", () => {});
      finish(() => resolve(replyOf(response, "", "whole")));
    });
    request.on("response", (response) => {
      heard(signal);
      noteReceived(signal, headOf(response));
      const content = createContent(maxBodyBytes);
      end = (bodyEnd) => {
        // What comes behind a whole reply may be an error before its end is told.
        const how = bodyEnd === "short" && response.complete ? "whole" : bodyEnd;
        finish(() => resolve(replyOf(response, content.take(), how)));
        way.destroy();
      };
      response.on("data", (chunk: Buffer) => {
        heard(signal);
        noteReceived(signal, chunk);
        readBytes += Math.max(chunk.length, minChunkBytes);
        if (!content.push(chunk) || readBytes > maxTotalBytes) end?.("cut");
      });
      response.on("error", lost);
      response.on("end", () => end?.("whole"));
    });
    request.end();
  });
}

interface Begun {
  readonly request: ClientRequest;
  /** Settles, once, and hears no more. */
  finish(settle: () => void): void;
}

/** For people: what is asked, however it is sent. */
export function noteAsked(
  signal: RunSignal,
  {
    method,
    path,
    hostHeader,
  }: Pick<HttpRequest, "path" | "hostHeader"> & { readonly method: string },
): void {
  noteSent(signal, `${method} ${path} HTTP/1.1\nHost: ${hostHeader}\n\n`);
}

/** A request that is not sent yet, with what all have in common: it gives up at the abort and at too many interim replies. */
function begin(
  way: Duplex,
  wanted: Pick<HttpRequest, "path" | "hostHeader" | "auth"> & { readonly method: string },
  signal: RunSignal,
  reject: (error: Error) => void,
): Begun {
  signal.throwIfAborted();
  const { method, path, hostHeader, auth } = wanted;
  noteAsked(signal, wanted);
  const request = httpRequest({
    createConnection: () => way,
    method,
    path,
    setHost: false,
    headers: {
      Host: hostHeader,
      "User-Agent": userAgent,
      ...(method === "CONNECT" ? {} : { Connection: "close" }),
    },
    insecureHTTPParser: true,
    maxHeaderSize: maxHeaderBytes,
    ...(auth === undefined ? {} : { auth }),
  });
  let isOver = false;
  const finish = (settle: () => void): void => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", onAbort);
    settle();
  };
  const fail = (error: Error): void => {
    finish(() => reject(error));
    way.destroy();
  };
  const onAbort = (): void => fail(signal.reason);
  signal.addEventListener("abort", onAbort);
  let interim = 0;
  request.on("information", () => {
    heard(signal);
    if (++interim > maxInterim) fail(tooManyInterim());
  });
  return { request, finish };
}

const shownHeaders = 20;
/** As it came, for who looks why a check failed. */
function headOf({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`];
  for (let i = 0; i < Math.min(rawHeaders.length, 2 * shownHeaders); i += 2)
    lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join("\n")}\n\n`;
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
