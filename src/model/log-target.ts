/** Where `logfile=` sends the log. */
export type LogTarget =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "syslog"; readonly facility: string };

/** text: the original's lines. json: an object a line. */
export const logFormats = ["text", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

/** What is written: all that is at least so grave. `info` has what is between it and warning, too. */
export const logLevels = ["error", "warning", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** RFC 3164 section 4.1.1; names as syslog.conf(5) writes them. */
const facilities: ReadonlyMap<string, number> = new Map([
  ["auth", 4],
  ["authpriv", 10],
  ["cron", 9],
  ["daemon", 3],
  ["ftp", 11],
  ["kern", 0],
  ["lpr", 6],
  ["mail", 2],
  ["news", 7],
  ["security", 4],
  ["syslog", 5],
  ["user", 1],
  ["uucp", 8],
  ...Array.from({ length: 8 }, (_, n): [string, number] => [`local${n}`, 16 + n]),
]);

export const facilityNames: readonly string[] = [...facilities.keys()];

/** @param name `local0`, `LOCAL0` or `LOG_LOCAL0` @returns undefined for a name that syslog does not have */
export const facilityNumber = (name: string): number | undefined =>
  facilities.get(name.toLowerCase().replace(/^log_/, ""));
