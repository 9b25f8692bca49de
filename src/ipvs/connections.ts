import { bytesToAddress, canonicalAddress, type Endpoint } from "../model/address.ts";

/** One line of /proc/net/ip_vs_conn: a connection, or the memory of a client that comes back (persistence). */
export interface Connection {
  /** `tcp`, `udp`, `ip` (a client's memory of all that has a mark), … */
  readonly protocol: string;
  readonly client: Endpoint;
  /** Of a client's memory by mark: the mark as an address. */
  readonly virtual: Endpoint;
  /** As its row in the table. */
  readonly real: Endpoint;
  /** `ESTABLISHED`, `SYN_RECV`, `FIN_WAIT`, `UDP`, …; `NONE` of a client's memory. */
  readonly state: string;
  /** Until it is forgotten, if nothing comes. */
  readonly expiresSec: number;
  /** Of a service with one (`--pe sip`), and what it knows the client by: text from the network. */
  readonly engine?: string;
  readonly engineData?: string;
}

/** Port 0: every one of the address. */
export interface ConnectionFilter {
  readonly virtual?: Endpoint;
  /** Of `virtual`. */
  readonly protocol?: "tcp" | "udp";
  readonly real?: Endpoint;
}

export interface Connections {
  /** In the kernel's order, which is none. */
  readonly found: readonly Connection[];
  /** How many fit; more than `found` when they were more than was asked for. */
  readonly count: number;
  /** How many lines were read. */
  readonly read: number;
  /** False: there was no time to read on, and `count` is of those that were read. */
  readonly isWhole: boolean;
}

/**
 * Addresses and ports are hexadecimal, IPv4 in eight digits, IPv6 in groups:
 *   Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
 *   TCP 0A010105 D2F4 C0A80A65 0050 C0A80AC9 0050 ESTABLISHED     899
 * @returns undefined for the heading, and for what is no such line
 */
export function parseConnection(line: string): Connection | undefined {
  const words = /^(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\d+)(?: +(\S+) ?(.*))?$/;
  const [, name, from, fromPort, to, toPort, dest, destPort, state, expires, engine, data] =
    words.exec(line.trimEnd()) ?? [];
  const client = endpointOf(from, fromPort);
  const virtual = endpointOf(to, toPort);
  const real = endpointOf(dest, destPort);
  if (name === undefined || state === undefined) return undefined;
  if (client === undefined || virtual === undefined || real === undefined) return undefined;
  return {
    protocol: name.toLowerCase(),
    client,
    virtual,
    real,
    state,
    expiresSec: Number(expires),
    ...(engine !== undefined && { engine }),
    ...(data && { engineData: data }),
  };
}

export const fits = (
  { virtual, protocol, real }: ConnectionFilter,
  connection: Connection,
): boolean =>
  (virtual === undefined || isAt(connection.virtual, virtual)) &&
  (protocol === undefined || connection.protocol === protocol) &&
  (real === undefined || isAt(connection.real, real));

const isAt = (endpoint: Endpoint, wanted: Endpoint): boolean =>
  endpoint.address === wanted.address && (wanted.port === 0 || endpoint.port === wanted.port);

function endpointOf(address = "", port = ""): Endpoint | undefined {
  if (!/^[0-9A-F]{4}$/i.test(port)) return undefined;
  const text = /^[0-9A-F]{8}$/i.test(address)
    ? bytesToAddress(Buffer.from(address, "hex"))
    : canonicalAddress(address);
  return text === undefined ? undefined : { address: text, port: Number.parseInt(port, 16) };
}
