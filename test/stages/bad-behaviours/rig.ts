import { afterAll, beforeAll } from "vitest";
import { trust } from "../../support/servers/certificates.ts";
import { type Certificates, makeRigCertificates } from "./certificates.ts";
import { type Host, startHost } from "./host.ts";

/** A host for bad servers, and certificates that the checks trust, while the tests of a file run. */
export function badServers(): { readonly host: Host; readonly certificates: Certificates } {
  let host: Host;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = makeRigCertificates();
    host = await startHost();
    return trust(certificates.caFile);
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    certificates[Symbol.dispose]();
  });
  return {
    get host() {
      return host;
    },
    get certificates() {
      return certificates;
    },
  };
}
