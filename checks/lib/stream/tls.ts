import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import {
  connect,
  createSecureContext,
  DEFAULT_CIPHERS,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { neverStops } from "../down-now.ts";
import { isLocalFault, LocalFault } from "../fault.ts";
import { maxTotalBytes } from "../limits.ts";
import { Metered } from "./metered.ts";

/**
 * What we agree to. No finite fields: the server picks their size, and with 10,000 bits one handshake takes a
 * second of ours. All curves that OpenSSL offers stay, and RSA for servers of old.
 */
const agreed = {
  ciphers: `${DEFAULT_CIPHERS}:!kDHE`,
  ecdhCurve: "X25519:P-256:X448:P-521:P-384",
} as const;

/** Where distributions keep the system's CA certificates: Debian, Red Hat, SUSE, Alpine. */
const systemStores = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

interface Store {
  /** "" for the certificates that came with Node. */
  readonly path: string;
  /** Changes when the file does. */
  readonly version: string;
}

let current: { readonly store: Store; readonly context: SecureContext } | undefined;

/**
 * The TLS setting of every check: the chain is verified against the system's CA certificates, or the
 * file that SSL_CERT_FILE names. One context for all; made anew when that file changes, so that a CA
 * added to the system counts from the next probe.
 * @throws LocalFault when SSL_CERT_FILE cannot be read, and never could
 */
export function verifyingContext(): SecureContext {
  const path =
    process.env["SSL_CERT_FILE"] ?? systemStores.find((file) => versionOf(file) !== "") ?? "";
  const version = versionOf(path);
  if (current?.store.path === path && current.store.version === version) return current.context;
  // The file is away for a moment while an update replaces it.
  if (current?.store.path === path && version === "") return current.context;
  try {
    const ca = path === "" ? [...rootCertificates] : readFileSync(path);
    current = { store: { path, version }, context: createSecureContext({ ...agreed, ca }) };
  } catch (cause) {
    if (current?.store.path === path) return current.context;
    throw new LocalFault(
      isLocalFault(cause) ?? "CA_STORE",
      `the CA certificates in ${path} cannot be used`,
      { cause },
    );
  }
  return current.context;
}

let trusting: SecureContext | undefined;

/** As far as the server can do it; no certificate is looked at. */
export function trustingContext(): SecureContext {
  trusting ??= createSecureContext(agreed);
  return trusting;
}

/** What a handshake may take: OpenSSL refuses a chain of more than 100 KiB. */
const handshakeBytes = 128 * 1024;
/**
 * What may come afterwards that is no data: tickets, changes of keys, each dearer than it weighs. A record of
 * 16 KiB is no data before its end is there.
 */
const betweenBytes = 32 * 1024;
/** What a piece counts at least, and what comes around the data of one record. */
const pieceBytes = 256;
/** What a record counts at least of all that a server may say. */
const recordBytes = 4096;

export interface TlsOptions {
  /** SNI; "" for none. */
  readonly serverName: string;
  readonly verifyChain: boolean;
}

/** For checkServerIdentity Node takes the whole chain apart, a fifth of what a handshake costs: nobody looks at it. */
const notLookedAt = (() => ({})) as TLSSocket["getPeerCertificate"];

/**
 * TLS over a connected socket; its handshake begins. It is the caller's to destroy, and the socket goes with it.
 * The certificate's name is never checked.
 * @throws LocalFault when there are no CA certificates to be had; then the socket is gone
 */
export function startTls(tcp: Duplex, { serverName, verifyChain }: TlsOptions): TLSSocket {
  try {
    const metered = new Metered(tcp, handshakeBytes, pieceBytes);
    const socket = connect({
      socket: metered,
      servername: serverName,
      rejectUnauthorized: verifyChain,
      checkServerIdentity: () => undefined,
      secureContext: verifyChain ? verifyingContext() : trustingContext(),
    });
    socket.getPeerCertificate = notLookedAt;
    socket.once("secureConnect", () => metered.allow(betweenBytes));
    let dataBytes = 0;
    socket.on("data", (bytes: Buffer) => {
      metered.credit(bytes.length + pieceBytes, betweenBytes);
      dataBytes += Math.max(bytes.length, recordBytes);
      if (dataBytes > maxTotalBytes) socket.destroy(neverStops());
    });
    return socket;
  } catch (error) {
    tcp.destroy();
    throw error;
  }
}

/** "" when there is no such file for us. */
function versionOf(path: string): string {
  try {
    const stat = statSync(path);
    return `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
  } catch {
    return "";
  }
}

/** The name to ask a TLS server for: the host of `virtualhost`, or "" (none) when that is an address. */
export function serverNameOf(host: string): string {
  const name = host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");
  return isIP(name) === 0 ? name : "";
}
