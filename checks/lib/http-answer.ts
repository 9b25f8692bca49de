/** What is made of an HTTP reply: redirects are followed, then it is up or down. */
import { down, up, type Verdict } from "../check.ts";
import { bytesAsText, oneLine } from "./detail.ts";
import { type HttpReply, maxBodyBytes } from "./http-exchange.ts";
import { type Destination, redirectOf } from "./http-url.ts";
import type { Pattern } from "./pattern.ts";

const maxRedirects = 7;
const redirectStatus: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface Answer {
  readonly reply: HttpReply;
  readonly redirects: number;
}

/** The reply at the end of at most 7 redirects, to wherever they lead. */
export async function follow(
  first: Destination,
  ask: (destination: Destination) => Promise<HttpReply>,
): Promise<Answer> {
  let destination = first;
  for (let redirects = 0; ; redirects++) {
    const reply = await ask(destination);
    const next =
      redirectStatus.has(reply.status) && reply.location !== undefined && redirects < maxRedirects
        ? redirectOf(destination, reply.location)
        : undefined;
    if (next === undefined) return { reply, redirects };
    destination = next;
  }
}

/** `receive`, compiled and as written. */
export interface Expected {
  readonly pattern: Pattern;
  readonly text: string;
}

/** Up when the last reply is 2xx and what is expected, if anything, is in its body. */
export function judge({ reply, redirects }: Answer, expected: Expected | undefined): Verdict {
  const via = redirects === 0 ? "" : ` after ${redirects} redirect${redirects === 1 ? "" : "s"}`;
  const monitored = bytesAsText(reply.statusLine);
  const line = oneLine(monitored) + via;
  if (reply.status < 200 || reply.status > 299) {
    const to = reply.location === undefined ? "" : `, redirects to ${reply.location}`;
    return { ...down("status", oneLine(line + to)), monitored };
  }
  const { body, bodyEnd } = reply;
  const size = `${body.length} bytes${bodyNote[bodyEnd]}`;
  if (expected === undefined || expected.pattern.matches(body)) {
    return { ...up(bodyEnd === "whole" ? line : `${line} (${size})`), monitored };
  }
  const start = body === "" ? "" : `: ${JSON.stringify(oneLine(bytesAsText(body), 60))}`;
  const what = `${line}, but receive "${expected.text}" is not in the body of ${size}${start}`;
  return {
    ...down("mismatch", oneLine(what, 300)),
    monitored: bytesAsText(body.slice(0, maxMonitoredBytes)),
  };
}

/** Of a page that is written into `monitorfile`, at each check. */
const maxMonitoredBytes = 16 * 1024;

const bodyNote: Readonly<Record<HttpReply["bodyEnd"], string>> = {
  whole: "",
  cut: `, the first of more than ${maxBodyBytes}`,
  short: ", closed before its end",
};
