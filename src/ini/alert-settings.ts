/** `[alert NAME]`, read: who is told of what, and how. */
import type { Place } from "../model/place.ts";

/** How grave a trouble is: servers are out, or clients get no answer. */
export const gravities = ["warning", "error"] as const;
export type Gravity = (typeof gravities)[number];

export interface AlertRoute {
  readonly name: string;
  /** Where the section begins. */
  readonly place: Place;
  /** Names of virtual services, `*` for any letters. Without it all, and the director's own trouble. */
  readonly virtuals?: readonly string[];
  /** What is less grave is not told. */
  readonly severity: Gravity;
  /** How long an incident waits for what fails with it. */
  readonly waitMs: number;
  /** Between two messages of an open incident. */
  readonly updateMs: number;
  readonly receiver: Receiver;
}

export type Receiver = MailReceiver | WebhookReceiver | CommandReceiver;

export const tlsWords = ["yes", "starttls", "no"] as const;

export interface MailReceiver {
  readonly to: "mail";
  readonly server: string;
  readonly port: number;
  /** yes: from the first byte. */
  readonly tls: (typeof tlsWords)[number];
  readonly caFile?: string;
  readonly login?: { readonly user: string; readonly passwordFile: string };
  readonly from?: string;
  /** As written. */
  readonly recipients: string;
  /** More mails are one, at the end of the time. */
  readonly atMost?: { readonly mails: number; readonly perMs: number };
  /** All is told in one mail, at these times. */
  readonly digest?: { readonly cron: string; readonly place: Place };
}

export const webhookFormats = ["json", "slack", "alertmanager"] as const;

export interface WebhookReceiver {
  readonly to: "webhook";
  /** Whoever knows it may be able to post there: it is as good as a password. */
  readonly url: string;
  readonly format: (typeof webhookFormats)[number];
  readonly secretFile?: string;
  readonly caFile?: string;
  readonly timeoutMs: number;
}

export interface CommandReceiver {
  readonly to: "command";
  readonly command: string;
  readonly timeoutMs: number;
}
