import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { isLocalFault, LocalFault } from "./fault.ts";

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
    current = { store: { path, version }, context: createSecureContext({ ca }) };
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
