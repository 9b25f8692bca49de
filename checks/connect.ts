import { ok } from "../src/model/result.ts";
import { type Check, up } from "./check.ts";
import { verdictFrom } from "./lib/fault.ts";
import { openTcp } from "./lib/stream/tcp.ts";

/** The port takes connections. For UDP, where nothing says so, `ping` is asked instead: see plan. */
const connect: Check = {
  services: [],
  checkType: "connect",
  needsPort: true,
  prepare: ({ checkTimeoutMs }) =>
    ok({
      timeoutMs: checkTimeoutMs,
      probeKey: "tcp",
      probe: (target, signal) =>
        verdictFrom(signal, async () => {
          const socket = await openTcp(target, signal);
          socket.destroy();
          return up("connected");
        }),
    }),
};
export default connect;
