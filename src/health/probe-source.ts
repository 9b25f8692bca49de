import type { RealServer } from "../model/real-server.ts";
import type { VirtualService } from "../model/virtual-service.ts";

/** What a probe was planned from, and from which another thread can plan the same. */
export interface ProbeSource {
  readonly virtual: VirtualService;
  readonly real: RealServer;
  /** Services that TLS is demanded of. */
  readonly demandTls: readonly string[];
}
