import type { Field, OptionalField } from "./fields.ts";

export type Severity = "debug" | "info" | "notice" | "warning" | "error";

/** As syslog and the journal number them: RFC 5424 section 6.2.1. */
export const priorities: Readonly<Record<Severity, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

export type Fields = Readonly<Record<string, Field<never>>>;
type OptionalNames<S extends Fields> = {
  [K in keyof S]: S[K] extends OptionalField<never> ? K : never;
}[keyof S];

/** What the code gives with an event. */
export type ValuesOf<S extends Fields> = {
  readonly [K in Exclude<keyof S, OptionalNames<S>>]: S[K] extends Field<infer V> ? V : never;
} & { readonly [K in OptionalNames<S>]?: S[K] extends Field<infer V> ? V : never };

type TextsOf<S extends Fields> = {
  readonly [K in keyof S]: K extends OptionalNames<S> ? string | undefined : string;
};

/**
 * One event. Its name, id, text and fields are an interface, for log watchers and alerts go by them: add events, change
 * none. packaging/event-texts.mjs makes the journal's catalog and the table of docs/monitoring.md of them.
 */
export interface Event<S extends Fields = Fields> {
  /** The journal's MESSAGE_ID: 128 random bits, as `systemd-id128 new` makes them. */
  readonly id: string;
  readonly severity: Severity;
  readonly fields: S;
  /** The original's words where the original has some. @param texts each field, printed */
  readonly text: (texts: TextsOf<S>) => string;
  /** A few words for what it is. */
  readonly subject: string;
  /** What has happened, for who is called at night; `@REAL@` stands for a field. Line ends are blanks. */
  readonly meaning: string;
  /** What to do, likewise; an empty line begins a paragraph. */
  readonly remedy: string;
}

export const event = <S extends Fields>(row: Event<S>): Event<S> => row;
