import { createHash } from "node:crypto";

/** Names one content of a file; the same for `load` and `watch`. */
export const contentHash = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** Names one content of a file and of the one beside it. @param beside undefined when there is none */
export const hashOfBoth = (own: string, beside: string | undefined): string =>
  beside === undefined ? own : `${own} ${beside}`;

/** The first part of it. */
export const ownHash = (both: string): string => both.replace(/ .*/, "");
