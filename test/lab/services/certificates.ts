import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../command.ts";
import type { CertificateName } from "./target.ts";

export interface CertificateFiles {
  readonly ca: string;
  readonly key: string;
  readonly certificates: Readonly<Record<CertificateName, string>>;
}

/**
 * One key, and certificates for it in `folder`.
 * @param addresses that the good one is for
 */
export async function makeCertificates(
  folder: string,
  addresses: readonly string[],
): Promise<CertificateFiles> {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): Promise<string> => run("openssl", args);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const selfSign = (name: string, key: readonly string[]): Promise<string> =>
    openssl(
      "req",
      "-x509",
      ...key,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-out",
      file(`${name}.pem`),
    );
  await selfSign("authority", [...newKey, "-keyout", file("authority.key")]);
  await openssl("req", ...newKey, "-keyout", file("key"), "-subj", "/CN=lab", "-out", file("csr"));
  await selfSign("selfSigned", ["-key", file("key")]);
  const sign = (name: string, days: number, names: readonly string[]): Promise<string> => {
    writeFileSync(file(`${name}.ext`), `subjectAltName=${names.join(",")}\n`);
    const by = ["-CA", file("authority.pem"), "-CAkey", file("authority.key"), "-CAcreateserial"];
    const what = ["-in", file("csr"), "-extfile", file(`${name}.ext`), "-days", String(days)];
    return openssl("x509", "-req", ...what, ...by, "-out", file(`${name}.pem`));
  };
  const own = addresses.map((it) => `IP:${it}`);
  await sign("good", 2, own);
  await sign("otherName", 2, ["DNS:www.lab.example"]);
  await sign("expired", -1, own);
  const pem = (name: string): string => file(`${name}.pem`);
  return {
    ca: pem("authority"),
    key: file("key"),
    certificates: {
      good: pem("good"),
      otherName: pem("otherName"),
      expired: pem("expired"),
      selfSigned: pem("selfSigned"),
    },
  };
}
