import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import {
  connect,
  createSecureContext,
  DEFAULT_CIPHERS,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { neverStops } from "../down-now.ts";
import { maxTotalBytes } from "../limits.ts";
import { perStore } from "./ca-store.ts";
import { Metered } from "./metered.ts";
import { betweenBytes, handshakeBytes, pieceBytes, recordBytes } from "./tls-measure.ts";

/**
 * What we agree to. No finite fields: the server picks their size, and with 10,000 bits one handshake takes a
 * second of ours. All curves that OpenSSL offers stay, and RSA for servers of old.
 */
export const agreed = {
  ciphers: `${DEFAULT_CIPHERS}:!kDHE`,
  ecdhCurve: "X25519:P-256:X448:P-521:P-384",
} as const;

/**
 * The TLS setting of every check over Node's sockets: the chain is verified.
 * @throws LocalFault when there are no CA certificates to be had
 */
export const verifyingContext: () => SecureContext = perStore((ca) =>
  createSecureContext({ ...agreed, ca }),
);

let trusting: SecureContext | undefined;

/** As far as the server can do it; no certificate is looked at. */
export function trustingContext(): SecureContext {
  trusting ??= createSecureContext(agreed);
  return trusting;
}

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

/** The name to ask a TLS server for: the host of `virtualhost`, or "" (none) when that is an address. */
export function serverNameOf(host: string): string {
  const name = host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");
  return isIP(name) === 0 ? name : "";
}
