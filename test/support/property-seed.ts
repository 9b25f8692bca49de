/**
 * LAB_PROPERTIES seeds the random cases of the property tests. CI gives one, so that its word on a change hangs on the
 * change; without it, as in the night and by hand, they are new each time.
 */
import fc from "fast-check";

const { LAB_PROPERTIES: seed } = process.env;
if (seed) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
