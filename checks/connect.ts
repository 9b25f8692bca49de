import { ok } from "../src/model/result.ts";
import { type Check, type Probe, up } from "./check.ts";
import { engine } from "./lib/engine/engine.ts";
import { EngineSocket } from "./lib/engine/engine-socket.ts";
import { verdictFrom } from "./lib/fault.ts";
import { openTcp } from "./lib/stream/tcp.ts";

const connected = up("connected");

/** The port takes connections. For UDP, where nothing says so, `ping` is asked instead: see plan. */
const connect: Check = {
  services: [],
  checkType: "connect",
  needsPort: true,
  prepare: ({ checkTimeoutMs }) => ok({ timeoutMs: checkTimeoutMs, probeKey: "tcp", probe }),
};
export default connect;

const probe: Probe = (target, signal) =>
  verdictFrom(signal, async () => {
    const own = engine();
    if (own === undefined) (await openTcp(target, signal)).destroy();
    else (await EngineSocket.connect(own, target, signal)).close();
    return connected;
  });
