import { dirname, join } from "node:path";

/** Where the settings beyond the original stand: beside the `ldirectord.cf`. */
export const iniPath = (cfPath: string): string => join(dirname(cfPath), "ldirectord-ng.ini");
