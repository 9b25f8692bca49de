import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificates } from "../servers/certificates.ts";

interface Pem {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates extends Disposable {
  readonly caFile: string;
  readonly good: Pem;
  /** It fits its key, but has names enough for over 100 kB. */
  readonly huge: Pem;
}

export function makeBenchCertificates(): Certificates {
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
  return {
    caFile: base.caFile,
    good: { key: base.good.key.toString(), cert: base.good.cert.toString() },
    huge: { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") },
    [Symbol.dispose]: () => base[Symbol.dispose](),
  };
}
