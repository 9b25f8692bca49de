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
