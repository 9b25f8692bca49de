import { generated } from "./generate.ts";
import { compareGroups } from "./parity.ts";

/**
 * PARITY_GENERATED: how many. PARITY_SEED: of the first; a failed case says its own. Who asks for a number looks for what
 * nobody has seen yet; without one it is the same cases each time, so that a change is judged by itself and not by chance.
 */
const { PARITY_GENERATED: wanted, PARITY_SEED: first } = process.env;
const seed = Number(first ?? (wanted ? Math.floor(Math.random() * 1_000_000) : 774_151));

const isRandom = wanted !== undefined || first !== undefined;

compareGroups("generated", generated(seed, Number(wanted ?? 20)), isRandom);
