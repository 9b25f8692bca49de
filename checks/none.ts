import { ok } from "../src/model/result.ts";
import type { Check } from "./check.ts";

/** `service=none`: nothing is asked, the server counts as up. */
const none: Check = {
  services: [{ name: "none", goesWithUdp: true }],
  needsPort: false,
  prepare: () => ok({ staysUp: "not checked" }),
};
export default none;
