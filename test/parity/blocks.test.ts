import { checks, health, readd } from "./cases/health.ts";
import { liveTable, otherHand } from "./cases/live-table.ts";
import { maintenance } from "./cases/maintenance.ts";
import { reload } from "./cases/reload.ts";
import { table } from "./cases/table.ts";
import { compareGroups } from "./parity.ts";

compareGroups("side by side", [
  table,
  health,
  checks,
  readd,
  maintenance,
  reload,
  liveTable,
  otherHand,
]);
