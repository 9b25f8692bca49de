import { type Endpoint, formatHost } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import type { Check, CheckSettings } from "./check.ts";
import { verdictOf } from "./lib/fault.ts";
import { follow, judge } from "./lib/http-answer.ts";
import { exchange, type HttpReply, openTunnel } from "./lib/http-exchange.ts";
import { type Destination, destinationOf, requestPath } from "./lib/http-url.ts";
import { compilePattern } from "./lib/pattern.ts";

/**
 * An HTTP proxy: up when it fetches the URL in `request` with 2xx, and `receive`, if set, is in the body.
 * An origin that is down is thus a proxy that is down: it says so with 502, 503 or 504.
 */
const httpProxy: Check = {
  services: ["http_proxy"],
  needsPort: true,
  prepare(settings) {
    const { receive, httpMethod: method } = settings;
    const pattern = receive === undefined ? undefined : compilePattern(receive);
    if (pattern?.ok === false) return err([`receive: ${pattern.error}`]);
    const first = firstDestination(settings);
    if (typeof first === "string") return ok({ staysDown: first });

    const expected =
      pattern?.ok === true ? { pattern: pattern.value, text: receive ?? "" } : undefined;
    return ok({
      timeoutMs: settings.negotiateTimeoutMs,
      sameness: JSON.stringify([first(anyone), method, receive]),
      probe: async (proxy, signal) => {
        try {
          const ask = (destination: Destination): Promise<HttpReply> =>
            askThrough(proxy, destination, method, signal);
          return judge(await follow(first(proxy), ask), expected);
        } catch (error) {
          return verdictOf(error);
        }
      },
    });
  },
};
export default httpProxy;

const anyone: Endpoint = { address: "", port: 0 };

/**
 * What to ask for, given the proxy; or why there is nothing to ask. A real server's own request may
 * be a path: then the proxy is asked for a page of its own.
 */
function firstDestination({
  request = "",
  isOwnRequest = false,
}: CheckSettings): string | ((proxy: Endpoint) => Destination) {
  const url = request.replace(/^\//, "");
  if (isOwnRequest && !/^https?:\/\//i.test(url)) {
    return ({ address, port }) => ({
      scheme: "http",
      host: address,
      port,
      path: requestPath(url),
      hostHeader: `${formatHost(address)}:${port}`,
      serverName: "",
    });
  }
  const destination = destinationOf(url);
  if (destination !== undefined) return () => destination;
  return `request: "${request}" is not what a proxy is asked for: a URL such as "http://www.example.com/"`;
}

async function askThrough(
  proxy: Endpoint,
  destination: Destination,
  method: "GET" | "HEAD",
  signal: AbortSignal,
): Promise<HttpReply> {
  const { scheme, host, port, hostHeader, path } = destination;
  if (scheme === "http") {
    const url = `http://${hostHeader}${path}`;
    return exchange(
      { ...destination, host: proxy.address, port: proxy.port, path: url, method },
      signal,
    );
  }
  const tunnel = await openTunnel(proxy, `${formatHost(host)}:${port}`, signal);
  if ("refusal" in tunnel) return tunnel.refusal;
  try {
    return await exchange({ ...destination, method, over: tunnel.socket }, signal);
  } finally {
    tunnel.socket.destroy();
  }
}
