import type { CheckSettings, DownReason } from "../../../checks/check.ts";

/** A server that means harm: what it says is chosen to cost us time. */
export interface Attack {
  /** A `service=` word. */
  readonly service: string;
  /** What is to be said of it: one of these. */
  readonly said: readonly ("up" | DownReason)[];
  /** `passwd`, as all text here, in the clear. */
  readonly settings?: Omit<Partial<CheckSettings>, "passwd" | "secret"> & {
    readonly passwd?: string;
    readonly secret?: string;
  };
  readonly transport?: "udp";
  /** Options of its TLS server, over a certificate that is trusted. Absent: no TLS. */
  readonly tls?: object;
  /** Its certificate is one with an RSA key, which nobody trusts. */
  readonly isRsa?: boolean;
  /** Of the probe; usually it shall not run out. */
  readonly timeoutMs?: number;
}

export const attacks: Readonly<Record<string, Attack>>;
