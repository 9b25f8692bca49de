/** Certificates for one test run, made by openssl in a folder of their own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KeyPair {
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly keyFile: string;
  readonly certFile: string;
}

export interface Certificates extends Disposable {
  readonly folder: string;
  /** The authority that signed the two below. */
  readonly caFile: string;
  readonly good: KeyPair;
  readonly expired: KeyPair;
  readonly selfSigned: KeyPair;
}

/** @param commonName and only name of the certificates */
export function makeCertificates(commonName: string): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const pair = (name: string): KeyPair => {
    const keyFile = join(folder, `${name}.key`);
    const certFile = join(folder, `${name}.pem`);
    return { key: readFileSync(keyFile), cert: readFileSync(certFile), keyFile, certFile };
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const selfSign = (name: string, subject: string): void =>
    openssl(
      ...["req", "-x509", ...newKey, "-days", "2", "-subj", `/CN=${subject}`],
      ...["-keyout", `${name}.key`, "-out", `${name}.pem`],
    );
  const sign = (name: string, days: string): void => {
    openssl(
      ...["req", ...newKey, "-subj", `/CN=${commonName}`],
      ...["-keyout", `${name}.key`, "-out", `${name}.csr`],
    );
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key"],
      ...["-CAcreateserial", "-days", days, "-out", `${name}.pem`],
    );
  };
  selfSign("ca", "Test authority");
  selfSign("self", commonName);
  sign("good", "2");
  sign("expired", "-1");
  return {
    folder,
    caFile: join(folder, "ca.pem"),
    good: pair("good"),
    expired: pair("expired"),
    selfSigned: pair("self"),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true });
    },
  };
}

/** The checks believe this authority. @returns what ends that, for `beforeAll` to return */
export function trust(caFile: string): () => void {
  const before = process.env["SSL_CERT_FILE"];
  process.env["SSL_CERT_FILE"] = caFile;
  return () => {
    if (before === undefined) delete process.env["SSL_CERT_FILE"];
    else process.env["SSL_CERT_FILE"] = before;
  };
}
