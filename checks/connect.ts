import { ok } from "../src/model/result.ts";
import { type Check, up } from "./check.ts";
import { verdictOf } from "./lib/fault.ts";
import { openTcp } from "./lib/tcp.ts";
import ping from "./ping.ts";

/** The port takes connections. For UDP, where nothing says so, the host answers a ping instead. */
const connect: Check = {
  services: [],
  checkType: "connect",
  needsPort: true,
  prepare(settings) {
    if (settings.protocol === "udp") return ping.prepare(settings);
    return ok({
      timeoutMs: settings.checkTimeoutMs,
      sameness: "tcp",
      probe: async (target, signal) => {
        try {
          const socket = await openTcp(target, signal);
          socket.destroy();
          return up("connected");
        } catch (error) {
          return verdictOf(error);
        }
      },
    });
  },
};
export default connect;
