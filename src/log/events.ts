/**
 * Every event there is: a stable name, a severity, and the text, which is the original's where the
 * original has one (log watchers match it). Names and texts are an interface: add, do not reword.
 */
export type Severity = "debug" | "info" | "notice" | "warning" | "error";

/** As syslog and the journal number them: RFC 5424 section 6.2.1. */
export const priorities: Readonly<Record<Severity, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

interface Event<F> {
  readonly severity: Severity;
  readonly text: (fields: F) => string;
}

const event = <F>(severity: Severity, text: (fields: F) => string): Event<F> => ({
  severity,
  text,
});

/** real, virtual: as the file writes them (`10.0.0.3:80`, `10.0.0.1:80` or a bare mark). */
interface Row {
  readonly real: string;
  readonly virtual: string;
}
interface WeightedRow extends Row {
  readonly weight: number;
}
interface Virtual {
  readonly virtual: string;
}
const weighted = (verb: string) => (f: WeightedRow) =>
  `${verb}: ${f.real} (${f.virtual}) (Weight set to ${f.weight})`;
const plain = (verb: string) => (f: Row) => `${verb}: ${f.real} (${f.virtual})`;

export const events = {
  // The daemon's own life
  "daemon-invoked": event<{ commandLine: string }>(
    "info",
    (f) => `Invoking ldirectord invoked as: ${f.commandLine} `,
  ),
  "daemon-started": event<{ version: string }>(
    "info",
    (f) => `Starting Linux Director ${f.version} as daemon`,
  ),
  "daemon-started-foreground": event<{ version: string; pid: number }>(
    "info",
    (f) => `Starting Linux Director ${f.version} with pid: ${f.pid}`,
  ),
  "daemon-terminated": event<{ signal: string }>(
    "info",
    (f) => `Linux Director Daemon terminated on signal: ${f.signal}`,
  ),
  "daemon-exiting": event<{ exitStatus: number; cause: string }>(
    "error",
    (f) => `Exiting with exit_status ${f.exitStatus}: ${f.cause}`,
  ),
  "daemon-running": event<{ path: string; pid: number }>(
    "info",
    (f) => `ldirectord for ${f.path} is running with pid: ${f.pid}`,
  ),
  "daemon-stopped": event<{ path: string }>("info", (f) => `ldirectord is stopped for ${f.path}`),
  "daemon-stale-pid": event<{ pidFile: string; path: string }>(
    "info",
    (f) => `ldirectord stale pid file ${f.pidFile} for ${f.path}`,
  ),
  "daemon-pid-file-failed": event<{ pidFile: string }>("error", (f) => `Can not open ${f.pidFile}`),
  "status-done": event<Record<never, never>>("info", () => "Exiting from ldirectord status"),
  "stop-unfinished": event<{ pid: number; seconds: number }>(
    "error",
    (f) => `ldirectord with pid ${f.pid} has not ended within ${f.seconds} s`,
  ),
  "signal-ignored": event<{ signal: string }>(
    "notice",
    (f) => `Signal ${f.signal} has no meaning here: ignored`,
  ),
  "internal-error": event<{ stack: string }>("error", (f) => `Internal error: ${f.stack}`),

  // Configuration
  "config-not-found": event<{ name: string }>("error", (f) => `Config file ${f.name} not found`),
  "config-error": event<{ text: string; configLine?: number }>("error", (f) => f.text),
  "config-warning": event<{ text: string; configLine?: number }>("warning", (f) => f.text),
  "config-changed": event<{ path: string }>(
    "info",
    (f) => `Configuration file '${f.path}' has changed on disk`,
  ),
  "config-reread": event<Record<never, never>>("info", () => " - reread new configuration"),
  "config-ignored": event<Record<never, never>>("info", () => " - ignore new configuration"),
  "config-kept": event<{ path: string }>(
    "error",
    (f) => `Reload of ${f.path} failed: the configuration loaded before goes on unchanged`,
  ),
  "config-reread-late": event<{ path: string }>(
    "notice",
    (f) => `Configuration file '${f.path}' could not be loaded before, and can be now`,
  ),
  "reload-signal": event<Record<never, never>>(
    "info",
    () => "Reloading Linux Director Daemon config on signal",
  ),

  // The table
  "virtual-added": event<Virtual>("notice", (f) => `Added virtual server: ${f.virtual}`),
  "virtual-changed": event<Virtual>("notice", (f) => `Changed virtual server: ${f.virtual}`),
  "virtual-purged-start": event<Virtual>(
    "notice",
    (f) => `Purged virtual server (start): ${f.virtual}`,
  ),
  "virtual-purged-stop": event<Virtual>(
    "notice",
    (f) => `Purged virtual server (stop): ${f.virtual}`,
  ),
  "real-purged-start": event<Row>("notice", plain("Purged real server (start)")),
  "real-purged-stop": event<Row>("notice", plain("Purged real server (stop)")),
  "real-added": event<WeightedRow>("notice", weighted("Added real server")),
  "real-restored": event<WeightedRow>("notice", weighted("Restored real server")),
  "real-quiesced": event<WeightedRow>("warning", weighted("Quiescent real server")),
  "real-readded-quiescent": event<WeightedRow>("warning", weighted("Readd Quiescent real server")),
  "real-deleted": event<Row>("warning", plain("Deleted real server")),
  "fallback-added": event<WeightedRow>("warning", weighted("Added fallback server")),
  "fallback-restored": event<WeightedRow>("warning", weighted("Restored fallback server")),
  "fallback-deleted": event<Row>("notice", plain("Deleted fallback server")),
  "table-change-failed": event<{ change: string; errno: string }>(
    "error",
    (f) => `IPVS refused to ${f.change}: ${f.errno}`,
  ),
  "table-change-recovered": event<{ change: string }>(
    "notice",
    (f) => `IPVS now accepts to ${f.change}`,
  ),
  "table-unreadable": event<{ cause: string }>(
    "error",
    (f) => `The IPVS table cannot be read: ${f.cause}`,
  ),
  "table-readable": event<Record<never, never>>("notice", () => "The IPVS table can be read again"),
  "drift-found": event<{ virtual: string; row: string; before: string; after: string }>(
    "warning",
    (f) =>
      `The IPVS table was changed by another hand: ${f.row} (${f.virtual}) was ${f.before}, is ${f.after}`,
  ),

  // Health
  "soft-failure": event<Row & { failures: number; limit: number }>(
    "warning",
    (f) => `Soft failure real server: ${f.real} (${f.virtual}) failure ${f.failures}/${f.limit}`,
  ),
  "soft-failures-reset": event<Row>("info", plain("Resetting soft failure count")),
  "real-failed": event<Row & { check: string; reason: string; detail: string; durationMs: number }>(
    "info",
    (f) => `Check failed: ${f.real} (${f.virtual}) ${f.reason}: ${f.detail}`,
  ),
  "local-fault": event<{ fault: string; detail: string }>(
    "error",
    (f) => `Local trouble, no real server is blamed for it: ${f.fault}: ${f.detail}`,
  ),
  "local-fault-over": event<{ fault: string; lost: number }>(
    "notice",
    (f) => `Local trouble is over: ${f.fault}: ${f.lost} checks had no verdict`,
  ),
  "maintenance-entered": event<Row & { file: string }>(
    "notice",
    (f) => `Maintenance: ${f.real} (${f.virtual}) by ${f.file}`,
  ),
  "maintenance-left": event<Row>("notice", plain("Maintenance over")),
  "maintenance-dir-unreadable": event<{ path: string; cause: string }>(
    "warning",
    (f) => `maintenancedir ${f.path} cannot be read: ${f.cause}`,
  ),

  // The log itself
  "log-lost": event<{ lost: number; cause: string }>(
    "error",
    (f) => `${f.lost} messages lost: the log could not be written: ${f.cause}`,
  ),

  // Alerts by mail, and monitorfile
  "email-alert": event<{ subject: string }>("info", (f) => `emailalert: ${f.subject}`),
  "email-smtp-failed": event<{ cause: string }>(
    "error",
    (f) => `failed to send SMTP email message: ${f.cause}`,
  ),
  "email-failed": event<{ cause: string }>(
    "error",
    (f) => `failed to send email message: ${f.cause}`,
  ),
  "email-no-program": event<{ sought: string }>(
    "warning",
    (f) => `emailalert: there is no mail program (${f.sought}); install one, or set smtp=`,
  ),
  "email-recipient-refused": event<{ recipient: string; cause: string }>(
    "error",
    (f) => `the SMTP server takes no email for ${f.recipient}: ${f.cause}`,
  ),
  "email-queue-full": event<{ limit: number }>(
    "error",
    (f) => `${f.limit} emails wait to be sent: the oldest are dropped`,
  ),
  "email-dropped": event<{ dropped: number; cause: string }>(
    "error",
    (f) => `${f.dropped} emails were not sent: ${f.cause}`,
  ),
  "monitor-file-failed": event<{ path: string; cause: string }>(
    "error",
    (f) => `monitorfile ${f.path} can not be written: ${f.cause}`,
  ),
  "monitor-file-recovered": event<{ path: string; lost: number }>(
    "notice",
    (f) => `monitorfile ${f.path} can be written again: ${f.lost} lines were lost`,
  ),

  // Programs that the configuration asks for
  "command-failed": event<{ command: string; cause: string }>(
    "error",
    (f) => `system(${f.command}) failed: ${f.cause}`,
  ),
  "command-timeout": event<{ command: string; timeoutSec: number }>(
    "error",
    (f) => `system_timeout(${f.timeoutSec}, ${f.command}) timed out, kill -TERM child`,
  ),
} as const;

export type EventName = keyof typeof events;
export type EventFields<N extends EventName> = Parameters<(typeof events)[N]["text"]>[0];
