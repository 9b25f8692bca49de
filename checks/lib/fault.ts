/**
 * Whose fault an error is. A probe's error is either the real server's doing, which is a verdict, or
 * the director's own, which says nothing about the server.
 */

import { type DownReason, down, type Verdict } from "../check.ts";
import { oneLine } from "./detail.ts";
import { DownNow } from "./down-now.ts";
import type { RunSignal } from "./run-signal.ts";

/** The director could not ask. `fault` names the trouble in capitals, as errno names do. */
export class LocalFault extends Error {
  override readonly name = "LocalFault";
  readonly fault: string;

  constructor(fault: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/**
 * System errors that are ours whatever the server does: no descriptors, no memory, no local port, a
 * link that is down, a local firewall or policy, no process, a name server out of reach.
 */
const localFaults: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
  "ENETDOWN",
  "EPERM",
  "EAGAIN",
  "EAI_AGAIN",
  "EAI_MEMORY",
]);

/** Those that no server's choice of a destination can bring about: there is not enough of something here. */
const shortages: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EAGAIN",
  "EAI_MEMORY",
]);
/** @param fault as `isLocalFault` names it */
export const isShortage = (fault: string): boolean => shortages.has(fault) || fault === "LIBRARY";

interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  /** OpenSSL's own words, such as "wrong version number". */
  readonly reason?: string;
}

const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && "code" in error && typeof error.code === "string";

/**
 * Comes from our own routing table or policy at once, or from a router's or firewall's ICMP later, in
 * the last case as EACCES on IPv6 alone ("administratively prohibited"; linux: icmpv6_err_convert).
 */
const oursOrOnTheWay: ReadonlySet<string> = new Set(["ENETUNREACH", "EACCES"]);

/**
 * Only what comes at once is ours. Node tells the two apart in the message alone: it adds the local
 * address ("- Local (…)") when the connect call itself failed. Anything but `connect` sends a datagram
 * and never hears a router.
 */
const isAtOnce = (error: SystemError): boolean =>
  error.syscall !== "connect" || error.message.includes(" - Local");

/** A blackhole route of our own, and nothing that comes over the network: only these calls meet it. */
const blackholed = (error: SystemError): boolean =>
  error.code === "EINVAL" && /^(connect|send|sendto|sendmsg)$/.test(error.syscall ?? "");

/** The name of the trouble when `error` is the director's own (`EMFILE`), undefined when it is not. */
export function isLocalFault(error: unknown): string | undefined {
  if (error instanceof LocalFault) return error.fault;
  if (!isSystemError(error)) return undefined;
  const isOurs = oursOrOnTheWay.has(error.code) ? isAtOnce(error) : localFaults.has(error.code);
  return isOurs || blackholed(error) ? error.code : undefined;
}

/** Ours wherever we were going: nobody's choice of a destination brings them about. */
const ownShortage: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EAGAIN",
]);

/**
 * As `verdictOf`, for an error on the way to where the real server sent us. The destination is its choice, and so
 * is one that cannot be reached from here.
 * @throws `error` itself when we lack what any connection takes, or when it is an abort or nothing known (a bug)
 */
export function verdictElsewhere(error: unknown): Verdict {
  if (!isSystemError(error) || error.syscall !== "connect" || ownShortage.has(error.code))
    return verdictOf(error);
  if (downs.has(error.code) && isLocalFault(error) === undefined) return knownVerdict(error);
  return down("unreachable", `cannot be reached from here: ${error.code}${at(error)}`);
}

const downs: ReadonlyMap<string, readonly [DownReason, string]> = new Map([
  ["ECONNREFUSED", ["refused", "connection refused"]],
  ["ECONNRESET", ["closed", "connection reset"]],
  ["ECONNABORTED", ["closed", "connection aborted"]],
  ["EPIPE", ["closed", "connection closed while we were sending"]],
  ["ERR_STREAM_PREMATURE_CLOSE", ["closed", "connection closed"]],
  ["EHOSTUNREACH", ["unreachable", "no route to host"]],
  ["EHOSTDOWN", ["unreachable", "host is down"]],
  ["ENETUNREACH", ["unreachable", "network is unreachable, says a router"]],
  ["EACCES", ["unreachable", "forbidden, says a firewall on the way"]],
  ["ENOPROTOOPT", ["unreachable", "protocol is unreachable, says the host"]],
  ["EOPNOTSUPP", ["unreachable", "source route failed, says a router"]],
  ["ENONET", ["unreachable", "host is not on the network"]],
  ["ENOTFOUND", ["unreachable", "the host name has no address"]],
  ["ETIMEDOUT", ["timeout", "no answer to the connection request"]],
]);

/** OpenSSL's verification results (x509_vfy.h X509_V_ERR_*, shortened by Node) and Node's own TLS codes. */
const tlsCode =
  /^(CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERROR_IN_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_|UNSPECIFIED$|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$)/;
/** `error:0A00010B:SSL routines:ssl3_get_record:wrong version number:file:line` */
const opensslReason = /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/;
const verifyCode = /^(?!ERR_|EPROTO)/;

/**
 * What an error says about the real server: one from a socket, or a DownNow.
 * @throws `error` itself when it is a local fault, an abort, or nothing known (a bug)
 */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof DownNow) return error.verdict;
  if (!isSystemError(error) || isLocalFault(error) !== undefined) throw error;
  return knownVerdict(error);
}

/**
 * What `ask` finds, or what its error says about the real server. A probe's body stands in this, or in a `dialogue`.
 * Rejects with the error after an abort, and with what `verdictOf` throws.
 */
export const verdictFrom = (signal: RunSignal, ask: () => Promise<Verdict>): Promise<Verdict> =>
  ask().catch((error: unknown) => verdictAfter(error, signal));

/** The same for an `ask` that calls one of the two back, once: there is one promise and no other, which counts for the cheapest checks. */
export const verdictBack = (
  signal: RunSignal,
  ask: (onVerdict: (verdict: Verdict) => void, onError: (error: unknown) => void) => void,
): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    ask(resolve, (error) => {
      try {
        resolve(verdictAfter(error, signal));
      } catch (ours) {
        reject(ours);
      }
    });
  });

function verdictAfter(error: unknown, signal: RunSignal): Verdict {
  if (signal.aborted) throw error;
  return verdictOf(error);
}

function knownVerdict(error: SystemError): Verdict {
  const known = downs.get(error.code);
  if (known !== undefined) {
    const [reason, words] = known;
    const isHandshake = error.message.includes("before secure TLS connection");
    return down(
      reason,
      isHandshake ? "connection closed during the TLS handshake" : words + at(error),
    );
  }
  if (error.code.startsWith("HPE_")) {
    return down("protocol", oneLine(`not HTTP: ${error.message.replace(/^Parse Error: /, "")}`));
  }
  if (tlsCode.test(error.code)) {
    const said = error.reason ?? opensslReason.exec(error.message)?.[1] ?? error.message;
    // Newer Node adds advice for the command line of node, which is not the operator's.
    const words = said.replace(/; if the root CA is installed locally.*/, "");
    return down(
      "tls",
      oneLine(verifyCode.test(error.code) ? `certificate: ${words}` : `TLS: ${words}`),
    );
  }
  throw error;
}

function at({ address, port }: SystemError): string {
  if (address === undefined) return "";
  const host = address.includes(":") ? `[${address}]` : address;
  return port === undefined ? ` (${host})` : ` (${host}:${port})`;
}
