/** What is made of an HTTP reply: redirects are followed, then it is up or down. */
import { type Endpoint, formatEndpoint } from "../../../src/model/address.ts";
import { type DownVerdict, down, type Verdict } from "../../check.ts";
import { bytesAsText, oneLine } from "../detail.ts";
import type { Search } from "../receive/expected.ts";
import type { HttpReply } from "./exchange.ts";
import { type Destination, redirectOf } from "./url.ts";

const maxRedirects = 7;
const redirectStatus: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** strerror(3) of the usual ones. */
const connectWords: ReadonlyMap<string, string> = new Map([
  ["refused", "Connection refused"],
  ["unreachable", "No route to host"],
]);

/** For `monitorfile`, where there is no status line: what libwww-perl makes of it. */
export function libwwwWords({ reason, detail }: DownVerdict, target: Endpoint): string {
  if (reason === "timeout") return "500 Timeout Alarm";
  if (reason === "closed") return "500 Server closed connection without sending any data back";
  const why = connectWords.get(reason) ?? detail;
  return `500 Can't connect to ${formatEndpoint(target)} (${why})`;
}

export interface Answer {
  readonly reply: HttpReply;
  readonly redirects: number;
}

/**
 * The reply at the end of at most 7 redirects, to wherever they lead.
 * @param ask its second argument counts the redirects so far
 * @throws DownNow for one that leads nowhere, and what `ask` rejects with
 */
export async function follow(
  first: Destination,
  ask: (destination: Destination, redirects: number) => Promise<HttpReply>,
): Promise<Answer> {
  let destination = first;
  for (let redirects = 0; ; redirects++) {
    const reply = await ask(destination, redirects);
    const next =
      redirectStatus.has(reply.status) && reply.location !== undefined && redirects < maxRedirects
        ? redirectOf(destination, reply.location)
        : undefined;
    if (next === undefined) return { reply, redirects };
    destination = next;
  }
}

/** Up when the last reply is 2xx and what is searched for, if anything, is in its body. */
export async function judge(
  { reply, redirects }: Answer,
  search: Search | undefined,
): Promise<Verdict> {
  const via = redirects === 0 ? "" : ` after ${redirects} redirect${redirects === 1 ? "" : "s"}`;
  const monitored = bytesAsText(reply.statusLine);
  const line = oneLine(monitored) + via;
  if (reply.status < 200 || reply.status > 299) {
    const to = reply.location === undefined ? "" : `, redirects to ${reply.location}`;
    return { ...down("status", oneLine(line + to)), monitored };
  }
  const { body, bodyEnd } = reply;
  const size = `${body.length} bytes${bodyNote[bodyEnd]}`;
  if (search === undefined || (await search.firstOf([body])) !== undefined) {
    // Not a spread of `up`: an object that is more than what it was spread from has a hidden class of its own.
    return { up: true, detail: bodyEnd === "whole" ? line : `${line} (${size})`, monitored };
  }
  const start = body === "" ? "" : `: ${JSON.stringify(oneLine(bytesAsText(body), 60))}`;
  const what = `${line}, but receive "${search.receive}" is not in the body of ${size}${start}`;
  return {
    ...down("mismatch", oneLine(what, 300)),
    monitored: bytesAsText(body.slice(0, maxMonitoredBytes)),
  };
}

/** Of a page that is written into `monitorfile`, at each check. */
const maxMonitoredBytes = 16 * 1024;

const bodyNote: Readonly<Record<HttpReply["bodyEnd"], string>> = {
  whole: "",
  cut: ", and then more than we read",
  short: ", closed before its end",
};
