import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificates } from "../../support/servers/certificates.ts";

interface Pem {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates extends Disposable {
  readonly caFile: string;
  readonly good: Pem;
  /** It fits its key, but has names enough for over 100 kB. */
  readonly huge: Pem;
  /** Signed by itself, with an RSA key. */
  readonly rsa: Pem;
}

export function makeRigCertificates(): Certificates {
  const base = makeCertificates("name.example");
  const names = Array.from({ length: 5000 }, (_, index) => `DNS:host-${index}.name.example`);
  const config = join(base.folder, "huge.conf");
  writeFileSync(
    config,
    `[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN=name.example\n[ext]\nsubjectAltName=${names.join(",")}\n`,
  );
  const [keyFile, certFile] = ["huge.key", "huge.pem"].map((name) => join(base.folder, name)) as [
    string,
    string,
  ];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-config", config, "-days", "2", "-nodes", "-keyout", keyFile],
      ...["-out", certFile, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ],
    { stdio: "pipe" },
  );
  const rsaFiles = ["rsa.key", "rsa.pem"].map((name) => join(base.folder, name)) as [
    string,
    string,
  ];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-nodes", "-subj", "/CN=rsa"],
      ...["-keyout", rsaFiles[0], "-out", rsaFiles[1]],
    ],
    { stdio: "pipe" },
  );
  const read = ([key, cert]: readonly [string, string]): Pem => ({
    key: readFileSync(key, "utf8"),
    cert: readFileSync(cert, "utf8"),
  });
  return {
    caFile: base.caFile,
    good: { key: base.good.key.toString(), cert: base.good.cert.toString() },
    huge: read([keyFile, certFile]),
    rsa: read(rsaFiles),
    [Symbol.dispose]: () => base[Symbol.dispose](),
  };
}
