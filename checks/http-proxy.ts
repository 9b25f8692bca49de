import { type Endpoint, formatHost } from "../src/model/address.ts";
import { ok } from "../src/model/result.ts";
import type { Check, CheckSettings } from "./check.ts";
import { verdictFrom } from "./lib/fault.ts";
import { follow, judge, libwwwWords } from "./lib/http/answer.ts";
import { connectionTo } from "./lib/http/connection.ts";
import { exchange, type HttpReply, openTunnel } from "./lib/http/exchange.ts";
import { tlsExchange } from "./lib/http/tls-exchange.ts";
import { type Destination, destinationOf, requestPath } from "./lib/http/url.ts";
import { masked } from "./lib/mask.ts";
import { preparing } from "./lib/receive/expected.ts";
import { withoutSlash } from "./lib/request.ts";
import type { RunSignal } from "./lib/run-signal.ts";

/**
 * An HTTP proxy: up when it fetches the URL in `request` with 2xx, and `receive`, if set, is in the body.
 * An origin that is down is thus a proxy that is down: it says so with 502, 503 or 504.
 */
const httpProxy: Check = {
  services: [{ name: "http_proxy", port: 3128, hasPages: true }],
  needsPort: true,
  prepare(settings) {
    const { receive, httpMethod: method } = settings;
    const timeoutMs = settings.negotiateTimeoutMs;
    return preparing(receive, ok(firstDestination(settings)), (first, expected) => {
      if (typeof first === "string") return { staysDown: first };
      return masked(settings, {
        timeoutMs,
        probeKey: JSON.stringify([first(anyone), method, receive]),
        probe: (proxy, signal) =>
          verdictFrom(signal, async () => {
            const search = expected?.search(proxy, signal, timeoutMs);
            const ask = (destination: Destination): Promise<HttpReply> =>
              askThrough(proxy, destination, method, signal);
            return await judge(await follow(first(proxy), ask), search);
          }),
        monitorWords: libwwwWords,
      });
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
  const url = withoutSlash(request);
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
  signal: RunSignal,
): Promise<HttpReply> {
  const { scheme, host, port, hostHeader, path } = destination;
  const connection = await connectionTo(proxy.address, proxy.port, proxy, signal);
  try {
    if (scheme === "http") {
      const url = `http://${hostHeader}${path}`;
      return await exchange(connection, { ...destination, path: url, method }, signal);
    }
    const tunnel = await openTunnel(connection, `${formatHost(host)}:${port}`, signal);
    if ("refusal" in tunnel) return tunnel.refusal;
    return await tlsExchange(tunnel.way, { ...destination, method }, signal);
  } finally {
    connection.destroy();
  }
}
