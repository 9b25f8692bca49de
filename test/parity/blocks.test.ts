import { table } from "./cases/table.ts";
import { compareGroups } from "./parity.ts";

compareGroups("side by side", [table]);
