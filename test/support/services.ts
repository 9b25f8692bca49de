import { loadChecks } from "../../checks/registry.ts";

/** The words for `service=` that this program's checks declare. */
export const services = (await loadChecks()).services();
