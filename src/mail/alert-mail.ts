import type { Alerts, DaemonPhase } from "../model/alerts.ts";
import { composeMail, type Mail, type Origin } from "./compose.ts";

/** @param text what happened, as the log has it */
export function alertMail(alerts: Alerts, text: string, phase: DaemonPhase, origin: Origin): Mail {
  const { serviceName, comment } = alerts;
  const subject = serviceName === undefined ? text : `[${serviceName}] ${text}`;
  const details = [
    ...(serviceName === undefined ? [] : [`Service name: ${serviceName}`]),
    ...(comment === undefined ? [] : [`Comment: ${comment}`]),
  ];
  const lines = [
    `ldirectord host: ${origin.hostname}`,
    `Log-Message: ${subject}`,
    `Daemon-Status: ${phase}`,
    ...(details.length === 0 ? [] : ["", ...details, ""]),
  ];
  const isByProgram = alerts.smtp === undefined;
  return composeMail({ from: alerts.from, to: alerts.to, subject, lines, isByProgram }, origin);
}
