import { liveTable, otherHand } from "./cases/live-table.ts";
import { maintenance } from "./cases/maintenance.ts";
import { reload, reloadOfDead } from "./cases/reload.ts";
import { compareGroups, expectMet } from "./parity.ts";

compareGroups("changes", [maintenance, reload, reloadOfDead, liveTable, otherHand]);
expectMet("start-dance", "unchanged-services", "own-lines");
