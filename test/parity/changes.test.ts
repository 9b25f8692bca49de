import { liveTable, otherHand } from "./cases/live-table.ts";
import { maintenance } from "./cases/maintenance.ts";
import { reload } from "./cases/reload.ts";
import { compareGroups } from "./parity.ts";

compareGroups("changes", [maintenance, reload, liveTable, otherHand]);
