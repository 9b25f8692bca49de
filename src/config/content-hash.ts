import { createHash } from "node:crypto";

/** Names one content of the file; the same for `load` and `watch`. */
export const contentHash = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");
