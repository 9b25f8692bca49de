import type { LogTarget } from "../model/log-target.ts";
import type { VirtualService } from "../model/virtual-service.ts";

/** An `ldirectord.cf`, checked and resolved: names are numbers, globals are merged into each service. */
export interface Config {
  /** Absolute. */
  readonly path: string;
  readonly virtuals: readonly VirtualService[];
  readonly isAutoreload: boolean;
  readonly isReaddQuiescent: boolean;
  readonly isSupervised: boolean;
  /** Global: the pause of the configuration-file test and of everything that is not one service's. */
  readonly checkIntervalMs: number;
  readonly callback?: string;
  /** Names of other instances, in file order. */
  readonly execute: readonly string[];
  readonly maintenanceDir?: string;
  readonly log: LogTarget;
}
