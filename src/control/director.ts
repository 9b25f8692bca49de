import type { SerialSnapshot } from "./shared-snapshot.ts";

/** What the control socket may ask of the daemon, and have it do. */
export interface Director {
  /** Shared by all that ask about the same time. */
  serialSnapshot(): Promise<SerialSnapshot>;
}
