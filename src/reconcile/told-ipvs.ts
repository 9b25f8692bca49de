import type { Ipvs } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import { describeChange, describeErrno } from "./describe.ts";

/** The same table, and for -d a line for each change: what was asked, and what came of it. */
export function toldIpvs(ipvs: Ipvs, log: Pick<Logger, "debug">): Ipvs {
  return {
    list: (only) => ipvs.list(only),
    async apply(ops) {
      const results = await ipvs.apply(ops);
      for (const [i, op] of ops.entries()) {
        const errno = results[i];
        const result = errno === undefined ? "done" : `refused: ${describeErrno(op, errno)}`;
        log.debug(`IPVS: ${describeChange(op)}: ${result}`);
      }
      return results;
    },
    info: () => ipvs.info(),
    timeouts: () => ipvs.timeouts(),
    setTimeouts: (wanted) => ipvs.setTimeouts(wanted),
    counters: (only) => ipvs.counters(only),
    connections: (filter, most) => ipvs.connections(filter, most),
    syncDaemons: () => ipvs.syncDaemons(),
    startSync: (daemon) => ipvs.startSync(daemon),
    stopSync: (state) => ipvs.stopSync(state),
    close: () => ipvs.close(),
  };
}
