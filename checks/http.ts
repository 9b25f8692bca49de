import { validateHeaderValue } from "node:http";
import { type Endpoint, formatHost } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import { type Check, type CheckSettings, down, up, type Verdict } from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import { verdictOf } from "./lib/fault.ts";
import { exchange, type HttpReply, maxBodyBytes } from "./lib/http-exchange.ts";
import {
  type Destination,
  destinationOf,
  redirectOf,
  requestPath,
  type Scheme,
} from "./lib/http-url.ts";
import { compilePattern, type Pattern } from "./lib/pattern.ts";
import { serverNameOf } from "./lib/tls.ts";

const maxRedirects = 7;
const redirectStatus: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** HTTP and HTTPS: up when the last reply is 2xx and `receive`, if set, is found in its body. */
const http: Check = {
  services: ["http", "https"],
  needsPort: true,
  prepare(settings) {
    const problems: string[] = [];
    const { receive, virtualHost, httpMethod } = settings;
    const pattern = receive === undefined ? undefined : compilePattern(receive);
    if (pattern?.ok === false) problems.push(`receive: ${pattern.error}`);
    if (!isHeaderValue(virtualHost)) {
      problems.push("virtualhost: has a character that no Host header can carry");
    }
    const first = firstRequest(settings);
    if (typeof first === "string") problems.push(first);
    if (typeof first === "string" || problems.length > 0) return err(problems);

    const expected =
      pattern?.ok === true ? { pattern: pattern.value, text: receive ?? "" } : undefined;
    return ok({
      timeoutMs: settings.negotiateTimeoutMs,
      sameness: JSON.stringify([first({ address: "", port: 0 }), httpMethod, receive]),
      probe: async (target, signal) => {
        try {
          const { reply, redirects } = await follow(first(target), httpMethod, signal);
          return judge(reply, redirects, expected);
        } catch (error) {
          return verdictOf(error);
        }
      },
    });
  },
};
export default http;

/**
 * What to ask, for any target; or what is wrong with the settings.
 * Host is `virtualhost` as written, else the real server's address without a port. A real server's own
 * request may be a whole URL: then the host it names is asked, with the same Host header. A virtual
 * service's is a path in any case, or one answer from elsewhere would speak for all its servers.
 */
function firstRequest(settings: CheckSettings): string | ((target: Endpoint) => Destination) {
  const { request = "/", isOwnRequest = false, virtualHost } = settings;
  const scheme: Scheme = settings.service === "https" ? "https" : "http";
  const hostHeader = (target: Endpoint): string => virtualHost ?? formatHost(target.address);
  if (isOwnRequest && /^https?:\/\//i.test(request)) {
    const elsewhere = destinationOf(request);
    if (elsewhere === undefined) return `request: "${request}" is no URL`;
    if (elsewhere.scheme !== scheme) {
      return `request: "${request}" does not go with service=${settings.service}`;
    }
    return (target) => ({ ...elsewhere, hostHeader: hostHeader(target) });
  }
  const path = requestPath(request);
  return (target) => ({
    scheme,
    host: target.address,
    port: target.port,
    path,
    hostHeader: hostHeader(target),
    serverName: virtualHost === undefined ? "" : serverNameOf(virtualHost),
  });
}

function isHeaderValue(text: string | undefined): boolean {
  try {
    if (text !== undefined) validateHeaderValue("Host", text);
    return true;
  } catch {
    return false;
  }
}

interface Answer {
  readonly reply: HttpReply;
  readonly redirects: number;
}

/** The reply at the end of at most 7 redirects, to wherever they lead. */
async function follow(
  first: Destination,
  method: "GET" | "HEAD",
  signal: AbortSignal,
): Promise<Answer> {
  let destination = first;
  for (let redirects = 0; ; redirects++) {
    const reply = await exchange({ ...destination, method }, signal);
    const next =
      redirectStatus.has(reply.status) && reply.location !== undefined && redirects < maxRedirects
        ? redirectOf(destination, reply.location)
        : undefined;
    if (next === undefined) return { reply, redirects };
    destination = next;
  }
}

interface Expected {
  readonly pattern: Pattern;
  readonly text: string;
}

function judge(reply: HttpReply, redirects: number, expected: Expected | undefined): Verdict {
  const via = redirects === 0 ? "" : ` after ${redirects} redirect${redirects === 1 ? "" : "s"}`;
  const line = oneLine(bytesAsText(reply.statusLine)) + via;
  if (reply.status < 200 || reply.status > 299) {
    const to = reply.location === undefined ? "" : `, redirects to ${reply.location}`;
    return down("status", oneLine(line + to));
  }
  const { body, bodyEnd } = reply;
  const size = `${body.length} bytes${bodyNote[bodyEnd]}`;
  if (expected === undefined || expected.pattern.matches(body)) {
    return up(bodyEnd === "whole" ? line : `${line} (${size})`);
  }
  const start = body === "" ? "" : `: ${JSON.stringify(oneLine(bytesAsText(body), 60))}`;
  return down(
    "mismatch",
    oneLine(`${line}, but receive "${expected.text}" is not in the body of ${size}${start}`, 300),
  );
}

const bodyNote: Readonly<Record<HttpReply["bodyEnd"], string>> = {
  whole: "",
  cut: `, the first of more than ${maxBodyBytes}`,
  short: ", closed before its end",
};
