import { validateHeaderValue } from "node:http";
import { type Endpoint, formatHost } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import type { Check, CheckSettings } from "./check.ts";
import { verdictOf } from "./lib/fault.ts";
import { follow, judge } from "./lib/http-answer.ts";
import { exchange, type HttpReply } from "./lib/http-exchange.ts";
import { type Destination, destinationOf, requestPath, type Scheme } from "./lib/http-url.ts";
import { compilePattern } from "./lib/pattern.ts";
import { serverNameOf } from "./lib/tls.ts";

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
          const ask = (destination: Destination): Promise<HttpReply> =>
            exchange({ ...destination, method: httpMethod }, signal);
          return judge(await follow(first(target), ask), expected);
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
