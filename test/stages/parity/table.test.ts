import { table } from "./cases/table.ts";
import { compareGroups } from "./parity.ts";

compareGroups("the table", [table]);
