import { apply } from "./rows/apply.mjs";
import { connect, http, https, ping } from "./rows/checks.mjs";
import { detection } from "./rows/detection.mjs";
import { failure } from "./rows/failure.mjs";
import { growth } from "./rows/growth.mjs";
import { memory } from "./rows/memory.mjs";
import { reload } from "./rows/reload.mjs";
import { soak } from "./rows/soak.mjs";
import { start } from "./rows/start.mjs";

/** Of the bench, in the order in which they run. */
export const rows = [
  ...[connect, http, https, ping, memory, start, detection, failure, reload, growth, apply, soak],
];
