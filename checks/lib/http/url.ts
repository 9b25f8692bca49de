import { formatHost } from "../../../src/model/address.ts";
import { oneLine } from "../detail.ts";
import { DownNow } from "../down-now.ts";
import { serverNameOf } from "../stream/tls.ts";

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
  const parsed = parse(url);
  // The path as written, not as URL tidies it: a check asks for what its author wrote.
  const written = /^[a-z]+:\/\/[^/?#]*(.*)$/is.exec(url)?.[1] ?? "";
  return parsed === undefined ? undefined : destination(parsed, written);
}

/** Of a Location header. Names of other scripts cost the square of their length to read. */
const maxLocationBytes = 2048;
/** RFC 1035 §2.3.4 */
const maxHostBytes = 253;
const maxLabelBytes = 63;
/** Useless without the interface it is meant for, which no URL can name. RFC 4007 §6. */
const linkLocal = /^fe[89ab]/i;

/**
 * @param location the header, as latin1
 * @returns undefined when it is no http or https URL
 * @throws DownNow when nobody can go there
 */
export function redirectOf(from: Destination, location: string): Destination | undefined {
  if (location.length > maxLocationBytes)
    throw new DownNow("protocol", `redirects to a place of ${location.length} bytes`);
  const base = `${from.scheme}://${formatHost(from.host)}:${from.port}${from.path}`;
  const parsed = parse(Buffer.from(location, "latin1").toString("utf8"), base);
  const next = parsed && destination(parsed, parsed.pathname + parsed.search);
  if (next !== undefined && !isHost(next.host))
    throw new DownNow("protocol", oneLine(`redirects to a host that cannot be: ${next.host}`));
  return next;
}

function isHost(host: string): boolean {
  if (host.includes(":")) return !linkLocal.test(host);
  const labels = host.replace(/\.$/, "").split(".");
  return (
    host.length <= maxHostBytes &&
    labels.every((label) => label !== "" && label.length <= maxLabelBytes)
  );
}

function parse(url: string, base?: string): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

function destination(parsed: URL, path: string): Destination | undefined {
  const scheme = parsed.protocol.slice(0, -1);
  if (scheme !== "http" && scheme !== "https") return undefined;
  const login = [parsed.username, parsed.password].map(decodeURIComponentSafely).join(":");
  return {
    scheme,
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port: parsed.port === "" ? defaultPort[scheme] : Number(parsed.port),
    path: requestPath(path),
    hostHeader: parsed.host,
    serverName: serverNameOf(parsed.hostname),
    ...(login === ":" ? {} : { auth: login }),
  };
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
