import { readFileSync, statSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { isLocalFault, LocalFault } from "../fault.ts";

/** Where distributions keep the system's CA certificates: Debian, Red Hat, SUSE, Alpine. */
const systemStores = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

interface Made<T> {
  /** "" for the certificates that came with Node. */
  readonly path: string;
  /** Changes when the file does. */
  readonly version: string;
  readonly it: T;
}

/**
 * What `make` makes of the system's CA certificates, or of the file that SSL_CERT_FILE names. One for all; made anew when
 * that file changes, so that a CA added to the system counts from the next probe. It throws a LocalFault when the file
 * cannot be used, and never could.
 * @param make of PEM @param giveUp what is done with one that is of yesterday
 */
export function perStore<T>(make: (ca: Buffer) => T, giveUp: (old: T) => void = () => {}): () => T {
  let current: Made<T> | undefined;
  return () => {
    const path =
      process.env["SSL_CERT_FILE"] ?? systemStores.find((file) => versionOf(file) !== "") ?? "";
    const version = versionOf(path);
    if (current?.path === path && current.version === version) return current.it;
    // The file is away for a moment while an update replaces it.
    if (current?.path === path && version === "") return current.it;
    try {
      const ca = path === "" ? Buffer.from(rootCertificates.join("\n")) : readFileSync(path);
      const before = current;
      current = { path, version, it: make(ca) };
      if (before !== undefined) giveUp(before.it);
    } catch (cause) {
      if (current?.path === path) return current.it;
      throw new LocalFault(
        isLocalFault(cause) ?? "CA_STORE",
        `the CA certificates in ${path} cannot be used`,
        { cause },
      );
    }
    return current.it;
  };
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
