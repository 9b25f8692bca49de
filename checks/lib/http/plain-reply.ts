import { STATUS_CODES } from "node:http";
import type { HttpReply } from "./exchange.ts";

/** The head of a page that is made for checks is small. */
const maxHeadChars = 8 * 1024;
const statusLine = /^HTTP\/1\.[01] ([2-5]\d\d) ((?:[!-~](?:[ -~]*[!-~])?)?)$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~](?:[ -~\t]*[!-~])?)?)[ \t]*$/;
/** Those that make a reply something else than its bytes. */
const unusualHeaders: ReadonlySet<string> = new Set(["transfer-encoding", "upgrade", "trailer"]);
/** Those that count, and may come once. */
const single: ReadonlySet<string> = new Set(["content-length", "location"]);

/**
 * The reply of a page that is made for checks: a status line, headers without any art, a body of a known length or up to
 * the end of the connection. Strict, and no judge: what it does not take is for Node's parser to read, from its first byte.
 * @param text all that has come, as latin1
 * @param isEnded nothing more will come
 * @see RFC 9112
 */
export function plainReply(
  text: string,
  isEnded: boolean,
  method: "GET" | "HEAD",
): HttpReply | "more" | "unusual" {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return isEnded || !isBegun(text) ? "unusual" : "more";
  const head = end <= maxHeadChars ? readHead(text.slice(0, end)) : undefined;
  if (head === undefined) return "unusual";
  const { status, reason, headers } = head;
  const body = text.slice(end + 4);
  const isBodyless = method === "HEAD" || status === 204 || status === 304;
  const promised = lengthOf(headers.get("content-length"));
  if (promised === "unusual") return "unusual";
  const length = isBodyless ? 0 : promised;
  if (length === undefined && !isEnded) return "more";
  if (length !== undefined && body.length < length) return isEnded ? "unusual" : "more";
  const location = headers.get("location");
  const statusLine = `${status} ${reason || (STATUS_CODES[status] ?? "")}`.trim();
  // What comes behind it belongs to no answer.
  const reply = { status, statusLine, body: body.slice(0, length), bodyEnd: "whole" } as const;
  return location === undefined ? reply : { ...reply, location };
}

interface Head {
  readonly status: number;
  readonly reason: string;
  /** Those that count. */
  readonly headers: ReadonlyMap<string, string>;
}

/** @param text whole lines, the last one without its end @returns undefined when there is anything unusual in it */
function readHead(text: string): Head | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const [, digits, reason = ""] = statusLine.exec(first) ?? [];
  if (digits === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = headerLine.exec(line) ?? [];
    const key = name.toLowerCase();
    if (key === "" || unusualHeaders.has(key)) return undefined;
    if (!single.has(key)) continue;
    if (headers.has(key)) return undefined;
    headers.set(key, value);
  }
  return { status: Number(digits), reason, headers };
}

/** Whether it may be the begin of a plain reply: who says something else is found out at once. */
function isBegun(text: string): boolean {
  if (text.length > maxHeadChars || !/^[\t\r\n -~]*$/.test(text)) return false;
  const lines = text.slice(0, Math.max(0, text.lastIndexOf("\n")));
  if (text.includes("\n"))
    return lines.endsWith("\r") && readHead(lines.slice(0, -1)) !== undefined;
  return isPartOf("HTTP/1.", text);
}

const isPartOf = (whole: string, text: string): boolean =>
  whole.startsWith(text.slice(0, whole.length));

/** @returns undefined: up to the end of the connection */
function lengthOf(value: string | undefined): number | undefined | "unusual" {
  if (value === undefined) return undefined;
  return /^\d{1,6}$/.test(value) ? Number(value) : "unusual";
}
