/** How a value is written and read; see ../values/read-value.ts. */
type ValueKind =
  | "positive" // the first run of digits, above 0
  | "digits" // the first run of digits
  | "leading-digits"
  | "yes-no"
  | "quoted" // double quotes are required
  | "unquoted" // one surrounding pair of quotes is taken off
  | "verbatim"
  | "virtual"
  | "real"
  | "fallback"
  | "port"
  | "check-type"
  | "service"
  | "scheduler"
  | "scheduler-flags"
  | "netmask"
  | "protocol"
  | "http-method"
  | "email-address"
  | "email-status"
  | "smtp"
  | "virtualhost"
  | "supervised"
  | "removed"; // the original refuses it and names what took its place

/** One row per directive: what the file may say and where, and the original's words for a bad value. */
export interface DirectiveRow {
  readonly name: string;
  /** G: unindented lines. V: in a virtual block. */
  readonly scope: "G" | "V" | "GV";
  readonly kind: ValueKind;
  /** Said of a bad value in global scope and in a block; fatal there. */
  readonly badGlobal?: string;
  readonly badVirtual?: string;
  /** For messages: what a right line looks like. */
  readonly example: string;
  /** The original's warning whenever the directive is used. */
  readonly warning?: string;
}

export const bothBad = (text: string) => ({ badGlobal: text, badVirtual: text });
export const yesNo = <Name extends string>(name: Name, scope: DirectiveRow["scope"]) => ({
  name,
  scope,
  kind: "yes-no" as const,
  ...bothBad(`${name} must be 'yes' or 'no'`),
  example: `${name}=yes`,
});

/** Of one virtual service, in double quotes. @param badVirtual said of a bad value */
export const quoted = <Name extends string>(name: Name, badVirtual: string, example: string) =>
  ({ name, scope: "V", kind: "quoted", badVirtual, example }) as const;
