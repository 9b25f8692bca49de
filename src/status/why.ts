import { printable } from "../model/one-line.ts";
import type { ServerState } from "./servers.ts";

/** What decided of a server, in a few words; nothing of one that is as the file and its checks would have it. */
export function whyOf({
  decidedBy,
  lastVerdict,
  lastFault,
  maintenanceFile,
  state,
  failures = 0,
}: ServerState): string {
  if (maintenanceFile !== undefined) return `maintenance file ${printable(maintenanceFile)}`;
  if (state === "maintenance") return "maintenance by order";
  if (lastFault !== undefined) return `no verdict: ${lastFault.code}`;
  const word =
    lastVerdict === undefined || lastVerdict.isUp
      ? ""
      : `${lastVerdict.reason}: ${printable(lastVerdict.detail)}`;
  if (state === "down") return word;
  if (failures > 0) return `failed ${failures} times: ${word}`;
  if (decidedBy === "hand") return "set by ipvsadm";
  if (decidedBy === "order") return "weight by order";
  if (decidedBy === "drain") return "drain";
  return state === "former" ? "not of this file" : "";
}
