import type { DirectorName } from "./topologies.ts";

/** What makes two directors a pair, set up on both and running. */
export interface Recipe {
  readonly name: string;
  /** Sets both up as after a boot; the first one is active when it returns, and the other ready to take over. */
  start(first: DirectorName): Promise<void>;
  /** As an operator stops a director. */
  stop(director: DirectorName): Promise<void>;
  /** What looks after the real servers there is gone at once; whoever starts it again on a site does so. */
  killChecks(director: DirectorName): Promise<void>;
  /** For when a test fails. */
  report(): string;
}
