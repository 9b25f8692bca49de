import { formatHost } from "../../src/model/address.ts";
import { serverNameOf } from "./tls.ts";

export type Scheme = "http" | "https";
const defaultPort: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

/** The part of a request that its URL decides. */
export interface Destination {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly hostHeader: string;
  readonly serverName: string;
  readonly auth?: string;
}

/**
 * A path and query as they go on the wire: what RFC 3986 does not let stand there is percent-encoded,
 * as UTF-8; what is encoded already stays. A fragment is left out. Dots and double slashes stay.
 */
export function requestPath(request: string): string {
  const path = request.replace(/#.*$/s, "");
  const rooted = path.startsWith("/") ? path : `/${path}`;
  return rooted.replace(/[^;/?:@&=+$,[\]A-Za-z0-9_.!~*'()%-]+/g, (text) =>
    [...Buffer.from(text, "utf8")]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );
}

/** Where an absolute `http://` or `https://` URL leads; undefined for anything else. */
export function destinationOf(url: string): Destination | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = parsed?.protocol.slice(0, -1);
  if (parsed === undefined || (scheme !== "http" && scheme !== "https")) return undefined;
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const login = [parsed.username, parsed.password].map(decodeURIComponentSafely).join(":");
  // The path as written, not as URL tidies it: a check asks for what its author wrote.
  const written = /^[a-z]+:\/\/[^/?#]*(.*)$/is.exec(url)?.[1] ?? "";
  return {
    scheme,
    host,
    port: parsed.port === "" ? defaultPort[scheme] : Number(parsed.port),
    path: requestPath(written),
    hostHeader: parsed.host,
    serverName: serverNameOf(parsed.hostname),
    ...(login === ":" ? {} : { auth: login }),
  };
}

/** @param location the header, as latin1 @returns undefined when it is no http or https URL */
export function redirectOf(from: Destination, location: string): Destination | undefined {
  const base = `${from.scheme}://${formatHost(from.host)}:${from.port}${from.path}`;
  const text = Buffer.from(location, "latin1").toString("utf8");
  if (!URL.canParse(text, base)) return undefined;
  return destinationOf(new URL(text, base).href);
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
