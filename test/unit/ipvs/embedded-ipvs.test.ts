import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import { ipvsSuite } from "./suite.ts";

ipvsSuite("embedded", async () => {
  const ipvs = new EmbeddedIpvs();
  return { ipvs, close: async () => ipvs.close() };
});
