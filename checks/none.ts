import { ok } from "../src/model/result.ts";
import { type Check, up } from "./check.ts";

/** `service=none`: nothing is asked, the server counts as up. */
const none: Check = {
  services: ["none"],
  needsPort: false,
  prepare: (settings) =>
    ok({
      timeoutMs: settings.negotiateTimeoutMs,
      sameness: "",
      probe: async (_target, signal) => {
        signal.throwIfAborted();
        return up("not checked");
      },
    }),
};
export default none;
