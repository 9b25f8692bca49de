import { isIP } from "node:net";
import type { Endpoint } from "../../../src/model/address.ts";
import { engine } from "../engine/engine.ts";
import { EngineTls } from "../engine/engine-tls.ts";
import type { RunSignal } from "../run-signal.ts";
import { connectionOf, connectionTo } from "./connection.ts";
import { exchange, type HttpReply, type HttpRequest } from "./exchange.ts";
import { plainExchange, plainRequest } from "./plain-exchange.ts";
import { plainTlsExchange, tlsExchange } from "./tls-exchange.ts";
import type { Destination } from "./url.ts";

/**
 * Asks where `destination` leads to: over a socket of the engine where that can be, and whatever comes back that way and
 * is no plain page is read by Node's parser, as all else is. Rejects as `exchange` and `connectionTo` do.
 * @param askedBy the real server that is checked
 */
export async function ask(
  destination: Destination,
  method: HttpRequest["method"],
  askedBy: Endpoint,
  signal: RunSignal,
): Promise<HttpReply> {
  const { host, port, scheme, auth } = destination;
  const { wanted, bytes } = requestTo(destination, method);
  const isTls = scheme === "https";
  const own = !isTls || EngineTls.isThere() ? engine() : undefined;
  if (own === undefined || auth !== undefined || isIP(host) === 0) {
    const connection = await connectionTo(host, port, askedBy, signal);
    return (isTls ? tlsExchange : exchange)(connection, wanted, signal);
  }
  const place =
    host === askedBy.address && port === askedBy.port ? askedBy : { address: host, port };
  if (isTls) return plainTlsExchange(own, place, wanted, bytes, signal);
  const answer = await plainExchange(own, place, wanted, bytes, signal);
  return "connection" in answer ? exchange(connectionOf(answer), wanted, signal) : answer;
}

interface Request {
  readonly wanted: HttpRequest;
  readonly bytes: Buffer;
}

/** The same destination is asked again and again, with the same method. */
const requests = new WeakMap<Destination, Request>();

function requestTo(destination: Destination, method: HttpRequest["method"]): Request {
  const known = requests.get(destination);
  if (known !== undefined) return known;
  const wanted = { ...destination, method };
  const request = { wanted, bytes: plainRequest(wanted) };
  requests.set(destination, request);
  return request;
}
