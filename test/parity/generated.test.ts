import { generated } from "./generate.ts";
import { compareGroups } from "./parity.ts";

/** PARITY_GENERATED: how many. PARITY_SEED: of the first; a failed case says its own. */
const count = Number(process.env["PARITY_GENERATED"] ?? 20);
const seed = Number(process.env["PARITY_SEED"] ?? Math.floor(Math.random() * 1_000_000));

compareGroups("generated", generated(seed, count));
