import { type Alerts, daemonPhases } from "../../model/alerts.ts";
import type { Settings } from "../values/read-settings.ts";
import { numberIn, optional, textIn } from "../values/settings.ts";

/** @returns undefined when nobody is to be told */
export function buildAlerts(own: Settings, globals: Settings): Alerts | undefined {
  const both = [own, globals] as const;
  const to = textIn("emailalert", ...both);
  if (to === undefined) return undefined;
  const words = (textIn("emailalertstatus", ...both) ?? "all").split(",");
  return {
    to,
    ...optional("from", textIn("emailalertfrom", globals)),
    ...optional("smtp", textIn("smtp", ...both)),
    during: words.includes("all")
      ? daemonPhases
      : daemonPhases.filter((phase) => words.includes(phase)),
    reminderMs: (numberIn("emailalertfreq", ...both) ?? 0) * 1000,
    ...optional("serviceName", textIn("servicename", own)),
    ...optional("comment", textIn("comment", own)),
  };
}
