import { connect, http, https, ping } from "./rows/checks.mjs";
import { detection } from "./rows/detection.mjs";
import { memory } from "./rows/memory.mjs";

/** Of the bench, in the order in which they run. */
export const rows = [connect, http, https, ping, memory, detection];
