import { join } from "node:path";
import { WholeFile } from "../files/whole-file.ts";

/** More than the incidents that are kept come to. */
const maxBytes = 64 * 1024 * 1024;

/** Beside the file of orders. */
export const incidentFile = (folder: string, instance: string): WholeFile =>
  new WholeFile(join(folder, `${instance}.incidents.json`), maxBytes);
