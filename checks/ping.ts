import { ok } from "../src/model/result.ts";
import { type Check, down, up, type Verdict } from "./check.ts";
import { verdictFrom } from "./lib/fault.ts";
import { pingByProgram } from "./lib/icmp/ping-program.ts";
import { createPinger } from "./lib/icmp/pinger.ts";
import type { RunSignal } from "./lib/run-signal.ts";

const pinger = createPinger();
/** One for all, without its time, which the runner measures: what is said again costs less. */
const answered = up("echo reply");

/** The host answers an echo request: `checkcount` attempts, each given `checktimeout`. */
const ping: Check = {
  services: [],
  checkType: "ping",
  needsPort: false,
  isOfMainThread: true,
  prepare: ({ checkCount, checkTimeoutMs }) =>
    ok({
      timeoutMs: checkTimeoutMs * checkCount,
      probeKey: `ping ${checkCount}`,
      probe: (target, signal) =>
        verdictFrom(signal, async () => {
          const elapsedMs = await pinger.ping(target, checkCount, checkTimeoutMs, signal);
          if (elapsedMs !== undefined) return answered;
          return await byProgram(target.address, checkCount, checkTimeoutMs, signal);
        }),
    }),
};
export default ping;

async function byProgram(
  address: string,
  attempts: number,
  timeoutMs: number,
  signal: RunSignal,
): Promise<Verdict> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await pingByProgram(address, timeoutMs, signal)) {
      return up("echo reply, says the ping program");
    }
  }
  return down("timeout", "no echo reply, says the ping program");
}
