import { validateHeaderValue } from "node:http";
import { type Endpoint, formatHost } from "../src/model/address.ts";
import { err, ok, type Result } from "../src/model/result.ts";
import type { Check, CheckSettings } from "./check.ts";
import { DownNow } from "./lib/down-now.ts";
import { verdictFrom } from "./lib/fault.ts";
import { follow, judge, libwwwWords } from "./lib/http/answer.ts";
import { ask } from "./lib/http/ask.ts";
import { verdictSentTo } from "./lib/http/connection.ts";
import type { HttpReply } from "./lib/http/exchange.ts";
import { type Destination, destinationOf, requestPath, type Scheme } from "./lib/http/url.ts";
import { masked } from "./lib/mask.ts";
import { preparing } from "./lib/receive/expected.ts";
import { serverNameOf } from "./lib/stream/tls.ts";

/** HTTP and HTTPS: up when the last reply is 2xx and `receive`, if set, is found in its body. */
const http: Check = {
  services: [
    { name: "http", port: 80, hasPages: true },
    { name: "https", port: 443, hasPages: true },
  ],
  needsPort: true,
  prepare(settings) {
    const { receive, httpMethod } = settings;
    const timeoutMs = settings.negotiateTimeoutMs;
    return preparing(receive, firstRequest(settings), (first, expected) =>
      masked(settings, {
        timeoutMs,
        probeKey: JSON.stringify([first({ address: "", port: 0 }), httpMethod, receive]),
        probe: (target, signal) =>
          verdictFrom(signal, async () => {
            const start = first(target);
            const search = expected?.search(target, signal, timeoutMs);
            const askAt = async (there: Destination, redirects: number): Promise<HttpReply> => {
              try {
                return await ask(there, httpMethod, target, signal);
              } catch (error) {
                const isSentElsewhere = redirects > 0 && there.host !== start.host;
                if (!isSentElsewhere || signal.aborted) throw error;
                throw new DownNow(await verdictSentTo(error));
              }
            };
            return await judge(await follow(start, askAt), search);
          }),
        monitorWords: libwwwWords,
      }),
    );
  },
};
export default http;

/**
 * What to ask, for any target; or what is wrong with the settings.
 * Host is `virtualhost` as written, else the real server's address without a port. A real server's own
 * request may be a whole URL: then the host it names is asked, with the same Host header. A virtual
 * service's is a path in any case, or one answer from elsewhere would speak for all its servers.
 */
function firstRequest(
  settings: CheckSettings,
): Result<(target: Endpoint) => Destination, readonly string[]> {
  const { request = "/", isOwnRequest = false, virtualHost } = settings;
  const problems = isHeaderValue(virtualHost)
    ? []
    : ["virtualhost: has a character that no Host header can carry"];
  const fine = (first: (target: Endpoint) => Destination) =>
    problems.length > 0 ? err(problems) : ok(onceEach(first));
  const scheme: Scheme = settings.service === "https" ? "https" : "http";
  const hostHeader = (target: Endpoint): string => virtualHost ?? formatHost(target.address);
  if (isOwnRequest && /^https?:\/\//i.test(request)) {
    const elsewhere = destinationOf(request);
    if (elsewhere === undefined) return err([...problems, `request: "${request}" is no URL`]);
    if (elsewhere.scheme !== scheme) {
      const problem = `request: "${request}" does not go with service=${settings.service}`;
      return err([...problems, problem]);
    }
    return fine((target) => ({ ...elsewhere, hostHeader: hostHeader(target) }));
  }
  const path = requestPath(request);
  return fine((target) => ({
    scheme,
    host: target.address,
    port: target.port,
    path,
    hostHeader: hostHeader(target),
    serverName: virtualHost === undefined ? "" : serverNameOf(virtualHost),
  }));
}

/** A target is one object, and asked again and again. */
function onceEach(first: (target: Endpoint) => Destination): (target: Endpoint) => Destination {
  let newest: { readonly target: Endpoint; readonly made: Destination } | undefined;
  return (target) => {
    if (newest?.target !== target) newest = { target, made: first(target) };
    return newest.made;
  };
}

function isHeaderValue(text: string | undefined): boolean {
  try {
    if (text !== undefined) validateHeaderValue("Host", text);
    return true;
  } catch {
    return false;
  }
}
