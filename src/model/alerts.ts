/** What the daemon is about, as alerts name it and `emailalertstatus` asks for it. */
export type DaemonPhase = "starting" | "running" | "stopping" | "reloading";

export const daemonPhases: readonly DaemonPhase[] = [
  "starting",
  "running",
  "stopping",
  "reloading",
];

/** Who is told by mail of the changes in one virtual service, and when. */
export interface Alerts {
  /** As written: one address, or several with commas between. */
  readonly to: string;
  /** The From header as written; without it the daemon's user at this host, or whom the mail program takes. */
  readonly from?: string;
  /** A mail server, asked on port 25. Without it the local mail program. */
  readonly smtp?: string;
  readonly during: readonly DaemonPhase[];
  /** Between two reminders of a server that stays down; 0: none. */
  readonly reminderMs: number;
  /** `servicename` and `comment`: for people. */
  readonly serviceName?: string;
  readonly comment?: string;
}
