import { ok } from "../src/model/result.ts";
import { type Check, type Probe, up } from "./check.ts";
import { engine } from "./lib/engine/engine.ts";
import { EngineSocket } from "./lib/engine/engine-socket.ts";
import { verdictBack, verdictFrom } from "./lib/fault.ts";
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

const probe: Probe = (target, signal) => {
  const own = engine();
  if (own === undefined) {
    return verdictFrom(signal, async () => {
      (await openTcp(target, signal)).destroy();
      return connected;
    });
  }
  return verdictBack(signal, (onVerdict, onError) => {
    const onOpen = (socket: EngineSocket): void => {
      socket.close();
      onVerdict(connected);
    };
    EngineSocket.open(own, target, signal, onOpen, onError);
  });
};
